'use strict';
/* What the page of `chat serve` remembers: history, finding, catching up. */
const assert = require('node:assert');
const { test } = require('node:test');
const { assertClean, connected, forgetful, freePort, killServer, named,
	openClassic, openOurs, picture, say, sayClassic, sayMany, shows, showsLast,
	startServer, stopServer, texts, until, world } =
	require('./harness.js');

/* What Chromium reports by itself while a server is away, or going. */
const AWAY = /net::ERR_|WebSocket connection to|status of 503/;
const WINDOW = 450;		/* messages in the document, at most */

/* Lines `PREFIX a` to `PREFIX b`. */
function lines(prefix, a, b) {
	return Array.from({ length: b - a + 1 }, (_, i) => `${prefix} ${a + i}`);
}

/*
 * Scrolls by steps as a reader does, and looks in every frame at the message
 * at the top of the screen: it has to stay where the step has put it, whatever
 * is fetched. Ends at a message of that text. Returns all that was seen, in
 * order, and the worst jump in pixels.
 */
function scrollTo(page, step, last) {
	return page.evaluate(async ([by, text]) => {
		const frame = () => new Promise(resolve =>
			requestAnimationFrame(resolve));
		const scroller = document.getElementById('scroller');
		const rows = () => [...document.querySelectorAll('#log .msg')];
		const seen = new Map();
		let worst = 0, most = 0;

		for (let end = Date.now() + 20000; Date.now() < end;) {
			scroller.scrollTop += by;
			const y = scroller.getBoundingClientRect().top + 100;
			const row = rows().find(node =>
				node.getBoundingClientRect().bottom > y);
			const top = row.getBoundingClientRect().top;

			for (let i = 0; i < 4; i++) {
				await frame();
				worst = Math.max(worst, row.isConnected ? Math.abs(
					row.getBoundingClientRect().top - top) : 1e6);
			}
			for (const node of rows())
				seen.set(node.dataset.id,
					node.querySelector('.text').textContent);
			most = Math.max(most, rows().length);
			const rest = by < 0 ? scroller.scrollTop :
				scroller.scrollHeight - scroller.scrollTop -
					scroller.clientHeight;

			if (rest < 2 && [...seen.values()].includes(text))
				break;
		}
		const ids = [...seen.keys()].sort((a, b) => {
			const [a0, a1] = a.split('-'), [b0, b1] = b.split('-');

			return a0 - b0 || a1 - b1;
		});

		return { worst, most, seen: ids.map(id => seen.get(id)) };
	}, [step, last]);
}

function search(page, text) {
	return say(page, `/search ${text}`);
}

test('history comes by scrolling, and nothing jumps', async () => {
	const classic = await openClassic();

	await sayMany(classic, 'lobby', 'line', 700);
	const ana = await openOurs({ viewport: { width: 1200, height: 800 },
		...named('ana') });

	await showsLast(ana, 'line 700');
	const up = await scrollTo(ana, -333, 'line 1');

	assert.ok(up.worst < 1, `jumped by ${up.worst} pixels`);
	assert.ok(up.most <= WINDOW, `${up.most} messages in the document`);
	assert.deepStrictEqual(up.seen, lines('line', 1, 700));
	await until(async () => assert.strictEqual(
		await ana.textContent('#older'), 'This is where lobby begins.'));
	await picture(ana, 'beginning');

	/* What is said meanwhile is told, and found at the end. */
	await sayClassic(classic, 'line 701');
	await until(async () => assert.match(
		await ana.textContent('#pill'), /^1 new message/));
	const down = await scrollTo(ana, 333, 'line 701');

	assert.ok(down.worst < 1, `jumped by ${down.worst} pixels`);
	assert.ok(down.most <= WINDOW, `${down.most} messages in the document`);
	assert.deepStrictEqual(down.seen.slice(-400), lines('line', 302, 701));
	await sayClassic(classic, 'line 702');
	await showsLast(ana, 'line 702');
	const all = await texts(ana);

	assert.strictEqual(new Set(all).size, all.length);
	await until(async () => assert.ok(await ana.isHidden('#pill')));
	assertClean();
});

