'use strict';
/* What is small on the wire and large when it is unpacked. */
const assert = require('node:assert');
const zlib = require('node:zlib');
const { describe } = require('node:test');
const { peakBytes, slow, test } = require('../interop/harness');
const { FrameSocket, Polling, frame } = require('../interop/raw');
const { amount, useVictim } = require('./attack');

const MB = 1 << 20;
/* Sanitizers keep what is freed for a while. */
const MOST = (slow > 1 ? amount(64, 512) : 4) * MB;
const EACH = (slow > 1 ? 4 : 1.2) * MB;
const PATH = '/socket.io/?EIO=4&transport=websocket';
const OFFER = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';

function
deflated(bytes)
{
	return zlib.deflateRawSync(bytes, {
		finishFlush: zlib.constants.Z_SYNC_FLUSH
	}).subarray(0, -4);
}

/* A connection on which messages may be compressed. */
async function
open(server)
{
	const socket = await FrameSocket.open(server, PATH, OFFER);

	assert.match(socket.answer.headers['sec-websocket-extensions'],
	    /^permessage-deflate/);
	return socket;
}

describe('a server that takes compressed messages', () => {
	const { server } = useVictim('--deflate');
	const zeros = deflated(Buffer.alloc(16 * MB));

	for (const [what, frames] of Object.entries({
		'16 MiB of zeros': [frame({ rsv: 4, opcode: 2,
			payload: zeros })],
		'the same in fragments': Array.from(
		    { length: Math.ceil(zeros.length / 100) }, (_, i) => frame({
			rsv: i === 0 ? 4 : 0, opcode: i === 0 ? 2 : 0,
			fin: (i + 1) * 100 >= zeros.length,
			payload: zeros.subarray(i * 100, (i + 1) * 100)
		    })),
		'as text': [frame({ rsv: 4, payload: deflated(
		    Buffer.alloc(16 * MB, '4')) })]
	}))
		test(what + ': 1009, and no memory', async () => {
			const once = async () => {
				const socket = await open(server);

				socket.write(...frames);
				assert.strictEqual((await socket.end()).code,
				    1009);
			};

			await once();
			const before = peakBytes(server.pid);
			for (let i = 0; i < amount(20, 1000); i++)
				await once();
			assert.ok(peakBytes(server.pid) - before < MOST);
		}, amount(30, 300));

	test('half a bomb on each of many connections', async () => {
		const half = zeros.subarray(0, zeros.length / 32);
		const count = amount(20, 100);
		const before = peakBytes(server.pid);
		const all = [];

		/* some 500 KB of a message that may have a million bytes */
		for (let i = 0; i < count; i++) {
			const socket = await open(server);

			socket.write(frame({ rsv: 4, opcode: 2, fin: false,
				payload: half }), { opcode: 9 });
			all.push(socket);
		}
		for (const socket of all)
			while ((await socket.next()).opcode !== 10)
				;
		assert.ok(peakBytes(server.pid) - before <
		    count * EACH + MOST);
		for (const socket of all)
			socket.tcp.socket.destroy();
	});

	test('a zipped body: 415', async () => {
		const session = await Polling.open(server,
		    { path: '/socket.io/' });
		const body = zlib.gzipSync(Buffer.alloc(16 * MB));

		for (const coding of ['gzip', 'deflate, gzip', 'br', 'x']) {
			const answer = await session.post(body,
			    { 'content-encoding': coding });

			assert.strictEqual(answer.status, 415);
			assert.strictEqual(answer.headers['accept-encoding'],
			    'identity');
		}
		await session.send('40');
		assert.match((await session.poll())[0], /^40/);
	});
});
