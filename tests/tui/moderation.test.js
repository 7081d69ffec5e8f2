'use strict';
/*
 * `chat connect` in a real terminal at a server that moderates, one of the
 * official library's that says what ours would.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, it } = require('node:test');
const { startFake } = require('../interop/client');
const { until } = require('../interop/harness');
const { Terminal, program } = require('./harness');

const EVIL = '\x1b[2J\x1b]0;owned\x07\u202e\u2066<b>\x9b31m';

const member = (nick, role) => ({ nick, from: nick, role });

/* A terminal with a client in it, whose state is its own. */
async function open(t, server, ...args) {
	const state = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-state-'));
	const terminal = await Terminal.open({ columns: 110,
		env: { XDG_STATE_HOME: state, XDG_CONFIG_HOME: state } });

	t.after(() => fs.rmSync(state, { recursive: true, force: true }));
	await terminal.start(...program('chat', 'connect', '--nick', 'ours', ...args,
			`127.0.0.1:${server.port}${server.path || ''}`));
	return terminal;
}

async function line(terminal, text) {
	await terminal.type(text);
	await terminal.keys('Enter');
}

/* The terminal, and the server's socket once the client is in the lobby. */
async function come(t, options) {
	let socket;
	const { server } = await startFake(t, (round, ack) => ack({ ok: true }),
		one => { socket = one; }, options);
	const terminal = await open(t, server);

	await terminal.waitFor('● ');
	await terminal.waitFor('[lobby]');
	return { terminal, socket };
}

