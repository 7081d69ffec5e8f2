'use strict';
/*
 * Plays the cases of websocket-cases.js against a WebSocket that echoes, as
 * its client or as its server.
 */
const assert = require('node:assert');
const crypto = require('node:crypto');
const { slow, soon } = require('./harness');

const FRAME = new RegExp('^([0-9a-f]{2})(?:~(16|64))?([?])?(?:#([0-9a-f]+))?' +
    '(?:%(\\d+))?(?::(.*)|=([0-9a-f]*)|[*](\\d+)=([0-9a-f]+))?$');

/* One word of a case: { first, bits, wrong, told, step, payload }. */
function
parse(word)
{
	const found = FRAME.exec(word);

	assert.ok(found, 'no frame: ' + word);
	const [, first, bits, wrong, told, step, text, hex, n, unit] = found;
	return {
		first: parseInt(first, 16),
		bits: Number(bits || 0),
		wrong: wrong !== undefined,
		told: told && BigInt('0x' + told),
		step: Number(step || 0),
		payload: n ? Buffer.alloc(Number(n), Buffer.from(unit, 'hex')) :
		    Buffer.from(text ? text.replace(/_/g, ' ') : hex || '',
		    text ? 'utf8' : 'hex')
	};
}

function
words(frames)
{
	return frames.split(' ').filter((word) => word !== '');
}

/* Random, and cheaper than asking the system for every frame. */
const keys = { bytes: Buffer.alloc(0), at: 0 };

function
nextKey()
{
	if (keys.at === keys.bytes.length) {
		keys.bytes = crypto.randomBytes(65536);
		keys.at = 0;
	}
	keys.at += 4;
	return keys.bytes.subarray(keys.at - 4, keys.at);
}

/* Bytes of a header without its key. */
function
headSize(length, bits)
{
	return bits === 64 || length > 0xffff ? 10 :
	    bits === 16 || length > 125 ? 4 : 2;
}

function
mask(out, from, payload, key)
{
	for (let i = 0; i < payload.length; i++)
		out[from + i] = payload[i] ^ key[i & 3];
}

/* The bytes of one frame. */
function
encode({ first, bits, wrong, told, payload }, masks)
{
	const masked = masks !== wrong;
	const length = told === undefined ? payload.length : told;
	const size = headSize(length, bits);
	const start = size + (masked ? 4 : 0);
	const bytes = Buffer.allocUnsafe(start + payload.length);

	bytes[0] = first;
	bytes[1] = size === 2 ? Number(length) : size === 4 ? 126 : 127;
	if (size === 4)
		bytes.writeUInt16BE(Number(length), 2);
	else if (size === 10)
		bytes.writeBigUInt64BE(BigInt(length), 2);
	if (!masked) {
		payload.copy(bytes, start);
		return bytes;
	}
	const key = nextKey();

	bytes[1] |= 0x80;
	key.copy(bytes, size);
	mask(bytes, start, payload, key);
	return bytes;
}

/* A word's frames: one, or those of a message in fragments. */
function
framesOf(word)
{
	const one = parse(word);
	const { first, step, payload } = one;
	const frames = [];

	if (step === 0)
		return [one];
	for (let i = 0; i === 0 || i < payload.length; i += step)
		frames.push({
			...one, first: (i === 0 ? first & 0x0f : 0) |
			    (i + step >= payload.length ? 0x80 : 0),
			payload: payload.subarray(i, i + step)
		});
	return frames;
}

/*
 * What is to be sent, as parts between waits; a part is a list of frames'
 * bytes.
 */
function
parts(frames, masks)
{
	const list = [[]];

	for (const word of words(frames))
		if (word === '.')
			list.push([]);
		else
			for (const one of framesOf(word))
				list.at(-1).push(encode(one, masks));
	return list;
}

/* Takes frames off a connection and is strict about them. */
class Reader {
	constructor(socket, masked) {
		this.masked = masked;
		this.chunks = [];
		this.length = 0;
		this.frames = [];
		this.closed = false;
		this.problem = null;
		this.wake = () => {};
		socket.on('data', (data) => this.add(data));
		socket.on('error', (error) => this.end(error));
		socket.on('end', () => this.end(null));
		socket.on('close', () => this.end(null));
	}

	/* Up to `size` bytes of the beginning, in one piece. */
	peek(size) {
		if (this.chunks.length > 1 && this.chunks[0].length < size)
			this.chunks = [Buffer.concat(this.chunks)];
		return this.chunks[0] || Buffer.alloc(0);
	}

	add(data) {
		this.chunks.push(data);
		this.length += data.length;
		try {
			while (this.takeFrame())
				;
		} catch (error) {
			this.problem = this.problem || error;
		}
		this.wake();
	}

	end(error) {
		this.problem = this.problem || error;
		if (this.length > 0)
			this.problem = this.problem ||
			    new Error('half a frame at the end');
		this.closed = true;
		this.wake();
	}

