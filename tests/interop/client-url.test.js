'use strict';
/* Where our client finds a server: forms of the URL, proxies, TLS. */
const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const { before, describe } = require('node:test');
const { makeCertificates } = require('./certificates');
const { slow, test } = require('./harness');
const { Chat, Json, folder, join, later, numbers, official, startClassic,
	startOurs, together, useSuite } = require('./client');

const groups = {};

/* A reverse proxy that serves another server below `prefix`. */
async function
startProxy(t, server, prefix)
{
	const target = (req) => ({ host: '127.0.0.1', port: server.port,
		method: req.method, headers: req.headers, agent: false,
		path: req.url.slice(prefix.length) });
	const proxy = http.createServer((req, res) => {
		if (!req.url.startsWith(prefix + '/')) {
			res.writeHead(404).end('nothing here\n');
			return;
		}
		const onward = http.request(target(req), (answer) => {
			res.writeHead(answer.statusCode, answer.headers);
			answer.pipe(res);
		});

		onward.on('error', () => res.destroy());
		res.on('close', () => onward.destroy());
		req.pipe(onward);
	});
	const open = new Set();

	proxy.on('upgrade', (req, near, head) => {
		if (!req.url.startsWith(prefix + '/')) {
			near.end('HTTP/1.1 404 Not Found\r\n\r\n');
			return;
		}
		const far = net.connect(server.port, '127.0.0.1', () => {
			far.write(`GET ${target(req).path} HTTP/1.1\r\n` +
			    req.rawHeaders.map((word, i) =>
			        word + (i % 2 ? '\r\n' : ': ')).join('') +
			    '\r\n');
			far.write(head);
			far.pipe(near).pipe(far);
		});

		for (const [one, other] of [[near, far], [far, near]]) {
			open.add(one);
			one.on('error', () => other.destroy());
			one.on('close', () => other.destroy());
		}
	});
	await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	later(t, () => {
		open.forEach((socket) => socket.destroy());
		proxy.closeAllConnections();
		proxy.close();
	});
	return proxy.address().port;
}

/* Both can be heard by the other. */
async function
talk(t, server, url, args = [])
{
	const other = await official(t, server);
	const ours = await join(t, url, { args });

	ours.say('from ours');
	assert.deepStrictEqual(await other.texts(1), ['from ours']);
	other.say('from theirs');
	assert.strictEqual((await ours.messages.next()).text, 'from theirs');
	await ours.delivered(1);
}