test('changes above do not move what is read', async () => {
	const classic = await openClassic();

	await sayMany(classic, 'lobby', 'line', 40);
	const ana = await openOurs(named('ana'));
	const bob = await openOurs(named('bob'));

	await say(ana, 'one line');
	await sayMany(classic, 'lobby', 'more', 120);
	for (const page of [ana, bob])
		await showsLast(page, 'more 120');
	await scrollTo(bob, -400, 'one line');
	await bob.evaluate(() => {
		const rows = [...document.querySelectorAll('#log .msg')];
		const i = rows.findIndex(row =>
			row.textContent.includes('one line'));

		rows[i + 3].scrollIntoView({ block: 'start' });
		window.anchor = rows[i + 8];
	});
	const top = () => bob.evaluate(() =>
		window.anchor.getBoundingClientRect().top);
	/* Two frames: the page has heard of it. */
	await bob.evaluate(() => new Promise(resolve =>
		requestAnimationFrame(() => requestAnimationFrame(resolve))));
	const before = await top();

	await ana.press('#field', 'ArrowUp');
	await say(ana, 'one line\n'.repeat(9) + 'and it is ten');
	await until(async () => assert.ok((await texts(bob)).some(text =>
		text.endsWith('and it is ten'))));
	assert.ok(Math.abs(await top() - before) < 1);
	assertClean();
});

test('a hit of a search is shown where it was said', async () => {
	const classic = await openClassic();

	await classic.evaluate(() =>
		socket.emitWithAck('join', { room: 'den' }));
	await sayMany(classic, 'den', 'noise', 300);
	await sayClassic(classic, 'unrelated');
	assert.ok((await classic.evaluate(() => socket.emitWithAck(
		'nuevo mensaje', 'the needle of the haystack',
		{ room: 'den' }))).ok);
	await sayMany(classic, 'den', 'hay', 300);
	const ana = await openOurs(named('ana'));

	await search(ana, 'needle');
	await ana.waitForSelector('.hit');
	assert.strictEqual(await ana.locator('.hit').count(), 1);
	assert.strictEqual(await ana.textContent('.hit mark'), 'needle');
	await picture(ana, 'search');
	await ana.click('.hit');
	await until(async () => assert.strictEqual(
		await ana.textContent('.flash .text'),
		'the needle of the haystack'));
	const around = await texts(ana);
	const i = around.indexOf('the needle of the haystack');

	assert.ok(i > 0 && i < around.length - 1);
	assert.strictEqual(around[i - 1], 'noise 300');
	assert.strictEqual(around[i + 1], 'hay 1');
	assert.ok(await ana.locator('.flash').isVisible());
	assert.match(ana.url(), /\/r\/den#\d+-\d+$/);
	/* The address alone leads there, too. */
	const bob = await openOurs(named('bob'), undefined,
		new URL(ana.url()).pathname + new URL(ana.url()).hash);

	await until(async () => assert.strictEqual(
		await bob.textContent('.flash .text'),
		'the needle of the haystack'));
	/* And from there to the newest, which goes on. */
	await bob.getByRole('button', { name: 'To the newest' }).click();
	await showsLast(bob, 'hay 300');
	await say(ana, 'found it');
	await showsLast(bob, 'found it');
	await showsLast(ana, 'found it');
	await search(ana, 'nothingofthekind');
	await until(async () => assert.strictEqual(
		await ana.textContent('#hits-note'), 'Nothing found.'));
	assertClean();
});

test('a quote leads to what it quotes, however far up', async () => {
	const classic = await openClassic();
	const ana = await openOurs(named('ana'));

	await sayClassic(classic, 'the question');
	await showsLast(ana, 'the question');
	await ana.press('#field', 'Escape');
	await ana.keyboard.press('r');
	await sayMany(classic, 'lobby', 'line', 600);
	await showsLast(ana, 'line 600');
	assert.ok(!(await texts(ana)).includes('the question'));
	await say(ana, 'the answer');
	await showsLast(ana, 'the answer');
	await ana.click('#log .quote');
	await until(async () => assert.strictEqual(
		await ana.textContent('.flash .text'), 'the question'));
	assert.strictEqual((await texts(ana))[0], 'the question');
	assert.strictEqual((await texts(ana))[1], 'line 1');
	/* Saying something leads back to where it is said. */
	await say(ana, 'thanks');
	await showsLast(ana, 'thanks');
	assert.deepStrictEqual((await texts(ana)).slice(-3),
		['line 600', 'the answer', 'thanks']);
	assertClean();
});

test('mentions are counted, listed and led to', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs(named('bob'));

	await ana.keyboard.press('Control+k');
	await ana.keyboard.type('den');
	await ana.keyboard.press('Enter');
	await until(async () => assert.strictEqual(
		await ana.textContent('#room'), 'den'));
	await say(bob, 'nobody in particular');
	await say(bob, 'what do you say, @ana?');
	await say(bob, 'banana');
	await until(async () => assert.strictEqual(await ana.getAttribute(
		'[data-room=lobby]', 'aria-label'),
		'Room lobby, 3 unread, 1 mention'));
	assert.ok(await ana.isVisible('#mentioned'));
	await ana.keyboard.press('Alt+m');
	await ana.waitForSelector('.hit');
	assert.strictEqual(await ana.locator('.hit').count(), 1);
	await ana.click('.hit');
	await until(async () => assert.strictEqual(
		await ana.textContent('.flash .text'), 'what do you say, @ana?'));
	assert.strictEqual(await ana.locator('#log .mention').count(), 1);
	await until(async () => assert.ok(await ana.isHidden('#mentioned')));
	assertClean();
});