describe('moderation', () => {
	it('asks for the password of a closed server, and shows none',
		async t => {
			const tries = [];
			const { server } = await startFake(t, () => {}, () => {}, {
				guard({ password }) {
					tries.push(password);
					return password === 'sesame ñ' ? null : {
						message: 'no', data: { code: password ?
							'wrong-password' : 'password' } };
				} });
			const terminal = await open(t, server);

			await terminal.waitFor('password of the server:');
			await terminal.waitFor('the server wants a password');
			await line(terminal, 'guess');
			await terminal.waitFor('password is another one');
			await terminal.waitFor('password of the server:  Esc');
			await terminal.type('sesame ñ');
			await terminal.waitFor('server: ********');
			assert.doesNotMatch(await terminal.text(), /guess|sesame/);
			await terminal.keys('Enter');
			await terminal.waitFor('● ');
			await terminal.waitFor('[lobby]');
			assert.doesNotMatch(await terminal.text(), /guess|sesame/);
			assert.deepStrictEqual(tries,
				[undefined, 'guess', 'sesame ñ']);
			await line(terminal, '/quit');
			assert.strictEqual(await terminal.status(), 0);
		});

	it('goes where an invitation leads, and says nothing before',
		async t => {
			let socket;
			const { server, received } = await startFake(t,
				(round, ack) => ack({ ok: true, id: '1700000000000-0' }),
				one => { socket = one; }, { invited: false });

			server.path = '/i/Abc';
			const terminal = await open(t, server);

			await terminal.waitFor('● ');
			await line(terminal, 'secret text');
			await terminal.waitFor('not known yet');
			socket.emit('invited', { room: 'den', by: 'ana' });
			await terminal.waitFor('you are invited to den (by ana)');
			await terminal.waitFor('[den]');
			await line(terminal, 'hola');
			await until(() => received.length > 0, 'hola');
			await line(terminal, '/quit');
			assert.strictEqual(await terminal.status(), 0);
			assert.deepStrictEqual(received.map(([text, { room }]) =>
				[text, room]), [['hola', 'den']]);
		});

	it('leaves it at that, and asks again', async t => {
		const { server } = await startFake(t, () => {}, () => {}, {
			guard: () => ({ message: 'no', data: { code: 'password' } }) });
		const terminal = await open(t, server);

		await terminal.waitFor('password of the server:');
		await terminal.keys('C-g');
		await terminal.waitFor('disconnected; /reconnect');
		await line(terminal, '/reconnect');
		await terminal.waitFor('password of the server:');
		await terminal.keys('C-g');
		await line(terminal, '/quit');
		assert.strictEqual(await terminal.status(), 0);
	});

	it('asks without a screen, too, and gives the echo back', async t => {
		const { server } = await startFake(t, () => {}, () => {}, {
			guard: ({ password }) => password === 'sesame' ? null :
				{ message: 'no', data: { code: 'password' } } });
		const terminal = await Terminal.open();
		const before = terminal.stty();
		const words = program('chat', 'connect', '--plain', '--nick',
			'ours', `127.0.0.1:${server.port}`);

		await terminal.start(...words);
		await terminal.waitFor('password of the server:');
		await terminal.type('sesameX');
		await terminal.keys('BSpace', 'Enter');
		await terminal.waitFor('you are in lobby');
		assert.doesNotMatch(await terminal.text(), /sesame/);
		assert.strictEqual(terminal.stty(), before);
		await line(terminal, '/quit');
		assert.strictEqual(await terminal.status(), 0);
	});

	it('shows who moderates, and what is done', async t => {
		const { terminal, socket } = await come(t);
		const tell = (event, more) =>
			socket.emit(event, { room: 'lobby', ...more });

		tell('joined', member('ana', 'owner'));
		tell('joined', member('bo', 'moderator'));
		tell('joined', member('cy'));
		await terminal.waitFor(/│\*ana/);
		await terminal.waitFor(/│\+bo/);
		await terminal.waitFor(/│ cy/);
		tell('moderator', { ...member('cy'), on: true, by: 'ana' });
		await terminal.waitFor(/│\+cy/);
		await terminal.waitFor('cy is a moderator of lobby (by ana)');
		tell('owner', { ...member('cy'), by: 'ana' });
		await terminal.waitFor(/│\*cy/);
		await terminal.waitFor(/│ ana/);
		tell('slow', { seconds: 30, nick: 'ana' });
		await terminal.waitFor('(slow: 30 s)');
		tell('private', { on: true, by: 'ana' });
		await terminal.waitFor('(private)');
		tell('muted', { by: 'ana', reason: 'noise' });
		await terminal.waitFor(
			'you may only read in lobby (by ana): noise');
		tell('left', { nick: 'bo', from: 'bo', reason: 'kicked' });
		await terminal.waitFor('bo was kicked');
		tell('kicked', { by: 'cy' });
		await terminal.waitFor('you were put out of lobby (by cy)');
		await terminal.waitFor('(not joined)');
		await line(terminal, '/op root s3cret');
		assert.doesNotMatch(await terminal.text(), /s3cret/);
		await line(terminal, '/quit');
	});

	it('draws nothing that a peer has put into it', async t => {
		const { terminal, socket } = await come(t);
		const title = await terminal.format('pane_title');
		const evil = { room: EVIL, nick: EVIL, from: EVIL, by: EVIL,
			reason: EVIL, role: EVIL, until: 1e300, seconds: -1, on: 1 };

		for (const event of ['kicked', 'muted', 'unmuted', 'invited',
			'slow', 'private', 'moderator', 'owner', 'left', 'joined']) {
			socket.emit(event, evil);
			socket.emit(event, { ...evil, room: 'lobby', until: 1 });
		}
		socket.emit('banned', { ...evil, room: undefined });
		socket.emit('notice', { room: 'lobby', text: 'the end' });
		await terminal.waitFor('the end');
		assert.match(await terminal.text(), /<b>/);
		assert.strictEqual(await terminal.format('pane_title'), title);
		socket.disconnect(true);
		await terminal.waitFor('you are banned');
		await terminal.waitFor('disconnected; /reconnect');
		await line(terminal, '/quit');
		assert.strictEqual(await terminal.status(), 0);
	});
});
