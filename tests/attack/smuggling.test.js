'use strict';
/*
 * Requests that two readers could take for different ones (RFC 9112, section
 * 11.2): each is refused, by one 400 and the end of the connection, and what
 * is hidden behind it is never answered.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { test } = require('../interop/harness');
const { Attacker, useVictim } = require('./attack');

const HIDDEN = 'GET /robots.txt?hidden HTTP/1.1\r\nHost: a\r\n\r\n';

/* A POST with these field lines and what follows the head. */
function
post(fields, body = '', host = 'Host: a\r\n')
{
	return 'POST /r/lobby HTTP/1.1\r\n' + host + fields + '\r\n' + body +
	    HIDDEN;
}

function
get(line, fields = 'Host: a\r\n')
{
	return line + '\r\n' + fields + '\r\n' + HIDDEN;
}

function
chunked(body, fields = '')
{
	return post('Transfer-Encoding: chunked\r\n' + fields, body);
}

/* How long the body is, said twice or in doubtful words. */
const LENGTHS = {
	'length, then chunked': post('Content-Length: 5\r\n' +
	    'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'),
	'chunked, then length': post('Transfer-Encoding: chunked\r\n' +
	    'Content-Length: 5\r\n', '0\r\n\r\n'),
	'chunked and length 0': post('Transfer-Encoding: chunked\r\n' +
	    'Content-Length: 0\r\n', '0\r\n\r\n'),
	'two lengths': post('Content-Length: 5\r\nContent-Length: 6\r\n',
	    'hello'),
	'the same length twice': post('Content-Length: 5\r\n' +
	    'content-length: 5\r\n', 'hello'),
	'a list of lengths': post('Content-Length: 5,6\r\n', 'hello'),
	'a list of the same': post('Content-Length: 5, 5\r\n', 'hello'),
	'+5': post('Content-Length: +5\r\n', 'hello'),
	'-5': post('Content-Length: -5\r\n', 'hello'),
	'-0': post('Content-Length: -0\r\n'),
	'0x5': post('Content-Length: 0x5\r\n', 'hello'),
	'5 5': post('Content-Length: 5 5\r\n', 'hello'),
	'5;': post('Content-Length: 5;\r\n', 'hello'),
	'5.0': post('Content-Length: 5.0\r\n', 'hello'),
	'5e0': post('Content-Length: 5e0\r\n', 'hello'),
	'"5"': post('Content-Length: "5"\r\n', 'hello'),
	'5_0': post('Content-Length: 5_0\r\n', 'hello'),
	'an empty length': post('Content-Length:\r\n', 'hello'),
	'a word': post('Content-Length: five\r\n', 'hello'),
	'2^64': post('Content-Length: 18446744073709551616\r\n', 'hello'),
	'2^64 + 5': post('Content-Length: 18446744073709551621\r\n', 'hello'),
	'2^63': post('Content-Length: 9223372036854775808\r\n', 'hello'),
	'a vertical tab before it': post('Content-Length: \x0b5\r\n', 'hello'),
	'a no-break space before it': post('Content-Length: \xa05\r\n',
	    'hello'),
	'a space before the colon': post('Content-Length : 5\r\n', 'hello'),
	'a tab before the colon': post('Content-Length\t: 5\r\n', 'hello'),
	'an underscore': post('Content-Length: 5\r\n' +
	    'Transfer_Encoding : chunked\r\n', 'hello')
};

/* The transfer coding, in words that some take for chunked. */
const CODINGS = Object.fromEntries([
	'chunked, identity', 'identity, chunked', 'identity', 'gzip, chunked',
	'chunked, chunked', 'xchunked', 'chunkedx', 'chunked;q=1', '"chunked"',
	'chunked,', ',chunked', 'cow', '', '\x0bchunked', 'chun\tked',
	'chunked\x0b', '\x00chunked', 'chunked\xa0', '\u0131chunked'
].map((coding) => ['Transfer-Encoding: ' + JSON.stringify(coding),
	post('Transfer-Encoding: ' + coding + '\r\n', '0\r\n\r\n')]));

Object.assign(CODINGS, {
	'the coding twice': chunked('0\r\n\r\n',
	    'Transfer-Encoding: chunked\r\n'),
	'the coding twice, once unknown': chunked('0\r\n\r\n',
	    'Transfer-Encoding: identity\r\n'),
	'a space before its colon': post('Transfer-Encoding : chunked\r\n',
	    '0\r\n\r\n'),
	'a coding in HTTP/1.0': 'POST /r/lobby HTTP/1.0\r\n' +
	    'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n' + HIDDEN
});

