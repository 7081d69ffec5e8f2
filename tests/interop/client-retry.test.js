'use strict';
/*
 * When the client tries again: after at most 1 s at first, doubling up to 5 s,
 * and by chance shorter by up to a half, each time and for each client another.
 * In a file of its own, for time is measured here.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { Json, relayTo } = require('./client');
const { slow, test } = require('./harness');

/* Tries of one client; there are six of them. */
const COUNT = process.env.CHAT_SOAK ? 13 : 4;

describe('reconnection', () => {
	test('delays between tries', async (t) => {
		const relay = await relayTo(t, { port: 1 });
		const clients = [];
		const tries = (one) => one.of('status').filter(({ phase }) =>
		    phase === 'connecting').map(({ when }) => when);

		relay.refuses = true;
		for (const url of [relay.url, 'http://127.0.0.1:1'])
			for (let i = 0; i < 3; i++)
				clients.push(new Json(t, [url]));
		await Promise.all(clients.map((one) => one.until(() =>
		    tries(one).length > COUNT, 'tries', 6000 * COUNT)));

		const delays = clients.map((one) => tries(one)
		    .map((when, i, all) => when - all[i - 1]).slice(1));
		for (let i = 0; i < COUNT; i++) {
			const most = Math.min(1000 * 2 ** i, 5000);
			const these = delays.map((each) => each[i]);
			const text = 'try ' + i + ': ' + these;

			assert.ok(these.every((ms) => ms > most / 2 -
			    100 * slow && ms < most + 400 * slow), text);
			assert.ok(Math.max(...these) - Math.min(...these) >
			    most / 40, text);
		}
	}, 120);
});
