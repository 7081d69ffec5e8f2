'use strict';
/*
 * Servers that are none, or mean harm. The client says in one clear line what
 * is wrong, and tries again; it does not crash, hang or grow. (What is checked
 * of every process: client.js.)
 */
const assert = require('node:assert');
const crypto = require('node:crypto');
const { Json, together } = require('./client');
const { test } = require('./harness');
const { MB, endless, ok, open, settled, startHostile, switching, text,
	turnedAway } = require('./hostile');

const NO_HTTP = /^(the answer is not HTTP or too long|the server closed .*)$/;
const NO_ENGINE = /^(not an Engine.IO server|the connection was lost)$/;

const groups = {};

groups['no HTTP'] = () => {
	for (const [name, answer] of Object.entries({
		'another protocol': 'SSH-2.0-OpenSSH_9.2p1\r\n',
		'binary': crypto.randomBytes(5000),
		'zeros': Buffer.alloc(5000),
		'escapes': '\x1b[2J\x1b]0;title\x07\r\n\r\n',
		'HTTP/0.9': '<html>hello</html>',
		'another version': 'HTTP/2.0 200 OK\r\n\r\n',
		'no status': 'HTTP/1.1 OK\r\n\r\n',
		'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n' +
		    'Content-Length: 2\r\n\r\nab',
		'a length below zero': 'HTTP/1.1 200 OK\r\n' +
		    'Content-Length: -1\r\n\r\n',
		'a length out of bounds': 'HTTP/1.1 200 OK\r\n' +
		    'Content-Length: 99999999999999999999\r\n\r\n',
		'a chunk out of bounds': 'HTTP/1.1 200 OK\r\n' +
		    'Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
		'a chunk without a size': 'HTTP/1.1 200 OK\r\n' +
		    'Transfer-Encoding: chunked\r\n\r\nxyz\r\n' }))
		for (const transport of ['websocket', 'polling'])
			test(name + ', ' + transport, (t) => turnedAway(t,
			    ({ write }) => write(answer),
			    NO_HTTP,
			    ['--transport', transport]));

	for (const [name, first, more, most] of [
	    ['endless status', 'HTTP/1.1 200 ', 'x'.repeat(1000), MB],
	    ['endless name of a field', 'HTTP/1.1 200 OK\r\n', 'x'.repeat(1000),
		    MB],
	    ['endless field', 'HTTP/1.1 200 OK\r\nA: ', 'x'.repeat(1000), MB],
	    ['endless fields', 'HTTP/1.1 200 OK\r\n', 'A: x\r\n'.repeat(200),
		    MB],
	    ['endless interim answers', '',
		    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100), MB],
	    ['endless body', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65536),
		    33 * MB],
	    ['endless chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked' +
		    '\r\n\r\n', '10\r\n0123456789abcdef\r\n'.repeat(1000),
		    64 * MB],
	    ['endless trailer', 'HTTP/1.1 200 OK\r\n' +
		    'Transfer-Encoding: chunked\r\n\r\n0\r\n',
		    'A: x\r\n'.repeat(200), MB]])
		for (const transport of ['auto', 'polling'])
			test(name + ', ' + transport, (t) => floods(t,
			    transport, first, more, most));

	test('closed at once', (t) => turnedAway(t,
	    ({ socket }) => socket.destroy(),
	    'the server closed the connection'));
	test('closed within', (t) => turnedAway(t, ({ socket }) =>
	    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'),
	    'the server closed the connection'));
	for (const [what, serve] of [
	    ['nothing', () => {}],
	    ['a byte now and then', ({ socket, write }) => {
		write('HTTP/1.1 200 OK\r\nA: ');
		const timer = setInterval(() => write('x'), 100);

		socket.on('close', () => clearInterval(timer));
	    }]])
		test(what + ' comes', async (t) => {
			const hostile = await startHostile(t, serve);
			const ours = new Json(t, [hostile.url]);

			await ours.reaches('waiting', { problem:
			    'no answer' }, 20000);
		}, 40);
};

async function
floods(t, transport, first, more, most)
{
	const counters = [];
	const hostile = await startHostile(t, (connection) =>
	    counters.push(endless(connection, first, more)));
	const ours = new Json(t, ['--transport', transport, hostile.url]);

	await ours.reaches('waiting', { problem:
	    'the answer is not HTTP or too long' }, 30000);
	/* With what the system has taken and thrown away. */
	for (const { sent } of counters)
		assert.ok(sent < most + 16 * MB, sent + ' bytes taken');
}

