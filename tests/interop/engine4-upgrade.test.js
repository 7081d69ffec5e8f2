'use strict';
/* Engine.IO protocol 4 by hand: from polling to WebSocket. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { pace, sleep, soon, test, testOurs, useServer } =
    require('./harness');
const { ENGINE, Polling, SOCKET, Tcp, Ws, assertError, frame, query,
    upgradeRequest } = require('./raw');

const QUIET = ['--ping-interval', 25000, '--ping-timeout', 20000];

async function
probed(session)
{
	const ws = await session.probe();

	ws.send('2probe');
	assert.strictEqual(await ws.next(), '3probe');
	return ws;
}

async function
upgraded(server)
{
	const session = await Polling.open(server);
	const ws = await probed(session);

	ws.send('5');
	ws.send('4upgraded');
	assert.strictEqual(await ws.next(), '4upgraded');
	return { session, ws };
}

describe('engine.io 4: upgrade', () => {
	const server = useServer(...QUIET);

	test('the pending GET gets a noop', async () => {
		const session = await Polling.open(server);
		const polled = session.get();

		await sleep(20);
		const ws = await probed(session);
		assert.strictEqual((await polled).text, '6');
		ws.send('5');
		ws.send('4hello');
		assert.strictEqual(await ws.next(), '4hello');
	});

	test('a GET that comes after the probe gets one too', async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);

		for (let i = 0; i < 3; i++)
			assert.strictEqual((await session.get()).text, '6');
		ws.send('5');
		ws.send('4hello');
		assert.strictEqual(await ws.next(), '4hello');
	});

	test('POSTs between probe and upgrade are taken', async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);

		await session.send('4one');
		assert.deepStrictEqual(await session.poll(), ['4one']);
		await session.send('4two', '4three');
		await session.send('bAQID');
		ws.send('5');
		/* What no GET has taken goes out on the WebSocket. */
		assert.deepStrictEqual(await ws.queue.take(3),
		    ['4two', '4three', Buffer.from([1, 2, 3])]);
	});

	test('code 3: polling after the upgrade', async () => {
		const { session, ws } = await upgraded(server);

		assertError(await session.get(), 3, 'Bad request');
		assertError(await session.post('4late'), 3, 'Bad request');
		ws.send('4alive');
		assert.strictEqual(await ws.next(), '4alive');
	});

	test('a second WebSocket after the upgrade is closed', async () => {
		const { session, ws } = await upgraded(server);
		const second = await session.probe().catch(() => null);

		if (second)
			await second.end();
		ws.send('4alive');
		assert.strictEqual(await ws.next(), '4alive');
	});

	test('a second WebSocket during the upgrade is closed', async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);
		const second = await session.probe().catch(() => null);

		if (second)
			await second.end();
		ws.send('5');
		ws.send('4alive');
		assert.strictEqual(await ws.next(), '4alive');
	});

	for (const first of ['4hello', '2', '2wrong', '3probe', 'abc', '1'])
		test('wrong first packet ' + first, async () => {
			const session = await Polling.open(server);
			const ws = await session.probe();

			ws.send(first);
			await ws.end();
			await session.assertAlive();
			/* And another attempt may follow. */
			const again = await probed(session);
			again.send('5');
			again.send('4hello');
			assert.strictEqual(await again.next(), '4hello');
		});

	test('a wrong packet after the probe', async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);

		ws.send('4early');
		await ws.end();
		await session.assertAlive();
	});

	test('upgrade without probe is accepted', async () => {
		const session = await Polling.open(server);
		const ws = await session.probe();

		ws.send('5');
		ws.send('4hello');
		assert.strictEqual(await ws.next(), '4hello');
	});

	/* The official server drops what it has queued. */
	testOurs('nor does it lose what waits for a poll', async () => {
		for (let i = 0; i < 20; i++) {
			const session = await Polling.open(server);
			const ws = await session.probe();
			const polled = session.get();

			await sleep(5);
			const posted = session.post('4hello');
			ws.send('5');
			ws.send('4there');
			/* It may have been too late, but not half taken. */
			const taken = await posted.then(
			    ({ status }) => status === 200, () => false);
			const { status, text } = await polled;
			/* The poll may have come too late, too. */
			const packets = status === 200 ? [text] : [];

			do
				packets.push(await ws.next());
			while (packets.at(-1) !== '4there');
			assert.deepStrictEqual(
			    packets.filter((packet) => packet !== '6'),
			    taken ? ['4hello', '4there'] : ['4there']);
		}
	});

	test('a WebSocket lost after the probe: polling goes on',
	    async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);

		ws.ws.terminate();
		await sleep(50 * pace);
		await session.assertAlive();
	});

	test('the session ended by polling ends the WebSocket', async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);

		await session.send('1');
		await ws.end();
		await session.assertGone();
	});

	test('a WebSocket for an unknown session', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(upgradeRequest(query(ENGINE, { EIO: 4,
			transport: 'websocket', sid: 'unknown' })));
		assert.strictEqual((await tcp.response()).text,
		    'Session ID unknown');
		await soon(tcp.closed, 'end');
	});

	/* The official server ignores the version there. */
	testOurs('a WebSocket of another version is refused', async () => {
		const session = await Polling.open(server);

		await assert.rejects(Ws.open(server, ENGINE,
		    { EIO: 3, sid: session.params.sid }));
		await session.assertAlive();
	});

	test('a session of the other path is unknown', async () => {
		const session = await Polling.open(server);

		await assert.rejects(Ws.open(server, SOCKET,
		    { sid: session.params.sid }));
		await session.assertAlive();
	});

	test('frames right behind the request', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);

		tcp.write(Buffer.concat([
			Buffer.from(upgradeRequest(query(ENGINE, { EIO: 4,
				transport: 'websocket',
				sid: session.params.sid }))),
			frame({ payload: '2probe' })]));
		assert.strictEqual((await tcp.response()).status, 101);
		await tcp.read((buffer) =>
		    buffer.includes('3probe') || undefined, 'probe');
	});

	test('nothing lost, doubled or reordered', async () => {
		for (let round = 0; round < 40; round++)
			await upgradeUnderTraffic(server, round);
	}, 60);
});