const CHUNKS = {
	'a size in words': chunked('xyz\r\nabc\r\n0\r\n\r\n'),
	'0x5': chunked('0x5\r\nhello\r\n0\r\n\r\n'),
	'+5': chunked('+5\r\nhello\r\n0\r\n\r\n'),
	'-5': chunked('-5\r\nhello\r\n0\r\n\r\n'),
	'a space before the size': chunked(' 5\r\nhello\r\n0\r\n\r\n'),
	'an underscore': chunked('5_0\r\nhello\r\n0\r\n\r\n'),
	'no size': chunked('\r\nhello\r\n0\r\n\r\n'),
	'a size of 17 digits': chunked('00000000000000005\r\nhello\r\n' +
	    'fffffffffffffffff\r\n'),
	'2^64': chunked('10000000000000000\r\nhello\r\n0\r\n\r\n'),
	'a bare LF behind the size': chunked('5\nhello\r\n0\r\n\r\n'),
	'a bare CR behind the size': chunked('5\rhello\r\n0\r\n\r\n'),
	'LF in an extension': chunked('5;a\nhello\r\n0\r\n\r\n'),
	'CR in an extension': chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'),
	'NUL in an extension': chunked('5;a\0b\r\nhello\r\n0\r\n\r\n'),
	'a chunk longer than it says': chunked('5\r\nhello!\r\n0\r\n\r\n'),
	'no line end behind a chunk': chunked('5\r\nhello0\r\n\r\n'),
	'a bare LF behind a chunk': chunked('5\r\nhello\n0\r\n\r\n'),
	'two bytes that are no line end': chunked('5\r\nhelloXX0\r\n\r\n'),
	'a bare LF behind the last size': chunked('0\n\n'),
	'a bare LF in a trailer': chunked('0\r\nX: y\n\r\n'),
	'a folded trailer': chunked('0\r\nX: y\r\n z\r\n\r\n'),
	'NUL in a trailer': chunked('0\r\nX: y\0\r\n\r\n'),
	'a trailer without colon': chunked('0\r\nHello\r\n\r\n')
};

/* Where a line or a head ends. */
const LINES = {
	'LF behind the request line': 'GET /nothing HTTP/1.1\nHost: a\r\n\r\n' +
	    HIDDEN,
	'LF behind a field': get('GET /nothing HTTP/1.1',
	    'Host: a\nX: y\r\n'),
	'LF behind the head': 'GET /nothing HTTP/1.1\r\nHost: a\r\n\n' +
	    HIDDEN,
	'CR in a field': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX: y\rz\r\n'),
	'CR CR LF': get('GET /nothing HTTP/1.1', 'Host: a\r\r\n'),
	'NUL in a field': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX: y\0z\r\n'),
	'NUL in a name': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX\0: y\r\n'),
	'DEL in a field': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX: \x7f\r\n'),
	'ESC in a field': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX: \x1b\r\n'),
	'a folded field': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX: y\r\n z\r\n'),
	'a folded length': post('Content-Length:\r\n 5\r\n', 'hello'),
	'a folded coding': post('Transfer-Encoding:\r\n\tchunked\r\n',
	    '0\r\n\r\n'),
	'a space before the first field': get('GET /nothing HTTP/1.1',
	    ' Host: a\r\n'),
	'a field without colon': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nHello\r\n'),
	'a field without name': get('GET /nothing HTTP/1.1',
	    'Host: a\r\n: y\r\n'),
	'a name with a space': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX Y: z\r\n'),
	'a name in quotes': get('GET /nothing HTTP/1.1',
	    'Host: a\r\n"X": z\r\n'),
	'a name beyond ASCII': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nX\xe9: z\r\n')
};