groups['no Socket.IO'] = () => {
	const status = (line, body = '', fields = '') => ({ write }) =>
	    write(`HTTP/1.1 ${line}\r\n${fields}` +
	        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

	for (const [name, serve, problem] of [
	    ['a page', status('200 OK', '<!doctype html>hello'),
		    'not an Engine.IO server'],
	    ['an empty answer', status('200 OK'), 'not an Engine.IO server'],
	    ['no content', status('204 No Content'),
		    /HTTP status 204/],
	    ['elsewhere', status('301 Moved Permanently', '',
		    'Location: http://127.0.0.1:1/\r\n'),
		    'no Socket.IO there (HTTP status 301)'],
	    ['TLS', status('308 Permanent Redirect', '{"message":"no"}',
		    'Location: https://127.0.0.1:1/socket.io/?a=https://b/\r\n'),
		    'it speaks TLS: https://127.0.0.1:1'],
	    ['TLS without a place', status('308 Permanent Redirect', '',
		    'Location: https://\r\n'),
		    'no Socket.IO there (HTTP status 308)'],
	    ['a redirect without a place', status('308 Permanent Redirect'),
		    'no Socket.IO there (HTTP status 308)'],
	    ['not found', status('404 Not Found', 'x'.repeat(5000)),
		    'no Socket.IO there (HTTP status 404)'],
	    ['an error in a page', status('500 Oops\x1b[2J', '\x1b[2J'),
		    'no Socket.IO there (HTTP status 500)'],
	    ['an error in words', status('400 Bad Request',
		    '{"code":0,"message":"not\\u001b[2J\\nfor\\u202eyou"}'),
		    /^the server says: not[^a-z]*\[2J.for.*you$/u],
	    ['many words', status('400 Bad Request', JSON.stringify(
		    { code: 0, message: '€'.repeat(10000) })),
		    /^the server says: €/],
	    ['an error that is none', status('400 Bad Request',
		    '{"message":{"a":1}}'), /HTTP status 400/],
	    ['a bomb', status('400 Bad Request', '['.repeat(60000)),
		    /HTTP status 400/],
	    ['an upgrade that nobody wants', ({ write, key }) => write(key ?
		    'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n' :
		    switching('x')), /HTTP status 101/]])
		test(name, (t) => turnedAway(t, serve, problem));

	for (const [name, answer] of [
	    ['a wrong key', (key) => switching(key, '', 'no' + key)],
	    ['no key', () => 'HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n' +
		    'Connection: Upgrade\r\n\r\n'],
	    ['an extension', (key) => switching(key,
		    'Sec-WebSocket-Extensions: permessage-deflate\r\n')],
	    ['a subprotocol', (key) => switching(key,
		    'Sec-WebSocket-Protocol: soap\r\n')],
	    ['two answers', (key) => switching(key,
		    'Sec-WebSocket-Accept: x\r\n')]])
		test('WebSocket with ' + name, (t) => turnedAway(t,
		    ({ write, key }) => write(answer(key) + text(open())),
		    /^no (WebSocket|Socket.IO) there/,
		    ['--transport', 'websocket']));
};

/* What comes instead of the first packet, the handshake. */
const noHandshake = {
	'nothing': '',
	'no packet': 'x',
	'half a packet': '0{',
	'no object': '0[]',
	'no sid': '0{"pingInterval":1}',
	'an empty sid': open({ sid: '' }),
	'a number as sid': open({ sid: 5 }),
	'a sid with a line in it': open({ sid: 'a\r\nX: y' }),
	'a sid with a query in it': open({ sid: 'a&sid=b#' }),
	'a sid with spaces': open({ sid: 'a b' }),
	'a sid out of bounds': open({ sid: 'x'.repeat(100000) }),
	'a sid that is no ASCII': open({ sid: 'ñ' }),
	'a message': '42["nuevo mensaje","x"]',
	'a ping': '2probe',
	'a close': '1',
	'another version': '5:0{"a"',
	'deep': '0' + '['.repeat(100000),
	'no UTF-8': Buffer.from('0{"sid":"\xff"}', 'latin1')
};

groups['no handshake'] = () => {
	for (const [name, packet] of Object.entries(noHandshake)) {
		test(name + ', polling', (t) => turnedAway(t,
		    ({ write }) => write(ok(packet)), NO_ENGINE,
		    ['--transport', 'polling']));
		test(name + ', WebSocket', (t) => turnedAway(t,
		    ({ write, key }) => {
			write(switching(key));
			write(text(packet));
		    }, NO_ENGINE,
		    ['--transport', 'websocket']));
	}

	/* 1 ms each: it has to be faster than that, and may not spin. */
	test('a heartbeat that nobody can keep', (t) => turnedAway(t,
	    ({ write, key }) => {
		write(switching(key));
		write(text(open({ pingInterval: 0, pingTimeout: 0 })));
	    }, 'no sign of life from the server'));
	test('a heartbeat out of bounds', async (t) => {
		const ours = await settled(t, [], open({ pingInterval: 1e308,
			pingTimeout: -1, maxPayload: '\x1b' }));

		assert.strictEqual(ours.status.phase, 'online');
	});
};

groups['hostile polling'] = () => {
	/* Answers: the handshake, the CONNECT, then these. */
	function
	polling(answers)
	{
		let n = 0;

		return ({ write, head }) => {
			const next = head.startsWith('POST') ? ok('ok') :
			    !/[?&]sid=/.test(head) ? ok(open()) :
			    n++ === 0 ? ok('40{"sid":"x"}') : answers.shift();

			if (next !== undefined)
				write(next);
		};
	}

	for (const [name, answer, problem] of [
	    ['an empty packet', ok('\x1e'), 'not an Engine.IO server'],
	    ['no UTF-8', ok(Buffer.from([0x34, 0xff])),
		    'not an Engine.IO server'],
	    ['no base64', ok('b\x01\x02\x03'), 'not an Engine.IO server'],
	    ['a handshake again', ok(open()), 'not an Engine.IO server'],
	    ['a close', ok('1'), 'the connection was lost'],
	    ['an error', 'HTTP/1.1 502 Bad Gateway\r\n' +
		    'Content-Length: 0\r\n\r\n',
		    'no Socket.IO there (HTTP status 502)'],
	    ['the session is not known', 'HTTP/1.1 400 Bad Request\r\n' +
		    'Content-Length: 41\r\n\r\n' +
		    '{"code":1,"message":"Session ID unknown"}',
		    'the server says: Session ID unknown'],
	    ['an attachment for nothing', ok('bAAAA'),
		    'the server sends what is no Socket.IO']])
		test(name, async (t) => {
			const hostile = await startHostile(t,
			    polling([answer]));
			const ours = new Json(t, ['--transport=polling',
				hostile.url]);

			await ours.reaches('waiting', { problem });
		});
};

together('hostile servers', groups);
