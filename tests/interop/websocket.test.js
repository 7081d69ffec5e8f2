'use strict';
/* WebSocket conformance of a server: all cases, however the bytes arrive. */
const assert = require('node:assert');
const fs = require('node:fs');
const tls = require('node:tls');
const { describe } = require('node:test');
const { useCertificates } = require('./certificates');
const { residentBytes, soon, testOurs, until,
    useServer } = require('./harness');
const { FrameSocket, Tcp, frame, upgradeRequest } = require('./raw');
const { groups } = require('./websocket-cases');
const { play, playAll, secureWays, ways } = require('./websocket');

const PATH = '/websocket';
const file = useCertificates();

/* ca: over TLS, by whom it is trusted. */
async function
connect(server, ca)
{
	const tcp = ca === undefined ? await Tcp.open(server.port) :
	    new Tcp(tls.connect({ host: '127.0.0.1', port: server.port, ca }));

	tcp.write(upgradeRequest(PATH));
	assert.strictEqual((await tcp.response()).status, 101);
	assert.strictEqual(tcp.buffer.length, 0);
	tcp.socket.removeAllListeners('data');
	return tcp.socket;
}

function
conformance([way, args, most], ca)
{
	describe('a WebSocket server, ' + way, () => {
		const server = useServer(...args);

		for (const [name, rows] of Object.entries(groups))
			testOurs(name + ', ' + way, () => playAll(rows, most,
			    async (row) => {
				const socket = await connect(server, ca);

				try {
					await play(socket, row, true);
				} finally {
					socket.destroy();
				}
			    }), 60);
	});
}

for (const way of ways)
	conformance(way);
for (const [way, args, most] of secureWays)
	conformance([way, [...args, '--tls-cert', file('good.pem'),
		'--tls-key', file('server.key')], most],
	    fs.readFileSync(file('ca.pem')));

describe('a WebSocket handshake', () => {
	const server = useServer();
	const good = upgradeRequest(PATH);

	for (const [what, request, status] of [
	    ['no Connection', good.replace('Connection: Upgrade\r\n', ''), 400],
	    ['another Connection', good.replace('Connection: Upgrade',
		'Connection: keep-alive'), 400],
	    ['no Upgrade', good.replace('Upgrade: websocket\r\n', ''), 400],
	    ['another Upgrade', good.replace('websocket\r\n', 'h2c\r\n'), 400],
	    ['no key', good.replace(/Sec-WebSocket-Key.*\r\n/, ''), 400],
	    ['a short key', good.replace(/Key: .*\r\n/, 'Key: abcd\r\n'), 400],
	    ['a key that is no base64', good.replace(/Key: .*==\r\n/,
		'Key: dGhlIHNhbXBsZSBub25jZ!==\r\n'), 400],
	    ['no version', good.replace(/Sec-WebSocket-Version.*\r\n/, ''), 426],
	    ['version 8', good.replace('Version: 13', 'Version: 8'), 426],
	    ['POST', good.replace('GET', 'POST'), 400],
	    ['a body', good.replace('\r\n\r\n',
		'\r\nContent-Length: 1\r\n\r\nx'), 400],
	    ['HTTP/1.0', good.replace('HTTP/1.1', 'HTTP/1.0'), 400]])
		testOurs(what + ' is refused', async () => {
			const tcp = await Tcp.open(server.port);

			tcp.write(request);
			const answer = await tcp.response();
			assert.strictEqual(answer.status, status);
			assert.strictEqual(
			    answer.headers['sec-websocket-version'],
			    status === 426 ? '13' : undefined);
		});

	testOurs('takes words in any case, and other tokens', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(good.replace('Upgrade: websocket',
		    'UPGRADE: WebSocket').replace('Connection: Upgrade',
		    'connection: keep-alive, UPGRADE'));
		const answer = await tcp.response();
		assert.strictEqual(answer.status, 101);
		assert.strictEqual(answer.headers['sec-websocket-accept'],
		    's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
	});

	testOurs('frames may come with it', async () => {
		const tcp = await Tcp.open(server.port);
		const socket = new FrameSocket(tcp);

		tcp.write(Buffer.concat([Buffer.from(good),
			frame({ payload: 'first' }),
			frame({ payload: 'second' })]));
		assert.strictEqual((await tcp.response()).status, 101);
		for (const text of ['first', 'second'])
			assert.strictEqual(
			    (await socket.next()).payload.toString(), text);
	});
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
