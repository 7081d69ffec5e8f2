'use strict';
/*
 * Connection state recovery: after a cut the client gets its session,
 * its rooms and what it has missed, once and in order. Strictly once:
 * the official server restores the same pid again and again, also while
 * its session lives; here the second use gives a fresh session.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { pace, sleep, startRelay, test, testOurs, until, useServer } =
    require('./harness');
const { Polling, SOCKET, Sio, Tcp, query } = require('./raw');
const { call, connect, connected, event, modes, open, queue } =
    require('./clients');

const SERVER = ['--recovery', '--ping-interval', 2000,
	'--ping-timeout', 20000, '--connect-timeout', 20000];

for (const mode of Object.keys(modes))
	describe('recovery, client 4, ' + mode, () => recovers(mode));

function
recovers(mode)
{
	const server = useServer(...SERVER);
	const client = { version: 4, mode };

	/* Cuts the client off and lets `act` run meanwhile. */
	async function
	away(relay, socket, other, act)
	{
		const gone = event(socket, 'disconnect');
		const { id } = socket;

		await sleep(50);
		relay.refuse(true);
		relay.cut();
		await gone;
		/* The server notices by itself that the peer is gone. */
		await until(async () =>
		    !(await call(other, 'present', id))[0],
		    'end of the socket', 30000);
		await act();
		relay.refuse(false);
		await event(socket, 'connect');
	}

	test('what was missed comes once, in order, first', async () => {
		const relay = await startRelay(server.port);
		const socket = await connect(relay, client);
		const other = await connect(server, client);
		const said = queue(socket, 'said');
		const { id } = socket;
		let number = 0;

		assert.strictEqual(socket.recovered, false);
		other.emit('in', id, number++);
		await said.next();
		for (let round = 0; round < 3; round++) {
			await away(relay, socket, other, async () => {
				for (let i = 0; i < 100; i++)
					other.emit('in', id, number++);
				await call(other, 'message-with-ack');
			});
			assert.strictEqual(socket.recovered, true);
			assert.strictEqual(socket.id, id);
			other.emit('in', id, number++);
			const last = await said.take(101);
			assert.deepStrictEqual(last.map(([n]) => n),
			    Array.from({ length: 101 },
			        (_, i) => number - 101 + i));
		}
		await call(socket, 'message-with-ack');
		assert.strictEqual(said.items.length, 0);
	}, 40);

	test('rooms are restored', async () => {
		const relay = await startRelay(server.port);
		const socket = await connect(relay, client);
		const other = await connect(server, client);
		const said = queue(socket, 'said');

		await call(socket, 'join', 'kept');
		await call(socket, 'join', 'left');
		await call(socket, 'leave', 'left');
		other.emit('in', socket.id, 'an offset to begin with');
		await said.next();
		await away(relay, socket, other, async () => {
			other.emit('in', 'kept', 1);
			other.emit('in', 'left', 2);
			other.emit('except', 'kept', 3);
			other.emit('except', 'left', 4);
			await call(other, 'message-with-ack');
		});
		assert.strictEqual(socket.recovered, true);
		assert.deepStrictEqual(await call(socket, 'rooms'),
		    [[socket.id, 'kept'].sort()]);
		other.emit('in', 'kept', 5);
		assert.deepStrictEqual(
		    (await said.take(3)).map(([what]) => what), [1, 4, 5]);
	});

	test('binary that was missed', async () => {
		const relay = await startRelay(server.port);
		const socket = await connect(relay, client);
		const other = await connect(server, client);
		const said = queue(socket, 'said');
		const data = Buffer.from([1, 2, 3]);
		const { id } = socket;

		other.emit('in', id, 'first');
		await said.next();
		await away(relay, socket, other, async () => {
			other.emit('in', id, data);
			other.emit('in', id, { data });
			await call(other, 'message-with-ack');
		});
		assert.strictEqual(socket.recovered, true);
		assert.deepStrictEqual(Buffer.from((await said.next())[0]),
		    data);
		assert.deepStrictEqual(
		    Buffer.from((await said.next())[0].data), data);
	});

	test('what the client sends while away arrives once', async () => {
		const relay = await startRelay(server.port);
		const socket = await connect(relay, client);
		const other = await connect(server, client);
		const said = queue(socket, 'said');
		const heard = queue(other, 'said');

		other.emit('in', socket.id, 'first');
		await said.next();
		await away(relay, socket, other, async () => {
			for (let i = 0; i < 10; i++)
				socket.emit('to', other.id, i);
		});
		assert.strictEqual(socket.recovered, true);
		assert.deepStrictEqual(
		    (await heard.take(10)).map(([n]) => n),
		    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
		assert.strictEqual(heard.items.length, 0);
	});

	test('no recovery after leaving on purpose', async () => {
		const socket = await connect(server, client);
		const other = await connect(server, client);
		const said = queue(socket, 'said');
		const { id } = socket;

		other.emit('in', id, 'first');
		await said.next();
		socket.disconnect();
		socket.connect();
		await connected(socket);
		assert.strictEqual(socket.recovered, false);
		assert.notStrictEqual(socket.id, id);
	});

	test('no recovery after being kicked', async () => {
		const socket = await connect(server, client);
		const other = await connect(server, client);
		const said = queue(socket, 'said');
		const { id } = socket;

		other.emit('in', id, 'first');
		await said.next();
		const gone = event(socket, 'disconnect');
		socket.emit('kick', false);
		await gone;
		socket.connect();
		await connected(socket);
		assert.strictEqual(socket.recovered, false);
		assert.notStrictEqual(socket.id, id);
	});
}

