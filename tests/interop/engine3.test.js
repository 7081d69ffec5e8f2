'use strict';
/*
 * Engine.IO protocol 3 by hand, as the 1.x and 2.x clients speak it:
 * the ground of the project's public test suite for it, and JSONP.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { pace, sleep, slow, test, useServer } = require('./harness');
const { ENGINE, Polling, Ws, assertError, decodeText3, query,
    request } = require('./raw');

const QUIET = ['--ping-interval', 25000, '--ping-timeout', 20000];
const OCTETS = { 'content-type': 'application/octet-stream' };

function
open(server, params)
{
	return Polling.open(server, { eio: 3, ...params });
}

async function
openWs(server, params)
{
	const ws = await Ws.open(server, ENGINE, { EIO: 3, ...params });

	await ws.next();
	return ws;
}

describe('engine.io 3: handshake', () => {
	const server = useServer(...QUIET);

	test('polling', async () => {
		const answer = await request(server,
		    { path: query(ENGINE, { EIO: 3, transport: 'polling' }) });

		assert.strictEqual(answer.status, 200);
		assert.strictEqual(answer.headers['content-type'],
		    'text/plain; charset=UTF-8');
		/* The official server sends 118: with its sid of 20. */
		assert.match(answer.text, new RegExp(
		    '^[0-9]+:0\\{"sid":"[A-Za-z0-9_-]{20}",' +
		    '"upgrades":\\["websocket"\\],"pingInterval":25000,' +
		    '"pingTimeout":20000,"maxPayload":1000000\\}$'));
		assert.strictEqual(decodeText3(answer.text).length, 1);
		assert.strictEqual(answer.text.slice(0, 4), '118:');
	});

	test('polling without b64 may answer in text as well', async () => {
		const session = await open(server, { b64: 1 });

		assert.strictEqual(session.handshake.sid.length, 20);
	});

	test('websocket: not framed', async () => {
		const ws = await Ws.open(server, ENGINE, { EIO: 3 });

		assert.match(await ws.next(),
		    /^0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\[\],/);
	});

	for (const EIO of [undefined, 'abc', '', '2', '04'])
		test('everything but 4 is version 3: EIO=' + EIO, async () => {
			const params = { transport: 'polling' };

			if (EIO !== undefined)
				params.EIO = EIO;
			const answer = await request(server,
			    { path: query(ENGINE, params) });
			assert.match(answer.text, /^118:0\{/);
		});

	test('errors are those of version 4', async () => {
		const base = { EIO: 3, transport: 'polling' };
		const ask = (params, method) => request(server,
		    { method, path: query(ENGINE, params) });

		assertError(await ask({ EIO: 3, transport: 'abc' }),
		    0, 'Transport unknown');
		assertError(await ask({ ...base, sid: 'abc' }),
		    1, 'Session ID unknown');
		assertError(await ask(base, 'POST'),
		    2, 'Bad handshake method');
		assertError(await ask(base, 'PUT'),
		    2, 'Bad handshake method');
		assertError(await ask({ EIO: 3, transport: 'websocket' }),
		    3, 'Bad request');
	});

	test('websocket: unknown transport', async () => {
		await assert.rejects(Ws.open(server, ENGINE,
		    { EIO: 3, transport: 'abc' }), /400/);
	});
});

