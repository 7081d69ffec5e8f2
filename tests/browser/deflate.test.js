'use strict';
/* permessage-deflate (RFC 7692), which browsers offer by themselves. */
const assert = require('node:assert');
const { test } = require('node:test');
const { assertClean, named, openClassic, openOurs, say, sayClassic, shows,
	startServer, stopServer, until, world } = require('./harness.js');

const LONG = 'Buenas, ¿alguien ha probado ya la versión nueva? '.repeat(200)
	.trim();

/* Notes what the server answers to each WebSocket of page: page.agreed. */
async function watchHandshakes(page) {
	const session = await page.context().newCDPSession(page);

	page.agreed = [];
	session.on('Network.webSocketHandshakeResponseReceived',
		({ response }) => {
			const { headers } = response;
			const name = Object.keys(headers).find(key =>
				/^sec-websocket-extensions$/i.test(key));

			page.agreed.push(name && headers[name]);
		});
	await session.send('Network.enable');
}

test('text and binary data are what they were', async () => {
	await stopServer(world.server);
	world.server = await startServer(0, ['--deflate']);
	const ana = await openOurs(named('ana'), watchHandshakes);
	const classic = await openClassic();
	const numbers = Array.from({ length: 30000 }, (_, i) => i % 251);

	await say(ana, LONG);
	await shows(classic, [LONG]);
	await sayClassic(classic, LONG + '!');
	for (const page of [ana, classic])
		await shows(page, [LONG, LONG + '!']);
	assert.deepStrictEqual(await classic.evaluate(bytes =>
		new Promise(resolve => {
			const other = io({ transports: ['websocket'],
				forceNew: true });

			other.on('nuevo mensaje', ({ data }) => {
				other.close();
				resolve([...new Uint8Array(data)]);
			});
			other.on('connect', () => other.emit('nuevo mensaje',
				{ data: new Uint8Array(bytes) }));
		}), numbers), numbers);
	await until(() => assert.ok(ana.agreed.length > 0));
	for (const agreed of ana.agreed)
		assert.match(agreed, /^permessage-deflate; server_no_context/);
	assertClean();
});
