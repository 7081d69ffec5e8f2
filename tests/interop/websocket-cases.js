'use strict';
/*
 * What a WebSocket that echoes has to do; the numbers are those of
 * Autobahn|Testsuite, the verdicts stricter where it lets something pass.
 *
 * A case is [name, frames to send, frames to come, close]. Frames are
 * separated by spaces: the first byte in hexadecimal, then any of
 *
 *	~16, ~64	its length is written in so many bits
 *	?		masked when it must not be, or the other way round
 *	#hex		this is told to be its length
 *	%n		a message in fragments of n bytes (the opcode is the
 *			first one's)
 *
 * and its payload:
 *
 *	:text		as it is; _ is a space
 *	=hex		in hexadecimal
 *	*n=hex		a unit repeated and cut to n bytes
 *
 * A `.` waits for the next frame that is to come. `close` is the payload of
 * the close frame that comes behind them; without it, it is ours to close
 * (1000) once they are there, and to be answered with the same. Behind the
 * close frame comes the end of the connection, and nothing else.
 *
 * chop: the bytes are written in pieces of so many, not at once.
 */
const PROTOCOL = '03ea';
const INVALID = '03ef';
const POLICY = '03f0';
const TOO_BIG = '03f1';

const HELLO = '81:Hello,_world!';
const RANDOM = Buffer.from('BAsd7&jh23').toString('hex');
const BYTES = '00fe23faf0';
const KB = 1024;
const MB = 1024 * KB;

function
chopped(chop, name, ...rest)
{
	return Object.assign([name, ...rest], { chop });
}

/* The same, a frame per write, and byte by byte. */
function
three(names, ...rest)
{
	const [a, b, c] = names.split(' ');

	return [[a, ...rest], chopped('frames', b, ...rest),
		chopped(1, c, ...rest)];
}

function
range(from, to, row)
{
	return Array.from({ length: to - from + 1 }, (_, i) => row(from + i));
}

/* What is sent comes back. */
function
echo(name, frames)
{
	return [name, frames, frames];
}

const groups = {};

groups['1, framing'] = [
	...['81', '82'].flatMap((op, i) => {
		const unit = i === 0 ? '2a' : 'fe';
		const rows = [0, 125, 126, 127, 128, 65535, 65536].map(
		    (n, k) => echo('1.' + (i + 1) + '.' + (k + 1),
		    op + '*' + n + '=' + unit));
		const last = rows[6];

		return [...rows, chopped(997, '1.' + (i + 1) + '.8', last[1],
		    last[2])];
	})
];

const PINGS = range(0, 9, (n) => '89:payload-' + n).join(' ');

groups['2, pings and pongs'] = [
	['2.1', '89', '8a'],
	['2.2', '89:Hello,_world!', '8a:Hello,_world!'],
	['2.3', '89=00fffefdfcfb00ff', '8a=00fffefdfcfb00ff'],
	['2.4', '89*125=fe', '8a*125=fe'],
	['2.5', '89*126=fe', '', PROTOCOL],
	chopped(1, '2.6', '89*125=fe', '8a*125=fe'),
	['2.7', '8a', ''],
	['2.8', '8a:unsolicited_pong_payload', ''],
	['2.9', '8a:unsolicited_pong_payload 89:ping_payload',
		'8a:ping_payload'],
	['2.10', PINGS, PINGS.replace(/89/g, '8a')],
	chopped(1, '2.11', PINGS, PINGS.replace(/89/g, '8a'))
];

groups['3, reserved bits'] = [
	['3.1', '91:Hello,_world!', '', PROTOCOL],
	['3.2', HELLO + ' a1:Hello,_world! 89', HELLO, PROTOCOL],
	chopped('frames', '3.3', HELLO + ' b1:Hello,_world! 89', HELLO,
	    PROTOCOL),
	chopped(1, '3.4', HELLO + ' c1:Hello,_world! 89', HELLO, PROTOCOL),
	['3.5', 'd2=00fffefdfcfb00ff', '', PROTOCOL],
	['3.6', 'e2:Hello,_world!', '', PROTOCOL],
	['3.7', 'f8', '', PROTOCOL],
	['RSV1 on a ping', 'c9', '', PROTOCOL],
	['RSV1 on a continuation', '01:a c0:b', '', PROTOCOL]
];

