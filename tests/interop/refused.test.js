'use strict';
/*
 * The audit of those who want to come in, or to be operators: each address is
 * told of at once, and of the rest how often; however many they are, they are
 * few lines.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { startChat, useCleanup } = require('./chat-server');
const { test, until } = require('./harness');
const { Peer, useChecks } = require('./peer');
const { request } = require('./raw');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-refused-'));

after(() => fs.rmSync(folder, { recursive: true, force: true }));

function
write(name, text)
{
	const file = path.join(folder, name);

	fs.writeFileSync(file, text, { mode: 0o600 });
	return file;
}

const options = ['--operators', write('operators', 'root:of root\n'),
	'--password-file', write('password', 'pass')];

async function
operator(server)
{
	const peer = await Peer.come(server,
	    { nick: 'oper', password: 'pass' });

	await peer.ask('op', { name: 'root', password: 'of root' });
	return peer;
}

/* The lines so far, oldest first, when there are so many. */
async function
lines(oper, count)
{
	let all;

	await until(async () => {
		all = (await oper.ask('audit', { limit: 200 })).lines;
		return all.length >= count;
	}, count + ' lines');
	return all.reverse().map(({ line, at, ...rest }) => rest);
}

const from = (server, address, password) => request(server, {
	path: '/r/lobby?follow=0', headers: {
		'X-Forwarded-For': address,
		Authorization: 'Basic ' +
		    Buffer.from('x:' + password).toString('base64') } });

describe('who is refused is in the audit', () => {
	useCleanup();
	useChecks();

	test('with how often', async () => {
		const args = [...options, '--store',
			path.join(folder, 'often.db')];
		const first = await startChat(...args);
		const oper = await operator(first);
		const guest = await Peer.come(first,
		    { nick: 'guest', password: 'pass' });
		const address = '127.0.0.1';

		for (const name of ['root', 'other', 'root', 'root'])
			await guest.refused('wrong-password', 'op',
			    { name, password: 'x' });
		await guest.refused('slow-down', 'op',
		    { name: 'root', password: 'of root' });
		assert.deepStrictEqual(await lines(oper, 3), [
			{ by: 'oper', from: oper.from, what: 'op',
				nick: 'root', address },
			{ by: 'guest', from: guest.from, what: 'op',
				nick: 'root', address,
				reason: 'wrong-password', refused: 1 },
			{ by: 'guest', from: guest.from, what: 'op',
				nick: 'root', address, reason: 'slow-down',
				refused: 1 }]);
		oper.close();
		guest.close();
		await first.stop();

		/* The others were told at its end. */
		const second = await startChat(...args);
		const again = await operator(second);
		const rest = (await lines(again, 5)).slice(3);
		assert.deepStrictEqual(rest.map(({ what, reason, refused }) =>
		    [what, reason, refused]), [['op', 'wrong-password', 3],
			['op', undefined, undefined]]);
	}, 60);

	test('but few, from however many addresses', async () => {
		const args = [...options, '--trusted-proxies', '127.0.0.1',
			'--store', path.join(folder, 'few.db')];
		const first = await startChat(...args);
		const oper = await operator(first);

		for (const { status } of await Promise.all(Array.from(
		    { length: 20 }, (_, i) =>
			from(first, '192.0.2.' + (i + 1), 'wrong'))))
			assert.strictEqual(status, 401);
		await oper.ask('ban', { address: '198.51.100.1' });
		assert.strictEqual((await from(first, '198.51.100.1',
		    'pass')).status, 403);
		/* One of the 16 is the operator's own, and so is the ban. */
		const told = (await lines(oper, 17)).slice(1);
		assert.strictEqual(new Set(told.slice(0, 15).map(
		    ({ address }) => address)).size, 15);
		for (const { address, ...rest } of told.slice(0, 15)) {
			assert.match(address, /^192\.0\.2\.[0-9]+$/);
			assert.deepStrictEqual(rest, { what: 'enter',
				reason: 'wrong-password', refused: 1 });
		}
		assert.strictEqual(told[15].what, 'ban');
		assert.strictEqual(told.length, 16);
		oper.close();
		await first.stop();

		const second = await startChat(...args);
		const again = await operator(second);
		assert.deepStrictEqual((await lines(again, 19))[17],
		    { what: 'enter', reason: 'others', refused: 6 });
	}, 60);

	test('by no other address than the real one', async () => {
		const server = await startChat(...options);
		const oper = await operator(server);

		assert.strictEqual((await from(server, '192.0.2.1',
		    'wrong')).status, 401);
		const [, line] = await lines(oper, 2);
		assert.deepStrictEqual(line, { what: 'enter',
			address: '127.0.0.1', reason: 'wrong-password',
			refused: 1 });
	}, 60);
});