describe('recovery, by hand', () => {
	const server = useServer(...SERVER);

	/* A session of its own on the wire, with pid and newest offset. */
	async function
	openRecoverable(auth)
	{
		const session = await Sio.openEngine(server);

		return { session, ...await answerOf(session, auth) };
	}

	/*
	 * Connects and reads up to the `auth` event: what was missed comes
	 * first, then the CONNECT packet.
	 */
	async function
	answerOf(session, auth)
	{
		const missed = [];

		session.send('0' + (auth ? JSON.stringify(auth) : ''));
		for (;;) {
			const packet = await session.next();

			if (packet[0] === '2') {
				missed.push(JSON.parse(packet.slice(1)));
				continue;
			}
			const { sid, pid } = JSON.parse(packet.slice(1));
			const event = JSON.parse(
			    (await session.next()).slice(1));
			assert.strictEqual(event[0], 'auth');
			return { missed, sid, pid, offset: event.at(-1) };
		}
	}

	/* Cuts a session off and waits until the server knows. */
	async function
	cut({ session, sid })
	{
		const watcher = await speaker();

		session.ws.ws.terminate();
		await watcher.untilGone(sid);
	}

	async function
	speaker()
	{
		const { session } = await openRecoverable();

		return session;
	}

	test('offsets: on events, not on acknowledgements and volatile',
	    async () => {
		const { session, sid, pid, offset } = await openRecoverable();

		assert.strictEqual(typeof pid, 'string');
		assert.notStrictEqual(pid, sid);
		assert.strictEqual(typeof offset, 'string');
		session.send('2["echo",1]');
		const echo = JSON.parse((await session.next()).slice(1));
		assert.strictEqual(echo.length, 3);
		assert.strictEqual(typeof echo[2], 'string');
		assert.notStrictEqual(echo[2], offset);
		session.send('2["in","' + sid + '","x"]');
		const said = JSON.parse((await session.next()).slice(1));
		assert.deepStrictEqual(said.slice(0, 2), ['said', 'x']);
		assert.strictEqual(said.length, 3);
		session.send('21["message-with-ack","x"]');
		assert.strictEqual(await session.next(), '31["x"]');
		session.send('2["volatile","x"]');
		assert.strictEqual(await session.next(), '2["said","x"]');
		session.send('2["ask","x"]');
		assert.match(await session.next(), /^2\d+\["question","x"\]$/);
	});

	test('the missed packets come before the CONNECT packet',
	    async () => {
		const one = await openRecoverable();
		const other = await speaker();

		await cut(one);
		for (let i = 0; i < 3; i++)
			other.send('2["in","' + one.sid + '",' + i + ']');
		await other.settled();
		const back = await openRecoverable(
		    { pid: one.pid, offset: one.offset });
		assert.strictEqual(back.sid, one.sid);
		assert.strictEqual(back.pid, one.pid);
		assert.deepStrictEqual(
		    back.missed.map((args) => args.slice(0, 2)),
		    [['said', 0], ['said', 1], ['said', 2]]);
	});

	/* The official server restores it as often as asked. */
	testOurs('a pid restores once', async () => {
		const one = await openRecoverable();
		const auth = { pid: one.pid, offset: one.offset };

		await cut(one);
		const back = await openRecoverable(auth);
		assert.strictEqual(back.sid, one.sid);
		const again = await openRecoverable(auth);
		assert.notStrictEqual(again.sid, one.sid);
		assert.notStrictEqual(again.pid, one.pid);
		await cut(back);
		await cut(again);
	});

	test('a restored session can be restored after its next cut',
	    async () => {
		let { session, sid, pid, offset } = await openRecoverable();
		const first = sid;

		for (let i = 0; i < 3; i++) {
			await cut({ session, sid });
			({ session, sid, pid, offset } =
			    await openRecoverable({ pid, offset }));
			assert.strictEqual(sid, first);
		}
	});

	/* The official server gives away a live session. */
	testOurs('the pid of a live session restores nothing', async () => {
		const one = await openRecoverable();
		const thief = await openRecoverable(
		    { pid: one.pid, offset: one.offset });

		assert.notStrictEqual(thief.sid, one.sid);
		assert.notStrictEqual(thief.pid, one.pid);
		one.session.send('21["whoami"]');
		assert.strictEqual(await one.session.next(),
		    '31["' + one.sid + '"]');
	});

	for (const [what, change] of [
	    ['unknown pid', { pid: 'unknown' }],
	    ['unknown offset', { offset: 'unknown' }],
	    ['pid of another type', { pid: 1 }],
	    ['offset of another type', { offset: { a: 1 } }],
	    ['name of a property as pid', { pid: '__proto__' }],
	    ['empty strings', { pid: '', offset: '' }],
	    ['no offset', { offset: undefined }]])
		test('a fresh session: ' + what, async () => {
			const one = await openRecoverable();

			await cut(one);
			const back = await openRecoverable({ pid: one.pid,
				offset: one.offset, ...change });
			assert.notStrictEqual(back.sid, one.sid);
			assert.notStrictEqual(back.pid, one.pid);
			assert.deepStrictEqual(back.missed, []);
		});

	async function
	openPolling()
	{
		const session = await Polling.open(server, { path: SOCKET });

		await session.send('40');
		const [connect, auth] = await session.take(2);
		const { sid, pid } = JSON.parse(connect.slice(2));
		const offset = JSON.parse(auth.slice(2)).at(-1);
		return { session, sid, auth: { pid, offset } };
	}

	test('after an aborted poll', async () => {
		const { session, sid, auth } = await openPolling();
		const tcp = await Tcp.open(server.port);
		const other = await speaker();

		tcp.write('GET ' + query(SOCKET, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\n\r\n');
		tcp.socket.destroy();
		await other.untilGone(sid);
		other.send('2["in","' + sid + '","missed"]');
		await other.settled();
		const back = await openRecoverable(auth);
		assert.strictEqual(back.sid, sid);
		assert.deepStrictEqual(back.missed[0].slice(0, 2),
		    ['said', 'missed']);
	});

	test('not after a parse error', async () => {
		const { session, sid, auth } = await openPolling();

		await session.post('4abc');
		const back = await openRecoverable(auth);
		assert.notStrictEqual(back.sid, sid);
	});
});

/* A session, its ids, and its newest offset; what was missed is read. */
async function
openSession(server, auth)
{
	const session = await Sio.openEngine(server);
	let packet;

	session.send('0' + JSON.stringify(auth));
	do
		packet = await session.next();
	while (packet[0] !== '0');
	const event = JSON.parse((await session.next()).slice(1));
	return { session, ...JSON.parse(packet.slice(1)),
		offset: event.at(-1) };
}

describe('recovery has its time', () => {
	const time = 1000 * pace;
	const server = useServer(...SERVER, '--recovery-time', time);

	test('back within it, not after it', async () => {
		const one = await openSession(server, {});
		const watcher = await openSession(server, {});

		one.session.ws.ws.terminate();
		await watcher.session.untilGone(one.sid);
		const back = await openSession(server,
		    { pid: one.pid, offset: one.offset });
		assert.strictEqual(back.sid, one.sid);
		back.session.ws.ws.terminate();
		await watcher.session.untilGone(back.sid);
		await sleep(time * 1.5);
		const late = await openSession(server,
		    { pid: back.pid, offset: back.offset });
		assert.notStrictEqual(late.sid, one.sid);
		assert.notStrictEqual(late.pid, one.pid);
	});
});

describe('recovery has its measure', () => {
	const server = useServer(...SERVER, '--queue-max', 2e6);

	/* It would be cut off, come back, be cut off ... */
	testOurs('what would not fit into the queue starts afresh',
	    async () => {
		const filling = 'x'.repeat(100000);
		const speaker = await openSession(server, {});

		for (const [count, fits] of [[5, true], [15, false]]) {
			const one = await openSession(server, {});

			one.session.ws.ws.terminate();
			await speaker.session.untilGone(one.sid);
			for (let i = 0; i < count; i++)
				speaker.session.send('2["to","' + one.sid +
				    '","' + filling + '"]');
			await speaker.session.settled();
			const back = await openSession(server,
			    { pid: one.pid, offset: one.offset });
			assert.strictEqual(back.sid === one.sid, fits);
			back.session.send('2["echo","still here"]');
			assert.match(await back.session.next(),
			    /^2\["echo","still here",/);
		}
	});
});
