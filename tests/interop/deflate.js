'use strict';
/*
 * permessage-deflate (RFC 7692) against a WebSocket that echoes, as its client
 * or as its server: messages as those of groups 12 and 13 of
 * Autobahn|Testsuite, whose numbers they have. Each case has 1000 of them
 * there; here as many as the time allows, and 1000 with CHAT_ALL=1.
 *
 * The verdicts are stricter: a message that is long enough comes compressed,
 * by a window no larger than agreed on and without the messages before it; a
 * shorter one comes as it is.
 */
const assert = require('node:assert');
const zlib = require('node:zlib');
const { slow } = require('./harness');
const { Reader, encode } = require('./websocket');

const LEAST = 1024; /* DEFLATE_LEAST */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const KB = 1024;
const all = process.env.CHAT_ALL === '1';

/* ---- what is sent ---- */

const LENGTH = 1 << 20;

/* The same numbers in every run, below n. */
function
random(seed)
{
	let state = seed;

	return (n) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor(state / 2 ** 32 * n);
	};
}

/* Pieces of make(), one behind the other. */
function
repeated(seed, make)
{
	const next = random(seed);
	const pieces = [];

	for (let size = 0; size < LENGTH;) {
		const piece = Buffer.from(make(next));

		pieces.push(piece);
		size += piece.length;
	}
	return Buffer.concat(pieces);
}

const WORDS = ('habe nun ach Philosophie Juristerei und Medizin und leider ' +
    'auch Theologie durchaus studiert mit heissem Bemuehn da steh ich nun ' +
    'ich armer Tor und bin so klug als wie zuvor').split(' ');

function
prose(next)
{
	return Array.from({ length: 6 + next(6) },
	    () => WORDS[next(WORDS.length)]).join(' ') + '.\n';
}

const samples = {
	JSON: { first: 0x81, bytes: repeated(1, (next) => JSON.stringify({
		id: next(1e9), nick: WORDS[next(WORDS.length)],
		tags: [next(10), next(10)], text: prose(next)
	}) + ',\n') },
	bitmap: { first: 0x82, bytes: repeated(2, (next) => Array.from(
	    { length: 512 }, (_, i) => (i >> 3) + next(4))) },
	prose: { first: 0x82, bytes: repeated(3, prose) },
	HTML: { first: 0x82, bytes: repeated(4, (next) => '<tr class="r' +
	    next(2) + '"><td>' + next(1e6) + '</td><td>' + prose(next) +
	    '</td></tr>\n') },
	/* what can't be compressed between what can */
	PDF: { first: 0x82, bytes: repeated(5, (next) => Buffer.concat([
		Buffer.from('<< /Length 200 /Filter /FlateDecode >>\nstream\n'),
		Buffer.from(Array.from({ length: 200 }, () => next(256))),
		Buffer.from('\nendstream\nendobj\n' +
		    '0000000000 65535 f\n'.repeat(20))
	])) }
};

/* Bytes of a message, and of the fragments it is sent in (0: one frame). */
const sizes = [16, 64, 256, 1 * KB, 4 * KB, 8 * KB, 16 * KB, 32 * KB, 64 * KB,
	128 * KB].map((size) => [size, 0]).concat(
    [8, 16, 32, 64, 128].map((n) => [n * KB, 256]),
    [1, 4, 32].map((n) => [128 * KB, n * KB]));

/* ---- cases ---- */

/*
 * A set of parameters: what is offered or answered, and what follows from it:
 * answer, what the server has to say; bits, keeps: how we compress; peerBits:
 * the peer's window.
 */
function
setsOfCases(sets)
{
	const rows = [];

	for (const [name, set] of Object.entries(sets))
		for (const [i, [size, fragment]] of sizes.entries())
			rows.push({ name: name + '.' + (i + 1), size, fragment,
				bits: 15, keeps: false, peerBits: 15,
				sample: samples.JSON, ...set });
	return rows;
}

const OURS = 'permessage-deflate; client_no_context_takeover; ' +
    'client_max_window_bits';
const ANSWER = 'permessage-deflate; server_no_context_takeover';

/* A client that wants nothing to be kept of its messages. */
function
offer(more, answered, peerBits)
{
	return {
		offer: OURS + more, peerBits,
		answer: ANSWER + '; client_no_context_takeover' + answered
	};
}

const NARROW = '; server_no_context_takeover; server_max_window_bits=9';
const WIDE = '; server_no_context_takeover; server_max_window_bits=15';

