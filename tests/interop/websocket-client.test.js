'use strict';
/*
 * WebSocket conformance of a client (ws_echo.c): all cases, however the bytes
 * arrive.
 */
const { after, before, describe } = require('node:test');
const { Pair, request, switching } = require('./echo-client');
const { slow, test } = require('./harness');
const { groups } = require('./websocket-cases');
const { play, playAll, ways } = require('./websocket');

for (const [way, args, most] of ways)
	describe('a WebSocket client, ' + way, () => {
		const pair = new Pair();

		before(() => pair.open(args), { timeout: 30000 * slow });
		after(() => pair.close(), { timeout: 30000 * slow });
		for (const [name, rows] of Object.entries(groups))
			test(name + ', ' + way, () => playAll(rows, most,
			    async (row) => {
				const socket = await pair.sockets.next();

				try {
					await play(socket, row, false, [
						switching(await request(socket))
					]);
				} finally {
					socket.destroy();
				}
			    }), 60);
	});
