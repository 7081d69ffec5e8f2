'use strict';
/* Rooms and people on the page of `chat serve`. */
const assert = require('node:assert');
const { test } = require('node:test');
const { assertClean, connected, named, openClassic, openOurs, openSecond,
	picture, say, shows, showsLast, texts, until, world } =
	require('./harness.js');

/* What may pass until a change is seen by others. */
const SOON = 1000 * Number(process.env.CHAT_SLOW || 1);

function pathOf(page) {
	const { hash, pathname } = new URL(page.url());

	return pathname + hash;
}

async function joinRoom(page, name) {
	await page.keyboard.press('Control+k');
	await page.getByRole('textbox', { name: /^Name of a room/ }).fill(name);
	await page.keyboard.press('Enter');
}

function roomsOf(page) {
	return page.$$eval('#room-list .name, #direct-list .name',
		nodes => nodes.map(node => node.textContent));
}

/* The message of that text, quotes not counted. */
function row(page, text) {
	return page.locator('#log .msg').filter({ has:
		page.locator('.text').getByText(text, { exact: true }) });
}

/* Points at the message and presses one of its buttons. */
async function act(page, text, name) {
	await row(page, text).hover();
	await page.getByRole('toolbar').getByRole('button', { name }).click();
}

/* check() holds within a second of now. */
async function soon(check) {
	const start = Date.now();

	await until(check);
	assert.ok(Date.now() - start < SOON, `took ${Date.now() - start} ms`);
}

test('rooms are joined by name, and the address follows', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs(named('bob'), undefined,
		'/r/Caf%C3%A9%20del%20Mar');

	await until(() => assert.strictEqual(pathOf(ana), '/r/lobby'));
	await until(() =>
		assert.strictEqual(pathOf(bob), '/r/Caf%C3%A9-del-Mar'));
	assert.strictEqual(await bob.textContent('#room'), 'Café-del-Mar');
	await say(bob, 'is anybody here?');
	/* Another spelling is the same room, under its first name. */
	await joinRoom(ana, '#CAFÉ del mar');
	await shows(ana, ['is anybody here?']);
	await until(() =>
		assert.strictEqual(pathOf(ana), '/r/Caf%C3%A9-del-Mar'));
	assert.deepStrictEqual(await roomsOf(ana), ['Café-del-Mar', 'lobby']);
	await say(ana, 'yes');
	await showsLast(bob, 'yes');

	/* Back and forward are rooms, too. */
	await ana.goBack();
	await until(async () => assert.strictEqual(
		await ana.textContent('#room'), 'lobby'));
	await shows(ana, []);
	await say(bob, 'gone?');
	await until(async () => assert.strictEqual(await ana.textContent(
		'#room-list .badge:not([hidden])'), '1'));
	assert.strictEqual(await ana.title(), '(1) lobby · chat');
	await ana.goForward();
	await shows(ana, ['is anybody here?', 'yes', 'gone?']);
	await until(async () => assert.strictEqual(
		await ana.locator('.badge:not([hidden])').count(), 0));

	/* After a reload all of them are there. */
	await ana.reload();
	await connected(ana);
	await shows(ana, ['is anybody here?', 'yes', 'gone?']);
	assert.deepStrictEqual(await roomsOf(ana), ['Café-del-Mar', 'lobby']);
	await until(async () => assert.strictEqual(
		await bob.textContent('#people-count'), '2'));
	await ana.getByRole('button', { name: 'Leave Café-del-Mar' }).click();
	await until(() => assert.strictEqual(pathOf(ana), '/r/lobby'));
	await until(async () =>
		assert.deepStrictEqual(await roomsOf(ana), ['lobby']));
	await until(async () => assert.strictEqual(
		await bob.textContent('#people-count'), '1'));
	await say(bob, 'alone');
	await say(ana, 'in the lobby');
	await shows(ana, ['in the lobby']);
	assert.strictEqual(await ana.title(), 'lobby · chat');
	assertClean();
});

