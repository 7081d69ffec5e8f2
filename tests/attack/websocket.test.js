'use strict';
/* WebSocket frames that cost us more than them, and readers who do not. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { residentBytes, slow, soon, test, until } =
    require('../interop/harness');
const { frame, query, upgradeRequest } = require('../interop/raw');
const { Attacker, amount, useVictim } = require('./attack');

const MB = 1 << 20;
const ENGINE = query('/socket.io/', { EIO: 4, transport: 'websocket' });

/* An open WebSocket; what has come behind the handshake is in got. */
async function
upgrade(server, path)
{
	const one = await Attacker.open(server.port);

	one.write(upgradeRequest(path));
	await until(() => one.got.includes('\r\n\r\n'), 'handshake');
	one.got = one.got.subarray(one.got.indexOf('\r\n\r\n') + 4);
	return one;
}

/* The code of the close frame that all has ended with. */
async function
closeCode(one)
{
	await soon(one.closed, 'the end', 30000);
	for (let got = one.got; got.length > 1;) {
		const small = got[1] & 0x7f;
		const head = small < 126 ? 2 : small === 126 ? 4 : 10;
		const size = small < 126 ? small : small === 126 ?
		    got.readUInt16BE(2) : Number(got.readBigUInt64BE(2));

		if ((got[0] & 15) === 8)
			return size < 2 ? 1005 : got.readUInt16BE(head);
		got = got.subarray(head + size);
	}
	return 1006;
}

/* A header that says so, without a payload. */
function
header(first, length)
{
	const bytes = Buffer.alloc(14);

	bytes[0] = first;
	bytes[1] = 0x80 | 127;
	bytes.writeBigUInt64BE(length, 2);
	return bytes;
}

describe('lengths', () => {
	const { server } = useVictim();

	test('that nobody has memory for: refused by the header', async () => {
		const before = residentBytes(server.pid);

		for (const path of ['/chat', ENGINE])
			for (const [code, length] of [[1009, 2n ** 31n - 1n],
			    [1009, 2n ** 31n], [1009, 2n ** 32n - 1n],
			    [1009, 2n ** 32n], [1009, 2n ** 62n],
			    [1009, 2n ** 63n - 1n], [1002, 2n ** 63n],
			    [1002, 2n ** 64n - 1n]])
				for (const first of [0x81, 0x82, 0x01]) {
					const one = await upgrade(server, path);

					one.write(header(first, length));
					assert.strictEqual(
					    await closeCode(one), code,
					    path + ' ' + length);
				}
		assert.ok(residentBytes(server.pid) - before < 4 * MB * slow);
	}, 60);

	test('that add up', async () => {
		const one = await upgrade(server, ENGINE);

		one.write(frame({ fin: false, payload: '4' +
		    'x'.repeat(999990) }));
		one.write(frame({ opcode: 0, payload: 'x'.repeat(10) }));
		assert.strictEqual(await closeCode(one), 1009);
	});

	test('of control frames, and in more bytes than needed', async () => {
		for (const bytes of [header(0x89, 126n), header(0x88, 65536n),
			header(0x81, 5n), Buffer.from([0x89, 0xfe, 0, 126, 0,
				0, 0, 0])]) {
			const one = await upgrade(server, '/chat');

			one.write(bytes);
			assert.strictEqual(await closeCode(one), 1002);
		}
	});
});

