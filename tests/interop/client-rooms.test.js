'use strict';
/*
 * What our client makes of the chat protocol: rooms and people at `chat
 * serve`, what was missed, what the server can't take for now, and who one is.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const http = require('node:http');
const { Server } = require('socket.io');
const { test, until } = require('./harness');
const { Chat, EVENT, Json, folder, join, later, numbers, relayTo, startOurs,
	together } = require('./client');

const groups = {};

/* Everything that it has been told in a room, its own lines included. */
function
heard(client, room)
{
	return client.all.filter((one) => one.room === room &&
	    (one.type === 'message' || (one.type === 'entry' &&
	        one.state === 'delivered'))).map(({ text }) => text);
}

async function
says(client, text, room)
{
	await client.until(() => client.of('message').some((one) =>
	    one.text === text && (!room || one.room === room)), text);
	return client.of('message').find((one) => one.text === text);
}

groups['at chat serve'] = () => {
	test('nothing is missed or doubled over kills of the server',
	    async (t) => {
		const store = path.join(folder(t), 'store.db');
		let server = await startOurs(t, '--store', store);
		const args = ['--room', 'lobby', '--room', 'dev'];
		const clients = [];
		let n = 0;

		for (const name of ['ana', 'bob']) {
			const one = new Json(t, [...args, '--nick', name,
				server.url]);

			await one.enters('lobby');
			await one.enters('dev');
			clients.push(one);
		}
		const talk = () => clients.forEach((one, i) => {
			for (const room of ['lobby', 'dev'])
				one.send({ type: 'message', room,
					text: i + ' ' + n });
		});
		for (let round = 0; round < 3; round++) {
			for (const end = n + 40; n < end; n++) {
				talk();
				if (n % 20 === 10)
					await server.kill();
				if (n % 20 === 15)
					server = await startOurs(t, '--store',
					    store, '--port', server.port);
			}
			for (const one of clients)
				await one.until(() =>
				    one.count('delivered') === 2 * n,
				    2 * n + ' delivered', 30000);
		}
		const wanted = numbers(n);
		for (const [i, one] of clients.entries())
			for (const room of ['lobby', 'dev']) {
				await one.until(() => heard(one, room)
				    .includes(1 - i + ' ' + (n - 1)),
				    'all of the other', 20000);
				for (const who of [0, 1])
					assert.deepStrictEqual(
					    heard(one, room).filter((text) =>
					        text.startsWith(who + ' ')),
					    wanted.map((k) => who + ' ' + k));
			}
	}, 120);

	test('what was changed meanwhile', async (t) => {
		const server = await startOurs(t);
		const relay = await relayTo(t, server);
		const ana = await join(t, server.url, { args: ['--nick=ana'] });
		const bob = await join(t, relay.url, { args: ['--nick=bob'] });
		const ids = [];

		for (const text of ['one', 'two', 'three']) {
			ana.say(text);
			ids.push((await says(bob, text)).id);
		}
		/* A new session, not the old one again. */
		relay.refuses = true;
		relay.cut();
		await bob.reaches('waiting');
		assert.ok((await ana.ask({ type: 'edit', id: ids[0],
			text: 'uno' })).ok);
		assert.ok((await ana.ask({ type: 'delete', id: ids[1] })).ok);
		assert.ok((await ana.ask({ type: 'react', id: ids[2],
			emoji: '👍' })).ok);
		relay.refuses = false;
		await bob.reaches('online');
		await bob.until(() => ['edited', 'deleted', 'reaction'].every(
		    (type) => bob.of(type).length === 1) ||
		    bob.of('changed').length === 3, 'the changes');
		if (bob.of('changed').length > 0) {
			const [a, b, c] = ids.map((id) => bob.of('changed')
			    .find((one) => one.id === id));
			assert.deepStrictEqual([a.text, a.edited.by],
			    ['uno', 'ana']);
			assert.deepStrictEqual([b.text, b.deleted.by],
			    ['', 'ana']);
			assert.deepStrictEqual(c.reactions, { '👍': ['ana'] });
		}
	}, 40);

	test('replies, reactions, edits and deletions', async (t) => {
		const server = await startOurs(t);
		const ana = await join(t, server.url, { args: ['--nick=ana'] });
		const bob = await join(t, server.url, { args: ['--nick=bob'] });

		ana.say('hola');
		const { id, from, seq } = await says(bob, 'hola');
		bob.send({ type: 'message', text: 'buenas', reply: id });
		const reply = await says(ana, 'buenas');
		assert.deepStrictEqual(reply.reply,
		    { id, nick: 'ana', text: 'hola' });
		assert.strictEqual(reply.seq, seq + 1);
		assert.ok((await bob.ask({ type: 'react', id,
			emoji: '🎉' })).ok);
		assert.ok((await ana.ask({ type: 'edit', id,
			text: 'hola!' })).ok);
		await bob.until(() => bob.of('edited').length === 1, 'edit');
		assert.deepStrictEqual([bob.of('edited')[0].text,
			bob.of('edited')[0].from], ['hola!', from]);
		const page = await bob.ask({ type: 'history', room: 'lobby' });
		assert.deepStrictEqual(page.data.messages.map(([text]) => text),
		    ['hola!', 'buenas']);
		const found = await ana.ask({ type: 'search', text: 'buen' });
		assert.strictEqual(found.data.messages.length, 1);
		assert.strictEqual((await bob.ask({ type: 'delete', id })).code,
		    'forbidden');
		assert.ok((await ana.ask({ type: 'delete', id })).ok);
		await bob.until(() => bob.of('deleted').length === 1, 'gone');
		/* Who comes now sees it as it is. */
		const cy = new Json(t, [server.url]);
		await cy.enters('lobby');
		const first = cy.of('message')[0];
		assert.deepStrictEqual([first.text, first.deleted.by],
		    ['', 'ana']);
	});

	test('joining behind a message', async (t) => {
		const server = await startOurs(t);
		const ana = await join(t, server.url, { args: ['--nick=ana'] });

		ana.say(...numbers(700));
		await ana.delivered(700);
		const bob = new Json(t, ['--room=other', server.url]);
		await bob.enters('other');
		assert.ok((await bob.ask({ type: 'join', room: 'lobby',
			after: '0-0' })).ok);
		await bob.until(() => heard(bob, 'lobby').length >= 700,
		    'all of them', 20000);
		assert.deepStrictEqual(heard(bob, 'lobby'), numbers(700));
		ana.say('and now');
		await says(bob, 'and now');
		assert.strictEqual(heard(bob, 'lobby').length, 701);
	}, 40);

	test('two alone', async (t) => {
		const server = await startOurs(t);
		const relay = await relayTo(t, server);
		const ana = await join(t, server.url, { args: ['--nick=ana'] });
		const bob = await join(t, relay.url, { args: ['--nick=bob'] });

		ana.send({ type: 'message', room: '@bob', text: 'psst' });
		const { room, with: other } = await says(bob, 'psst');
		assert.match(room, /^@[a-z0-9]{12},[a-z0-9]{12}$/);
		assert.strictEqual(other, 'ana');
		bob.send({ type: 'message', room: '@ana', text: 'what?' });
		assert.strictEqual((await says(ana, 'what?')).room, room);
		/* What is said while one is away is there then. */
		relay.refuses = true;
		relay.cut();
		await bob.reaches('waiting');
		for (const text of numbers(80))
			ana.send({ type: 'message', room, text });
		await ana.delivered(81);
		relay.refuses = false;
		await bob.until(() => heard(bob, room).length === 82, 'all',
		    20000);
		assert.deepStrictEqual(heard(bob, room),
		    ['psst', 'what?', ...numbers(80)]);
	}, 40);

	test('a person with a password', async (t) => {
		const server = await startOurs(t);
		const state = folder(t);
		const bob = await join(t, server.url, { args: ['--nick=bob'] });
		let ana = await join(t, server.url, { state,
			args: ['--nick=ana'] });

		assert.ok((await ana.ask({ type: 'register',
			password: 'secret password' })).ok);
		await ana.reaches('online', { registered: true });
		const { from } = ana.status;
		const [file] = fs.readdirSync(path.join(state, 'chat'))
		    .filter((name) => name.startsWith('token-'));
		const { mode } = fs.statSync(path.join(state, 'chat', file));
		assert.strictEqual(mode & 0o777, 0o600);
		await ana.finish();
		bob.send({ type: 'message', room: '@ana', text: 'missed' });
		await bob.delivered(1);

		/* At the next start it is she, by whatever name. */
		ana = await join(t, server.url, { state });
		assert.deepStrictEqual([ana.status.nick, ana.status.from,
			ana.status.registered], ['ana', from, true]);
		await says(ana, 'missed');
		await ana.finish();
		/* Not if somebody else is asked for. */
		const eve = await join(t, server.url, { state,
			args: ['--nick=eve'] });
		assert.strictEqual(eve.status.nick, 'eve');
		/* Elsewhere the password does it. */
		assert.strictEqual((await eve.ask({ type: 'login', nick: 'ana',
			password: 'wrong one' })).code, 'wrong-password');
		assert.ok((await eve.ask({ type: 'login', nick: 'ana',
			password: 'secret password' })).ok);
		await eve.reaches('online', { nick: 'ana', from });
	}, 40);

	test('plain: what is changed, and who', async (t) => {
		const server = await startOurs(t);
		const ana = await join(t, server.url, { args: ['--nick=ana'] });
		const bob = new Chat(t, ['connect', '--plain', '--nick=bob',
			server.url + '/r/lobby']);
		const shows = (what) => until(() => bob.lines.some((line) =>
		    what.test(line)), String(what));

		await shows(/^-- you are in lobby$/);
		ana.say('hola');
		await shows(/ #lobby <ana> hola$/);
		bob.write('/reply yes\n/who\n/search hola\n/msg ana psst\n');
		const { reply, id } = await says(ana, 'yes');
		assert.strictEqual(reply.text, 'hola');
		await shows(/^-- 2 people in lobby: .*ana/);
		await shows(/^-- .* lobby <ana> hola$/);
		await says(ana, 'psst');
		await ana.ask({ type: 'react', id, emoji: '👍' });
		await shows(/^-- ana reacts with 👍 in lobby$/u);
		await ana.ask({ type: 'edit', id: reply.id, text: 'hi\x1b[2J' });
		await shows(/^-- ana has edited a message in lobby: hi\ufffd\[2J$/);
		await ana.ask({ type: 'delete', id: reply.id });
		await shows(/^-- ana has deleted a message in lobby$/);
	});
};

/* A server that says welcome, and whose answers are the test's: on(event,
 * argument, acknowledgement, text). */
async function
startTold(t, on)
{
	const web = http.createServer();
	const io = new Server(web);

	io.on('connection', (socket) => {
		socket.emit('welcome', { server: 'told', version: '1',
			nick: 'ours', from: 'abcdefghijkl', token: 't',
			registered: false, limits: {}, rooms: [] });
		socket.onAny((event, ...args) => {
			const ack = args.pop();

			on(event, event === EVENT ? args[1] : args[0], ack,
			    args[0], socket);
		});
	});
	await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
	later(t, () => io.close());
	return 'http://127.0.0.1:' + web.address().port;
}

const entered = (room, more = {}) => ({ ok: true, joined: true, room,
	topic: '', members: [], count: 0, messages: [], changed: [], last: '',
	seq: 0, read: '', unread: 0, mentions: 0, more: false, ...more });

groups['at a server that'] = () => {
	for (const code of ['not-stored', 'busy'])
		test('says ' + code + ': lines wait and keep their order',
		    async (t) => {
			const tries = [];
			let left = 2, gate = null;
			const url = await startTold(t, (event, a, ack, text) => {
				if (event === 'join') {
					ack(entered(a.room));
					return;
				}
				tries.push(text);
				if (gate === a.nonce)
					gate = null;
				if (gate === null && left > 0 && left--)
					gate = a.nonce;
				ack(gate === null ? { ok: true, id:
				    Date.now() + '-' + tries.length } :
				    { ok: false, code, message: 'disk full' });
			});
			const ours = await join(t, url);

			ours.say(...numbers(5));
			await ours.reaches('online', { problem: 'disk full' });
			await ours.delivered(5);
			await ours.reaches('online', { problem: '' });
			/* All at once; then the first alone; then the rest. */
			assert.deepStrictEqual(tries, [...numbers(5), '0', '0',
				'1', '2', '3', '4']);
			for (const states of ours.entries.values())
				assert.deepStrictEqual(states.map(({ state }) =>
				    state), ['waiting', 'delivered']);
		}, 40);

	test('has more than fits into an answer', async (t) => {
		const asked = [];
		const url = await startTold(t, (event, a, ack) => {
			if (a.room !== 'lobby') {
				ack(entered(a.room));
				return;
			}
			asked.push(a.after);
			const n = a.after ? Number(a.after.split('-')[1]) : 0;
			const messages = numbers(3).map((k) => [String(n + 1 +
			    Number(k)), { id: '5-' + (n + 1 + Number(k)),
				seq: n + 1 + Number(k), room: 'lobby',
				nick: 'ana', from: 'x' }]);

			ack(entered('lobby', { joined: n >= 6, messages,
				last: '5-9', seq: 9 }));
		});
		const ours = new Json(t, ['--room=none', url]);

		await ours.reaches('online');
		await ours.ask({ type: 'join', room: 'lobby', after: '5-0' });
		await ours.until(() => heard(ours, 'lobby').length === 9,
		    'nine of them');
		assert.deepStrictEqual(heard(ours, 'lobby'),
		    numbers(9).map((k) => String(Number(k) + 1)));
		assert.deepStrictEqual(asked, ['5-0', '5-3', '5-6']);
	});

	test('lets nobody into a room', async (t) => {
		const url = await startTold(t, (event, a, ack) => ack(
		    { ok: false, code: 'rooms-fixed', message: 'no new ones' }));
		const ours = new Json(t, ['--room=dev', url]);

		await ours.until(() => ours.of('refused').length === 1,
		    'refused');
		const [{ room, code, text }] = ours.of('refused');
		assert.deepStrictEqual([room, code, text],
		    ['dev', 'rooms-fixed', 'no new ones']);
	});
};

together('client in rooms', groups);
