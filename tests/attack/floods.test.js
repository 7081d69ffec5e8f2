'use strict';
/*
 * Far too much of what is allowed: whoever floods is limited and then sent
 * away, and the others go on chatting.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const { describe } = require('node:test');
const { cleanup, startChat, useCleanup } =
    require('../interop/chat-server');
const { residentBytes, slow, soon, test, until } =
    require('../interop/harness');
const { SOCKET, Ws } = require('../interop/raw');
const { amount, assertServed, crowd: attackers, long, useVictim } =
    require('./attack');
const { inNetwork } = require('./namespace');

const MB = 1 << 20;
const BURST = 300;
const STEADY = 30;
const RATES = ['--rate', BURST + ',' + STEADY, '--requests', '500,50'];
/* Of a message for the victim, while others attack. */
const PATIENCE_MS = 2000 * slow;
const TICKS = 100;	/* a second, of /proc */

/* A session of `/` in the lobby, by hand. */
async function
enter(server, auth = {})
{
	const ws = await Ws.open(server, SOCKET);

	await ws.next();
	ws.send('40' + JSON.stringify(auth));
	for (let packet = ''; !packet.startsWith('42["welcome"');)
		packet = await ws.next();
	return ws;
}

function
post(ws, text)
{
	ws.send('42' + JSON.stringify(['nuevo mensaje', text]));
}