/* prepare is undefined, or forgetful. */
async function missNothing(prepare) {
	await stopServer(world.server);
	const port = await freePort();

	world.server = await startServer(port);
	const ana = await openOurs(named('ana'), prepare);
	const bob = await openOurs(named('bob'), prepare);
	const polling = '**/socket.io/?*', cut = route => route.abort();

	for (let i = 1; i <= 5; i++)
		await say(ana, `ana ${i}`);
	await showsLast(bob, 'ana 5');
	await bob.press('#field', 'ArrowUp');	/* nothing of one's own */
	await killServer(world.server);
	for (const page of [ana, bob])
		await page.waitForSelector('body[data-state=lost]');
	await say(ana, 'ana 6');
	await say(bob, 'bob 1');
	await ana.route(polling, cut);
	world.server = await startServer(port);
	await connected(bob);
	await shows(bob, [...lines('ana', 1, 5), 'bob 1']);
	/* More than comes at once: it is fetched in turns. */
	const classic = await openClassic();

	await sayMany(classic, 'lobby', 'missed', 1200);
	await showsLast(bob, 'missed 1200');
	await ana.unroute(polling, cut);
	await connected(ana);
	await showsLast(bob, 'ana 6');
	await showsLast(ana, 'ana 6');
	assert.strictEqual(await ana.locator('.pending').count(), 0);
	const wanted = [...lines('ana', 1, 5), 'bob 1',
		...lines('missed', 1, 1200), 'ana 6'];

	for (const page of [ana, bob]) {
		const { seen } = await scrollTo(page, -2000, 'ana 1');

		assert.deepStrictEqual(seen, wanted);
	}
	/* Once more, with nothing new: nothing changes. */
	await killServer(world.server);
	await ana.waitForSelector('body[data-state=lost]');
	world.server = await startServer(port);
	await connected(ana);
	await say(ana, 'ana 7');
	await showsLast(ana, 'ana 7');
	await say(bob, 'bob 2');
	await showsLast(ana, 'bob 2');
	assert.deepStrictEqual((await texts(ana)).slice(-4),
		['missed 1200', 'ana 6', 'ana 7', 'bob 2']);
	/* 1200 messages are three answers. */
	if (prepare)
		assert.ok(ana.joins >= 3, `${ana.joins} joins`);
	assertClean(AWAY);
}

