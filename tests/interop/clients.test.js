'use strict';
/* The official clients 1 to 4, over polling, WebSocket and both. */
const assert = require('node:assert');
const crypto = require('node:crypto');
const { describe } = require('node:test');
const { pace, sleep, slow, startRelay, test, until, useServer } =
    require('./harness');
const { call, connect, connected, event, modes, open, queue, refusal,
    transport, upgraded, versions } = require('./clients');

/* Room for 1 MB in base64, and no ping timeout on a busy machine. */
const ROOMY = ['--ping-interval', 2000, '--ping-timeout', 20000,
	'--max-payload', 2000000, '--connect-timeout', 20000];
const COUNT = 1000;

for (const version of versions)
	for (const mode of Object.keys(modes))
		describe('client ' + version + ', ' + mode, () =>
		    ground({ version, mode }));

/* What every version must be able to do over every transport. */
function
ground(client)
{
	const server = useServer(...ROOMY);

	test('connects over the transport asked for', async () => {
		const socket = open(server, client);
		const auth = queue(socket, 'auth');

		await connected(socket);
		assert.deepStrictEqual(await auth.next(), [{}]);
		if (client.mode === 'upgrade')
			await upgraded(socket);
		assert.strictEqual(transport(socket),
		    client.mode === 'polling' ? 'polling' : 'websocket');
		assert.deepStrictEqual(await call(socket, 'whoami'),
		    [socket.id]);
	});

	test('a thousand messages there and back, in order', async () => {
		const socket = await connect(server, client);
		const echoes = queue(socket, 'echo');

		for (let i = 0; i < COUNT; i++)
			socket.emit('echo', i, 'ñ€😀');
		assert.deepStrictEqual(await echoes.take(COUNT),
		    Array.from({ length: COUNT }, (_, i) => [i, 'ñ€😀']));
	}, 60);

	test('a thousand messages from the server, in order', async () => {
		const socket = await connect(server, client);
		const burst = queue(socket, 'burst');

		socket.emit('burst', COUNT);
		assert.deepStrictEqual(await burst.take(COUNT),
		    Array.from({ length: COUNT }, (_, i) => [i]));
	}, 60);

	test('acknowledgements both ways', async () => {
		const socket = await connect(server, client);
		const value = [1, '2', { 3: [false, null] }];

		assert.deepStrictEqual(
		    await call(socket, 'message-with-ack', ...value), value);
		socket.on('question', (text, ack) => ack('so', { text }));
		const answer = event(socket, 'answer');
		socket.emit('ask', 'how?');
		assert.deepStrictEqual(await answer, ['so', { text: 'how?' }]);
	});

	test('1 MB of binary there and back', async () => {
		const socket = await connect(server, client);
		const data = crypto.randomBytes(1000000);
		const back = event(socket, 'message-back', 30000);

		socket.emit('message', { data }, 'and text');
		const [{ data: received }, text] = await back;
		assert.ok(data.equals(Buffer.from(received)));
		assert.strictEqual(text, 'and text');
	}, 60);

	test('binary acknowledgements both ways', async () => {
		const socket = await connect(server, client);
		const [a, b] = [Buffer.from([1, 2, 3]), Buffer.from([])];

		const [c, d] = await call(socket, 'message-with-ack', a, b);
		assert.deepStrictEqual(Buffer.from(c), a);
		assert.deepStrictEqual(Buffer.from(d), b);
		socket.on('question', (data, ack) => ack(data));
		const answer = event(socket, 'answer');
		socket.emit('ask', a);
		assert.deepStrictEqual(Buffer.from((await answer)[0]), a);
	});

	test('namespaces share a transport', async () => {
		const socket = await connect(server, client);
		const custom = socket.io.socket('/custom');

		await connected(custom);
		const [one, two] = [queue(socket, 'echo'),
			queue(custom, 'echo')];
		socket.emit('echo', 'one');
		custom.emit('echo', 'two');
		assert.deepStrictEqual(await one.next(), ['one']);
		assert.deepStrictEqual(await two.next(), ['two']);
		custom.disconnect();
		socket.emit('echo', 'three');
		assert.deepStrictEqual(await one.next(), ['three']);
		assert.strictEqual(two.items.length, 0);
	});

	test('refused and unknown namespaces', async () => {
		const refused = open(server, { ...client, nsp: '/refuse' });
		const [error] = await event(refused, refusal(client.version));
		const unknown = open(server, { ...client, nsp: '/random' });
		const [other] = await event(unknown, refusal(client.version));

		if (client.version >= 3) {
			assert.strictEqual(error.message, 'refused');
			assert.deepStrictEqual(error.data,
			    { code: 'E_REFUSED' });
			assert.strictEqual(other.message, 'Invalid namespace');
		} else {
			assert.deepStrictEqual(error, { code: 'E_REFUSED' });
			assert.deepStrictEqual(other,
			    { message: 'Invalid namespace' });
		}
	});

	test('rooms: to, in and except', async () => {
		const [a, b, c] = [await connect(server, client),
			await connect(server, client),
			await connect(server, client)];
		const said = [a, b, c].map((one) => queue(one, 'said'));

		await call(a, 'join', 'room');
		await call(b, 'join', 'room');
		a.emit('to', 'room', 1);
		a.emit('in', 'room', 2);
		a.emit('except', 'room', 3);
		await call(a, 'message-with-ack');
		await call(b, 'leave', 'room');
		a.emit('in', 'room', 4);
		a.emit('except', 'room', 5);
		a.emit('in', c.id, 6);
		assert.deepStrictEqual(await said[0].take(2), [[2], [4]]);
		assert.deepStrictEqual(await said[1].take(3),
		    [[1], [2], [5]]);
		assert.deepStrictEqual(await said[2].take(3),
		    [[3], [5], [6]]);
		for (const one of [a, b, c])
			await call(one, 'message-with-ack');
		assert.deepStrictEqual(said.map(({ items }) => items),
		    [[], [], []]);
	});

	test('disconnected by the server from a namespace', async () => {
		const socket = await connect(server, client);
		const custom = socket.io.socket('/custom');

		await connected(custom);
		const gone = event(custom, 'disconnect');
		custom.emit('kick', false);
		assert.strictEqual((await gone)[0], 'io server disconnect');
		assert.deepStrictEqual(
		    await call(socket, 'message-with-ack', 1), [1]);
	});

	test('disconnected by the server for good', async () => {
		/* Its last packet must arrive, wherever the client is. */
		for (let round = 0; round < 10; round++) {
			const socket = await connect(server, client);
			const gone = event(socket, 'disconnect');

			await sleep(round);
			socket.emit('kick', true);
			assert.strictEqual((await gone)[0],
			    'io server disconnect');
			await until(() => !['open', 'opening'].includes(
			    socket.io.engine.readyState),
			    'end of the transport');
		}
	});

	test('reconnects after a cut and loses nothing it holds',
	    async () => {
		const relay = await startRelay(server.port);
		const socket = await connect(relay, client);
		const echoes = queue(socket, 'echo');

		for (let round = 0; round < 3; round++) {
			const gone = event(socket, 'disconnect');

			/* Polling notices only by a request that waits. */
			await sleep(50);
			relay.cut();
			assert.match((await gone)[0], /^transport /);
			/* Kept by the client until it is back. */
			socket.emit('echo', round);
			await event(socket, 'connect');
			assert.deepStrictEqual(await echoes.next(), [round]);
		}
	});
}