describe('engine.io 3: polling', () => {
	const server = useServer(...QUIET);

	test('one packet', async () => {
		const session = await open(server);
		const posted = await session.post('6:4hello');

		assert.strictEqual(posted.text, 'ok');
		assert.strictEqual((await session.get()).text, '6:4hello');
	});

	test('several packets', async () => {
		const session = await open(server);

		await session.post('6:4test16:4test26:4test3');
		assert.deepStrictEqual(await session.take(3),
		    ['4test1', '4test2', '4test3']);
	});

	test('lengths are in UTF-16 units', async () => {
		const session = await open(server);

		await session.post('4:4€😀');
		assert.strictEqual((await session.get()).text, '4:4€😀');
		await session.post('3:4😀6:4ñandú');
		assert.deepStrictEqual(await session.take(2),
		    ['4😀', '4ñandú']);
	});

	test('base64 in, base64 out with b64=1', async () => {
		const session = await open(server, { b64: 1 });

		await session.post('6:4hello10:b4AQIDBA==');
		assert.deepStrictEqual(await session.take(2),
		    ['4hello', 'b4AQIDBA==']);
	});

	test('binary out: the exact bytes', async () => {
		const session = await open(server);

		await session.post('10:b4AQIDBA==');
		const answer = await session.get();
		assert.strictEqual(answer.headers['content-type'],
		    'application/octet-stream');
		assert.strictEqual(answer.bytes.toString('hex'),
		    '0105ff0401020304');
	});

	test('text and binary in one octet-stream', async () => {
		const session = await open(server);
		const text = Buffer.concat([Buffer.from([0, 6, 0xff]),
			Buffer.from('4hello')]);
		const binary = Buffer.from([1, 5, 0xff, 4, 1, 2, 3, 4]);
		const answers = [];
		let length = 0;

		const posted = await session.post(
		    Buffer.concat([text, binary]), OCTETS);
		assert.strictEqual(posted.text, 'ok');
		/* In one poll or two; text alone goes out as text. */
		while (length < 2) {
			const answer = await session.get();

			if (answer.text.startsWith('6:')) {
				assert.strictEqual(answer.text, '6:4hello');
				answers.push(text);
				length += 1;
				continue;
			}
			assert.strictEqual(answer.headers['content-type'],
			    'application/octet-stream');
			answers.push(answer.bytes);
			length += answer.bytes[0] === 0 &&
			    answer.bytes.length > text.length ? 2 : 1;
		}
		assert.strictEqual(Buffer.concat(answers).toString('hex'),
		    Buffer.concat([text, binary]).toString('hex'));
	});

	test('a mixed payload, already queued, is one octet-stream',
	    async () => {
		const session = await open(server);

		/* The first echo may go alone: the rest has to wait. */
		const polled = session.get();
		await sleep(20);
		await session.post('2:4a');
		assert.strictEqual((await polled).text, '2:4a');
		await session.post('6:4h€llo10:b4AQIDBA==');
		assert.strictEqual((await session.get()).bytes.toString('hex'),
		    '0008ff3468e282ac6c6c6f0105ff0401020304');
	});

	test('octet-stream: lengths of strings are in bytes', async () => {
		const session = await open(server);

		await session.post(Buffer.concat([Buffer.from([0, 8, 0xff]),
			Buffer.from('4h€llo')]), OCTETS);
		assert.strictEqual((await session.get()).text, '6:4h€llo');
	});

	test('octet-stream: lengths of several digits', async () => {
		const session = await open(server);
		const data = Buffer.alloc(1234, 9);

		await session.post(Buffer.concat([
			Buffer.from([1, 1, 2, 3, 5, 0xff, 4]), data]),
		    OCTETS);
		assert.strictEqual((await session.get()).bytes.toString('hex'),
		    '0101020305ff04' + data.toString('hex'));
	});

	for (const [what, body] of [['no length', 'abc'],
	    ['empty', ''], ['no colon', '6'], ['too long', '9:4hello'],
	    ['letters in the length', '6x:4hello'],
	    ['negative', '-1:4'],
	    ['unknown type', '2:9a'], ['bytes behind', '6:4hello3'],
	    ['UTF-8 length', '6:4h€l'],
	    ['huge', '99999999999999999999:4a']])
		test('parse error closes the session: ' + what, async () => {
			const session = await open(server);

			await session.post(body);
			await session.assertGone();
		});

	test('a pong closes the session', async () => {
		const session = await open(server);

		await session.post('1:3');
		await session.assertGone();
	});

	test('code 3: the EIO of another version', async () => {
		const session = await open(server);

		assertError(await session.get({ params: { EIO: 4 } }),
		    3, 'Bad request');
	});

	test('overlapping GET', async () => {
		const session = await open(server);
		const first = session.get();

		await sleep(50);
		assert.strictEqual((await session.get()).status, 400);
		assert.strictEqual((await first).text, '1:1');
		await session.assertGone();
	});

	test('close: the pending GET gets a noop', async () => {
		const session = await open(server);
		const polled = session.get();

		await sleep(50);
		assert.strictEqual((await session.post('1:1')).text, 'ok');
		assert.strictEqual((await polled).text, '1:6');
		await session.assertGone();
	});
});

describe('engine.io 3: websocket', () => {
	const server = useServer(...QUIET);

	test('text', async () => {
		const ws = await openWs(server);

		ws.send('4hello €😀');
		assert.strictEqual(await ws.next(), '4hello €😀');
	});

	test('binary carries its type', async () => {
		const ws = await openWs(server);
		const sent = Buffer.from([4, 1, 2, 3, 4]);

		ws.send(sent);
		assert.deepStrictEqual(await ws.next(), sent);
	});

	test('base64 both ways with b64=1', async () => {
		const ws = await openWs(server, { b64: 1 });

		ws.send('b4AQIDBA==');
		assert.strictEqual(await ws.next(), 'b4AQIDBA==');
	});

	for (const bad of ['abc', '9', ''])
		test('closed by ' + JSON.stringify(bad), async () => {
			const ws = await openWs(server);

			ws.send(bad);
			await ws.end();
		});

	test('closed by a pong', async () => {
		const ws = await openWs(server);

		ws.send('3');
		await ws.end();
	});
});

