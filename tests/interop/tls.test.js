'use strict';
/* `chat serve` with TLS, and everyone who comes to it. */
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { after, before, describe } = require('node:test');
const { WebSocket } = require('ws');
const { makeCertificates, makeOwn } = require('./certificates');
const { call } = require('./clients');
const { Chat, Json } = require('./client');
const { cleanup, join, run, startChat, useCleanup } =
    require('./chat-server');
const { Queue, slow, soon, test, until } = require('./harness');

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-tls-'));
let file, ca;

before(() => {
	file = makeCertificates(dir);
	ca = fs.readFileSync(file('ca.pem'));
}, { timeout: 30000 * slow });
after(() => fs.rmSync(dir, { recursive: true, force: true }));

const files = (name = 'good') => ['--tls-cert', file(name + '.pem'),
	'--tls-key', file('server.key')];
const startTls = (...args) => startChat(...files(), ...args);

/* A request over TLS, and what came of it. */
function
get(server, where, options = {})
{
	return soon(new Promise((resolve, reject) => {
		const req = https.request({ host: '127.0.0.1',
			port: server.port, path: where, ca, agent: false,
			...options }, (res) => {
			const chunks = [];

			res.on('data', (chunk) => chunks.push(chunk));
			res.on('error', reject);
			res.on('end', () => resolve({ status: res.statusCode,
				headers: res.headers,
				bytes: Buffer.concat(chunks) }));
		});

		req.on('error', reject);
		req.end();
	}), where);
}

/* A TLS connection, done with its handshake; or why not. */
function
secure(server, options = {})
{
	const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca,
		...options });

	cleanup(() => socket.destroy());
	socket.ticket = new Promise((resolve) =>
	    socket.once('session', resolve));
	return soon(new Promise((resolve, reject) => {
		socket.on('secureConnect', () => resolve(socket));
		socket.on('error', reject);
	}), 'TLS handshake');
}

/* All that a TCP connection answers to these bytes, until it is closed. */
function
raw(server, bytes)
{
	const socket = net.connect(server.port, '127.0.0.1');
	let text = '';

	cleanup(() => socket.destroy());
	socket.on('error', () => {});
	socket.on('data', (data) => { text += data.toString('latin1'); });
	socket.write(bytes);
	return soon(new Promise((resolve) =>
	    socket.on('close', () => resolve(text))), 'close');
}

describe('official clients over TLS', () => {
	useCleanup();

	for (const version of [4, 3, 2])
		for (const mode of ['polling', 'websocket', 'upgrade'])
			test(`version ${version}, ${mode}`, async () => {
				const server = await startTls();
				const options = { version, mode, ca,
					rejectUnauthorized: true };
				const ana = await join(server, options);
				const big = 'ñ'.repeat(20000);

				ana.socket.emit('nuevo mensaje', 'hola');
				ana.socket.emit('nuevo mensaje', big);
				assert.strictEqual((await
				    ana['nuevo mensaje'].next())[0], 'hola');
				assert.strictEqual((await
				    ana['nuevo mensaje'].next())[0], big);
			});

	test('a certificate that is not trusted', async () => {
		const server = await startTls();
		const other = fs.readFileSync(file('stranger.pem'));

		await assert.rejects(secure(server, { ca: other }),
		    /unable to verify|local issuer/);
		await get(server, '/'); /* and others are served */
	});
});

