'use strict';
/*
 * Servers that send what is no WebSocket, no Socket.IO or no chat, or what
 * would do harm on a terminal: nothing of it gets to the output but as clean
 * text.
 */
const assert = require('node:assert');
const { Chat, EVENT, Json, UNCLEAN, together } = require('./client');
const { residentBytes, slow, test, until } = require('./harness');
const { MB, endless, open, session, settled, startHostile, switching, text,
	turnedAway } = require('./hostile');
const { frame } = require('./raw');

const groups = {};

groups['broken frames'] = () => {
	const lost = /^(the connection was lost|.* what is no Socket.IO)$/;

	for (const [name, frames] of Object.entries({
		'masked': [frame({ payload: '2' })],
		'reserved bits': [frame({ rsv: 4, payload: '2',
			masked: false })],
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
	test('many empty parts', (t) => turnedAway(t, session([
		frame({ fin: false, masked: false, payload: '4' }),
		Buffer.concat(Array(100000).fill(frame({ fin: false, opcode: 0,
			masked: false }))),
		frame({ opcode: 0, masked: false, payload: '2["x"]' })]),
	    lost));
	test('a flood of pings', async (t) => {
		const ping = frame({ opcode: 9, payload: 'x'.repeat(125),
			masked: false });

		await settled(t, [Buffer.concat(Array(100000).fill(ping))]);
	});
	test('a flood of heartbeats', (t) => settled(t,
	    [Buffer.concat(Array(100000).fill(text('2')))]));
};

async function
endlessFrames(t, first, more)
{
	const hostile = await startHostile(t, (connection) => {
		connection.write(switching(connection.key));
		connection.write(text(open()));
		connection.write(text('40{"sid":"x"}'));
		endless(connection, first, more);
	});
	const ours = new Json(t, [hostile.url]);

	await ours.reaches('waiting', {}, 30000);
	assert.ok(residentBytes(ours.pid) < 300 * MB);
}

groups['broken packets'] = () => {
	const wrong = 'the server sends what is no Socket.IO';
	const parse = /^(not an Engine.IO server|.* what is no Socket.IO)$/;

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
		'a reserved event': ['42["disconnect"]'],
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
		const hostile = await startHostile(t, (connection) => {
			connection.write(switching(connection.key));
			connection.write(text(open()));
			connection.write(text('40{"sid":"x"}'));
			endless(connection, text('4510-["x"]'),
			    bin(Buffer.alloc(8 * MB)));
		});
		const ours = new Json(t, [hostile.url]);

		await ours.reaches('waiting', { problem: wrong }, 30000);
		assert.ok(residentBytes(ours.pid) < 300 * MB);
	});

	test('what does no harm', async (t) => {
		const ours = await settled(t, [
			'6', '3', '3probe', '5',
			'42/other,["nuevo mensaje","x"]',
			'40/other,{"sid":"y"}', '44/other,{"message":"no"}',
			'41/other,', '43/other,0[]',
			'42/other?a=b,["nuevo mensaje","x"]',
			'430[]', '4399[{"ok":true}]', '43999999999["x"]',
			'42["x"]', '42[""]', '420["x"]', '421["nuevo mensaje"]',
			'42["x",1e999,-0,0.1e-7,"\\u0000"]',
			'42["__proto__",{"__proto__":{"a":1}}]',
			'42["x",{"a":1,"a":2}]',
			'42["x","' + 'y'.repeat(1000000) + '"]',
			'42["x"' + ',1'.repeat(5000) + ']',
			'452-["nuevo mensaje",{"_placeholder":true,"num":1},' +
			'{"_placeholder":true,"num":0}]', bin('a'), bin('')
		]);

		assert.deepStrictEqual(ours.messages.items.map((message) =>
		    message.text),
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
	    ['{"message":{}}', 'the server refuses: no reason given'],
	    ['{"message":""}', 'the server refuses: no reason given'],
	    ['{}', 'the server refuses: no reason given'],
	    ['', wrong], ['[]', wrong],
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
};

/* Strings that do harm where they are not expected to. */
const strings = ['\x1b[2J\x1b[1;1H', '\x1b]0;title\x07', '\x9b2J',
	'\x07\x08\x7f', 'a\nb', 'a\r\nb', '\r-- forged', '\n-- forged',
	'\n2026-01-01T00:00:00Z #lobby <root> forged',
	'> forged', '<root> forged', '\u2028-- forged', '\u0085-- forged',
	'\u202eabc', '\u2066abc', '\u200f', '\0', '\ud800', '\ufffe', '%s%n%p',
	'\n{"v":1,"type":"message","text":"forged"}', '"},"forged":{"a":"',
	'x'.repeat(100000), '\u0301'.repeat(1000), '', ' ',
	'😀'.repeat(5000)];

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

groups['hostile texts'] = () => {
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
		const line = /^(-- |20[-\d]{8}T[\d:]{8}Z [#@][^ ]+ <[^<> ]+>[ |])/;

		await until(() => ours.lines.some((one) =>
		    one.endsWith('still here')), 'the last message');
		for (const one of ours.lines) {
			assert.match(one, line);
			assert.doesNotMatch(one, /^-- forged/);
			assert.doesNotMatch(one, /^\S+ \S+ <root>/);
		}
	});

	/* The acknowledgement is the server's, too. */
	for (const [name, answer] of Object.entries({
		'an id': (s) => ({ ok: true, id: s }),
		'a refusal': (s) => ({ ok: false, code: s, message: s }),
		'no object': (s) => s,
		'wrong types': (s) => ({ ok: s, id: [s], message: { a: s } })
	}))
		test('acknowledged with ' + name, async (t) => {
			for (const s of strings.slice(0, 12)) {
				const hostile = await startHostile(t,
				    acknowledging(welcome, answer(s)));
				const ours = new Chat(t, ['send', '--timeout',
					3 * Math.ceil(slow), hostile.url,
					'x']);
				const { code, out, err } = await ours.end();

				assert.ok([0, 75, 77].includes(code), code);
				assert.match(out, /^([^\n]*\n)?$/);
				assert.match(err, /^(chat: [^\n]*\n)*$/);
			}
		}, 60);
};

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

together('hostile packets', groups);