test('people are seen coming, going, away and under a new name', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs(named('bob'));
	const people = () => ana.$$eval('#people .open', nodes =>
		nodes.map(node => node.textContent));

	await until(async () => assert.deepStrictEqual(await people(),
		['anayou', 'bob']));
	await say(bob, '/away at lunch');
	await until(async () => assert.deepStrictEqual(await people(),
		['anayou', 'bobat lunch']));
	await say(bob, '/back');
	await until(async () => assert.deepStrictEqual(await people(),
		['anayou', 'bob']));
	await say(bob, '/nick robert');
	await until(async () => assert.deepStrictEqual(await people(),
		['anayou', 'robert']));
	/* Somebody's name stays somebody's. */
	await ana.getByRole('button', { name: 'You are ana' }).click();
	await ana.getByRole('textbox', { name: 'Your name' }).fill('Robert');
	await ana.keyboard.press('Enter');
	await until(async () => assert.match(
		await ana.textContent('#nick-error'), /under that name/));
	await ana.keyboard.press('Escape');
	assert.strictEqual(await ana.textContent('#nick'), 'ana');
	await bob.context().close();
	world.people = world.people.filter(one => one.page !== bob);
	await until(async () => assert.deepStrictEqual(await people(),
		['anayou']));
	/* A name in use is given with a suffix, and a word about it. */
	const other = await openOurs(named('ana'));

	await until(async () => assert.strictEqual(
		await other.textContent('#nick'), 'ana-2'));
	assert.notStrictEqual(await other.textContent('.toast'), '');
	assertClean();
});

test('two people talk alone', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs({ colorScheme: 'dark', ...named('bob') });
	const eve = await openOurs(named('eve'));

	await say(ana, 'hello all');
	await showsLast(bob, 'hello all');
	/* From a name in the list, and from one beside a message. */
	await ana.locator('#people').getByRole('button', { name: 'bob' }).click();
	await until(async () => assert.match(
		await ana.textContent('#person-note'), /Connected · In lobby/));
	await picture(ana, 'person');
	await ana.getByRole('button', { name: 'Send a direct message' }).click();
	await say(ana, 'just for you');
	await until(async () => assert.deepStrictEqual(await roomsOf(bob),
		['lobby', 'ana']));
	await until(async () => assert.strictEqual(await bob.title(),
		'(1) lobby · chat'));
	await bob.locator('#log').getByRole('button', { name: 'ana' }).click();
	await bob.getByRole('button', { name: 'Send a direct message' }).click();
	await shows(bob, ['just for you']);
	await until(async () => assert.strictEqual(await bob.title(),
		'ana · chat'));
	await say(bob, 'understood');
	await shows(ana, ['just for you', 'understood']);
	await picture(bob, 'direct');
	/* The address names both, and holds over a reload. */
	await bob.reload();
	await connected(bob);
	await shows(bob, ['just for you', 'understood']);
	assert.deepStrictEqual(await roomsOf(eve), ['lobby']);
	await shows(eve, ['hello all']);
	/* Put aside, it comes back with the next word. */
	await ana.getByRole('button', { name: 'Hide the talk with bob' }).click();
	await until(async () =>
		assert.deepStrictEqual(await roomsOf(ana), ['lobby']));
	await say(bob, 'one more thing');
	await until(async () => assert.deepStrictEqual(await roomsOf(ana),
		['lobby', 'bob']));
	assertClean();
});