groups['4, reserved opcodes'] = [
	['4.1.1', '83', '', PROTOCOL],
	['4.1.2', '84:reserved_opcode_payload', '', PROTOCOL],
	['4.1.3', HELLO + ' 85 89', HELLO, PROTOCOL],
	['4.1.4', HELLO + ' 86:Hello,_world! 89', HELLO, PROTOCOL],
	chopped(1, '4.1.5', HELLO + ' 87:Hello,_world! 89', HELLO, PROTOCOL),
	['4.2.1', '8b', '', PROTOCOL],
	['4.2.2', '8c:reserved_opcode_payload', '', PROTOCOL],
	['4.2.3', HELLO + ' 8d 89', HELLO, PROTOCOL],
	['4.2.4', HELLO + ' 8e:Hello,_world! 89', HELLO, PROTOCOL],
	chopped(1, '4.2.5', HELLO + ' 8f:Hello,_world! 89', HELLO, PROTOCOL)
];

const ALONE = 'non-continuation_payload ' + HELLO;
const FIVE = ['01:fragment1 00:fragment2 89:pongme_1! . 00:fragment3 ' +
    '00:fragment4 89:pongme_2! 80:fragment5',
'8a:pongme_1! 8a:pongme_2! ' +
    '81:fragment1fragment2fragment3fragment4fragment5'];

groups['5, fragments'] = [
	['5.1', '09:fragment1 80:fragment2', '', PROTOCOL],
	['5.2', '0a:fragment1 80:fragment2', '', PROTOCOL],
	...three('5.3 5.4 5.5', '01:fragment1 80:fragment2',
	    '81:fragment1fragment2'),
	...three('5.6 5.7 5.8', '01:fragment1 89:ping_payload 80:fragment2',
	    '8a:ping_payload 81:fragment1fragment2'),
	...three('5.9 5.10 5.11', '80:' + ALONE, '', PROTOCOL),
	...three('5.12 5.13 5.14', '00:' + ALONE, '', PROTOCOL),
	['5.15', '01:fragment1 80:fragment2 00:fragment3 81:fragment4',
		'81:fragment1fragment2', PROTOCOL],
	['5.16', '00:fragment1 01:fragment2 80:fragment3 00:fragment1 ' +
	    '01:fragment2 80:fragment3', '', PROTOCOL],
	['5.17', '80:fragment1 01:fragment2 80:fragment3 80:fragment1 ' +
	    '01:fragment2 80:fragment3', '', PROTOCOL],
	['5.18', '01:fragment1 81:fragment2', '', PROTOCOL],
	['5.19', ...FIVE],
	chopped('frames', '5.20', ...FIVE)
];

/* Texts, with a `!` before those that are none. */
const utf8 = {
	5: '68656c6c6f24776f726c64 68656c6c6fc2a2776f726c64 ' +
	    '68656c6c6fe282ac776f726c64 68656c6c6ff0a4ada2776f726c64 ' +
	    'cebae1bdb9cf83cebcceb5',
	6: '!ce ceba !cebae1 !cebae1bd cebae1bdb9 !cebae1bdb9cf ' +
	    'cebae1bdb9cf83 !cebae1bdb9cf83ce cebae1bdb9cf83cebc ' +
	    '!cebae1bdb9cf83cebcce cebae1bdb9cf83cebcceb5',
	7: '00 c280 e0a080 f0908080',
	8: '!f888808080 !fc8480808080',
	9: '7f dfbf efbfbf f48fbfbf',
	10: '!f7bfbfbf !fbbfbfbfbf !fdbfbfbfbfbf',
	11: 'ed9fbf ee8080 efbfbd f48fbfbf !f4908080',
	12: '!80 !bf !80bf !80bf80 !80bf80bf !80bf80bf80 !80bf80bf80bf !' +
	    range(0x80, 0xbe, (n) => n.toString(16)).join(''),
	13: [[0xc0, 0xde], [0xe0, 0xee], [0xf0, 0xf6], [0xf8, 0xfa],
		[0xfc, 0xfc]].map(([from, to]) => '!' +
	    range(from, to, (n) => n.toString(16) + '20').join('')).join(' '),
	14: '!c0 !e080 !f08080 !f8808080 !fc80808080 !df !efbf !f7bfbf ' +
	    '!fbbfbfbf !fdbfbfbfbf',
	15: '!c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf',
	16: '!fe !ff !fefeffff',
	17: '!c0af !e080af !f08080af !f8808080af !fc80808080af',
	18: '!c1bf !e09fbf !f08fbfbf !f887bfbfbf !fc83bfbfbfbf',
	19: '!c080 !e08080 !f0808080 !f880808080 !fc8080808080',
	20: '!eda080 !edadbf !edae80 !edafbf !edb080 !edbe80 !edbfbf',
	21: '!eda080edb080 !eda080edbfbf !edadbfedb080 !edadbfedbfbf ' +
	    '!edae80edb080 !edae80edbfbf !edafbfedb080 !edafbfedbfbf',
	22: 'efbfbe efbfbf ' + range(1, 16, (plane) => ['fe', 'ff'].map(
	    (low) => Buffer.from(String.fromCodePoint(
	    parseInt(plane.toString(16) + 'ff' + low, 16))).toString('hex'))
	    .join(' ')).join(' '),
	23: 'efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf'
};