	takeFrame() {
		const start = this.peek(14);

		if (start.length < 2)
			return false;
		const masked = (start[1] & 0x80) !== 0;
		const small = start[1] & 0x7f;
		const more = small < 126 ? 0 : small === 126 ? 2 : 8;
		const size = 2 + more + (masked ? 4 : 0);
		if (start.length < size)
			return false;
		const length = more === 0 ? small : more === 2 ?
		    start.readUInt16BE(2) : Number(start.readBigUInt64BE(2));
		if (this.length < size + length)
			return false;
		assert.strictEqual(masked, this.masked, 'mask');
		assert.ok(more === 0 || length > (more === 2 ? 125 : 0xffff),
		    'length is not minimal');
		this.take(start[0], size, length);
		return true;
	}

	take(first, size, length) {
		const bytes = this.peek(size + length);
		const key = bytes.subarray(size - 4, size);
		const payload = bytes.subarray(size, size + length);

		if (this.masked) {
			assert.ok(!this.key || !key.equals(this.key),
			    'the same key twice');
			this.key = Buffer.from(key);
			mask(payload, 0, payload, key);
		}
		this.frames.push({ first, payload });
		this.chunks = [bytes.subarray(size + length)];
		this.length -= size + length;
	}

	/* Until `count` frames are there; false at the end. */
	async has(count) {
		while (this.frames.length < count && !this.closed &&
		    !this.problem)
			await soon(new Promise((resolve) => {
				this.wake = resolve;
			}), 'frame ' + this.frames.length);
		if (this.problem)
			throw this.problem;
		return this.frames.length >= count;
	}

	async ends() {
		while (!this.closed)
			await soon(new Promise((resolve) => {
				this.wake = resolve;
			}), 'end of the connection');
		if (this.problem)
			throw this.problem;
	}
}

function
nextTurn()
{
	return new Promise((resolve) => setImmediate(resolve));
}

/* Writes frames, split as the case wants it, to who may have had enough. */
async function
write(socket, reader, frames, chop)
{
	if (chop === 'frames') {
		for (const one of frames) {
			if (!reader.closed)
				socket.write(one);
			await nextTurn();
		}
		return;
	}
	const bytes = Buffer.concat(frames);
	const step = chop || bytes.length;

	for (let i = 0; i < bytes.length && !reader.closed; i += step) {
		socket.write(bytes.subarray(i, i + step));
		if (chop)
			await nextTurn();
	}
}

function
told({ first, payload })
{
	return first.toString(16) + ' ' + payload.length + ' bytes ' +
	    payload.toString('hex', 0, 32);
}

function
assertFrame(found, wanted)
{
	if (found.first !== wanted.first ||
	    !found.payload.equals(wanted.payload))
		assert.fail('came: ' + told(found) + ', not ' + told(wanted));
}

/*
 * Plays one case on a connection whose handshake is done. masks: we are the
 * client. first: bytes to write in front of it all.
 */
async function
play(socket, row, masks, first = [])
{
	const [, send, expect, close] = row;
	const reader = new Reader(socket, !masks);
	const wanted = words(expect).map(parse);
	let count = 0;
	let before = first;

	for (const part of parts(send, masks)) {
		if (before !== first)
			assert.ok(await reader.has(++count), 'closed');
		await write(socket, reader, [...before, ...part], row.chop);
		before = [];
	}
	for (const [i, frame] of wanted.entries()) {
		assert.ok(await reader.has(i + 1), 'closed before frame ' + i);
		assertFrame(reader.frames[i], frame);
	}
	if (close === undefined)
		socket.write(encode(parse('88=03e8'), masks));
	assert.ok(await reader.has(wanted.length + 1), 'no close frame');
	assertFrame(reader.frames[wanted.length],
	    parse('88=' + (close === undefined ? '03e8' : close)));
	/* the server is the one to end first */
	if (!masks)
		socket.end();
	await reader.ends();
	assert.strictEqual(reader.frames.length, wanted.length + 1);
}

/* Bytes to be sent, about. */
function
weight([, send])
{
	return words(send).reduce((sum, word) => {
		const { payload, step } = parse(word === '.' ? '89' : word);
		const frames = step === 0 ? 1 : payload.length / step;

		return sum + payload.length + 6 * frames;
	}, 0);
}

/*
 * Ways for the bytes to arrive, as arguments of the program under test, and
 * how large a case of group 9 or of our own may be for them.
 */
const ways = [
	['as they come', [], slow > 1 ? 6e6 : Infinity],
	['byte by byte', ['--read-max', 1], 1e5],
	...[1, 2, 3].map((seed) => ['split at random, ' + seed,
		['--read-max', 8192, '--read-seed', seed],
		seed === 1 && slow === 1 ? 6e6 : 3e5])
];

/* The same over TLS, where a read may end within a record. A handshake takes
 * long below valgrind: there it is once for each case. */
const secureWays = [
	['over TLS', [], 5e3],
	['over TLS, split at random', ['--read-max', 8192, '--read-seed', 4],
		5e3]
].slice(slow > 4 ? 1 : 0);

/* Asserts that every case passes, but for those too large. */
async function
playAll(rows, most, one)
{
	const failed = [];

	for (const row of rows) {
		if (!/^([1-7]|10)\./.test(row[0]) && weight(row) > most)
			continue;
		try {
			await one(row);
		} catch (error) {
			failed.push(row[0] + ': ' + error.message);
		}
	}
	assert.deepStrictEqual(failed, []);
}

module.exports = { Reader, encode, play, playAll, secureWays, ways };