test('what comes before the answer to a join is not lost', async () => {
	let held = null, release = null;
	const ana = await openOurs(named('ana'), page =>
		page.routeWebSocket(/socket\.io/, ours => {
			const theirs = ours.connectToServer();

			theirs.onMessage(message => {
				if (held && held.test(message))
					release = () => ours.send(message);
				else
					ours.send(message);
			});
			ours.onMessage(message => {
				const join = /^42(\d+)\["join",\{"room":"@/
					.exec(message);

				if (join)
					held = RegExp(`^43${join[1]}\\[`);
				theirs.send(message);
			});
		}));
	const bob = await openOurs(named('bob'));

	await say(bob, 'hello');
	await showsLast(ana, 'hello');
	await say(bob, '/msg ana');
	for (const text of ['one', 'two', 'three'])
		await say(bob, text);
	await shows(bob, ['one', 'two', 'three']);
	await until(() => assert.ok(release));
	await say(bob, 'four');
	await shows(bob, ['one', 'two', 'three', 'four']);
	/* Said later, and heard by another way: now ana has it, too. */
	await say(bob, '/join lobby');
	await say(bob, 'good-bye');
	await showsLast(ana, 'good-bye');
	release();
	await ana.click('#direct-list .open');
	await shows(ana, ['one', 'two', 'three', 'four']);
	assertClean();
});

test('replies, changes and reactions are seen within a second', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs({ colorScheme: 'dark', ...named('bob') });

	for (const text of ['the first', 'the second', 'the third'])
		await say(ana, text);
	await showsLast(bob, 'the third');

	await act(bob, 'the first', 'Reply');
	assert.match(await bob.textContent('#context'), /Reply to ana the first/);
	await say(bob, 'an answer');
	await soon(async () => assert.strictEqual(await row(ana, 'an answer')
		.locator('.quote').textContent(), 'ana the first'));
	assert.ok(await bob.isHidden('#context'));

	/* The quote says what the message says. */
	await act(ana, 'the first', 'Edit');
	assert.strictEqual(await ana.inputValue('#field'), 'the first');
	await say(ana, 'the very first');
	await soon(async () => assert.strictEqual(
		await bob.textContent('#log .quote'), 'ana the very first'));
	assert.deepStrictEqual(await texts(bob), ['the very first',
		'the second', 'the third', 'an answer']);
	assert.strictEqual(await bob.locator('[data-edited]').count(), 1);

	/* The last one of one's own is an arrow away. */
	await ana.press('#field', 'ArrowUp');
	assert.strictEqual(await ana.inputValue('#field'), 'the third');
	await ana.press('#field', 'Escape');
	assert.strictEqual(await ana.inputValue('#field'), '');

	await act(bob, 'the second', 'React');
	await bob.getByRole('menuitem', { name: 'React with 👍' }).click();
	await soon(async () => assert.strictEqual(
		await ana.textContent('.chip'), '👍 1'));
	await ana.click('.chip');
	await soon(async () => assert.strictEqual(
		await bob.textContent('.chip'), '👍 2'));
	assert.strictEqual(await bob.getAttribute('.chip', 'aria-pressed'),
		'true');
	await picture(bob, 'reactions');
	await bob.click('.chip');
	await soon(async () => assert.strictEqual(
		await ana.textContent('.chip'), '👍 1'));
	await until(async () => assert.strictEqual(
		await bob.getAttribute('.chip', 'aria-pressed'), 'false'));

	await act(ana, 'the very first', 'Delete');
	await ana.locator('#sure').getByRole('button', { name: 'Delete' }).click();
	await soon(async () => assert.strictEqual(
		await bob.locator('#log .gone').count(), 1));
	assert.deepStrictEqual(await texts(bob),
		['the second', 'the third', 'an answer']);
	assert.strictEqual(await bob.textContent('#log .quote'),
		'a message that is gone');
	/* Of others one can't change a thing. */
	await row(bob, 'the second').hover();
	for (const name of ['Edit', 'Delete'])
		assert.strictEqual(await bob.getByRole('toolbar')
			.getByRole('button', { name }).count(), 0);

	/* All of it is there for who comes later. */
	const eve = await openOurs(named('eve'));

	await shows(eve, ['the second', 'the third', 'an answer']);
	assert.strictEqual(await eve.textContent('.chip'), '👍 1');
	assert.strictEqual(await eve.locator('#log .gone').count(), 1);
	assertClean();
});

test('topic and typing', async () => {
	let told = 0;
	const ana = await openOurs(named('ana'), page =>
		page.on('websocket', ws => ws.on('framesent', ({ payload }) => {
			told += String(payload).includes('"typing"');
		})));
	const bob = await openOurs(named('bob'));

	await ana.getByRole('button', { name: 'Set a topic' }).click();
	await ana.getByRole('textbox', { name: 'Topic' })
		.fill('Everything <b>bold</b>');
	await ana.getByRole('button', { name: 'Save' }).click();
	await until(async () => assert.strictEqual(
		await bob.textContent('#topic'), 'Everything <b>bold</b>'));
	await until(async () => assert.strictEqual(
		await ana.textContent('#topic'), 'Everything <b>bold</b>'));
	await ana.focus('#field');
	await ana.keyboard.type('a line that takes some time');
	await until(async () => assert.strictEqual(
		await bob.textContent('#typing'), 'ana is typing…'));
	assert.strictEqual(await ana.textContent('#typing'), '');
	assert.strictEqual(told, 1);
	await ana.keyboard.press('Enter');
	await showsLast(bob, 'a line that takes some time');
	assert.strictEqual(await bob.textContent('#typing'), '');
	assertClean();
});

test('a name is kept by a password, here and elsewhere', async () => {
	const ana = await openOurs(named('ana'));
	const register = async (page, password) => {
		await page.getByRole('button', { name: 'You are ana' }).click();
		await page.getByRole('button', { name: 'Register' }).click();
		await page.getByLabel('Password', { exact: true })
			.fill(password);
		await page.keyboard.press('Enter');
	};

	await say(ana, 'mine');
	await shows(ana, ['mine']);
	/* A password in a line is not said to everybody. */
	await say(ana, '/register secret-word');
	await ana.waitForSelector('#account[open]');
	await ana.keyboard.press('Escape');
	await register(ana, 'short');
	await until(async () => assert.match(
		await ana.textContent('#account-error'), /6 characters/));
	await ana.getByLabel('Password', { exact: true }).fill('long enough');
	await ana.keyboard.press('Enter');
	await ana.waitForSelector('#account', { state: 'hidden' });
	/* A second page of the same browser is the same person. */
	const again = await openSecond(ana, '/r/lobby');

	assert.strictEqual(await again.textContent('#nick'), 'ana');
	assert.strictEqual(await again.locator('#log .own').count(), 1);

	const other = await openOurs(named('ana'));

	await until(async () => assert.strictEqual(
		await other.textContent('#nick'), 'ana-2'));
	assert.strictEqual(await other.locator('#log .own').count(), 0);
	await say(other, '/login');
	await other.getByRole('textbox', { name: 'Your name' }).last()
		.fill('ana');
	await other.getByLabel('Password', { exact: true }).fill('wrong one');
	await other.keyboard.press('Enter');
	await until(async () => assert.match(
		await other.textContent('#account-error'), /wrong/));
	await other.getByLabel('Password', { exact: true }).fill('long enough');
	await other.keyboard.press('Enter');
	await other.waitForSelector('#account', { state: 'hidden' });
	await until(async () => assert.strictEqual(
		await other.textContent('#nick'), 'ana'));
	await connected(other);
	await until(async () => assert.strictEqual(
		await other.locator('#log .own').count(), 1));
	await other.reload();
	await connected(other);
	assert.strictEqual(await other.textContent('#nick'), 'ana');
	await say(other, 'from elsewhere');
	await showsLast(ana, 'from elsewhere');
	assert.strictEqual(await ana.locator('#log .own').count(), 2);
	await other.getByRole('button', { name: 'You are ana' }).click();
	await other.getByRole('button', { name: 'Log out' }).click();
	await until(async () => assert.match(
		await other.textContent('#nick'), /^guest-/));
	await connected(other);
	assert.strictEqual(await other.locator('#log .own').count(), 0);
	assertClean();
});

test('the pages of one person share what is read', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs(named('bob'));
	const look = (page, on) => page.evaluate(value => {
		Object.defineProperty(document, 'hidden',
			{ configurable: true, value: !value });
		document.dispatchEvent(new Event('visibilitychange'));
	}, on);
	/* What stands below the unread line. */
	const fresh = page => page.evaluate(() => {
		const line = document.querySelector('#log .unread');

		return line ? line.nextElementSibling
			.querySelector('.text').textContent : null;
	});

	await say(ana, 'seen');
	await showsLast(bob, 'seen');
	await say(bob, '/register long enough');
	await bob.getByLabel('Password', { exact: true }).fill('long enough');
	await bob.keyboard.press('Enter');
	await bob.waitForSelector('#account', { state: 'hidden' });
	const second = await openSecond(bob, '/r/lobby');

	await shows(second, ['seen']);
	for (const page of [bob, second])
		await look(page, false);
	await say(ana, 'one');
	await say(ana, 'two');
	for (const page of [bob, second]) {
		await showsLast(page, 'two');
		await until(async () =>
			assert.strictEqual(await fresh(page), 'one'));
		await until(async () => assert.strictEqual(await page.title(),
			'(2) lobby · chat'));
	}
	await picture(second, 'unread');
	await look(bob, true);
	await until(async () => assert.strictEqual(await bob.title(),
		'lobby · chat'));
	assert.strictEqual(await fresh(bob), 'one');
	await until(async () => {
		assert.strictEqual(await second.title(), 'lobby · chat');
		assert.strictEqual(await fresh(second), null);
	});
	await look(bob, false);
	await say(ana, 'three');
	for (const page of [bob, second])
		await until(async () =>
			assert.strictEqual(await fresh(page), 'three'));

	/* It is the server that knows: a page loaded anew knows it, too. */
	const third = await bob.context().newPage();

	await third.addInitScript(() => Object.defineProperty(document, 'hidden',
		{ configurable: true, value: true }));
	await third.goto(`${world.server.url}/r/lobby`);
	await until(async () =>
		assert.strictEqual(await fresh(third), 'three'));
	assert.strictEqual(await third.title(), '(1) lobby · chat');
	await third.close();
	assertClean();
});

