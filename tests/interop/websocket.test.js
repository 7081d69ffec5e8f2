'use strict';
/* WebSocket conformance of a server: all cases, however the bytes arrive. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { residentBytes, soon, testOurs, until,
    useServer } = require('./harness');
const { FrameSocket, Tcp, frame, upgradeRequest } = require('./raw');
const { groups } = require('./websocket-cases');
const { play, playAll, ways } = require('./websocket');

const PATH = '/websocket';

async function
connect(server)
{
	const tcp = await Tcp.open(server.port);

	tcp.write(upgradeRequest(PATH));
	assert.strictEqual((await tcp.response()).status, 101);
	assert.strictEqual(tcp.buffer.length, 0);
	tcp.socket.removeAllListeners('data');
	return tcp.socket;
}

for (const [way, args, most] of ways)
	describe('a WebSocket server, ' + way, () => {
		const server = useServer(...args);

		for (const [name, rows] of Object.entries(groups))
			testOurs(name + ', ' + way, () => playAll(rows, most,
			    async (row) => {
				const socket = await connect(server);

				try {
					await play(socket, row, true);
				} finally {
					socket.destroy();
				}
			    }), 60);
	});

describe('a WebSocket server and a client that does not read', () => {
	const server = useServer();

	testOurs('does not hoard pongs', async () => {
		const MOST = 32 << 20;
		const COUNT = 300000;
		const ping = frame({ opcode: 9, payload: 'x'.repeat(125) });
		const thousand = Buffer.concat(new Array(1000).fill(ping));
		const socket = await FrameSocket.open(server, PATH);
		const before = residentBytes(server.pid);

		socket.tcp.socket.pause();
		for (let i = 0; i < COUNT; i += 1000)
			await soon(new Promise((resolve) =>
			    socket.tcp.socket.write(thousand, resolve)),
			    'pings taken');
		assert.ok(residentBytes(server.pid) - before < MOST);
		socket.tcp.socket.resume();
		/* those may be left out, but not for ever */
		await until(async () => {
			socket.write({ opcode: 9, payload: 'last' });
			for (;;) {
				const pong = await Promise.race([socket.next(),
					new Promise((resolve) =>
					    setTimeout(resolve, 1000))]);
				if (pong === undefined)
					return false;
				assert.strictEqual(pong.opcode, 10);
				if (pong.payload.toString() === 'last')
					return true;
			}
		}, 'last pong');
		assert.ok(residentBytes(server.pid) - before < MOST);
	}, 60);
});