const GREEK = 'cebae1bdb9cf83cebcceb5';
const UMLAUTS = '48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121';

groups['6, UTF-8'] = [
	['6.1.1', '81', '81'],
	['6.1.2', '01 00 80', '81'],
	['6.1.3', '01 00:middle_frame_payload 80',
		'81:middle_frame_payload'],
	echo('6.2.1', '81=' + UMLAUTS),
	['6.2.2', '01=' + UMLAUTS.slice(0, 30) + ' 80=' + UMLAUTS.slice(30),
		'81=' + UMLAUTS],
	['6.2.3', '81%1=' + UMLAUTS, '81=' + UMLAUTS],
	['6.2.4', '81%1=' + GREEK, '81=' + GREEK],
	['6.3.1', '81=' + GREEK + 'eda080656469746564', '', INVALID],
	['6.3.2', '81%1=' + GREEK + 'eda080656469746564', '', INVALID],
	/* it must not take the end of the message or of the frame */
	['6.4.1', '01=' + GREEK + ' 00=f4908080', '', INVALID],
	['6.4.1, made good', '01=' + GREEK + ' 80=f48fbfbf',
		'81=' + GREEK + 'f48fbfbf'],
	['6.4.2', '01=' + GREEK + 'f4 00=90', '', INVALID],
	['6.4.2, made good', '01=' + GREEK + 'f4 00=8f 80=bfbf',
		'81=' + GREEK + 'f48fbfbf'],
	['6.4.3', '81#15=' + GREEK + 'f4908080', '', INVALID],
	['6.4.4', '81#15=' + GREEK + 'f490', '', INVALID],
	...Object.entries(utf8).flatMap(([n, texts]) =>
		texts.split(' ').map((text, i) => {
			const name = '6.' + n + '.' + (i + 1);

			return text[0] === '!' ?
			    [name, '81=' + text.slice(1), '', INVALID] :
			    echo(name, '81=' + text);
		})),
	['text behind binary', '82=c3 81=a9', '82=c3', INVALID]
];

function
code(n)
{
	return n.toString(16).padStart(4, '0');
}

/* Our close frame, which is answered with the same, and what is behind it. */
function
closes(name, payload, behind = '')
{
	return [name, '88=' + payload + ' ' + behind, '', payload];
}

const TEXT = '81:Hello_World!';

groups['7, closing'] = [
	['7.1.1', TEXT, TEXT],
	closes('7.1.2', '03e8', '88'),
	closes('7.1.3', '03e8', '89'),
	closes('7.1.4', '03e8', TEXT),
	['7.1.5', '01:fragment1 88=03e8 80:fragment2', '', '03e8'],
	['7.1.6', '81*262144=' + RANDOM + ' ' + TEXT + ' 88=03e8 89',
		'81*262144=' + RANDOM + ' ' + TEXT, '03e8'],
	closes('7.3.1', ''),
	['7.3.2', '88=61', '', PROTOCOL],
	closes('7.3.3', '03e8'),
	closes('7.3.4', '03e848656c6c6f20576f726c6421'),
	closes('7.3.5', '03e8' + '2a'.repeat(123)),
	['7.3.6', '88=03e8' + '2a'.repeat(124), '', PROTOCOL],
	['7.5.1', '88=03e8' + GREEK + 'eda080656469746564', '', INVALID],
	...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999,
		4000, 4999].map((n, i) => closes('7.7.' + (i + 1), code(n))),
	...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((n, i) =>
		['7.9.' + (i + 1), '88=' + code(n), '', PROTOCOL]),
	['7.13.1', '88=' + code(5000), '', PROTOCOL],
	['7.13.2', '88=' + code(65535), '', PROTOCOL],
	...[1012, 1013, 1014].map((n) => closes('code ' + n, code(n))),
	['code 1015', '88=' + code(1015), '', PROTOCOL],
	['reason cut in a character', '88=03e8c3', '', INVALID],
	closes('garbage behind', '03e8', 'ff:x 81?:x 8f')
];