describe('engine.io 3: heartbeat', () => {
	const interval = 300 * pace;
	const timeout = 1000 * pace;
	const server = useServer('--ping-interval', interval,
	    '--ping-timeout', timeout);

	test('polling: a ping is answered', async () => {
		const session = await open(server);

		for (let i = 0; i < 3; i++) {
			await sleep(interval);
			await session.send('2');
			assert.deepStrictEqual(await session.poll(), ['3']);
		}
	});

	test('polling: silence ends the session', async () => {
		const session = await open(server);

		await sleep(interval + timeout + 20 * slow);
		await session.assertGone();
	});

	test('websocket: a ping is answered with its data', async () => {
		const ws = await openWs(server);

		for (let i = 0; i < 3; i++) {
			await sleep(interval);
			ws.send('2');
			assert.strictEqual(await ws.next(), '3');
		}
	});

	test('websocket: silence ends the session', async () => {
		const ws = await openWs(server);

		await ws.end();
	});
});

describe('engine.io 3: upgrade', () => {
	const server = useServer(...QUIET);

	test('from polling to websocket', async () => {
		const session = await open(server);
		const polled = session.get();

		await sleep(20);
		const ws = await session.probe();
		ws.send('2probe');
		assert.strictEqual(await ws.next(), '3probe');
		assert.strictEqual((await polled).text, '1:6');
		await session.send('4before');
		ws.send('5');
		assert.strictEqual(await ws.next(), '4before');
		ws.send('4after');
		assert.strictEqual(await ws.next(), '4after');
		assertError(await session.get(), 3, 'Bad request');

		const second = await session.probe().catch(() => null);
		if (second)
			await second.end();
		ws.send('4alive');
		assert.strictEqual(await ws.next(), '4alive');
	});
});

describe('engine.io 3: JSONP', () => {
	const server = useServer(...QUIET);

	/* The payload within the call, as a browser would see it. */
	function
	called(answer, index)
	{
		const found = /^___eio\[(\d+)\]\((.*)\);$/s.exec(answer.text);

		assert.strictEqual(answer.status, 200);
		assert.ok(found, answer.text);
		assert.strictEqual(found[1], index);
		return JSON.parse(found[2]);
	}

	async function
	openJsonp(j, params)
	{
		const session = new Polling(server, ENGINE,
		    { EIO: 3, transport: 'polling', j, ...params });
		const answer = await session.get();
		const text = called(answer, j.replace(/[^0-9]/g, ''));

		session.params.sid =
		    JSON.parse(decodeText3(text)[0].slice(1)).sid;
		return session;
	}

	function
	form(session, payload)
	{
		return session.post('d=' + encodeURIComponent(payload),
		    { 'content-type': 'application/x-www-form-urlencoded' });
	}

	test('handshake', async () => {
		const answer = await request(server, { path: query(ENGINE,
		    { EIO: 3, transport: 'polling', j: 7 }) });

		assert.strictEqual(answer.headers['content-type'],
		    'text/plain; charset=UTF-8');
		assert.match(called(answer, '7'), /^118:0\{"sid":/);
	});

	test('only digits of the index are used', async () => {
		const answer = await request(server, { path: query(ENGINE,
		    { EIO: 3, transport: 'polling', j: 'alert(1);2' }) });

		called(answer, '12');
	});

	test('messages both ways, the index of the handshake', async () => {
		const session = await openJsonp('3');

		assert.strictEqual((await form(session, '6:4hello')).text,
		    'ok');
		session.params.j = '9';
		assert.strictEqual(called(await session.get(), '3'),
		    '6:4hello');
	});

	test('escaped line ends in the form', async () => {
		const session = await openJsonp('0');

		/* Clients send \n escaped, and a real \n as two of it. */
		await form(session, '4:4a\\nb');
		assert.strictEqual(called(await session.get(), '0'),
		    '4:4a\nb');
		await form(session, '5:4a\\\\nb');
		assert.strictEqual(called(await session.get(), '0'),
		    '5:4a\\nb');
	});

	test('line separators are escaped', async () => {
		const session = await openJsonp('0');

		await form(session, '13:4\u2028"\u2029</script>');
		const answer = await session.get();
		assert.ok(!/[\u2028\u2029]/.test(answer.text));
		assert.strictEqual(called(answer, '0'),
		    '13:4\u2028"\u2029</script>');
	});

	test('binary comes as base64', async () => {
		const session = await openJsonp('0', { b64: 1 });

		await form(session, '10:b4AQIDBA==');
		assert.strictEqual(called(await session.get(), '0'),
		    '10:b4AQIDBA==');
	});
});

describe('engine.io 4: JSONP', () => {
	const server = useServer(...QUIET);

	test('handshake, form and poll', async () => {
		const session = new Polling(server, ENGINE,
		    { EIO: 4, transport: 'polling', j: 5 });
		const opened = await session.get();

		assert.match(opened.text, /^___eio\[5\]\("0\{.*\}"\);$/);
		session.params.sid = JSON.parse(JSON.parse(
		    opened.text.slice(10, -2)).slice(1)).sid;
		await session.post('d=' + encodeURIComponent('4a\x1e4b'),
		    { 'content-type': 'application/x-www-form-urlencoded' });
		let text = '';
		while (!text.includes('4b'))
			text += JSON.parse((await session.get()).text
			    .slice(10, -2)) + '\x1e';
		assert.strictEqual(text, '4a\x1e4b\x1e');
	});
});