/*
 * Posts numbered messages before, during and after the upgrade, which
 * begins at another moment each round, and collects their echoes from
 * polls and WebSocket.
 */
async function
upgradeUnderTraffic(server, round)
{
	const session = await Polling.open(server);
	const received = [];
	const expected = [];
	let pausing = false;
	let number = 0;

	const poll = async () => {
		while (!pausing)
			received.push(...await session.poll());
	};
	const polling = poll();
	const post = () => {
		const packets = [];

		for (let i = 0; i <= round % 4; i++) {
			expected.push('4' + number);
			packets.push('4' + number++);
		}
		return session.send(...packets);
	};

	for (let i = 0; i < round % 5; i++)
		await post();
	const opening = session.probe();
	for (let i = 0; i < round % 3; i++)
		await post();
	const ws = await opening;
	ws.send('2probe');
	await post();
	assert.strictEqual(await ws.next(), '3probe');
	await post();
	/* As clients do: no new GET, the pending one ends by a noop. */
	pausing = true;
	await polling;
	await post();
	ws.send('5');
	for (let i = 0; i < 20; i++) {
		expected.push('4' + number);
		ws.send('4' + number++);
	}
	const echoes = () => received.filter((one) => one !== '6');
	while (echoes().length < expected.length)
		received.push(await ws.next());
	assert.deepStrictEqual(echoes(), expected);
	await ws.close();
}

describe('engine.io 4: upgrade timeout', () => {
	const timeout = 200 * pace;
	const server = useServer(...QUIET, '--upgrade-timeout', timeout);

	test('only the WebSocket is closed', async () => {
		const session = await Polling.open(server);
		const ws = await probed(session);

		await ws.end();
		await session.assertAlive();
	});

	test('also without a probe', async () => {
		const session = await Polling.open(server);
		const ws = await session.probe();

		await ws.end();
		await session.assertAlive();
	});

	test('a finished upgrade has no timeout', async () => {
		const { ws } = await upgraded(server);

		await sleep(timeout * 1.5);
		ws.send('4alive');
		assert.strictEqual(await ws.next(), '4alive');
	});
});

describe('engine.io 4: heartbeat over an upgrade', () => {
	const interval = 300 * pace;
	const server = useServer('--ping-interval', interval,
	    '--ping-timeout', 1000 * pace);

	test('pings go on over the WebSocket', async () => {
		const { ws } = await upgraded(server);

		for (let i = 0; i < 3; i++) {
			assert.strictEqual(await ws.next(), '2');
			ws.send('3');
		}
	});

	test('so does their timeout', async () => {
		const { ws } = await upgraded(server);

		assert.strictEqual(await ws.next(), '2');
		await ws.end();
	});
});
