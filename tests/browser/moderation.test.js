'use strict';
/*
 * The page at servers that moderate. What it shows and asks for comes from our
 * server; whom it talks to is one of the official library's, that says what
 * ours would, and worse.
 */
const assert = require('node:assert');
const { test } = require('node:test');
const { startFake } = require('../interop/client');
const { assertClean, connected, named, open, openOurs, picture, say, shows, until,
	world } = require('./harness.js');

const EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>' +
	'\x1b[2J\u202e\u2066"\'><svg/onload=alert(3)>';

/* Prepares a page for such a server: { prepare, socket() }. */
async function mock(t, more = () => {}, { answer, ...options } = {}) {
	let socket = null;
	const asked = [];
	const closed = new Set();
	let n = 0;
	const { server } = await startFake(t, (round, ack, text, meta) =>
		ack((answer && answer(text, meta)) ||
			{ ok: true, id: `${Date.now()}-${n++}` }), one => {
		socket = one;
		one.onAny((event, arg, ack) => {
			asked.push([event, arg]);
			if (!one.listenerCount(event) && typeof ack === 'function')
				ack({ ok: true });
		});
		more(one);
	}, { ...options, transports: ['polling'] });

	return { asked, socket: () => socket, prepare: page =>
		page.route('**/socket.io/?*', async route => {
			const url = new URL(route.request().url());
			const sid = url.searchParams.get('sid');

			url.port = server.port;
			if (route.request().postData() === '1')
				closed.add(sid);
			/* Of a page that is closed nobody waits for the answer. */
			const response = await route.fetch({ url: url.href })
				.catch(() => null);
			/* The library may poll once more behind its close: 400. */
			const late = closed.has(sid) && response?.status() === 400;

			await (late ? route.fulfill({ body: '6' }) :
				response ? route.fulfill({ response }) :
				route.abort()).catch(() => {});
		}) };
}

/* Takes part in the lobby with that role. */
function inRole(role, more = {}) {
	return socket => {
		socket.removeAllListeners('join');
		socket.on('join', ({ room }, ack) => ack({ ok: true, room, role,
			joined: true, messages: [
				['hola', { id: '1700000000000-0', seq: 1, room,
					nick: 'bo', from: 'bo' }]],
			members: [{ nick: 'ours', from: 'ours', role },
				{ nick: 'bo', from: 'bo' },
				{ nick: 'ana', from: 'ana', role: 'moderator' }],
			last: '1700000000000-0', seq: 1, read: '', unread: 0,
			mentions: 0, ...more }));
	};
}

function notices(page) {
	return page.$$eval('#toasts p', nodes => nodes.map(n => n.textContent));
}

test('a closed server: the password is asked for, once', async t => {
	const tries = [];
	const { prepare } = await mock(t, inRole(''), { guard(auth) {
		tries.push(auth);
		if (auth.password === 'sésamo' || /^token/.test(auth.token))
			return null;
		return auth.password ?
			{ message: 'no', data: { code: 'wrong-password' } } :
			{ message: 'no', data: { code: 'password' } };
	} });
	const page = await openOurs({ locale: 'es-ES' }, async one => {
		await prepare(one);
		one.on('dialog', () => assert.fail('a dialog'));
		/* While it loads: somebody types the password, twice. */
		(async () => {
			const field = one.getByLabel('Contraseña del servidor');

			await field.fill('guess');
			await picture(one, 'closed');
			await field.press('Enter');
			await one.getByRole('alert')
				.getByText('La contraseña no es esa').waitFor();
			await field.fill('sésamo');
			await one.getByRole('button', { name: 'Entrar',
				exact: true }).click();
		})();
	});

	assert.deepStrictEqual(tries.map(({ password }) => password),
		[undefined, 'guess', 'sésamo']);
	assert.strictEqual(await page.locator('#enter').isVisible(), false);
	await page.reload();
	await connected(page);
	assert.match(tries.at(-1).token, /^token/);
	assert.strictEqual(tries.at(-1).password, undefined);
	assertClean();
});

test('an invitation in the address', async t => {
	const tries = [];
	const { prepare } = await mock(t, inRole(''), { guard(auth) {
		tries.push(auth.invite);
		return auth.invite === 'C0de-_' ? null :
			{ message: 'no', data: { code: 'password' } };
	} });
	/* Our server may not know it: the page is what counts. */
	const page = await openOurs({}, async one => {
		await prepare(one);
		await one.route('**/i/C0de-_', async route => route.fulfill({
			response: await route.fetch({
				url: `${world.server.url}/chat.html` }) }));
	}, '/i/C0de-_');

	assert.deepStrictEqual(tries, [undefined, 'C0de-_']);
	assert.match(page.url(), /\/r\/lobby$/);
	assertClean();
});

