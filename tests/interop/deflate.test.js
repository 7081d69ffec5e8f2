'use strict';
/*
 * permessage-deflate (RFC 7692) of a server: conformance, the handshake, the
 * official clients, our own.
 */
const assert = require('node:assert');
const net = require('node:net');
const { describe } = require('node:test');
const { cleanup, join, startChat, useChat, useCleanup } =
    require('./chat-server');
const clients = require('./clients');
const { test, testOurs, useServer } = require('./harness');
const { Json } = require('./client');
const { Tcp, upgradeRequest } = require('./raw');
const deflate = require('./deflate');
const { play, playAll, ways } = require('./websocket');

const PATH = '/websocket';
const LONG = 'Buenas, ¿alguien ha probado ya la versión nueva? '.repeat(400);

function
field(offer)
{
	return 'Sec-WebSocket-Extensions: ' + offer + '\r\n';
}

/* A connection that has offered this, and been answered that. */
async function
connect(server, offer, answer)
{
	const tcp = await Tcp.open(server.port);

	tcp.write(upgradeRequest(PATH, field(offer)));
	const { status, headers } = await tcp.response();
	assert.strictEqual(status, 101);
	assert.strictEqual(headers['sec-websocket-extensions'], answer);
	assert.strictEqual(tcp.buffer.length, 0);
	tcp.socket.removeAllListeners('data');
	return tcp.socket;
}

for (const [way, args, most] of ways)
	describe('permessage-deflate of a server, ' + way, () => {
		const server = useServer(...args);

		for (const [name, rows] of Object.entries(deflate.server))
			testOurs(name + ', ' + way, () => deflate.playSet(rows,
			    way, async (row, count) => {
				const socket = await connect(server, row.offer,
				    row.answer);

				try {
					await deflate.play(socket, row, count,
					    true);
				} finally {
					socket.destroy();
				}
			    }), deflate.seconds);
		testOurs('frames, ' + way, () => playAll(deflate.frames, most,
		    async (row) => {
			const socket = await connect(server,
			    'permessage-deflate', 'permessage-deflate; ' +
			    'server_no_context_takeover');

			try {
				await play(socket, row, true);
			} finally {
				socket.destroy();
			}
		    }), 60);
	});

describe('an offer of permessage-deflate', () => {
	const server = useServer();
	const SAYS = 'permessage-deflate; server_no_context_takeover';

	for (const [what, fields, status, answer] of [
	    ['one among others', field('x, permessage-deflate, y'), 101, SAYS],
	    ['in the second field', field('x') + field('permessage-deflate'),
		101, SAYS],
	    ['one that can be met', field('permessage-deflate; x') +
		field('permessage-deflate'), 101, SAYS],
	    ['in any case', 'SEC-WEBSOCKET-EXTENSIONS: PerMessage-Deflate\r\n',
		101, SAYS],
	    ['in an unknown form', field('permessage-deflate; x=1'), 101,
		undefined],
	    ['with bits that cannot be', field('permessage-deflate; ' +
		'server_max_window_bits=16'), 101, undefined],
	    ['of something else', field('x-webkit-deflate-frame'), 101,
		undefined],
	    ['that is none', field('permessage-deflate;'), 400, undefined],
	    ['that ends in quotes', field('permessage-deflate; a="b'), 400,
		undefined]])
		testOurs(what, async () => {
			const tcp = await Tcp.open(server.port);

			tcp.write(upgradeRequest(PATH, fields));
			const found = await tcp.response();
			assert.strictEqual(found.status, status);
			assert.strictEqual(
			    found.headers['sec-websocket-extensions'], answer);
		});
});

/* Bytes that have come and gone on a client's WebSocket. */
function
traffic(socket)
{
	const tcp = socket.io.engine.transport.ws._socket;

	return { read: tcp.bytesRead, written: tcp.bytesWritten };
}