for (const version of versions)
	describe('client ' + version + ', traffic during the upgrade', () => {
		const server = useServer(...ROOMY);

		test('both ways: nothing lost, doubled or reordered',
		    async () => {
			for (let round = 0; round < 30; round++)
				await upgradeUnderTraffic(server, version,
				    round);
		}, 120);
	});

async function
upgradeUnderTraffic(server, version, round)
{
	const socket = open(server, { version, mode: 'upgrade' });
	const echoes = queue(socket, 'echo');
	const burst = queue(socket, 'burst');
	let sent = 0;
	let bursts = 0;

	await connected(socket);
	/* Until some time after the upgrade, at another rate each round. */
	for (let after = 0; after < 10; sent++) {
		if (transport(socket) === 'websocket')
			after++;
		if (sent % 5 === 0) {
			socket.emit('burst', 20);
			bursts++;
		}
		socket.emit('echo', sent);
		if (sent % (round + 1) === 0)
			await sleep(round % 3);
		assert.ok(sent < 100000, 'no upgrade');
	}
	assert.deepStrictEqual(await echoes.take(sent),
	    Array.from({ length: sent }, (_, i) => [i]));
	assert.deepStrictEqual(await burst.take(20 * bursts),
	    Array.from({ length: 20 * bursts }, (_, i) => [i % 20]));
	/* Nothing twice: an answered call comes after all of it. */
	await call(socket, 'message-with-ack');
	assert.strictEqual(echoes.items.length, 0);
	assert.strictEqual(burst.items.length, 0);
	socket.close();
}

describe('heartbeat', () => {
	const interval = 300 * pace;
	const server = useServer('--ping-interval', interval,
	    '--ping-timeout', 1000 * slow);

	/* All together: it is waiting that takes the time. */
	test('every client stays over several intervals', async () => {
		const sockets = [];
		const lost = [];

		for (const version of versions)
			for (const mode of Object.keys(modes)) {
				const socket = await connect(server,
				    { version, mode });
				const beats = { count: 0 };

				socket.on('disconnect', (reason) =>
				    lost.push([version, mode, reason]));
				countBeats(socket, version, beats);
				sockets.push({ socket, beats });
			}
		await until(() => lost.length > 0 ||
		    sockets.every(({ beats }) => beats.count >= 5),
		    'five heartbeats each', 20000);
		assert.deepStrictEqual(lost, []);
		for (const { socket } of sockets)
			assert.deepStrictEqual(
			    await call(socket, 'message-with-ack', 1), [1]);
		assert.deepStrictEqual(lost, []);
	}, 60);
});

/* Versions 1 and 2 ping by themselves and wait for a pong. */
function
countBeats(socket, version, beats)
{
	const beat = version >= 3 ? 'ping' : 'pong';

	socket.io.engine.on('packet', ({ type }) => {
		if (type === beat)
			beats.count++;
	});
}