test('banned: told why, and no more tries', async t => {
	let tries = 0;
	const { prepare } = await mock(t, inRole(''), { guard() {
		tries++;
		return { message: 'banned', data: { code: 'banned',
			until: Date.UTC(2030, 0, 2, 12), reason: EVIL } };
	} });
	const person = named('eva');
	const page = await open('/chat.html', person,
		prepare);

	await page.waitForSelector('body[data-state=closed]');
	assert.match(await page.textContent('#banner-text'),
		/^You are banned from this server until 2 Jan 2030, .*<img/);
	assert.strictEqual(tries, 1);
	assertClean();
});

test('a moderator has the means, others have not', async t => {
	const { prepare, asked } = await mock(t, inRole('owner'));
	const page = await openOurs(named('ours'), prepare);

	await shows(page, ['hola']);
	assert.strictEqual(await page.textContent('#marks'), 'yours');
	await until(async () => assert.match(
		await page.textContent('#people-list'), /ana ?moderator/));
	await page.locator('#people-list').getByRole('button', { name: 'bo' })
		.click();
	await page.getByLabel('Reason').fill('spam');
	await page.getByLabel(/For how long/).selectOption('1 hour');
	await picture(page, 'deal');
	await page.getByRole('button', { name: 'Mute', exact: true }).click();
	await page.getByText('Done.').waitFor();
	await page.getByRole('button', { name: 'Put out' }).click();
	await until(() => assert.ok(asked.some(([event]) => event === 'kick')));
	await page.keyboard.press('Escape');
	await page.click('#topic');
	await page.getByLabel(/Slow mode/).fill('30');
	await page.getByLabel(/Only who is invited/).check();
	await picture(page, 'settings');
	await page.getByRole('button', { name: 'Save' }).click();
	await until(() => assert.ok(
		asked.some(([event]) => event === 'private')));
	await say(page, '/ban -server bo 2h again');
	await say(page, '/ban 192.0.2.7');
	await say(page, '/moderator bo off');
	await until(() => assert.ok(
		asked.some(([event]) => event === 'moderator')));
	/* Somebody else's message. */
	await page.locator('#log .msg').hover();
	await page.getByRole('toolbar').getByRole('button', { name: 'Delete' })
		.click();
	await page.locator('#sure-go').click();
	await until(() => assert.ok(asked.some(([event]) => event === 'delete')));
	await say(page, '/invite 5 2d');
	await say(page, '/invite -server');
	await say(page, '/invite @5');
	await say(page, '/revoke http://host/i/Code');
	await until(() => assert.ok(asked.some(([event]) => event === 'revoke')));
	const room = 'lobby', nick = 'bo';

	assert.deepStrictEqual(asked.filter(([event]) => ['mute', 'kick', 'slow',
		'private', 'ban', 'invite', 'revoke', 'moderator',
		'delete'].includes(event)), [
		['mute', { room, nick, seconds: 3600, reason: 'spam' }],
		['kick', { room, nick, reason: 'spam' }],
		['slow', { room, seconds: 30 }],
		['private', { room, on: true }],
		['ban', { nick, seconds: 7200, reason: 'again' }],
		['ban', { address: '192.0.2.7' }],
		['moderator', { room, nick, on: false }],
		['delete', { id: '1700000000000-0' }],
		['invite', { room, uses: 5, seconds: 172800 }],
		['invite', {}],
		['invite', { room, nick: '5' }],
		['revoke', { invite: 'Code' }]]);
	assertClean();

	const other = await mock(t, inRole(''));
	const guest = await openOurs(named('ours'), other.prepare);

	await shows(guest, ['hola']);
	await guest.click('#topic');
	assert.strictEqual(await guest.locator('#settings').isVisible(), false);
	await guest.keyboard.press('Escape');
	await guest.locator('#log .msg').hover();
	assert.strictEqual(await guest.getByRole('toolbar')
		.getByRole('button', { name: 'Delete' }).isVisible(), false);
	await guest.locator('#log .who').click();
	assert.strictEqual(await guest.locator('#deal').isVisible(), false);
	assertClean();
});

