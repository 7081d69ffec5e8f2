'use strict';
/*
 * Servers that are none, or mean harm. The client says in one clear line what
 * is wrong, and tries again; it does not crash, hang or grow, and nothing that
 * they send gets to the output but as clean text. (What is checked of every
 * process: client.js.)
 */
const assert = require('node:assert');
const crypto = require('node:crypto');
const net = require('node:net');
const { describe } = require('node:test');
const { Chat, EVENT, Json, UNCLEAN, later } = require('./client');
const { test, until } = require('./harness');
const { frame } = require('./raw');

const TOGETHER = { concurrency: 6 };
const MB = 1 << 20;
const OPEN = { sid: 'sid', upgrades: [], pingInterval: 25000,
	pingTimeout: 20000, maxPayload: 1000000 };
const open = (change = {}) => '0' + JSON.stringify({ ...OPEN, ...change });
const ok = (body, fields = '') => `HTTP/1.1 200 OK\r\n${fields}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const text = (payload) => frame({ payload, masked: false });

/*
 * `serve` gets each connection with the head of its request: { socket, head,
 * write, closed, key }.
 */
async function
startHostile(t, serve)
{
	const sockets = new Set();
	const server = net.createServer((socket) => {
		let head = '';
		const connection = { socket, write: (data) => {
			if (socket.writable)
				socket.write(data);
		} };

		sockets.add(socket);
		hostile.tries++;
		socket.setNoDelay(true);
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
		const read = (data) => {
			head += data.toString('latin1');
			if (!head.includes('\r\n\r\n'))
				return;
			socket.off('data', read);
			socket.on('data', () => {});
			const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(head);
			connection.key = key && key[1];
			connection.head = head;
			serve(connection);
		};
		socket.on('data', read);
	});
	const hostile = { tries: 0 };

	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	later(t, () => {
		sockets.forEach((socket) => socket.destroy());
		server.close();
	});
	hostile.url = 'http://127.0.0.1:' + server.address().port;
	return hostile;
}

/* The answer to a WebSocket handshake, right but for what is asked for. */
function
switching(key, fields = '', accept = key)
{
	const hash = crypto.createHash('sha1').update(accept +
	    '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');

	return 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
	    `Connection: Upgrade\r\nSec-WebSocket-Accept: ${hash}\r\n` +
	    `${fields}\r\n`;
}

/* It says why, tries again, says it again, and can be ended. */
async function
turnedAway(t, serve, problem, args = [])
{
	const hostile = await startHostile(t, serve);
	const ours = new Json(t, [...args, hostile.url]);
	let tries;

	await ours.reaches('waiting', { problem }, 20000);
	({ tries } = hostile);
	assert.doesNotMatch(ours.status.problem, UNCLEAN);
	assert.doesNotMatch(ours.status.problem, /\n/);
	assert.ok(ours.status.problem.length < 256);
	await until(() => hostile.tries > tries, 'another try');
	const seen = ours.of('status').length;
	await ours.until(() => ours.of('status').slice(seen).some((status) =>
	    status.phase === 'waiting'), 'another failure', 20000);
	assert.match(ours.status.problem, problem instanceof RegExp ? problem :
	    new RegExp('^' + problem + '$'));
	return ours;
}

/* Writes the same again and again until the other side has enough of it. */
function
endless({ socket, write }, first, more, counter)
{
	const pump = () => {
		while (socket.writable) {
			counter.sent += more.length;
			assert.ok(counter.sent < 1024 * MB, 'no end');
			if (!socket.write(more))
				return;
		}
	};

	write(first);
	socket.on('drain', pump);
	pump();
}

describe('no HTTP', TOGETHER, () => {
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
			    /^(the answer is not HTTP or too long|the server closed the connection)$/,
			    ['--transport', transport]));

	for (const [name, first, more, most] of [
	    ['endless status', 'HTTP/1.1 200 ', 'x'.repeat(1000), MB],
	    ['endless name of a field', 'HTTP/1.1 200 OK\r\n', 'x'.repeat(1000),
		    MB],
	    ['endless field', 'HTTP/1.1 200 OK\r\nA: ', 'x'.repeat(1000), MB],
	    ['endless fields', 'HTTP/1.1 200 OK\r\n', 'A: x\r\n'.repeat(200), MB],
	    ['endless interim answers', '',
		    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100), null],
	    ['endless body', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65536),
		    33 * MB],
	    ['endless chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked' +
		    '\r\n\r\n', '10\r\n0123456789abcdef\r\n'.repeat(1000),
		    64 * MB],
	    ['endless trailer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked' +
		    '\r\n\r\n0\r\n', 'A: x\r\n'.repeat(200), MB]])
		if (most !== null)
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
			    /^(no answer|the server does not answer)$/ }, 20000);
		}, 40);
});

async function
floods(t, transport, first, more, most)
{
	const hostile = await startHostile(t, (connection) => {
		const counter = { sent: 0 };

		counters.push(counter);
		endless(connection, first, more, counter);
	});
	const counters = [];
	const ours = new Json(t, ['--transport', transport, hostile.url]);

	await ours.reaches('waiting', { problem:
	    'the answer is not HTTP or too long' }, 30000);
	/* With what the system has taken and thrown away. */
	for (const { sent } of counters)
		assert.ok(sent < most + 16 * MB, sent + ' bytes taken');
}

describe('no Socket.IO', TOGETHER, () => {
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
		    'no Socket.IO there \\(HTTP status 301\\)'],
	    ['not found', status('404 Not Found', 'x'.repeat(5000)),
		    'no Socket.IO there \\(HTTP status 404\\)'],
	    ['an error in a page', status('500 Oops\x1b[2J', '\x1b[2J'),
		    'no Socket.IO there \\(HTTP status 500\\)'],
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
		test(name, (t) => turnedAway(t, serve,
		    typeof problem === 'string' ?
		    new RegExp('^' + problem + '$') : problem));

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
});

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

describe('no handshake', TOGETHER, () => {
	for (const [name, packet] of Object.entries(noHandshake)) {
		test(name + ', polling', (t) => turnedAway(t,
		    ({ write }) => {
			write(ok(''  , '').replace(/0\r\n\r\n$/,
			    Buffer.byteLength(packet) + '\r\n\r\n'));
			write(packet);
		    }, /^(not an Engine.IO server|the connection was lost)$/,
		    ['--transport', 'polling']));
		test(name + ', WebSocket', (t) => turnedAway(t,
		    ({ write, key }) => {
			write(switching(key));
			write(text(packet));
		    }, /^(not an Engine.IO server|the connection was lost)$/,
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
});

/*
 * A WebSocket session that is connected, as far as it comes, and gets these
 * frames then; the last is a message, which shows that they are dealt with.
 */
function
session(frames, first = open(), connected = '40{"sid":"x"}')
{
	return ({ write, key }) => {
		write(switching(key));
		write(text(first));
		write(text(connected));
		for (const one of frames)
			write(Buffer.isBuffer(one) ? one : text(one));
		write(text('42["nuevo mensaje","still here"]'));
	};
}

/* A client that has heard the last message. */
async function
settled(t, frames, ...rest)
{
	const hostile = await startHostile(t, session(frames, ...rest));
	const ours = new Json(t, [hostile.url]);

	await ours.until(() => ours.messages.items.some((message) =>
	    message.text === 'still here'), 'the last message');
	await ours.reaches('online');
	assert.strictEqual(hostile.tries, 1);
	return ours;
}

describe('broken frames', TOGETHER, () => {
	const lost = /^(the connection was lost|the server sends what is no Socket.IO)$/;

	for (const [name, frames] of Object.entries({
		'masked': [frame({ payload: '2' })],
		'reserved bits': [frame({ rsv: 4, payload: '2', masked: false })],
		'a reserved opcode': [frame({ opcode: 3, masked: false })],
		'a reserved control opcode': [frame({ opcode: 11,
			masked: false })],
		'no UTF-8': [text(Buffer.from([0x34, 0x32, 0xff]))],
		'half a character': [text(Buffer.from([0x34, 0xe2, 0x82]))],
		'a surrogate': [text(Buffer.from([0x34, 0xed, 0xa0, 0x80]))],
		'a long ping': [frame({ opcode: 9, payload: 'x'.repeat(126),
			masked: false })],
		'a ping in parts': [frame({ opcode: 9, fin: false,
			masked: false })],
		'a part of nothing': [frame({ opcode: 0, payload: 'x',
			masked: false })],
		'a message within another': [frame({ fin: false, payload: '42',
			masked: false }), text('42')],
		'33 MB announced': [frame({ masked: false, length: 33 * MB })],
		'2 GB announced': [frame({ masked: false, length: 2 ** 31 })],
		'all there is announced': [frame({ masked: false,
			length: 2 ** 53 })],
		'the sign bit': [Buffer.from([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0,
			1])],
		'a close of one byte': [frame({ opcode: 8, payload: 'x',
			masked: false })],
		'a close with no UTF-8': [frame({ opcode: 8, masked: false,
			payload: Buffer.from([3, 232, 0xff]) })],
		'a close with an escape': [frame({ opcode: 8, masked: false,
			payload: '\x03\xe8\x1b[2J' })]
	}))
		test(name, (t) => turnedAway(t, session(frames), lost));

	test('endless parts', (t) => endlessFrames(t, frame({ fin: false,
		payload: '4' + 'x'.repeat(65535), masked: false }),
	    frame({ fin: false, opcode: 0, payload: 'x'.repeat(65536),
		    masked: false })));
	test('endless empty parts', async (t) => {
		const empty = frame({ fin: false, opcode: 0, masked: false });

		await settled(t, [frame({ fin: false, masked: false,
			payload: '4' }),
			Buffer.concat(Array(100000).fill(empty)),
			frame({ opcode: 0, masked: false,
				payload: '2["x"]' })]);
	});
	test('a flood of pings', async (t) => {
		const ping = frame({ opcode: 9, payload: 'x'.repeat(125),
			masked: false });

		await settled(t, [Buffer.concat(Array(100000).fill(ping))]);
	});
	test('a flood of heartbeats', (t) => settled(t,
	    [Buffer.concat(Array(100000).fill(text('2')))]));
});

async function
endlessFrames(t, first, more)
{
	const counter = { sent: 0 };
	const hostile = await startHostile(t, (connection) => {
		connection.write(switching(connection.key));
		connection.write(text(open()));
		connection.write(text('40{"sid":"x"}'));
		endless(connection, first, more, counter);
	});
	const ours = new Json(t, [hostile.url]);

	await ours.reaches('waiting', {}, 30000);
	assert.ok(counter.sent < 64 * MB, counter.sent + ' bytes taken');
}

describe('broken packets', TOGETHER, () => {
	const wrong = 'the server sends what is no Socket.IO';
	const parse = /^(not an Engine.IO server|the server sends what is no Socket.IO)$/;

	for (const [name, frames] of Object.entries({
		'a handshake again': [open()],
		'an empty frame': [''],
		'no Engine.IO packet': ['9'],
		'an empty packet': ['4'],
		'no Socket.IO packet': ['4x'],
		'an unknown type': ['49'],
		'connected again': ['40{"sid":"x"}'],
		'refused when connected': ['44{"message":"no"}'],
		'an event without arguments': ['42'],
		'an event that is no array': ['42{}'],
		'an event without a name': ['42[]'],
		'half an event': ['42["x"'],
		'an event and more': ['42["x"]]'],
		'a comma too many': ['42["x",]'],
		'a bomb': ['42["x",' + '['.repeat(100000)],
		'a whole bomb': ['42["x",' + '['.repeat(100000) +
			']'.repeat(100000) + ']'],
		'a bomb of objects': ['42["x",' + '{"a":'.repeat(100000)],
		'a control character': ['42["x\x01"]'],
		'no acknowledgement': ['43{}'],
		'an id out of bounds': ['42' + '9'.repeat(400) + '["x"]'],
		'no attachments': ['45["x"]'],
		'attachments out of bounds': ['45999999999999999999-["x"]'],
		'more attachments than may be': ['451000000-["x"]'],
		'text for an attachment':
			['451-["x",{"_placeholder":true,"num":0}]', '2'
			, '42["x"]'],
		'an attachment for nothing': [frame({ opcode: 2, payload: 'x',
			masked: false })]
	}))
		test(name, (t) => turnedAway(t, session(frames), parse));

	const bin = (payload = 'x') => frame({ opcode: 2, payload,
		masked: false });
	for (const [name, packet] of Object.entries({
		'a placeholder too many': '451-["x",{"_placeholder":true,' +
		    '"num":0},{"_placeholder":true,"num":1}]',
		'a placeholder out of bounds':
		    '451-["x",{"_placeholder":true,"num":5}]',
		'a placeholder below zero':
		    '451-["x",{"_placeholder":true,"num":-1}]',
		'a placeholder in words':
		    '451-["x",{"_placeholder":true,"num":"0"}]',
		'a placeholder without a number':
		    '451-["x",{"_placeholder":true}]',
		'no placeholder': '451-["x"]' }))
		/* The text is shown as it is: whatever, but no harm. */
		test(name, async (t) => {
			const hostile = await startHostile(t,
			    session([packet, bin()]));
			const ours = new Json(t, [hostile.url]);

			await ours.until(() => ours.messages.items.length > 0 ||
			    ours.status.problem === wrong, 'an end');
		});

	test('attachments out of bounds, one by one', async (t) => {
		const counter = { sent: 0 };
		const hostile = await startHostile(t, (connection) => {
			connection.write(switching(connection.key));
			connection.write(text(open()));
			connection.write(text('40{"sid":"x"}'));
			endless(connection, text('4510-["x"]'),
			    bin(Buffer.alloc(8 * MB)), counter);
		});
		const ours = new Json(t, [hostile.url]);

		await ours.reaches('waiting', { problem: wrong }, 30000);
		assert.ok(counter.sent < 64 * MB, counter.sent + ' bytes');
	});

	test('what does no harm', async (t) => {
		const ours = await settled(t, [
			'6', '3', '3probe', '5',
			'42/other,["nuevo mensaje","x"]', '40/other,{"sid":"y"}',
			'44/other,{"message":"no"}', '41/other,', '43/other,0[]',
			'42/other?a=b,["nuevo mensaje","x"]',
			'430[]', '4399[{"ok":true}]', '43999999999["x"]',
			'42["x"]', '42[""]', '420["x"]', '421["nuevo mensaje"]',
			'42["x",1e999,-0,0.1e-7,"\\u0000"]',
			'42["__proto__",{"__proto__":{"a":1}}]',
			'42["x",{"a":1,"a":2}]', '42["disconnect"]',
			'42["connect"]', '42["x","' + 'y'.repeat(1000000) + '"]',
			'42["x"' + ',1'.repeat(100000) + ']',
			'452-["nuevo mensaje",{"_placeholder":true,"num":1},' +
			'{"_placeholder":true,"num":0}]', bin('a'), bin('')
		]);
		const texts = ours.messages.items.map((message) => message.text);

		assert.deepStrictEqual(texts,
		    ['', '{"_placeholder":true,"num":1}', 'still here']);
	});

	test('sent away as the first thing', (t) => turnedAway(t, ({ write,
		key }) => {
		write(switching(key));
		write(text(open()));
		write(text('41'));
	}, wrong));

	for (const [data, problem] of [
	    ['{"message":"no\\u001b[2J\\n\\u202e!"}',
		    /^the server refuses: no[^a-z]*\[2J.*!$/u],
	    ['"no"', 'the server refuses: no'],
	    ['{"message":{}}', /^the server refuses: /],
	    ['{}', /^the server refuses: /], ['', /^the server refuses: /],
	    ['[]', /^the server refuses: /],
	    ['{"message":"' + 'x'.repeat(100000) + '"}',
		    /^the server refuses: x/]])
		test('refused: ' + data.slice(0, 40), async (t) => {
			const hostile = await startHostile(t,
			    session([], open(), '44' + data));
			const ours = new Json(t, [hostile.url]);

			await ours.reaches('waiting', { problem });
			assert.doesNotMatch(ours.status.problem, UNCLEAN);
			assert.strictEqual(ours.messages.items.length, 0);
			/* The namespace is asked for again. */
			await ours.reaches('waiting');
		});
});

/* Strings that do harm where they are not expected to. */
const strings = ['\x1b[2J\x1b[1;1H', '\x1b]0;title\x07', '\x9b2J', '\x07\x08\x7f',
	'a\nb', 'a\r\nb', '\r-- forged', '\n-- forged',
	'\n2026-01-01T00:00:00Z #lobby <root> forged',
	'> forged', '<root> forged', '\u2028-- forged', '\u0085-- forged',
	'\u202eabc', '\u2066abc', '\u200f', '\0', '\ud800', '\ufffe', '%s%n%p',
	'\n{"v":1,"type":"message","text":"forged"}', '"},"forged":{"a":"',
	'x'.repeat(100000), '\u0301'.repeat(1000), '', ' ', '😀'.repeat(5000)];

/* Every field of every event, with each of the strings. */
function
hostileEvents()
{
	const events = [];

	for (const s of strings) {
		events.push(['welcome', { server: s, version: s, nick: s,
			limits: { message: s, nick: -1 }, rooms: [s] }],
		[EVENT, s, { room: s, nick: s, id: s, from: s, nonce: s,
			seq: s }],
		[EVENT, { [s]: s }, { room: { a: s }, nick: [s], id: 5 }],
		[EVENT, s], ['message', s, s], [s, s, { [s]: [s] }],
		['joined', { room: s, nick: s }],
		['left', { room: s, nick: s, reason: s }],
		['nick', { was: s, nick: s }],
		['topic', { room: s, nick: s, topic: s }],
		['notice', { text: s, room: s }],
		['typing', { room: s, nick: s }], ['notice', s],
		['edited', { id: s, text: s }]);
	}
	events.push(['welcome', null], ['welcome', {}], ['welcome', []],
	    ['welcome', { limits: { message: 0 }, nick: {}, server: [],
		    version: {}, rooms: 5 }],
	    ['welcome', { limits: { message: 1e300 } }],
	    [EVENT, 'x', { id: '99999999999999999999-99999999999999999999',
		    seq: 1e300 }], ['nick', 5], ['joined', null]);
	return events;
}

describe('hostile texts', TOGETHER, () => {
	const frames = hostileEvents().map((event) => '42' +
	    JSON.stringify(event));
	const welcome = '42' + JSON.stringify(['welcome', { server: 'mean',
		version: '1', nick: 'ours', limits: { message: 65536 },
		rooms: [] }]);

	test('--json', async (t) => {
		/* White space is right in JSON, wherever it is. */
		const spaced = '42[ "x"\n,\r\n{"v":1}\n,\t"y" ]';
		const ours = await settled(t, [welcome, ...frames, spaced]);
		const events = ours.of('event');

		assert.ok(ours.all.every(({ forged }) => forged === undefined));
		assert.ok(!ours.messages.items.some((message) =>
		    message.text === 'forged'));
		assert.deepStrictEqual(events.at(-1),
		    { ...events.at(-1), name: 'x', args: [{ v: 1 }, 'y'] });
	});

	test('--plain', async (t) => {
		const hostile = await startHostile(t,
		    session([welcome, ...frames]));
		const ours = new Chat(t, ['connect', '--plain', '--nick', 'x',
			hostile.url]);
		const line = /^(-- |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [#@][^ ]* <[^<> ]+>[ |])/;

		await until(() => ours.lines.some((one) =>
		    one.endsWith('still here')), 'the last message');
		for (const one of ours.lines) {
			assert.match(one, line);
			assert.doesNotMatch(one, /^-- forged/);
			assert.doesNotMatch(one, / <root> forged$/);
			assert.doesNotMatch(one, /^-- .*\x1b/);
		}
	});

	/* The acknowledgement is the server's, too. */
	for (const [name, answer] of Object.entries({
		'an id': (s) => ({ ok: true, id: s }),
		'a refusal': (s) => ({ ok: false, code: s, message: s }),
		'no object': (s) => s,
		'wrong types': (s) => ({ ok: s, id: [s], message: { a: s } }) }))
		test('acknowledged with ' + name, async (t) => {
			for (const s of strings.slice(0, 12)) {
				const hostile = await startHostile(t,
				    acknowledging(welcome, answer(s)));
				const ours = new Chat(t, ['send', '--timeout',
					'3', hostile.url, 'x']);
				const { code, out, err } = await ours.end();

				assert.ok([0, 75, 77].includes(code), code);
				assert.match(out, /^([^\n]*\n)?$/);
				assert.match(err, /^(chat: [^\n]*\n)*$/);
			}
		}, 60);
});

/* Answers every message of a client with this. */
function
acknowledging(welcome, answer)
{
	return ({ socket, write, key }) => {
		write(switching(key));
		write(text(open()));
		write(text('40{"sid":"x"}'));
		write(text(welcome));
		socket.on('data', (data) => {
			const body = unmask(data);
			const found = /^42(\d+)\[/.exec(body);

			if (found)
				write(text('43' + found[1] +
				    JSON.stringify([answer])));
		});
	};
}

/* The payload of the last frame in data, which are short. */
function
unmask(data)
{
	let last = '';

	for (let i = 0; i + 6 <= data.length;) {
		const short = (data[i + 1] & 0x7f) < 126;
		const size = short ? data[i + 1] & 0x7f :
		    data.readUInt16BE(i + 2);
		const at = i + (short ? 2 : 4);
		const key = data.subarray(at, at + 4);
		const payload = data.subarray(at + 4, at + 4 + size)
		    .map((byte, j) => byte ^ key[j % 4]);

		if (payload.length === 0 || payload[0] === 0x34)
			last = payload.toString() || last;
		i = at + 4 + size;
	}
	return last;
}

describe('hostile polling', TOGETHER, () => {
	/* Answers: the handshake, the CONNECT, then these. */
	function
	polling(answers)
	{
		let n = 0;

		return ({ socket, write, head }) => {
			const serve = (request) => {
				if (request.startsWith('POST')) {
					write(ok('ok'));
					return;
				}
				const next = !/[?&]sid=/.test(request) ? ok(open()) :
				    n++ === 0 ? ok('40{"sid":"x"}') :
				    answers.shift();
				if (next !== undefined)
					write(next);
			};

			serve(head);
			socket.on('data', (data) => {
				const string = data.toString('latin1');

				if (/^(GET|POST) /.test(string))
					serve(string);
			});
		};
	}

	for (const [name, answer, problem] of [
	    ['an empty packet', ok('\x1e'), 'not an Engine.IO server'],
	    ['no UTF-8', ok('4\xff').replace('3', '2'),
		    'not an Engine.IO server'],
	    ['no base64', ok('bä'), 'not an Engine.IO server'],
	    ['a handshake again', ok(open()), 'not an Engine.IO server'],
	    ['a close', ok('1'), 'the connection was lost'],
	    ['an error', 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n',
		    'no Socket.IO there \\(HTTP status 502\\)'],
	    ['the session is not known', 'HTTP/1.1 400 Bad Request\r\n' +
		    'Content-Length: 41\r\n\r\n' +
		    '{"code":1,"message":"Session ID unknown"}',
		    'the server says: Session ID unknown'],
	    ['an attachment for nothing', ok('bAAAA'),
		    'the server sends what is no Socket.IO'],
	    ['an answer to nothing', ok('6') + ok('6') + ok('6'),
		    /./]])
		test(name, async (t) => {
			const hostile = await startHostile(t,
			    polling([Buffer.from(answer, 'latin1')]));
			const ours = new Json(t, ['--transport=polling',
				hostile.url]);

			await ours.reaches('waiting', { problem:
			    problem instanceof RegExp ? problem :
			    new RegExp('^' + problem + '$') });
		});
});