const server = {
	'group 12': setsOfCases(Object.fromEntries(Object.entries(samples).map(
	    ([, sample], j) => ['12.' + (j + 1),
	    { ...offer('', '', 15), sample }]))),
	'group 13': setsOfCases({
		13.1: offer('', '', 15),
		13.2: offer('; server_no_context_takeover', '', 15),
		13.3: offer('; server_max_window_bits=9',
		    '; server_max_window_bits=9', 9),
		13.4: offer('; server_max_window_bits=15',
		    '; server_max_window_bits=15', 15),
		13.5: offer(NARROW, '; server_max_window_bits=9', 9),
		13.6: offer(WIDE, '; server_max_window_bits=15', 15),
		13.7: offer(NARROW + ', ' + OURS +
		    '; server_no_context_takeover, ' + OURS,
		    '; server_max_window_bits=9', 9)
	}),
	'a window that is kept': setsOfCases({
		kept: { offer: 'permessage-deflate', answer: ANSWER,
			keeps: true },
		'kept, 12 bits': {
			offer: 'permessage-deflate; client_max_window_bits',
			answer: ANSWER + '; client_max_window_bits=12',
			keeps: true, bits: 12
		},
		'kept, 9 bits': {
			offer: 'permessage-deflate; client_max_window_bits=9',
			answer: ANSWER + '; client_max_window_bits=9',
			keeps: true, bits: 9
		}
	}),
	/* zlib has none: messages come as they are */
	'a window of 256 bytes': setsOfCases({
		8: { offer: 'permessage-deflate; server_max_window_bits=8',
			answer: ANSWER + '; server_max_window_bits=8',
			keeps: true, peerBits: 8 }
	})
};

function
answered(more, rest)
{
	return { answer: 'permessage-deflate' + more, ...rest };
}

const client = {
	'group 12': setsOfCases(Object.fromEntries(Object.entries(samples).map(
	    ([, sample], j) => ['12.' + (j + 1),
	    answered('; client_no_context_takeover', { keeps: true, sample })]
	))),
	'group 13': setsOfCases({
		13.1: answered('', { keeps: true }),
		13.2: answered('; server_no_context_takeover', {}),
		13.3: answered('; server_max_window_bits=9',
		    { keeps: true, bits: 9 }),
		13.4: answered('; server_max_window_bits=15', { keeps: true }),
		13.5: answered(NARROW, { bits: 9 }),
		13.6: answered(WIDE, {}),
		13.7: answered('; client_max_window_bits=9; ' +
		    'client_no_context_takeover', { keeps: true, peerBits: 9 })
	}),
	'a window of 256 bytes': setsOfCases({
		8: answered('; client_max_window_bits=8',
		    { keeps: true, peerBits: 8 })
	})
};

/* Frames as in websocket-cases.js, where a window is kept. */
const HELLO = 'f248cdc9c90700';
const PROTOCOL = '03ea';
const INVALID = '03ef';
const TOO_BIG = '03f1';

function
bomb(size)
{
	return 'c2=' + zlib.deflateRawSync(Buffer.alloc(size),
	    { finishFlush: zlib.constants.Z_SYNC_FLUSH })
	    .subarray(0, -4).toString('hex');
}

const frames = [
	['a text', 'c1=' + HELLO, '81:Hello'],
	['a binary message', 'c2=' + HELLO, '82:Hello'],
	['stored', 'c1=000500faff48656c6c6f00', '81:Hello'],
	['a last block', 'c1=f348cdc9c9070000', '81:Hello'],
	['two blocks', 'c1=f248050000' + '00ffffcac9c90700', '81:Hello'],
	['an empty message', 'c1=00', '81'],
	['what refers to the message before', 'c1=' + HELLO +
	    ' c1=f200110000', '81:Hello 81:Hello'],
	['to the one before another', 'c1=' + HELLO + ' 81:x c1=f200110000',
		'81:Hello 81:x 81:Hello'],
	['not compressed', '81:x 82:y c1=' + HELLO + ' 81:z',
		'81:x 82:y 81:Hello 81:z'],
	['fragments', '41=f248cd 80=c9c90700', '81:Hello'],
	['fragments of a byte', '41=f2 00=48 00=cd 00=c9 00=c9 00=07 80=00',
		'81:Hello'],
	['an empty first fragment', '41 00=f248 80=cdc9c90700', '81:Hello'],
	['an empty last fragment', '41=' + HELLO + ' 80', '81:Hello'],
	['a ping between', '41=f248cd 89:x 80=c9c90700', '8a:x 81:Hello'],
	['marked: a ping', 'c9', '', PROTOCOL],
	['marked: a pong', 'ca', '', PROTOCOL],
	['marked: a close', 'c8=03e8', '', PROTOCOL],
	['marked: a continuation', '41=f248cd c0=c9c90700', '', PROTOCOL],
	['marked: a continuation of one that is not', '01:a c0:b', '',
		PROTOCOL],
	['marked: a reserved opcode', 'c3=' + HELLO, '', PROTOCOL],
	['RSV2', 'a1:x', '', PROTOCOL],
	['RSV3', '91:x', '', PROTOCOL],
	['RSV1 and RSV2', 'e1=' + HELLO, '', PROTOCOL],
	['masked the wrong way', 'c1?=' + HELLO, '', PROTOCOL],
	['a reserved type of block', 'c1=06', '', INVALID],
	['a stored length that is wrong', 'c1=0005000500', '', INVALID],
	['a reference to nothing', 'c1=02030200', '', INVALID],
	['a message that is cut', 'c1=f248cd', '', INVALID],
	['no bytes at all', 'c1', '', INVALID],
	['a last block and nothing behind', 'c1=f348cdc9c90700', '', INVALID],
	['garbage behind', 'c1=' + HELLO + 'ffff', '', INVALID],
	['no UTF-8', 'c1=000100feffff00', '', INVALID],
	['no UTF-8, in a first fragment', '41=000100feffff', '', INVALID],
	['half a character', 'c1=000100feffc300', '', INVALID],
	['a character in two fragments', '41=000100feffc3 80=000100feffa900',
		'81=c3a9'],
	['any bytes, if it is binary', 'c2=000100feffff00', '82=ff'],
	['behind a violation', 'c1=06 c1=' + HELLO, '', INVALID],
	['one before a violation', 'c1=' + HELLO + ' c1=06', '81:Hello',
		INVALID],
	['a bomb', bomb((16 << 20) + 1), '', TOO_BIG],
	['a larger bomb', bomb(256 << 20), '', TOO_BIG],
	['a length that it can\'t have become', 'c2#1300000', '', TOO_BIG],
	['2^63 - 1', 'c2#7fffffffffffffff', '', TOO_BIG]
];