test('after a SIGKILL nothing is missed and nothing doubled',
	() => missNothing());
test('nor by a client that joins anew', () => missNothing(forgetful));

async function missNoChange(prepare) {
	await stopServer(world.server);
	const port = await freePort();

	world.server = await startServer(port);
	const ana = await openOurs(named('ana'), prepare);
	const bob = await openOurs(named('bob'), prepare);
	const polling = '**/socket.io/?*', cut = route => route.abort();

	for (const text of ['to be edited', 'to be deleted', 'to be liked'])
		await say(ana, text);
	await showsLast(bob, 'to be liked');
	await ana.focus('#field');
	await killServer(world.server);
	for (const page of [ana, bob])
		await page.waitForSelector('body[data-state=lost]');
	await bob.route(polling, cut);
	world.server = await startServer(port);
	await connected(ana);
	/* By keys: the last one, then up. */
	await ana.keyboard.press('Escape');
	await ana.keyboard.press('a');
	await ana.keyboard.press('Enter');
	await ana.waitForSelector('.chip');
	await ana.keyboard.press('k');
	await ana.keyboard.press('d');
	await ana.keyboard.press('Enter');
	await ana.waitForSelector('.gone');
	await ana.keyboard.press('Escape');
	await ana.press('#field', 'Escape');
	await ana.keyboard.press('Home');
	await ana.keyboard.press('e');
	await say(ana, 'edited');
	await shows(ana, ['edited', 'to be liked']);
	await bob.unroute(polling, cut);
	await connected(bob);
	await shows(bob, ['edited', 'to be liked']);
	assert.strictEqual(await bob.locator('.gone').count(), 1);
	assert.strictEqual(await bob.textContent('.chip'), '👍 1');
	assertClean(AWAY);
}

test('what changed while one was away is seen after it',
	() => missNoChange());
test('and by a client that joins anew', () => missNoChange(forgetful));

test('what can not be stored now is sent again, in order', async () => {
	let refuse = 0;
	const ana = await openOurs(named('ana'), page =>
		page.routeWebSocket(/socket\.io/, ours => {
			const theirs = ours.connectToServer();

			/* As a server whose store is locked. */
			ours.onMessage(message => {
				const post = /^42(\d+)\["nuevo mensaje"/
					.exec(message);

				if (!post || refuse === 0) {
					theirs.send(message);
					return;
				}
				refuse--;
				ours.send(`43${post[1]}[{"ok":false,` +
					'"code":"not-stored",' +
					'"message":"the store is locked"}]');
			});
		}));
	const bob = await openOurs(named('bob'));

	/* The first goes by whatever there is; then it is a WebSocket. */
	await say(ana, 'before');
	await shows(bob, ['before']);
	await ana.waitForFunction(() => performance.getEntriesByType('resource')
		.filter(e => e.name.includes('polling')).length >= 2);
	refuse = 4;
	for (const text of ['one', 'two', 'three'])
		await say(ana, text);
	await until(async () => assert.match(
		await ana.textContent('#banner-text'), /store messages/));
	assert.strictEqual(await ana.locator('.pending').count(), 3);
	assert.strictEqual(await ana.locator('.failed').count(), 0);
	await picture(ana, 'not-stored');
	for (const page of [ana, bob])
		await shows(page, ['before', 'one', 'two', 'three']);
	assert.strictEqual(refuse, 0);
	assert.strictEqual(await ana.locator('.pending').count(), 0);
	await until(async () => assert.ok(await ana.isHidden('#banner')));
	assertClean();
});
