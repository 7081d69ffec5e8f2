'use strict';
/*
 * Packets that are made to cost much: acknowledgements of what nobody has
 * asked, attachments, JSON. (Keys that collide: tests/base/test_hash.c; what
 * JSON costs to the byte: tests/proto/test_json.c.)
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { peakBytes, residentBytes, slow, test } =
    require('../interop/harness');
const { SOCKET, Ws } = require('../interop/raw');
const { amount, useVictim } = require('./attack');

const MB = 1 << 20;
const HOLE = '{"_placeholder":true,"num":0}';
const MESSAGE = '["nuevo mensaje",';

describe('packets', () => {
	const { server } = useVictim();

	async function
	enter()
	{
		const ws = await Ws.open(server, SOCKET);

		await ws.next();
		ws.send('40');
		for (let packet = ''; !packet.startsWith('42["welcome"');)
			packet = await ws.next();
		return ws;
	}

	async function
	isServed(ws)
	{
		ws.send('427["who",{"room":"lobby"}]');
		for (;;) {
			const answer = await ws.next();

			if (answer.startsWith('437[{"ok":true'))
				return;
		}
	}

	/* The server closes; what the packets cost while it lived. */
	async function
	closedBy(...packets)
	{
		const ws = await enter();

		for (const packet of packets)
			ws.send(packet);
		await ws.end();
	}

	test('acknowledgements of numbers that can\'t be', async () => {
		for (const id of ['18446744073709551616', '-1', '1e9',
		    '9007199254740992', '01', '', ' 1', '+1', '0x1'])
			await closedBy('43' + id + '[]');
	});

	test('acknowledgements of nothing', async () => {
		const ws = await enter();
		const many = amount(2000, 100000);

		await isServed(ws);
		const before = residentBytes(server.pid);

		for (let n = 0; n < many; n++) {
			ws.send('43' + n + '[]');
			ws.send('431000000000["again"]');
			ws.send('439007199254740991[]');
		}
		await isServed(ws);
		assert.ok(residentBytes(server.pid) - before <= 2 * MB * slow);
	}, 60);

	test('attachments', async () => {
		for (const packets of [
		    ['45999999-' + MESSAGE + HOLE + ']'],
		    ['4511-' + MESSAGE + HOLE + ']'],
		    ['450-' + MESSAGE + '"x"]'], ['45-1-' + MESSAGE + HOLE + ']'],
		    ['452-' + MESSAGE + HOLE + ']'],
		    ['451-' + MESSAGE + '"none"]'],
		    ['451-' + MESSAGE + HOLE + ']', '42["who",{}]'],
		    ['451-' + MESSAGE + HOLE.replace('0', '1') + ']'],
		    ['451-' + MESSAGE + HOLE.replace('0', '-1') + ']'],
		    ['451-' + MESSAGE + '{"_placeholder":true,"num":' + HOLE +
			'}]'],
		    [Buffer.from('nobody has asked')],
		    ['455-' + MESSAGE + '[' + [0, 1, 2, 3, 4].map((n) =>
			HOLE.replace('0', n)).join() + ']]',
			...Array(5).fill(Buffer.alloc(900000))]])
			await closedBy(...packets);
	}, 60);

	test('JSON bombs', async () => {
		const most = 999000;
		const before = residentBytes(server.pid);

		for (let n = 0; n < amount(2, 20); n++)
			for (const bomb of ['['.repeat(most),
			    '['.repeat(most / 2) + ']'.repeat(most / 2),
			    '{"a":'.repeat(most / 5),
			    '[' + '1,'.repeat(most / 2 - 2) + '1]',
			    '[' + '[],'.repeat(most / 3 - 2) + '1]',
			    '{' + Array.from({ length: 100001 }, (_, i) =>
				'"' + i + '":1').join().slice(0, most)])
				await closedBy('42' + MESSAGE + bomb + ']');
		/* Eight times what has come, and what comes by chance. */
		assert.ok(peakBytes(server.pid) - before <=
		    (8 + (slow > 1 ? amount(64, 512) : 4)) * MB);
	}, 120);
});