groups['forms of a URL'] = () => {
	const suite = useSuite();
	let server, v6, below;

	before(async () => {
		server = await startOurs(suite);
		v6 = await startClassic(suite, { host: '::1' });
		below = await startClassic(suite,
		    { path: '/my/chat/socket.io' });
		server.proxy = await startProxy(suite, server, '/deep/er');
	}, { timeout: 30000 * slow });

	/* One after the other: they are in the same room. */
	describe('at one server', { concurrency: 1 }, () => {
		for (const form of ['127.0.0.1:PORT', 'localhost:PORT',
		    'LOCALHOST:PORT/', 'http://127.0.0.1:PORT',
		    'HTTP://127.0.0.1:PORT/', 'ws://127.0.0.1:PORT',
		    'http://localhost:PORT/chat.html',
		    'http://127.0.0.1:PORT/?a=b#c',
		    'ws://localhost:PORT/socket.io/', '127.0.0.1:PORT/r/lobby',
		    'http://127.0.0.1:PROXY/deep/er',
		    '127.0.0.1:PROXY/deep/er/',
		    '127.0.0.1:PROXY/deep/er/chat.html',
		    'ws://127.0.0.1:PROXY/deep/er/r/lobby'])
			test(form, (t) => talk(t, server,
			    form.replace('PORT', server.port)
			        .replace('PROXY', server.proxy)));

		for (const transport of ['polling', 'upgrade'])
			test('the proxy, --transport ' + transport, (t) =>
			    talk(t, server, '127.0.0.1:' + server.proxy +
			        '/deep/er', ['--transport', transport]));
	});

	test('elsewhere at the proxy', async (t) => {
		for (const transport of ['auto', 'websocket', 'polling']) {
			const ours = new Json(t, ['--transport', transport,
				'127.0.0.1:' + server.proxy + '/sha/llow']);

			await ours.reaches('waiting', { problem:
			    'no Socket.IO there (HTTP status 404)' });
		}
	});

	for (const form of ['[::1]:PORT', 'http://[::1]:PORT/',
	    'ws://[0:0::1]:PORT'])
		test(form, async (t) => {
			const ours = await join(t,
			    form.replace('PORT', v6.port));

			ours.say('text');
			await ours.delivered(1);
		});

	test("a path of the server's own", async (t) => {
		for (const form of ['/my/chat', '/my/chat/socket.io/']) {
			const ours = await join(t, below.url + form);

			ours.say('text');
			await ours.delivered(1);
		}
	});

	/* It is the first one, in the place of the lobby; and is made if there
	 * is none of that name. */
	test('a room', async (t) => {
		const ours = new Json(t, [server.url + '/r/caf%C3%A9']);
		const send = new Chat(t, ['send', server.url + '/r/caf%C3%A9',
			'text']);

		await ours.enters('café');
		assert.strictEqual((await send.end()).code, 0);
		await ours.until(() => ours.of('message').some(({ room, text }) =>
		    room === 'café' && text === 'text'), 'the text');
		assert.ok(!ours.of('joined').some(({ room }) =>
		    room === 'lobby'));
	});

	test('a host that is not there', async (t) => {
		const ours = new Json(t, ['no-such-host.invalid']);

		await ours.reaches('waiting', { problem:
		    /^(no such host|the name can't be looked up now)$/ });
	});

	test('no URL', async (t) => {
		for (const url of ['', 'http://', 'ftp://127.0.0.1',
		    '127.0.0.1:99999', 'a b', 'http://[::1', '\x1b[2J'])
			for (const command of [['connect', '--json'],
			    ['send']]) {
				const ours = new Chat(t, [...command, url],
				    { input: '' });
				const { code, out, err } = await ours.end();

				assert.deepStrictEqual({ code, out },
				    { code: 64, out: '' });
				assert.match(err, /^chat: .+\n$/);
			}
	});
};

groups['TLS'] = () => {
	const suite = useSuite();
	const servers = {};
	let file;

	before(async () => {
		file = makeCertificates(folder(suite));
		for (const name of ['good', 'elsewhere', 'expired'])
			servers[name] = await startClassic(suite, {
				key: file('server.key'),
				cert: file(name + '.pem') });
		servers.plain = await startClassic(suite);
	}, { timeout: 30000 * slow });

	for (const scheme of ['https', 'wss'])
		for (const transport of ['auto', 'polling', 'upgrade'])
			test(scheme + ', ' + transport, async (t) => {
				const ours = await join(t, scheme +
				    '://localhost:' + servers.good.port,
				    { args: ['--ca', file('ca.pem'),
					'--transport', transport] });
				const big = 'ñ'.repeat(32768);

				ours.say(...numbers(500), big);
				await ours.delivered(501);
				assert.strictEqual(
				    ours.entries.get(501)[0].text, big);
			}, 30);

	test('an address in the certificate', async (t) => {
		await join(t, 'https://127.0.0.1:' + servers.good.port,
		    { args: ['--ca', file('ca.pem')] });
	});

	for (const [what, name, args, problem] of [
	    ['an unknown authority', 'good', () => [],
		    /^the server's certificate is not trusted: .*issuer/],
	    ["another authority's", 'good',
		    () => ['--ca', file('stranger.pem')],
		    /^the server's certificate is not trusted: /],
	    ["another host's", 'elsewhere', () => ['--ca', file('ca.pem')],
		    /^the server's certificate is not trusted: .*mismatch/],
	    ['an expired one', 'expired', () => ['--ca', file('ca.pem')],
		    /^the server's certificate is not trusted: .*expired/],
	    ['none at all', 'plain', () => [],
		    /^the server does not speak TLS there$/]])
		test('refused: ' + what, async (t) => {
			for (const host of ['localhost', '127.0.0.1']) {
				const url = 'https://' + host + ':' +
				    servers[name].port;
				const ours = new Json(t, [...args(), url]);
				const send = new Chat(t, ['send', '--timeout',
					2 * Math.ceil(slow), ...args(), url,
					'text']);

				await ours.reaches('waiting', { problem });
				const { code, out, err } = await send.end();
				assert.deepStrictEqual({ code, out },
				    { code: 69, out: '' });
				assert.match(err.split('\n')[0]
				    .replace(/^chat: /, '')
				    .replace(/; trying again$/, ''), problem);
				/* It goes on trying, and says the same. */
				const seen = ours.of('status').length;
				await ours.until(() => ours.of('status')
				    .slice(seen).some(({ phase }) =>
				        phase === 'waiting'), 'another try');
				assert.match(ours.status.problem, problem);
			}
		});

	test('TLS is not spoken, but asked for', async (t) => {
		const ours = new Json(t, ['http://127.0.0.1:' +
			servers.good.port]);

		await ours.reaches('waiting', { problem:
		    /^(the answer is not HTTP or too long|the server closed .*)$/
		});
	});

	test('a restart', async (t) => {
		const options = { key: file('server.key'),
			cert: file('good.pem') };
		const server = await startClassic(t, options);
		const ours = await join(t, 'https://localhost:' + server.port,
		    { args: ['--ca', file('ca.pem')] });

		await server.kill();
		await ours.reaches('waiting');
		ours.say('while away');
		await startClassic(t, { ...options, port: server.port });
		await ours.delivered(1);
	});

	test('no file of authorities', async (t) => {
		for (const [name, code] of [['nothing.pem', 66],
		    ['empty.pem', 73], ['server.key', 73]]) {
			const ours = new Chat(t, ['connect', '--json', '--ca',
				file(name), 'https://localhost'],
			    { input: '' });
			const end = await ours.end();

			assert.deepStrictEqual([end.code, end.out], [code, '']);
			assert.match(end.err, /^chat: [\x20-\x7e]+\n$/);
		}
	});
};

together('where a server is', groups);