describe('frames', () => {
	const { server, victim } = useVictim();

	test('unmasked ones: 1002', async () => {
		for (const opcode of [0, 1, 2, 8, 9, 10]) {
			const one = await upgrade(server, '/chat');

			one.write(frame({ opcode, masked: false,
				payload: 'hello' }));
			assert.strictEqual(await closeCode(one), 1002);
		}
	});

	test('a hundred thousand pings, no pong read: no memory', async () => {
		const one = await upgrade(server, ENGINE);
		const before = residentBytes(server.pid);
		const pings = Buffer.concat(Array(1000).fill(
		    frame({ opcode: 9, payload: 'x'.repeat(125) })));

		one.socket.pause();
		for (let i = 0; i < amount(100, 10000); i++) {
			one.write(pings);
			await until(() => one.socket.writableLength === 0,
			    'pings are taken', 30000);
		}
		await victim.chat();
		assert.ok(residentBytes(server.pid) - before < 2 * MB * slow);
		/* It is still there, and is told so. */
		one.socket.resume();
		one.write(frame({ opcode: 8 }));
		assert.strictEqual(await closeCode(one), 1005);
	}, 60);

	test('a thousand closes', async () => {
		const one = await upgrade(server, '/chat');

		one.write(Buffer.concat(Array(1000).fill(frame({ opcode: 8,
			payload: Buffer.from([3, 232]) }))));
		assert.strictEqual(await closeCode(one), 1000);
		/* One answer. */
		assert.strictEqual(one.got.length, 4);
	});

	test('a megabyte of fragments of a byte: 1008, and twice its size',
	    async () => {
		const one = await upgrade(server, ENGINE);
		const before = residentBytes(server.pid);
		const rest = Buffer.concat(Array(10000).fill(
		    frame({ fin: false, opcode: 0, payload: 'x' })));

		one.write(frame({ fin: false, payload: '4' }));
		for (let i = 0; i < 100 && !one.isClosed; i++)
			one.write(rest);
		assert.strictEqual(await closeCode(one), 1008);
		assert.ok(residentBytes(server.pid) - before < 2 * MB * slow);
	});

	test('fragments of nothing: 1008', async () => {
		const one = await upgrade(server, ENGINE);

		one.write(frame({ fin: false, payload: '4' }));
		one.write(Buffer.concat(Array(2000).fill(frame({ fin: false,
			opcode: 0 }))));
		assert.strictEqual(await closeCode(one), 1008);
	});
});

describe('--fragments', () => {
	const post = async (server, count) => {
		const one = await upgrade(server, '/chat');

		one.write(frame({ fin: false, payload: 'x' }));
		one.write(Buffer.concat(Array(count - 2).fill(frame({
			fin: false, opcode: 0, payload: 'x' }))));
		one.write(frame({ opcode: 0, payload: 'x' }));
		return one;
	};

	describe('10', () => {
		const { server } = useVictim('--fragments', 10);

		test('are few', async () => {
			const few = await post(server, 10);

			await until(() => few.got.includes('xxxxxxxxxx'), 'it');
			few.destroy();
			assert.strictEqual(await closeCode(
			    await post(server, 12)), 1008);
		});
	});

	describe('off', () => {
		const { server } = useVictim('--fragments', 'off');

		test('as many as one likes', async () => {
			const many = await post(server, 20000);

			await until(() => many.got.length > 20000, 'it');
			many.destroy();
		});
	});
});

describe('readers who do not read, together', () => {
	const { server, victim } = useVictim('--queue-all', '4M');

	test('make room for the others', async () => {
		const all = [];

		for (let i = 0; i < amount(20, 500); i++) {
			const one = await upgrade(server, ENGINE);

			one.write(frame({ payload: '40' }));
			await until(() => one.got.includes('welcome'),
			    'welcome');
			one.socket.pause();
			all.push(one);
		}
		const before = residentBytes(server.pid);
		const gone = () => server.log().filter(({ event }) =>
		    event === 'disconnect').length;

		while (gone() < all.length) {
			for (let i = 0; i < 3; i++)
				victim.socket.emit('nuevo mensaje',
				    'x'.repeat(20000));
			await victim.chat();
		}
		assert.ok(residentBytes(server.pid) - before < 32 * MB * slow);
		assert.ok(server.log().some(({ event, limit }) =>
		    event === 'slow-reader' && limit === 'queue-all'));
		all.forEach((one) => one.destroy());
	}, 120);
});

describe('readers who do not read', () => {
	const { server, victim } = useVictim('--queue', '256K');

	test('are closed, with a reason, and the others are served',
	    async () => {
		const count = amount(20, 500);
		const before = residentBytes(server.pid);
		const all = [];
		const gone = () => server.log().filter(({ reason }) =>
		    reason === 'queue full').length;

		for (let i = 0; i < count; i++) {
			const one = await upgrade(server, ENGINE);

			one.write(frame({ payload: '40' }));
			await until(() => one.got.includes('welcome'),
			    'welcome');
			one.socket.pause();
			all.push(one);
		}
		while (gone() < count) {
			/* Little enough for one who reads. */
			for (let i = 0; i < 3; i++)
				victim.socket.emit('nuevo mensaje',
				    'x'.repeat(20000));
			await victim.chat();
		}
		assert.ok(residentBytes(server.pid) - before < 32 * MB * slow);
		all.forEach((one) => one.destroy());
	}, 120);
});
