'use strict';
/* Many connections from one address: the others come in as before. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { cleanup, startChat, useCleanup } = require('../interop/chat-server');
const { test, until } = require('../interop/harness');
const { Attacker } = require('./attack');
const { inNetwork } = require('./namespace');

const ONE = { localAddress: '192.0.2.1', host: '192.0.2.1' };
const TWO = { localAddress: '192.0.2.2', host: '192.0.2.1' };
const SIX = { localAddress: '2001:db8:0:1::1', host: '2001:db8:0:1::1' };
const SIX_TOO = { ...SIX, localAddress: '2001:db8:0:1::2' };
const LOOPBACK = { localAddress: '127.0.0.5', host: '127.0.0.1' };

async function
connect(server, from)
{
	const one = await Attacker.open(server.port, from);

	cleanup(() => one.destroy());
	return one;
}

/* Is it let in? */
async function
isServed(server, from)
{
	const one = await connect(server, from);

	one.write('GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n');
	await until(() => one.isClosed || one.got.length > 0, 'verdict');
	return one.got.includes('HTTP/1.1 404');
}

async function
fill(server, from, count)
{
	const all = [];

	for (let i = 0; i < count; i++)
		all.push(await connect(server, from));
	return all;
}

inNetwork(__filename, () => describe('one address', () => {
	useCleanup();

	test('has so many connections, others theirs', async () => {
		const server = await startChat('--host', '::',
		    '--per-address', 10, '--new-per-address', 'off');
		const [first] = await fill(server, ONE, 10);

		for (let i = 0; i < 5; i++)
			assert.strictEqual(await isServed(server, ONE), false);
		assert.ok(await isServed(server, TWO));
		await fill(server, SIX, 10);
		assert.strictEqual(await isServed(server, SIX_TOO), false);
		await fill(server, LOOPBACK, 20);
		assert.ok(await isServed(server, LOOPBACK));
		/* One goes, another may come. */
		first.destroy();
		await until(() => isServed(server, ONE), 'a place');
		const lines = server.log().filter(({ event }) =>
		    event === 'turned-away');
		assert.deepStrictEqual(lines.map(({ addr, limit, n }) =>
		    [addr, limit, n]), [['192.0.2.1', 'per-address', '1'],
			['2001:db8:0:1::2', 'per-address', '1']]);
	});

	test('makes so many connections in a while', async () => {
		const server = await startChat('--host', '::',
		    '--new-per-address', '20,1');
		let served = 0;

		for (let i = 0; i < 60; i++)
			served += await isServed(server, ONE);
		/* One more for each second that this took. */
		assert.ok(served >= 20 && served < 60, String(served));
		assert.ok(await isServed(server, TWO));
		for (let i = 0; i < 60; i++)
			assert.ok(await isServed(server, LOOPBACK));
		await until(() => isServed(server, ONE), 'another');
		await server.logged({ event: 'turned-away',
			addr: '192.0.2.1', limit: 'new-per-address' });
	});

	test('may do what it likes, if it is told so', async () => {
		const server = await startChat('--host', '::',
		    '--per-address', 'off', '--new-per-address', 'off');

		await fill(server, ONE, 400);
		assert.ok(await isServed(server, ONE));
	});

	test('may by default what a house full of people does', async () => {
		const server = await startChat('--host', '::');

		await fill(server, ONE, 150);
		assert.ok(await isServed(server, ONE));
	});
}));
