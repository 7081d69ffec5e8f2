'use strict';
/*
 * More connections than there is room for: who is in stays in and is served,
 * nothing spins, and accepting goes on by itself.
 */
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { describe } = require('node:test');
const { sleep, soon, test, until } = require('../interop/harness');
const { Attacker, amount, useVictim } = require('./attack');

const HELLO = 'GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n';

/* Of connections that have sent a request each. */
async function
open(server, count)
{
	const all = [];

	for (let i = 0; i < count; i++) {
		const one = await Attacker.open(server.port);

		one.write(HELLO);
		all.push(one);
	}
	return all;
}

const answered = (all) => all.filter(({ got }) => got.length > 0).length;

/* What share of a core a process uses, meanwhile. */
async function
load(pid, ms)
{
	const ticks = () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
	    .split(') ')[1].split(' ').slice(11, 13)
	    .reduce((sum, n) => sum + Number(n), 0);
	const [before, begun] = [ticks(), performance.now()];

	await sleep(ms);
	return (ticks() - before) * 10 / (performance.now() - begun);
}

describe('out of descriptors', () => {
	const { server, victim } = useVictim();

	test('who is in is served, who waits comes in later', async () => {
		const has = fs.readdirSync(`/proc/${server.pid}/fd`).length;

		execFileSync('prlimit', ['--pid', String(server.pid),
			`--nofile=${has + 20}`]);
		const all = await open(server, amount(60, 600));
		await server.logged({ event: 'accept-failed' });
		await until(() => answered(all) >= 15, 'the first answers');
		assert.ok(answered(all) < all.length);
		assert.ok(await load(server.pid, 2000) <= 0.2);
		await victim.chat();
		/* All come in, one behind the other. */
		while (all.length > 0) {
			await until(() => answered(all) > 0, 'more answers');
			for (const one of all.filter(({ got }) =>
			    got.length > 0)) {
				one.destroy();
				all.splice(all.indexOf(one), 1);
			}
		}
		assert.strictEqual(server.log().filter(({ event }) =>
		    event === 'accept-failed').length, 1);
	}, 60);
});

describe('--connections', () => {
	const { server, victim } = useVictim('--connections', 20);

	test('who is one too many is closed at once', async () => {
		const first = await open(server, 19); /* and the victim */

		await until(() => answered(first) === 19, 'all are in');
		const more = await open(server, amount(100, 5000));
		await soon(Promise.all(more.map(({ closed }) => closed)),
		    'they are closed', 60000);
		assert.strictEqual(answered(more), 0);
		await victim.chat();
		await server.logged({ event: 'turned-away',
			limit: 'connections', addr: '127.0.0.1' });
		assert.strictEqual(server.log().filter(({ event }) =>
		    event === 'turned-away').length, 1);
		first[0].destroy();
		await until(async () => {
			const [next] = await open(server, 1);

			await until(() => next.isClosed ||
			    answered([next]) > 0, 'verdict');
			return answered([next]) === 1;
		}, 'a place');
		first.forEach((one) => one.destroy());
	}, 60);
});