test('a line that is no right command is neither run nor said', async t => {
	const { prepare, asked } = await mock(t, inRole('owner'));
	const page = await openOurs(named('ours'), prepare);
	const told = [];

	await shows(page, ['hola']);
	for (const [line, why] of [
		['/frobnicate secret', /no command .*\/frobnicate/],
		['/Register secret', /no command/], ['/', /no command/],
		['/re secret', /\/register, \/revoke\?/],
		['/slow secret', /SECONDS\|2m\|off/], ['/slow 5x', /off$/],
		['/slow', /off$/], ['/slow 1m 2', /off$/],
		['/private', /on\|off/], ['/private of', /on\|off/],
		['/priv maybe', /\/private on\|off/],
		['/invite 3 1h secret', /USES/], ['/invite 3 1', /USES/],
		['/invite bo 1h', /USES/], ['/invite 0', /USES/],
		['/ban', /NAME/], ['/ban -server', /NAME/],
		['/ban bo 5 secret', /90s/], ['/mute bo 1x', /90s/],
		['/mute bo 0s', /90s/], ['/unmute bo secret', /NAME$/],
		['/unban x', /NUMBER/], ['/bans -sever', /\[-server\]$/],
		['/moderator bo secret', /\[off\]/], ['/kick', /WHY/],
		['/owner bo secret', /NAME$/], ['/revoke', /CODE/],
		['/accept http://host/i/', /CODE/], ['/topic', /TEXT/],
		['/part secret', /ROOM/], ['/msg bo secret', /NAME/]]) {
		await say(page, line);
		/* The status says so at once, and the line can be mended. */
		assert.match(await page.textContent('#hint'), why, line);
		assert.strictEqual(await page.inputValue('#field'), line);
	}
	await picture(page, 'refused');
	for (const line of ['/sl 1m', '/slow 0', '/slo off', '/priv on',
		'/kick bo 5 times', '/mut -server bo 3d', '/moderator @bo',
		'/ban bo', '/invite 3 1h', '/invite 1h', '//re', '/me waves'])
		await say(page, line);
	await until(() => assert.deepStrictEqual(asked.filter(([event]) =>
		event === 'nuevo mensaje').map(([, text]) => text),
	['/re', '/me waves']));
	await say(page, '/reg secret');
	await page.locator('#account').waitFor();
	await page.keyboard.press('Escape');
	await say(page, '/log ana secret');
	await page.locator('#account').waitFor();
	assert.strictEqual(await page.inputValue('#account-nick'), 'ana');
	const room = 'lobby', nick = 'bo';

	assert.deepStrictEqual(asked.filter(([event]) => ['slow', 'private',
		'kick', 'mute', 'moderator', 'ban', 'invite'].includes(event)), [
		['slow', { room, seconds: 60 }], ['slow', { room, seconds: 0 }],
		['slow', { room, seconds: 0 }], ['private', { room, on: true }],
		['kick', { room, nick, reason: '5 times' }],
		['mute', { nick, seconds: 259200 }],
		['moderator', { room, nick, on: true }], ['ban', { room, nick }],
		['invite', { room, uses: 3, seconds: 3600 }],
		['invite', { room, seconds: 3600 }]]);
	assert.doesNotMatch(JSON.stringify(asked), /secret/);
	assertClean();
});

test('what is listed can be ended there', async t => {
	const { prepare, asked } = await mock(t, one => {
		inRole('owner')(one);
		one.on('bans', (arg, ack) => ack({ ok: true, bans: [
			{ ban: 3, nick: 'eva', by: 'ours', reason: 'spam',
				until: Date.UTC(2030, 0, 2, 12) },
			{ ban: 4, nick: 'leo', by: 'ana' },
			{ nick: 'none', by: 'ana' }] }));
		one.on('unban', ({ ban }, ack) => ack(ban === 3 ? { ok: true } :
			{ ok: false, code: 'not-here', message: 'no such ban' }));
		one.on('invitations', (arg, ack) => ack({ ok: true,
			invitations: [{ invite: 'C0de-_', by: 'ours', uses: 2 }] }));
	});
	const page = await openOurs(named('ours'), prepare);
	const items = page.locator('#listing-list li');
	const focused = () => page.evaluate(() =>
		document.activeElement.textContent);
	const clean = text => text.replace(/[\u2068\u2069]/g, '');

	await shows(page, ['hola']);
	await say(page, '/bans');
	await items.nth(2).waitFor();
	await page.keyboard.press('Enter');
	await picture(page, 'bans');
	assert.strictEqual(await items.nth(2).locator('button').count(), 0);
	await page.getByRole('button', { name: 'Lift 3' }).click();
	await page.getByText('Done.').waitFor();
	assert.strictEqual(await items.count(), 2);
	assert.match(clean(await focused()), /^4: leo/);
	/* Enter once more lifts no other one. */
	await page.keyboard.press('Enter');
	await page.keyboard.press('Tab');
	assert.strictEqual(await focused(), 'Lift');
	await page.keyboard.press('Enter');
	await page.getByText('no such ban').waitFor();
	assert.strictEqual(await items.count(), 2);
	assert.strictEqual(await focused(), 'Lift');
	await page.setViewportSize({ width: 390, height: 700 });
	await picture(page, 'bans-narrow');
	await page.keyboard.press('Escape');
	await say(page, '/invites');
	await items.getByText('2 uses left').waitFor();
	await picture(page, 'invites');
	assert.strictEqual(clean(await page.locator('#listing button').first()
		.getAttribute('aria-label')), 'Revoke C0de-_');
	await items.getByRole('button').click();
	await page.getByText('Done.').waitFor();
	assert.strictEqual(await items.count(), 0);
	assert.strictEqual(await focused(), '');
	assert.deepStrictEqual(asked.filter(([event]) =>
		['unban', 'revoke'].includes(event)), [['unban', { ban: 3 }],
		['unban', { ban: 4 }], ['revoke', { invite: 'C0de-_' }]]);
	assertClean();
});