test('what others are called is text as well', async () => {
	const nasty = '<img src=x onerror=hacked=1>';
	const ana = await openOurs(named(nasty), undefined,
		`/r/${encodeURIComponent(nasty.slice(0, 32))}`);
	const classic = await openClassic();
	const id = await classic.evaluate(async room => {
		const a = await socket.emitWithAck('nuevo mensaje',
			'<script>hacked=1</script> @<img', { room });
		const b = await socket.emitWithAck('nuevo mensaje',
			'<svg onload=hacked=1>', { room, reply: a.id });

		for (const emoji of ['<img src=x onerror=hacked=1>', '👍'])
			await socket.emitWithAck('react', { id: b.id, emoji });
		await socket.emitWithAck('topic',
			{ room, topic: '"><img src=x onerror=hacked=1>' });
		await socket.emitWithAck('away', { text: '<img onerror=1>' });
		return b.id;
	}, await ana.textContent('#room'));

	assert.match(id, /^\d+-\d+$/);
	await until(async () => assert.strictEqual(
		await ana.locator('.chip').count(), 1));
	await until(async () => assert.strictEqual(
		await ana.textContent('#topic'), '"><img src=x onerror=hacked=1>'));
	await say(ana, `to myself ${nasty}`);
	await showsLast(ana, `to myself ${nasty}`);
	await ana.keyboard.press('Control+k');
	await ana.waitForSelector('.choice');
	await ana.keyboard.press('Escape');
	await say(ana, '/search script');
	await ana.waitForSelector('.hit');
	await ana.locator('#log .who').first().click();
	await ana.waitForSelector('#person[open]');
	await ana.keyboard.press('Escape');
	assert.strictEqual(await ana.evaluate('window.hacked'), undefined);
	assert.strictEqual(await ana.locator('img, #log svg:not(.icon), ' +
		'script:not([src])').count(), 0);
	assert.strictEqual(await ana.textContent('#log .quote bdi:last-child'),
		'<script>hacked=1</script> @<img');
	assertClean();
});