const sizes = [64 * KB, 256 * KB, MB, 4 * MB, 8 * MB, 16 * MB];
const fragments = [64, 256, KB, 4 * KB, 16 * KB, 64 * KB, 256 * KB, MB,
	4 * MB];
const chops = [64, 128, 256, 512, 1024, 2048];
const small = [0, 16, 64, 256, 1024, 4096];

groups['9, limits'] = [
	...sizes.map((n, i) => echo('9.1.' + (i + 1),
	    '81*' + n + '=' + RANDOM)),
	...sizes.map((n, i) => echo('9.2.' + (i + 1),
	    '82*' + n + '=' + BYTES)),
	...fragments.map((n, i) => ['9.3.' + (i + 1),
		'81%' + n + '*' + 4 * MB + '=2a', '81*' + 4 * MB + '=2a']),
	...fragments.map((n, i) => ['9.4.' + (i + 1),
		'82%' + n + '*' + 4 * MB + '=' + (i === 0 ? 'fe' : '2a'),
		'82*' + 4 * MB + '=' + (i === 0 ? 'fe' : '2a')]),
	...chops.map((n, i) => chopped(n,
	    ...echo('9.5.' + (i + 1), '81*' + MB + '=' + RANDOM))),
	...chops.map((n, i) => chopped(n,
	    ...echo('9.6.' + (i + 1), '82*' + MB + '=' + BYTES))),
	...['81', '82'].flatMap((op, k) => small.map((n, i) => {
		const one = op + '*' + n + '=' + (k === 0 ? '2a' : 'fe') + ' ';

		return ['9.' + (7 + k) + '.' + (i + 1),
			(one + '. ').repeat(1000), one.repeat(1000)];
	}))
];

groups['10, fragments of a sender'] = [
	['10.1.1', '81%1300*65536=2a', '81*65536=2a']
];

groups['what the suite lacks'] = [
	['masked the wrong way', '81?:x', '', PROTOCOL],
	['ping masked the wrong way', '81:x 89?', '81:x', PROTOCOL],
	['125 in 16 bits', '82~16*125=2a', '', PROTOCOL],
	['0 in 64 bits', '82~64', '', PROTOCOL],
	['65535 in 64 bits', '82~64*65535=2a', '', PROTOCOL],
	['the highest bit of a length', '82#8000000000000000', '', PROTOCOL],
	['2^63 - 1', '82#7fffffffffffffff', '', TOO_BIG],
	['2^31 - 1', '82#7fffffff', '', TOO_BIG],
	['one more than 16 MiB', '82#1000001', '', TOO_BIG],
	['2^63 - 1 in a continuation', '02:x 00#7fffffffffffffff', '',
		TOO_BIG],
	['a ping of 2^31 - 1', '89#7fffffff', '', PROTOCOL],
	['empty fragments, 100,000', '02' + ' 00'.repeat(100000) + ' 80', '',
		POLICY],
	['1 MiB in fragments of a byte', '82%1*' + MB + '=2a', '', POLICY],
	['a thousand fragments of a byte', '82%1*1000=2a', '82*1000=2a'],
	['a ping in every fragment', '02:a 89:1 00:b 89:2 00:c 89:3 80:d ' +
	    '89:4', '8a:1 8a:2 8a:3 82:abcd 8a:4'],
	/* no close overtakes data */
	['4 MiB, then a violation', ('82*65536=2a ').repeat(64) + 'ff',
		('82*65536=2a ').repeat(64), PROTOCOL],
	['4 MiB, then a close', ('82*65536=2a ').repeat(64) + '88=0bb8',
		('82*65536=2a ').repeat(64), '0bb8'],
	['1000 small ones, then no text', '81:x '.repeat(1000) + '81=ff',
		'81:x '.repeat(1000), INVALID],
	['a message too big behind others', '81:x '.repeat(100) +
	    '82#1000001', '81:x '.repeat(100), TOO_BIG]
];

module.exports = { groups };