test('what is done is told, and what is slow waits', async t => {
	let slowed = 0;
	const { prepare, socket } = await mock(t, inRole(''), {
		answer: text => /^later/.test(text) && slowed++ < 2 ?
			{ ok: false, code: 'slow-mode', message: 'slow', retry: 300 } :
			null });
	const page = await openOurs(named('ours'), prepare);
	const tell = (event, more) =>
		socket().emit(event, { room: 'lobby', by: 'ana', ...more });

	await shows(page, ['hola']);
	tell('slow', { seconds: 30, nick: 'ana' });
	tell('private', { on: true });
	tell('moderator', { nick: 'ours', from: 'ours', on: true });
	await until(async () => assert.strictEqual(
		await page.textContent('#marks'),
		'private · slow: a message in 30 s · you moderate'));
	tell('muted', { reason: 'noise', until: Date.UTC(2030, 0, 2, 12) });
	await until(async () => assert.match((await notices(page)).join(),
		/You may only read in .lobby., says .ana., until 2 Jan .*noise/));
	await say(page, 'later 1');
	await say(page, 'later 2');
	await page.getByText('This room is slow').waitFor();
	await picture(page, 'slow');
	await page.setViewportSize({ width: 390, height: 700 });
	await picture(page, 'slow-narrow');
	await until(async () => assert.strictEqual(
		await page.locator('#outbox .msg').count(), 0));
	assert.strictEqual(slowed, 4);
	tell('kicked', { reason: 'enough' });
	await until(async () => assert.match((await notices(page)).join(),
		/You were put out of .lobby. by .ana.\. .enough/));
	await page.getByText('You are in no room').waitFor();
	assertClean();
});

test('hostile texts in every field: nothing is run, nothing drawn', async t => {
	const evil = { room: EVIL, nick: EVIL, from: EVIL, by: EVIL, reason: EVIL,
		role: EVIL, until: 1e15, seconds: EVIL, on: EVIL, text: EVIL };
	const hit = { ban: EVIL, what: EVIL, address: EVIL, at: EVIL, ...evil };
	const { prepare, socket } = await mock(t, one => {
		inRole('owner', { slow: EVIL, private: EVIL, members: [evil] })(one);
		for (const event of ['bans', 'audit', 'invite', 'invitations'])
			one.on(event, (arg, ack) => ack({ ok: true, path: EVIL,
				bans: [hit, null], lines: [hit, 5],
				invitations: [{ ...hit, invite: EVIL,
					uses: EVIL }, 'x'] }));
	});
	const page = await openOurs(named('ours'), async one => {
		await prepare(one);
		one.on('dialog', () => assert.fail('a script was run'));
	});

	await shows(page, ['hola']);
	for (const event of ['muted', 'unmuted', 'invited', 'slow', 'private',
		'moderator', 'owner', 'joined', 'left']) {
		socket().emit(event, evil);
		socket().emit(event, { ...evil, room: 'lobby' });
		socket().emit(event, EVIL);
	}
	for (const [command, there] of [['/bans', '#listing-list'],
		['/audit', '#listing-list'], ['/invites', '#listing-list'],
		['/invite', '#toasts']]) {
		await say(page, command);
		await until(async () => assert.match(
			await page.textContent(there), /<img|%3Cimg/));
		await page.keyboard.press('Escape');
	}
	socket().emit('kicked', { ...evil, room: 'lobby' });
	await page.getByText('You are in no room').waitFor();
	socket().emit('banned', { ...evil, room: undefined });
	socket().disconnect();
	await page.waitForSelector('body[data-state=closed]');
	await until(async () => assert.match(
		await page.textContent('#banner-text'), /<img/));
	assert.strictEqual(await page.locator('img, #toasts svg:not(.icon), ' +
		'#toasts script, dialog script').count(), 0);
	await picture(page, 'hostile');
	assertClean();
});
