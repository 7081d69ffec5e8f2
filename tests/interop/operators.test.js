'use strict';
/*
 * Operators: `chat password`, --operators and the event `op`.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, describe } = require('node:test');
const { program, run, startChat, useChat, useCleanup } =
    require('./chat-server');
const { test } = require('./harness');
const { Peer, useChecks } = require('./peer');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-operators-'));

after(() => fs.rmSync(folder, { recursive: true, force: true }));

/* Runs `chat password` with this on its standard input. */
function
password(input, ...args)
{
	const { status, stdout, stderr } = spawnSync(program(),
	    ['password', ...args], { input, encoding: 'utf8' });

	return { status, out: stdout, err: stderr };
}

function
write(name, text, mode = 0o600)
{
	const file = path.join(folder, name);

	fs.writeFileSync(file, text, { mode });
	fs.chmodSync(file, mode);
	return file;
}

describe('chat password', () => {
	test('prints a hash, another one each time', () => {
		const hashes = [1, 2].map(() => password('secret word\n'));

		for (const { status, out, err } of hashes) {
			assert.deepStrictEqual([status, err], [0, '']);
			assert.match(out, /^\$y\$[!-~]{40,}\n$/);
		}
		assert.notStrictEqual(hashes[0].out, hashes[1].out);
	});

	test('prints a line of the file', () => {
		assert.match(password('123456', '--name', 'Ána').out,
		    /^Ána:\$y\$[!-~]+\n$/);
	});

	for (const [what, input] of [['none', ''], ['an empty one', '\n'],
		['a short one', '12345\n'], ['a long one', 'x'.repeat(129)],
		['a NUL', 'secret\0word\n']])
		test('refuses ' + what, () => {
			const { status, out, err } = password(input);

			assert.deepStrictEqual([status, out], [65, '']);
			assert.match(err, /^chat: password: .*\n$/);
		});

	for (const name of ['', 'a:b', '#a', 'a\nb', 'x'.repeat(65)])
		test('refuses the name ' + JSON.stringify(name).slice(0, 9),
		    () => {
			const { status, err } = password('secret', '--name',
			    name);

			assert.strictEqual(status, 64);
			assert.match(err, /^chat: --name: .*\n$/);
		});

	test('takes none from the command line', () => {
		assert.strictEqual(password('', 'secret').status, 64);
	});
});

describe('--operators', () => {
	for (const [what, name, text, mode, said] of [
		['is not there', 'none', null, 0, /No such file/],
		['others may read', 'open', 'a:secret\n', 0o644, /chmod 600/],
		['has a wrong line', 'bad', '\na\n', 0o600, /bad, line 2: /]])
		test('refuses a file that ' + what, async () => {
			const file = text === null ? path.join(folder, name) :
			    write(name, text, mode);
			const { code, out, err } = await run(['serve',
				'--port', '0', '--operators', file]);

			assert.deepStrictEqual([code, out], [66, '']);
			assert.match(err, /^chat: --operators: .*\n$/);
			assert.match(err, said);
		});
});

describe('op', () => {
	const server = useChat('--operators', write('operators',
	    password('of ana\n', '--name', 'ana').out + 'bob:of bob\n'));

	useChecks();

	test('by a hash, and by a password; given up', async () => {
		const peer = await Peer.come(server, { nick: 'op-1' });

		assert.strictEqual(peer.hello.operator, undefined);
		for (const who of ['ana', 'bob']) {
			const ack = await peer.ask('op',
			    { name: who, password: 'of ' + who });
			assert.strictEqual(ack.operator, true);
			await server.logged({ event: 'audit', what: 'op',
				name: who, nick: 'op-1', result: 'ok',
				addr: '127.0.0.1' });
		}
		assert.strictEqual((await peer.ask('op')).operator, false);
		await server.logged({ event: 'audit', what: 'deop',
			nick: 'op-1' });
	});

	test('a recovered connection stays one, a token makes none',
	    async () => {
		const peer = await Peer.come(server, { nick: 'op-2' });

		await peer.ask('op', { name: 'ana', password: 'of ana' });
		const other = await Peer.come(server,
		    { token: peer.hello.token });
		assert.strictEqual(other.from, peer.from);
		assert.strictEqual(other.hello.operator, undefined);
		peer.socket.io.engine.close();
		const [hello] = await peer.heard('welcome');
		assert.ok(peer.socket.recovered);
		assert.strictEqual(hello.operator, true);
	});

	test('wrong ones: no difference, and not many', async () => {
		const peer = await Peer.come(server, { nick: 'op-3' });
		const first = await peer.refused('wrong-password', 'op',
		    { name: 'ana', password: 'of bob' });
		const second = await peer.refused('wrong-password', 'op',
		    { name: 'nobody', password: 'of ana' });

		assert.deepStrictEqual(first, second);
		for (const name of ['ana', 'ana', 'nobody', 'nobody'])
			await peer.refused('wrong-password', 'op',
			    { name, password: 'x'.repeat(4000) });
		const { retry } = await peer.refused('slow-down', 'op',
		    { name: 'ana', password: 'of ana' });
		assert.ok(retry <= 60000);
		await peer.refused('slow-down', 'op',
		    { name: 'nobody', password: 'of ana' });
		await peer.ask('op', { name: 'bob', password: 'of bob' });
		for (const result of ['wrong-password', 'slow-down'])
			await server.logged({ event: 'audit', what: 'op',
				name: 'ana', nick: 'op-3', result });
		await server.logged({ event: 'audit', name: 'nobody',
			result: 'wrong-password' });
	});
});

describe('op without operators', () => {
	useCleanup();
	useChecks();

	test('is forbidden', async () => {
		const peer = await Peer.come(await startChat());

		await peer.refused('forbidden', 'op',
		    { name: 'ana', password: 'of ana' });
	});
});