describe('an official client and permessage-deflate', () => {
	const server = useServer('--deflate');

	for (const version of [3, 4])
		for (const mode of ['websocket', 'upgrade'])
			testOurs('version ' + version + ', ' + mode, async () => {
				const socket = await clients.connect(server, {
					version, mode,
					perMessageDeflate: { threshold: 1024 }
				});
				const echoes = clients.queue(socket, 'echo');
				const bytes = Buffer.alloc(60000, 'abcdefg');
				const before = traffic(socket);

				assert.match(
				    socket.io.engine.transport.ws.extensions,
				    /permessage-deflate/);
				for (let i = 0; i < 20; i++)
					socket.emit('echo', i, LONG, bytes);
				for (let i = 0; i < 20; i++)
					assert.deepStrictEqual(
					    await echoes.next(),
					    [i, LONG, bytes]);
				const { read, written } = traffic(socket);
				const most = 20 * LONG.length / 2;

				assert.ok(read - before.read < most);
				assert.ok(written - before.written < most);
			});

	testOurs('one that offers nothing', async () => {
		const socket = await clients.connect(server, { version: 4,
			mode: 'websocket', perMessageDeflate: false });
		const echoes = clients.queue(socket, 'echo');

		socket.emit('echo', LONG);
		assert.deepStrictEqual(await echoes.next(), [LONG]);
		assert.strictEqual(socket.io.engine.transport.ws.extensions,
		    '');
		assert.ok(traffic(socket).read > LONG.length);
	});
});

describe('chat serve --deflate', () => {
	const server = useChat('--deflate');

	test('one text for those who have it and those who do not', async () => {
		const all = [];

		for (const options of [{ perMessageDeflate: { threshold: 0 } },
		    { perMessageDeflate: true }, { perMessageDeflate: false },
		    { mode: 'polling' }, { version: 2 }])
			all.push(await join(server, options));
		for (const { socket } of all)
			await socket.emit('nuevo mensaje', LONG);
		for (const member of all)
			for (let i = 0; i < all.length; i++) {
				const [text] =
				    await member['nuevo mensaje'].next();

				assert.strictEqual(text, LONG);
			}
	});
});

/* A relay that keeps what the client has sent and been sent. */
async function
tap(server)
{
	const self = { sent: [], came: [] };
	const relay = net.createServer((near) => {
		const far = net.connect(server.port, '127.0.0.1');

		for (const [one, other, list] of [[near, far, self.sent],
		    [far, near, self.came]]) {
			one.on('data', (data) => list.push(data));
			one.on('error', () => other.destroy());
			one.on('close', () => other.destroy());
			one.pipe(other);
		}
	});

	await new Promise((resolve) => relay.listen(0, '127.0.0.1', resolve));
	cleanup(() => relay.close());
	self.url = 'http://127.0.0.1:' + relay.address().port;
	self.bytes = (list) => list.reduce((n, data) => n + data.length, 0);
	return self;
}

describe('chat connect --deflate', () => {
	useCleanup();

	for (const [what, serve, connect, agreed] of [
	    ['both want it', ['--deflate'], ['--deflate'], true],
	    ['the server does not', [], ['--deflate'], false],
	    ['the client does not', ['--deflate'], [], false]])
		test(what, async (t) => {
			const server = await startChat(...serve);
			const wire = await tap(server);
			const other = await join(server,
			    { perMessageDeflate: false });
			const ours = new Json(t, ['--no-outbox', ...connect,
				'--transport', 'websocket', wire.url]);

			await ours.reaches('online');
			const { sent, came } = wire;
			const before = [wire.bytes(sent), wire.bytes(came)];

			assert.strictEqual(/permessage-deflate; server_no/
			    .test(Buffer.concat(came).toString('latin1')),
			    agreed);
			ours.say(LONG);
			assert.strictEqual(
			    (await other['nuevo mensaje'].next())[0], LONG);
			other.socket.emit('nuevo mensaje', LONG);
			assert.strictEqual((await ours.messages.next()).text,
			    LONG);
			for (const [i, list] of [sent, came].entries())
				assert.strictEqual(wire.bytes(list) -
				    before[i] < LONG.length, agreed);
			await ours.finish();
		});
});
