'use strict';
/*
 * The cases of h1spec (uNetworking/h1spec, which needs a runtime of its own),
 * with its verdicts. Where it waits half a second to see that nothing comes
 * the request is gone on with, and its POST goes to a path that takes one.
 *
 * smuggling.test.js has the shapes of most that are refused, too, and is
 * stricter with them: no version, no Host, two Hosts, a length that is
 * negative, a word or beside a coding, a control character in a field, a
 * version that is none. What is here alone: fragments of a good request, good
 * requests with odd fields, a bracket in a name, words before the method, CR
 * behind the fields.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { test, until } = require('../interop/harness');
const { Attacker, useVictim } = require('./attack');

const GOOD = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/* Where a good request is cut: behind each of these. */
const CUTS = ['G', 'GET ', 'GET /', 'GET / ', 'GET / HTTP', 'GET / HTTP/1.1',
	'GET / HTTP/1.1\r', 'GET / HTTP/1.1\r\n', 'GET / HTTP/1.1\r\nHos',
	'GET / HTTP/1.1\r\nHost:', 'GET / HTTP/1.1\r\nHost: ',
	...['', '\r', '\r\n', '\r\n\r'].map((end) =>
	    'GET / HTTP/1.1\r\nHost: localhost' + end)];

const get = (fields, line = 'GET / HTTP/1.1') =>
    line + '\r\nHost: localhost\r\n' + fields + '\r\n';

const TAKEN = {
	'a good request': GOOD,
	'one that expects 100': get('Expect: 100-continue\r\n'),
	'a tab behind the colon, an empty field':
	    'GET / HTTP/1.1\r\nhoSt:\tlocalhost\r\nempty:\r\n\r\n',
	'a field of a space': get('X-Empty: \r\n'),
	'a body': get('Content-Length: 5\r\n', 'POST /r/lobby HTTP/1.1') +
	    'hello'
};

const REFUSED = {
	'no version': 'GET / \r\n\r\n',
	'another version': get('', 'GET / HTTP/9.9'),
	'words before the method': get('', 'Some wordsGET / HTTP/1.1'),
	'no Host': 'GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n',
	'two Hosts': get('Host: example.org\r\n'),
	'brackets in a name': get('X-Name[]: y\r\n'),
	'a control character': get('X: y\x07\r\n'),
	'CR behind the fields': get('\rX: y\r\n'),
	'a length below zero': get('Content-Length: -1234\r\n'),
	'a length far below zero': get('Content-Length: -' +
	    '123456789'.repeat(3) + '\r\n'),
	'a length in letters': get('Content-Length: abc\r\n'),
	'a coding and a length': get('Transfer-Encoding: chunked\r\n' +
	    'Content-Length: 5\r\n')
};

describe('h1spec', () => {
	const { server, victim } = useVictim();

	/* The first answer's status. */
	async function
	status(one)
	{
		let found;

		await until(() => {
			found = /^HTTP\/1\.1 (\d{3}) /.exec(
			    one.got.toString('latin1'));
			return found || one.isClosed;
		}, 'an answer');
		one.destroy();
		return found && Number(found[1]);
	}

	async function
	answer(request)
	{
		const one = await Attacker.open(server.port);

		one.write(Buffer.from(request, 'latin1'));
		return status(one);
	}

	test('a request in pieces is waited for', async () => {
		for (const cut of CUTS) {
			const one = await Attacker.open(server.port);

			assert.ok(GOOD.startsWith(cut));
			one.write(cut);
			await victim.chat();
			assert.strictEqual(one.got.length, 0, cut);
			assert.ok(!one.isClosed, cut);
			one.write(GOOD.slice(cut.length));
			assert.strictEqual(await status(one), 200, cut);
		}
	}, 60);

	test('good requests are taken', async () => {
		for (const [what, request] of Object.entries(TAKEN))
			assert.ok([100, 200].includes(await answer(request)),
			    what);
	});

	test('bad ones are refused', async () => {
		for (const [what, request] of Object.entries(REFUSED))
			assert.strictEqual(await answer(request), 400, what);
	});
});
