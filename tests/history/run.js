'use strict';
/*
 * Many clients and rooms through a proxy that does to them what networks do,
 * with a server and clients that are killed at random; then the history
 * checker. As a program it does this again and again:
 *
 *   CHAT_BUILD  where `chat` is (the top of the source tree if not set)
 *   SEED        of the first round; each has the next (random if not set)
 *   SECONDS     how long in all, and
 *   KILLS       how many of the server: it goes on until there were both
 *   LOG         a file for the log of a round with a violation
 *   CHAT_SLOW   factor for all deadlines
 *
 * The first round with a violation ends it: status 1, with the seed.
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Plain } = require('./clients');
const { faults } = require('./faults');
const { World, report, sleep } = require('./world');

function
program()
{
	const build = process.env.CHAT_BUILD || path.join(__dirname, '..',
	    '..');

	return path.resolve(process.env.CHAT || path.join(build, 'chat'));
}

/*
 * One round: so many kills of the server, each after a random time.
 * { violations, summary, kills }.
 */
async function
round({ kills, pause = [200, 1500], ...options })
{
	const world = await World.open({ program: program(), rooms: 3,
		rate: 20, clients: { websocket: 3, polling: 2, rejoin: 4,
			outbox: 2, plain: 1, curl: 1 },
		...options });

	try {
		world.begin();
		for (let i = 0; i < kills; i++) {
			await sleep(world.faults.between(...pause));
			if (world.faults.chance(0.4))
				await world.killClient();
			await world.restart();
		}
		await sleep(world.faults.between(...pause));
		const violations = await world.verdict();

		return { violations, summary: world.summary(),
			kills: world.server.kills, log: world.log };
	} finally {
		await world.close();
	}
}

/*
 * Receivers that don't read, with more and more on its way to them, and a
 * server that is asked to end: all that was acknowledged comes before it
 * closes. { violations, summary, closed }: of those that were closed in order.
 */
async function
farewell(options)
{
	const world = await World.open({ program: program(), rooms: 1,
		rate: 0, clients: {}, seed: 1, ...options });
	const [room] = world.rooms;
	const { port } = world.server;
	const big = 'x'.repeat(60000);
	let said = 0;

	try {
		await world.with(async (control) => {
			/* What the system takes is not known, but more than 1
			 * MiB in its own queue the server does not keep: one of
			 * them has some of it there, and less. */
			for (let i = 0; i < 14; i++) {
				const one = new Plain(world, 'plain' + i, room,
				    { port, seq: said });

				world.clients.push(one);
				await one.opened;
				one.ws.pause();
				for (let n = 0; n < 8; n++)
					await control.tell(room,
					    'said.' + ++said, big);
			}
		});
		await world.server.stop(() => {
			for (const one of world.clients)
				one.ws.resume();
		});
		for (const one of world.clients)
			await one.gone;
		await world.server.start();
		const violations = world.judge(await world.read());

		return { violations, summary: world.summary(),
			closed: world.count('closed') };
	} finally {
		await world.close();
	}
}

/*
 * The disk fails again and again, for a moment. { violations, summary, nacks }.
 */
async function
flicker(options)
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-faults-'));
	const { set, env } = faults(dir);
	const world = await World.open({ program: program(), rooms: 2,
		rate: 150, calm: true, clients: { websocket: 3, rejoin: 3 },
		env, ...options });
	const end = performance.now() + 3000;

	try {
		world.begin();
		while (performance.now() < end) {
			await sleep(world.faults.between(1, 15));
			set(os.constants.errno.EIO, 0);
			await sleep(world.faults.between(1, 15));
			set(0, 0);
		}
		const violations = await world.verdict();

		return { violations, summary: world.summary(),
			nacks: world.count('nack') };
	} finally {
		await world.close();
		fs.rmSync(dir, { recursive: true });
	}
}

async function
main()
{
	const { SECONDS, KILLS, SEED } = process.env;
	const end = performance.now() + Number(SECONDS || 0) * 1000;
	let seed = Number(SEED || Math.floor(Math.random() * 2 ** 31));
	let left = Number(KILLS || (SECONDS ? 0 : 50));

	while (left > 0 || performance.now() < end) {
		const begin = performance.now();
		const { violations, summary, kills, log } = await round({ seed,
			kills: Math.min(50, Math.max(left, 1)),
			pause: [50, 800], clients: { websocket: 3, polling: 1,
				upgrade: 1, rejoin: 4, outbox: 2, plain: 1,
				curl: 1 } });

		console.log('seed ' + seed + ': ' + summary + '; ' +
		    Math.round((performance.now() - begin) / 1000) + ' s');
		if (violations.length > 0) {
			console.log('seed ' + seed + ':\n' +
			    report(violations));
			if (process.env.LOG)
				fs.writeFileSync(process.env.LOG, log.map((one) =>
				    JSON.stringify(one) + '\n').join(''));
			process.exitCode = 1;
			return;
		}
		left -= kills;
		seed++;
	}
}

module.exports = { farewell, flicker, program, round };

if (require.main === module)
	main();
