'use strict';
/*
 * WebSocket conformance of a client (ws_echo.c): all cases, however the bytes
 * arrive.
 */
const fs = require('node:fs');
const { after, before, describe } = require('node:test');
const { useCertificates } = require('./certificates');
const { Pair, request, switching } = require('./echo-client');
const { slow, test } = require('./harness');
const { groups } = require('./websocket-cases');
const { play, playAll, secureWays, ways } = require('./websocket');

const file = useCertificates();

function
conformance([way, args, most], certificate)
{
	describe('a WebSocket client, ' + way, () => {
		const pair = new Pair(certificate);

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
}

for (const way of ways)
	conformance(way);
for (const [way, args, most] of secureWays)
	conformance([way, [...args, '--ca', file('ca.pem')], most],
	    { cert: fs.readFileSync(file('good.pem')),
		key: fs.readFileSync(file('server.key')) });
