'use strict';
/* permessage-deflate (RFC 7692) of a client (ws_echo.c): conformance. */
const assert = require('node:assert');
const { after, before, describe } = require('node:test');
const deflate = require('./deflate');
const { Pair, request, switching } = require('./echo-client');
const { slow, soon, test } = require('./harness');
const { play, playAll, ways } = require('./websocket');

/* The next connection of the client, and the answer to it. */
async function
accept(pair, answered)
{
	const socket = await pair.sockets.next();
	const text = await request(socket);

	return [socket, switching(text, { offered: deflate.OURS, answered })];
}

for (const [way, args, most] of ways)
	describe('permessage-deflate of a client, ' + way, () => {
		const pair = new Pair();

		before(() => pair.open(['--deflate', ...args]),
		    { timeout: 30000 * slow });
		after(() => pair.close(), { timeout: 30000 * slow });
		for (const [name, rows] of Object.entries(deflate.client))
			test(name + ', ' + way, () => deflate.playSet(rows,
			    way, async (row, count) => {
				const [socket, head] = await accept(pair,
				    row.answer);

				try {
					await deflate.play(socket, row, count,
					    false, [head]);
				} finally {
					socket.destroy();
				}
			    }), deflate.seconds);
		test('frames, ' + way, () => playAll(deflate.frames, most,
		    async (row) => {
			const [socket, head] = await accept(pair,
			    'permessage-deflate');

			try {
				await play(socket, row, false, [head]);
			} finally {
				socket.destroy();
			}
		    }), 60);
		test('an answer that declines, ' + way, () => playAll([
			['not compressed', '81:x', '81:x'],
			['marked', 'c1=f248cdc9c90700', '', '03ea']
		], most, async (row) => {
			const [socket, head] = await accept(pair);

			try {
				await play(socket, row, false, [head]);
			} finally {
				socket.destroy();
			}
		}));
	});

describe('an answer that is none to the offer ends the client', () => {
	for (const [answered, ...args] of [
	    ['permessage-deflate'], /* nothing was offered */
	    ['x', '--deflate'],
	    ['permessage-deflate, x', '--deflate'],
	    ['permessage-deflate, permessage-deflate', '--deflate'],
	    ['permessage-deflate; x', '--deflate'],
	    ['permessage-deflate; client_max_window_bits', '--deflate'],
	    ['permessage-deflate; client_max_window_bits=16', '--deflate'],
	    ['permessage-deflate; server_max_window_bits=7', '--deflate'],
	    ['permessage-deflate; server_no_context_takeover=1', '--deflate'],
	    ['permessage-deflate;', '--deflate']])
		test(answered + ' ' + args, async () => {
			const pair = new Pair();

			await pair.open(args);
			try {
				const socket = await pair.sockets.next();
				const offered = args.length > 0 ?
				    deflate.OURS : undefined;

				socket.write(switching(await request(socket),
				    { offered, answered }));
				assert.deepStrictEqual(
				    await soon(pair.ended, 'end'), {
					code: 70, signal: null,
					err: 'ws_echo: no WebSocket there\n'
				});
			} finally {
				pair.child.kill('SIGKILL');
				pair.server.close();
			}
		});
});