/* Seconds of CPU of a process. */
function
cpu(pid)
{
	const stat = fs.readFileSync('/proc/' + pid + '/stat', 'utf8');
	const [utime, stime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
	    .slice(11, 13).map(Number);

	return (utime + stime) / TICKS;
}

/* The victim goes on until the attack is over. */
async function
chatUntil(victim, over)
{
	let isOver = false;
	let worst = 0;

	over.then(() => { isOver = true; }, () => { isOver = true; });
	do
		worst = Math.max(worst, await victim.chat());
	while (!isOver);
	assert.ok(worst <= PATIENCE_MS, 'the victim waited ' + worst + ' ms');
	return over;
}

describe('floods', () => {
	const { server, victim } = useVictim(...RATES);

	async function
	flood(one)
	{
		const before = victim.heard.items.length;
		const text = 'flood ' + one;
		const ws = await enter(server);

		for (let n = 0; n < 10000; n++)
			post(ws, text);
		await soon(ws.closed, 'end of the flood', 30000);
		return { before, text };
	}

	test('10000 messages of a client: limited, then sent away',
	    async () => {
		const times = amount(2, 30);
		const heard = {};

		victim.socket.on('nuevo mensaje', (text) => {
			heard[text] = (heard[text] || 0) + 1;
		});
		for (let n = 0; n < times; n++) {
			const begun = performance.now();

			await chatUntil(victim, flood(n));
			const seconds = (performance.now() - begun) / 1000;

			assert.ok(heard['flood ' + n] <=
			    BURST + STEADY * (seconds + 1), 'too many: ' +
			    heard['flood ' + n]);
		}
		assert.ok(server.log().filter((entry) =>
		    entry.event === 'flood').length >= times);
	}, 120);

	if (long)
		test('the others wait at most twice as long', (t) =>
		    assertServed(t, victim, () => attackers(server, 'flood',
		        1, 30)), 120);

	test('large messages to many: what leaves has a bound', async (t) => {
		const crowd = amount(10, 50);
		const text = 'x'.repeat(65000);
		/* What each counts for. */
		const cost = 1 + Math.floor(text.length / 16384);
		let bytes = 0;

		for (let n = 0; n < crowd; n++) {
			const ws = await enter(server);

			ws.ws.on('message', (data) => {
				bytes += data.length;
			});
		}
		const begun = performance.now();
		const ran = cpu(server.pid);
		const ws = await enter(server);
		const sent = (async () => {
			for (let n = 0; n < 400; n++)
				post(ws, text);
			await until(() => ws.isClosed || ws.queue.items.some(
			    (packet) => packet.includes('"rate"')), 'limit',
			    30000);
		})();

		await chatUntil(victim, sent);
		const seconds = (performance.now() - begun) / 1000;
		const most = (BURST + STEADY * (seconds + 1)) / cost + 1;

		assert.ok(bytes <= most * (crowd + 1) * (text.length + 500),
		    bytes + ' bytes in ' + seconds + ' s');
		const used = cpu(server.pid) - ran;
		t.diagnostic(crowd + ' listeners: ' + bytes + ' bytes in ' +
		    seconds.toFixed(1) + ' s, ' + used.toFixed(1) +
		    ' s of a core');
		assert.ok(used <= 1.2 * seconds + 0.5);
	}, 120);
});

describe('rooms and namespaces without end', () => {
	const { server } = useVictim('--requests', 'off', '--rate', 'off');

	test('memory is flat', async () => {
		const many = amount(2000, 10000);
		const ws = await enter(server, { rooms: [] });
		let joined = 0;
		let before = 0;

		for (let n = 0; n < 2 * many; n++) {
			ws.send('42' + n + JSON.stringify(['join',
				{ room: 'room-' + n }]));
			for (;;) {
				const answer = await ws.next();

				if (answer === '2')
					ws.send('3');
				if (!answer.startsWith('43' + n))
					continue;
				joined += answer.includes('"ok":true');
				break;
			}
			if (n === many)
				before = residentBytes(server.pid);
		}
		assert.ok(joined <= 100, joined + ' rooms');
		assert.ok(residentBytes(server.pid) - before <= 2 * MB * slow);
	}, 300);

	test('namespaces', async () => {
		const many = amount(20, 1000);
		const before = residentBytes(server.pid);
		let refused = 0;

		for (let n = 0; n < many; n++) {
			const ws = await enter(server);

			for (let i = 0; i < 50; i++)
				ws.send('40/nsp-' + n + '-' + i + ',');
			for (let i = 0; i < 50; i++) {
				const answer = await ws.next();

				refused += answer.startsWith('44/nsp-' + n);
			}
			await ws.close();
		}
		assert.strictEqual(refused, 50 * many);
		/* Whoever has gone may come back: that much is kept of him
		 * until it is too late for that. */
		assert.ok(residentBytes(server.pid) - before <=
		    (2 * MB + 4096 * many) * slow);
	}, 300);
});

inNetwork(__filename, () => describe('one address', () => {
	useCleanup();

	function
	say(server, from, agent)
	{
		return soon(new Promise((resolve, reject) => {
			const req = http.request({ method: 'POST',
				host: '192.0.2.1', port: server.port, agent,
				path: '/r/lobby', localAddress: from },
			(res) => {
				res.resume();
				res.on('end', () => resolve(res));
			});

			req.on('error', reject);
			req.end('hola');
		}), 'POST');
	}

	test('says so much by HTTP, others as before', async () => {
		const server = await startChat('--host', '::', '--rate',
		    '50,5', '--requests', '500,50');
		const agent = new http.Agent({ keepAlive: true,
			maxSockets: 8 });
		const begun = performance.now();

		cleanup(() => agent.destroy());
		const all = await Promise.all(Array.from({ length: 400 }, () =>
		    say(server, '192.0.2.1', agent)));
		const taken = all.filter(({ statusCode }) =>
		    statusCode === 200).length;
		const seconds = (performance.now() - begun) / 1000;

		assert.ok(taken >= 200 && taken <= 200 + 20 * (seconds + 1),
		    taken + ' in ' + seconds + ' s');
		for (const { statusCode, headers } of all)
			if (statusCode !== 200) {
				assert.strictEqual(statusCode, 429);
				assert.match(headers['retry-after'], /^[1-9]/);
			}
		assert.strictEqual((await say(server, '192.0.2.2',
		    undefined)).statusCode, 200);
	}, 40);
}));