const HEADS = {
	'HTTP/0.9': 'GET /nothing\r\n\r\n' + HIDDEN,
	'HTTP/1.1 without Host': get('GET /nothing HTTP/1.1', ''),
	'two Hosts': get('GET /nothing HTTP/1.1', 'Host: a\r\nHost: b\r\n'),
	'the same Host twice': get('GET /nothing HTTP/1.1',
	    'Host: a\r\nhost: a\r\n'),
	'two in one Host': get('GET /nothing HTTP/1.1', 'Host: a, b\r\n'),
	'a Host with a path': get('GET /nothing HTTP/1.1', 'Host: a/b\r\n'),
	'a Host with a user': get('GET /nothing HTTP/1.1', 'Host: a@b\r\n'),
	'a Host with a space': get('GET /nothing HTTP/1.1', 'Host: a b\r\n'),
	'HTTP/2.0': get('GET /nothing HTTP/2.0'),
	'HTTP/1.2': get('GET /nothing HTTP/1.2'),
	'HTTP/1': get('GET /nothing HTTP/1'),
	'HTTP/1.': get('GET /nothing HTTP/1.'),
	'HTTP/1.10': get('GET /nothing HTTP/1.10'),
	'HTTP/01.1': get('GET /nothing HTTP/01.1'),
	'HTTP/+1.1': get('GET /nothing HTTP/+1.1'),
	'http/1.1': get('GET /nothing http/1.1'),
	'HTTPS/1.1': get('GET /nothing HTTPS/1.1'),
	'ICE/1.0': get('SOURCE /nothing ICE/1.0'),
	'RTSP/1.0': get('OPTIONS /nothing RTSP/1.0'),
	'HTTP/1.1 and a word': get('GET /nothing HTTP/1.1 x'),
	'a space behind the version': get('GET /nothing HTTP/1.1 '),
	'two spaces': get('GET  /nothing HTTP/1.1'),
	'a tab for a space': get('GET\t/nothing HTTP/1.1'),
	'a space before the method': get(' GET /nothing HTTP/1.1'),
	'a space in the target': get('GET /no thing HTTP/1.1'),
	'NUL in the target': get('GET /no\0thing HTTP/1.1'),
	'a fragment in the target': get('GET /no#thing HTTP/1.1'),
	'no target': get('GET HTTP/1.1'),
	'a target without slash': get('GET nothing HTTP/1.1'),
	'another scheme': get('GET file:///etc/passwd HTTP/1.1'),
	'a method in lower case': get('get /nothing HTTP/1.1'),
	'a method nobody knows': get('SMUGGLE /nothing HTTP/1.1'),
	'CONNECT': get('CONNECT a:80 HTTP/1.1'),
	'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + HIDDEN,
	'a greeting of TLS': '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n'
};

describe('smuggling', () => {
	const { server } = useVictim();

	async function
	refused(bytes)
	{
		const attacker = await Attacker.open(server.port);

		attacker.write(Buffer.from(bytes, 'latin1'));
		const text = await attacker.end();
		const answers = text.match(/HTTP\/1\.[01] \d{3}/g);
		assert.deepStrictEqual(answers, ['HTTP/1.1 400'], text);
	}

	for (const [kind, shapes] of Object.entries({ 'a length': LENGTHS,
		'a coding': CODINGS, 'a chunk': CHUNKS, 'a line': LINES,
		'a head': HEADS }))
		test(kind + ': ' + Object.keys(shapes).length + ' shapes',
		    async () => {
			for (const [what, bytes] of Object.entries(shapes))
				await refused(bytes).catch((error) => {
					error.message = what + ': ' +
					    error.message;
					throw error;
				});
		}, 60);

	/* The same, wherever the network has cut it. */
	test('byte by byte', async () => {
		for (const bytes of [LENGTHS['length, then chunked'],
			CHUNKS['LF in an extension'], LINES['a folded coding'],
			LINES['LF behind the head']]) {
			const attacker = await Attacker.open(server.port);

			for (const byte of Buffer.from(bytes, 'latin1')) {
				attacker.write(Buffer.of(byte));
				await new Promise(setImmediate);
			}
			const text = await attacker.end();
			assert.deepStrictEqual(text.match(/HTTP\/1\.1 \d{3}/g),
			    ['HTTP/1.1 400'], text);
		}
	});

	test('a good request still is one', async () => {
		const attacker = await Attacker.open(server.port);

		attacker.write('\r\nPOST /r/lobby HTTP/1.1\r\nHost: a\r\n' +
		    'Transfer-Encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n' +
		    '0\r\nX: y\r\n\r\nGET http://a/nothing HTTP/1.1\r\n' +
		    'Host: a\r\nConnection: close\r\n\r\n');
		const text = await attacker.end();
		assert.deepStrictEqual(text.match(/HTTP\/1\.1 \d{3}/g),
		    ['HTTP/1.1 200', 'HTTP/1.1 404'], text);
	});
});
