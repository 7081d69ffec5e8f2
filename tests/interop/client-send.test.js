'use strict';
/* `chat send`: delivered, or a status that says why not. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { slow, test } = require('./harness');
const { Chat, files, folder, official, relayTo, startClassic, startFake,
	startOurs } = require('./client');

const SHORT = ['--timeout', Math.ceil(slow)];

describe('chat send', { concurrency: 8 }, () => {
	async function
	send(t, args, wanted, options)
	{
		const process = new Chat(t, ['send', ...args], options);
		const { code, out, err } = await process.end();

		assert.strictEqual(code, wanted, err);
		assert.match(err, /^(chat: .+\n)*$/);
		assert.strictEqual(err === '', code === 0);
		return { out, err };
	}

	test('prints the id', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);

		for (const [args, input, text] of [
		    [['hola'], '', 'hola'], [['two', 'words'], '', 'two words'],
		    [['--', '-x'], '', '-x'], [[], 'a\nb\n', 'a\nb'],
		    [[], 'no newline', 'no newline'],
		    [['ñ😀'], 'x', 'ñ😀'],
		    [[], 'x'.repeat(65536) + '\n', 'x'.repeat(65536)]]) {
			const { out } = await send(t, [server.url, ...args], 0,
			    { input });
			const [said, meta] = await other.heard.next();

			assert.strictEqual(said, text);
			assert.strictEqual(out, meta.id + '\n');
		}
		for (const transport of ['polling', 'upgrade', 'websocket'])
			assert.match((await send(t, ['-r', 'lobby',
				'--transport', transport, server.url, 'x'],
			    0)).out, /^\d+-\d+\n$/);
	}, 30);

	test('at a classic server there is none', async (t) => {
		const server = await startClassic(t);
		const other = await official(t, server);

		for (const transport of ['polling', 'websocket']) {
			const { out } = await send(t, ['--transport', transport,
				server.url, 'hola ' + transport], 0);

			assert.strictEqual(out, '');
			assert.deepStrictEqual(await other.texts(1),
			    ['hola ' + transport]);
		}
	});

	test('usage', async (t) => {
		for (const args of [[], ['--nonsense', 'x'], ['-r', 'a', '-r',
			'b', 'x', 'y'], ['--timeout', '0', 'x', 'y'],
		    ['--transport', 'pigeon', 'x', 'y']])
			await send(t, args, 64);
	});

	test('nothing that can be sent', async (t) => {
		const server = await startOurs(t);

		await send(t, [server.url], 66, { input: '' });
		await send(t, [server.url], 66, { input: '\n' });
		await send(t, [server.url, 'x'.repeat(70000)], 66);
		await send(t, [server.url], 66,
		    { input: 'x'.repeat(2 << 20) });
		await send(t, [server.url], 66,
		    { input: Buffer.from([0x61, 0xff]) });
		await send(t, [server.url], 66, { input: 'a\0b' });
	});

	test('nobody listens', async (t) => {
		const relay = await relayTo(t, { port: 1 });

		relay.refuses = true;
		for (const url of [relay.url, 'http://127.0.0.1:1']) {
			const { out, err } = await send(t,
			    [...SHORT, url, 'x'], 69);

			assert.strictEqual(out, '');
			assert.match(err,
			    /trying again\n.*1 line not delivered/);
		}
	});

	test('no acknowledgement', async (t) => {
		const { server, received } = await startFake(t, () => {});
		const { out, err } = await send(t, [...SHORT,
			server.url, 'x'], 75);

		assert.strictEqual(out, '');
		assert.match(err, /not delivered/);
		assert.strictEqual(received.length, 1);
	});

	test('refused', async (t) => {
		const server = await startOurs(t, '--rooms', 'fixed');
		const { out, err } = await send(t, ['-r', 'nowhere',
			server.url, 'x'], 77);

		assert.strictEqual(out, '');
		assert.match(err, /^chat: refused: .+\n$/);
	});

	test('leaves nothing behind', async (t) => {
		const server = await startOurs(t);
		const state = folder(t);

		await send(t, [server.url, 'x'], 0, { state });
		await send(t, [...SHORT, 'http://127.0.0.1:1', 'x'],
		    69, { state });
		assert.deepStrictEqual(files(state), []);
	});
});