/* ---- playing them ---- */

/* Compresses messages, as the parameters of a case have it. */
class Deflater {
	constructor({ bits, keeps }) {
		this.options = {
			windowBits: bits,
			finishFlush: zlib.constants.Z_SYNC_FLUSH
		};
		if (!keeps)
			return;
		this.chunks = [];
		this.stream = zlib.createDeflateRaw({ windowBits: bits });
		this.stream.on('data', (data) => this.chunks.push(data));
	}

	async run(bytes) {
		if (!this.stream)
			return zlib.deflateRawSync(bytes, this.options)
			    .subarray(0, -TAIL.length);
		this.stream.write(bytes);
		await new Promise((resolve) =>
		    this.stream.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
		return Buffer.concat(this.chunks.splice(0))
		    .subarray(0, -TAIL.length);
	}

	close() {
		if (this.stream)
			this.stream.close();
	}
}

/* In steps that are small enough to see a reference that is too far. */
function
inflate(bytes, windowBits)
{
	return zlib.inflateRawSync(Buffer.concat([bytes, TAIL]), {
		windowBits, chunkSize: KB,
		finishFlush: zlib.constants.Z_SYNC_FLUSH
	});
}

function
fragments(first, payload, size, masks)
{
	const out = [];
	const step = size || payload.length;

	for (let i = 0; i < payload.length; i += step)
		out.push(encode({
			first: (i === 0 ? first & 0x0f | 0x40 : 0) |
			    (i + step >= payload.length ? 0x80 : 0),
			bits: 0, wrong: false,
			payload: payload.subarray(i, i + step)
		}, masks));
	return out;
}

function
assertEcho(frame, row, wanted)
{
	const compressed = wanted.length >= LEAST && row.peerBits > 8;

	assert.strictEqual(frame.first, row.sample.first |
	    (compressed ? 0x40 : 0), 'first byte');
	if (compressed)
		assert.ok(frame.payload.length < wanted.length, 'longer');
	assert.ok((compressed ? inflate(frame.payload, row.peerBits) :
	    frame.payload).equals(wanted), 'not the same message');
}

/* Plays one case on a connection whose handshake is done. */
async function
play(socket, row, count, masks, first = [])
{
	const reader = new Reader(socket, !masks);
	const deflater = new Deflater(row);
	const { bytes } = row.sample;
	let at = 0;

	socket.write(Buffer.concat(first));
	try {
		for (let i = 0; i < count; i++) {
			if (at + row.size > bytes.length)
				at = 0;
			const message = bytes.subarray(at, at + row.size);

			at += row.size;
			for (const one of fragments(row.sample.first,
			    await deflater.run(message), row.fragment, masks))
				socket.write(one);
			assert.ok(await reader.has(1), 'closed at ' + i);
			assertEcho(reader.frames.shift(), row, message);
		}
	} finally {
		deflater.close();
	}
	socket.write(encode({ first: 0x88, bits: 0, wrong: false,
		payload: Buffer.from('03e8', 'hex') }, masks));
	assert.ok(await reader.has(1), 'no close frame');
	assert.strictEqual(reader.frames[0].payload.toString('hex'), '03e8');
	if (!masks)
		socket.end();
	await reader.ends();
}

/* Bytes of all messages of a case, about, for each of the ways of
 * websocket.js; twice as long messages are left out. */
function
budget(way)
{
	const bytes = way === 'as they come' ? 256 * KB :
	    way === 'byte by byte' ? 16 * KB : 64 * KB;

	return slow > 1 ? bytes / 4 : bytes;
}

/* Plays those of the cases for which there is time. */
async function
playSet(rows, way, one)
{
	const most = all ? Infinity : budget(way);
	const failed = [];

	for (const row of rows) {
		const count = Math.floor(most / row.size);

		if (count < 1)
			continue;
		try {
			await one(row, Math.min(1000, Math.max(2, count)));
		} catch (error) {
			failed.push(row.name + ': ' + error.message);
		}
	}
	assert.deepStrictEqual(failed, []);
}

module.exports = { OURS, client, frames, play, playSet, seconds: all ? 3000 :
    60, server };