describe('others over TLS', () => {
	useCleanup();

	test('chat connect and chat send', async (t) => {
		const server = await startTls();
		const ana = await join(server, { ca });
		const ours = new Json(t, ['--ca', file('ca.pem'), server.url]);
		const send = new Chat(t, ['send', '--ca', file('ca.pem'),
			server.url, 'from a script']);

		assert.strictEqual((await send.end()).code, 0);
		assert.strictEqual((await ana['nuevo mensaje'].next())[0],
		    'from a script');
		await ours.reaches('online');
		ana.socket.emit('nuevo mensaje', 'hola');
		await ours.until(() => ours.of('message').some(({ text }) =>
		    text === 'hola'), 'the message');
	});

	test('a plain WebSocket, and one request after the other', async () => {
		const server = await startTls();
		const ws = new WebSocket(server.url.replace('http', 'ws') +
		    '/chat', { ca });
		const texts = new Queue('plain WebSocket');
		const agent = new https.Agent({ keepAlive: true, ca,
			maxSockets: 1 });

		cleanup(() => ws.terminate());
		cleanup(() => agent.destroy());
		ws.on('message', (data) => texts.push(data.toString()));
		await soon(new Promise((resolve, reject) => {
			ws.on('open', resolve);
			ws.on('error', reject);
		}), 'open');
		ws.send('hola');
		assert.strictEqual(await texts.next(), 'hola');
		for (let i = 0; i < 3; i++) {
			const page = await get(server, '/', { agent });
			const script = await get(server,
			    '/socket.io/socket.io.js', { agent });

			assert.strictEqual(page.status, 200);
			assert.strictEqual(String(script.bytes.length),
			    script.headers['content-length']);
		}
	});

	test('one that never reads is closed', async () => {
		const server = await startTls('--queue', '262144');
		const reader = new WebSocket(server.url.replace('http', 'ws') +
		    '/chat', { ca });
		const opened = new Promise((resolve) =>
		    reader.on('open', resolve));
		const stuck = await secure(server);
		const text = 'x'.repeat(60000);
		const texts = new Queue('plain WebSocket');
		let sent = 0;

		cleanup(() => reader.terminate());
		reader.on('message', (data) => texts.push(data.toString()));
		await soon(opened, 'open');
		stuck.write('GET /chat HTTP/1.1\r\nHost: a\r\n' +
		    'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
		    'Sec-WebSocket-Version: 13\r\n' +
		    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
		await soon(new Promise((resolve) =>
		    stuck.once('data', resolve)), 'upgrade');
		stuck.pause();
		const gone = () => server.log().some(({ reason }) =>
		    reason === 'queue full');
		while (!gone() && sent++ < 2000) {
			reader.send(text);
			assert.strictEqual(await texts.next(), text);
		}
		assert.ok(gone());
	}, 60);

	test('our own origin is an https one', async () => {
		const server = await startTls('--origin', 'http://a.example');
		const poll = '/socket.io/?EIO=4&transport=polling';
		const ask = (Origin) => get(server, poll, { headers: {
			Origin } });
		const host = '127.0.0.1:' + server.port;

		assert.strictEqual((await ask('https://' + host)).status, 200);
		assert.strictEqual((await ask('http://' + host)).status, 403);
		assert.strictEqual((await ask('http://a.example')).status, 200);
	});
});

describe('the protocol of TLS', () => {
	useCleanup();

	test('1.2 and 1.3, and no other', async () => {
		const server = await startTls();
		const old = { ciphers: 'DEFAULT@SECLEVEL=0' };

		for (const version of ['TLSv1.2', 'TLSv1.3']) {
			const socket = await secure(server, {
				minVersion: version, maxVersion: version });

			assert.strictEqual(socket.getProtocol(), version);
			assert.match(socket.getCipher().name,
			    /GCM|CHACHA20/);
			socket.destroy();
		}
		for (const version of ['TLSv1', 'TLSv1.1'])
			await assert.rejects(secure(server, { ...old,
				minVersion: version, maxVersion: version }),
			    /alert protocol version/);
		await assert.rejects(secure(server, { maxVersion: 'TLSv1.2',
			ciphers: 'AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA' }),
		    /handshake failure/);
	});

	test('elliptic curves, and no finite field', async () => {
		const server = await startTls();

		for (const ecdhCurve of ['X25519', 'P-256', 'P-384'])
			(await secure(server, { ecdhCurve })).destroy();
		for (const ecdhCurve of ['X448', 'P-521', 'ffdhe2048',
			'ffdhe8192'])
			await assert.rejects(secure(server, { ecdhCurve }),
			    /handshake failure/);
	});

	test('http/1.1 is agreed on, or nothing', async () => {
		const server = await startTls();
		const socket = await secure(server, {
			ALPNProtocols: ['h2', 'http/1.1'] });

		assert.strictEqual(socket.alpnProtocol, 'http/1.1');
		await assert.rejects(secure(server, { ALPNProtocols: ['h2'] }),
		    /no application protocol/);
	});

	for (const version of ['TLSv1.2', 'TLSv1.3'])
		test('sessions are resumed, ' + version, async () => {
			const server = await startTls();
			const options = { minVersion: version,
				maxVersion: version };
			const first = await secure(server, options);

			first.resume();
			const again = await secure(server, { ...options,
				session: await soon(first.ticket, 'ticket') });
			assert.ok(!first.isSessionReused());
			assert.ok(again.isSessionReused());
		});

	test('renegotiation is refused', async () => {
		const server = await startTls();
		const socket = await secure(server, { maxVersion: 'TLSv1.2' });

		socket.on('error', () => {});
		const err = await soon(new Promise((resolve) => {
			socket.renegotiate({}, resolve);
			socket.on('error', resolve);
			socket.on('close', () => resolve(new Error('closed')));
		}), 'refusal');
		assert.ok(err instanceof Error);
		await get(server, '/');
	});
});

describe('what is no TLS', () => {
	useCleanup();

	test('HTTP is sent to https', async () => {
		const server = await startTls();
		const to = async (head) => {
			const text = await raw(server, head);
			const found = /^Location: (.*)\r$/m.exec(text);

			assert.match(text, /^Connection: close\r$/m);
			return [Number(text.split(' ')[1]), found && found[1]];
		};
		const fields = (host) => ` HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

		for (const [head, status, location] of [
		    ['GET /r/a?b=c' + fields('a.example:3000'), 308,
			    'https://a.example:3000/r/a?b=c'],
		    ['GET /' + fields('[::1]:81'), 308, 'https://[::1]:81/'],
		    ['GET /' + fields('a.example'), 308,
			    'https://a.example:80/'],
		    ['GET http://b/c' + fields('a:1'), 308, 'https://a:1/c'],
		    ['GET //b.example/' + fields('a:1'), 308,
			    'https://a:1//b.example/'],
		    ['OPTIONS *' + fields('a:1'), 308, 'https://a:1/'],
		    ['POST /r/lobby HTTP/1.1\r\nHost: a:1\r\n' +
			    'Content-Length: 4\r\n\r\nhola', 308,
			    'https://a:1/r/lobby'],
		    ['GET /chat HTTP/1.1\r\nHost: a:1\r\nConnection: Upgrade' +
			    '\r\nUpgrade: websocket\r\nSec-WebSocket-Version:' +
			    ' 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA' +
			    '==\r\n\r\n', 308, 'https://a:1/chat'],
		    ['GET /' + fields('a"b'), 400, null],
		    ['GET /' + fields('a:b'), 400, null],
		    ['GET / HTTP/1.0\r\n\r\n', 400, null]])
			assert.deepStrictEqual(await to(head),
			    [status, location], head);
		/* One who follows it gets there. */
		const { headers } = await soon(new Promise((resolve, reject) =>
		    http.get({ port: server.port, host: '127.0.0.1',
			path: '/chat.html', agent: false }, resolve)
		        .on('error', reject)), 'redirect');
		const url = new URL(headers.location);
		assert.strictEqual(Number(url.port), server.port);
		assert.strictEqual((await get(server, url.pathname)).status,
		    200);
		/* Nothing was posted on the way. */
		assert.ok(!server.log().some(({ event }) =>
		    event === 'message'));
	});

	test('everything else is closed', async () => {
		const server = await startTls('--log-level', 'debug');

		for (const bytes of ['\0', '\x80\x2e\x01\0\x02', 'get / ',
		    '\x17\x03\x03\0\x01x', '\xff'.repeat(70000)])
			assert.strictEqual(await raw(server,
			    Buffer.from(bytes, 'latin1')), '');
		await server.logged({ event: 'no-handshake',
			addr: '127.0.0.1', reason: 'neither TLS nor HTTP' });
		/* What begins like it: an alert, or an answer, and the end. */
		assert.match(await raw(server, '\x16nonsense that is long'),
		    /^(\x15\x03.*)?$/s);
		assert.match(await raw(server, 'SSH-2.0-x\r\n'),
		    /^HTTP\/1\.1 400 /);
		await server.logged({ event: 'no-handshake',
			reason: 'no TLS was spoken' });
		await get(server, '/');
	});

	test('half a handshake keeps nobody from anything', async () => {
		const server = await startTls();
		const hello = await new Promise((resolve) => {
			const trap = net.createServer((socket) =>
			    socket.once('data', (data) => {
				resolve(data);
				socket.destroy();
				trap.close();
			    }));

			trap.listen(0, '127.0.0.1', () => tls.connect(
			    trap.address().port, '127.0.0.1')
			    .on('error', () => {}));
		});
		const closed = [0, 1, 40, hello.length - 1].map((n) =>
		    raw(server, hello.subarray(0, n)));

		await get(server, '/');
		await server.stop(); /* does not wait for them */
		await Promise.all(closed);
	});
});

describe('certificates', () => {
	useCleanup();

	test('what is wrong with them is said', async () => {
		makeOwn(dir, 'own', '/CN=own');
		for (const [args, code, problem] of [
		    [['--tls-cert', file('good.pem')], 64,
			    '--tls-cert and --tls-key go together'],
		    [['--tls-key', file('server.key')], 64,
			    '--tls-cert and --tls-key go together'],
		    [['--tls-cert', file('none'), '--tls-key',
			    file('server.key')], 66,
			    file('none') + ': No such file or directory'],
		    [['--tls-cert', file('good.pem'), '--tls-key',
			    file('own.key')], 66,
			    file('own.key') + ": is not the certificate's key"],
		    [['--tls-cert', file('empty.pem'), '--tls-key',
			    file('own.key')], 66, file('empty.pem') +
			    ': holds no certificate in PEM form']]) {
			const end = await run(['serve', '--host', '127.0.0.1',
				'--port', '0', ...args]);

			assert.deepStrictEqual(end, { code, out: '',
				err: 'chat: ' + problem + '\n' });
		}
	});

	test('one that has expired is told of', async () => {
		const server = await startChat(...files('expired'));

		await server.logged({ event: 'certificate', reason:
		    file('expired.pem') + ': the certificate has expired' });
	});

	test('the start tells how to come', async () => {
		const server = await startTls();

		assert.doesNotMatch(server.out(), /http:/);
		assert.match(server.out(), new RegExp(
		    'chat connect https://127\\.0\\.0\\.1:' + server.port +
		    '\n'));
	});

	test('and how to trust a certificate of one\'s own', async () => {
		makeOwn(dir, 'self', '/CN=self', '-addext',
		    'subjectAltName=IP:127.0.0.1');
		const server = await startChat('--tls-cert', file('self.pem'),
		    '--tls-key', file('self.key'));

		assert.match(server.out(), new RegExp('chat connect --ca ' +
		    file('self.pem') + ' https://127\\.0\\.0\\.1:' +
		    server.port + '\n'));
		await get(server, '/', { ca:
		    fs.readFileSync(file('self.pem')) });
	});

	test('without any SIGHUP does nothing', async () => {
		const server = await startChat();
		const member = await join(server);

		process.kill(server.pid, 'SIGHUP');
		const answer = await call(member.socket, 'nuevo mensaje', 'x');
		assert.ok(answer.pop().ok);
	});

	test('SIGHUP reads them again', async () => {
		const here = (name) => path.join(dir, 'live-' + name);
		const put = (from, to) => fs.copyFileSync(file(from), here(to));
		const serial = async () => {
			const socket = await secure(server);
			const { serialNumber } = socket.getPeerCertificate();

			socket.destroy();
			return serialNumber;
		};
		const again = async (wanted) => {
			const before = server.log().filter(({ event }) =>
			    event.startsWith('reload')).length;

			process.kill(server.pid, 'SIGHUP');
			await until(() => server.log().filter(({ event }) =>
			    event.startsWith('reload')).length > before,
			    'reload');
			return server.log().filter(({ event }) =>
			    event.startsWith('reload')).pop();
		};

		put('good.pem', 'cert');
		put('server.key', 'key');
		const server = await startChat('--tls-cert', here('cert'),
		    '--tls-key', here('key'));
		const members = [];
		for (const mode of ['websocket', 'polling'])
			members.push(await join(server, { mode, ca,
				reconnection: false }));
		const first = await serial();

		/* A bad one: the old one goes on. */
		put('empty.pem', 'cert');
		assert.deepStrictEqual(await again(), { level: 'error',
			event: 'reload-fails', reason: here('cert') +
			': holds no certificate in PEM form' });
		put('good.pem', 'cert');
		put('stranger.key', 'key');
		assert.strictEqual((await again()).event, 'reload-fails');
		assert.strictEqual(await serial(), first);

		/* A good one: for those who come. */
		put('renewed.pem', 'cert');
		put('server.key', 'key');
		assert.deepStrictEqual(await again(), { level: 'info',
			event: 'reload', certificate: here('cert') });
		assert.notStrictEqual(await serial(), first);

		/* Nobody has been dropped. */
		const [one, two] = members;
		const answer = await call(one.socket, 'nuevo mensaje', 'x');
		assert.ok(answer.pop().ok);
		assert.strictEqual((await two['nuevo mensaje'].next())[0], 'x');
		assert.ok(members.every(({ socket }) => socket.connected));
		assert.ok((await call(two.socket, 'nuevo mensaje', 'y'))
		    .pop().ok);
	});
});
