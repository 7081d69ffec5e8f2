'use strict';
/*
 * For the attacks: a server under attack, and somebody beside it who wants to
 * chat and has to be served whatever happens.
 *
 * Environment: CHAT_ATTACK=long for the long version, and those of
 * ../interop/chat-server.js.
 */
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { after, afterEach, before } = require('node:test');
const { useChat } = require('../interop/chat-server');
const clients = require('../interop/clients');
const { sleep, slow, soon } = require('../interop/harness');

const long = process.env.CHAT_ATTACK === 'long';
/* Of who measures: fewer than anybody is allowed. */
const POSTS = 300;
const PAUSE_MS = 40;

/* What a sanitizer keeps of freed memory is no memory of the server's. */
process.env.ASAN_OPTIONS = [process.env.ASAN_OPTIONS || '',
	'quarantine_size_mb=0', 'thread_local_quarantine_size_kb=0'].join(':');

/* So many in "make check", so many in "make attack". */
function
amount(few, many)
{
	return long ? many : few;
}

/* One who does nothing wrong, in the lobby for as long as a file's tests. */
class Victim {
	async come(server) {
		this.socket = clients.open(server, { version: 4,
			mode: 'websocket' });
		this.heard = clients.queue(this.socket, 'nuevo mensaje');
		this.cut = 0;
		await clients.connected(this.socket);
		this.socket.on('disconnect', () => this.cut++);
	}

	/* Milliseconds from a post to hearing it. */
	async chat() {
		const text = 'still here ' + Math.random();
		const begun = performance.now();

		this.socket.emit('nuevo mensaje', text);
		for (;;) {
			const [said] = await this.heard.next(20000);
			if (said === text)
				return performance.now() - begun;
		}
	}

	/* The 99th percentile of that, of POSTS at least and until it is
	 * over. */
	async p99(isOver = () => true) {
		const all = [];

		while (all.length < POSTS || !isOver()) {
			all.push(await this.chat());
			await sleep(PAUSE_MS);
		}
		all.sort((a, b) => a - b);
		return all[Math.ceil(all.length * 0.99) - 1];
	}
}

/*
 * For the long version, where nothing else runs: what the victim waits for
 * beside an attack (a promise comes of it) is at most twice of what it is
 * alone, before that or behind it. Tells both, and what came of the attack.
 */
async function
assertServed(t, victim, attack)
{
	const before = await victim.p99();
	let isOver = false;
	const done = attack().finally(() => { isOver = true; });
	const beside = await victim.p99(() => isOver);
	const result = await done;
	const alone = Math.max(before, await victim.p99());

	t.diagnostic('p99: ' + alone.toFixed(1) + ' ms alone, ' +
	    beside.toFixed(1) + ' ms beside it: ' +
	    (beside / alone).toFixed(2) + ' times');
	t.diagnostic(JSON.stringify(result));
	assert.ok(beside <= 2 * alone);
	return result;
}

/* What a program has written. */
function
output(program, ...args)
{
	return new Promise((resolve, reject) =>
	    execFile(program, args.map(String), (error, out) =>
	        error ? reject(error) : resolve(out)));
}

/* Attackers as crowd.js has them: what came of it. */
async function
crowd(server, ...args)
{
	return JSON.parse(await output(process.execPath,
	    path.join(__dirname, 'crowd.js'), server.port, ...args));
}

/*
 * To be called inside a describe(): a server, and somebody who is served on
 * the same connection after every attack.
 */
function
useVictim(...args)
{
	const server = useChat(...args);
	const victim = new Victim();

	before(() => victim.come(server), { timeout: 30000 * slow });
	afterEach(async () => {
		await victim.chat();
		assert.strictEqual(victim.cut, 0, 'the victim was cut off');
	}, { timeout: 30000 * slow });
	after(() => victim.socket.close());
	return { server, victim };
}

/* A TCP connection: what has come, and the end of it. */
class Attacker {
	static async open(port, options = {}) {
		const one = new Attacker(net.connect({ port,
			host: '127.0.0.1', ...options }));

		await soon(new Promise((resolve, reject) => {
			one.socket.once('connect', resolve);
			one.socket.once('error', reject);
		}), 'connect');
		return one;
	}

	constructor(socket) {
		this.socket = socket;
		this.got = Buffer.alloc(0);
		this.isClosed = false;
		socket.setNoDelay(true);
		socket.on('error', () => {});
		socket.on('data', (data) => {
			this.got = Buffer.concat([this.got, data]);
		});
		this.closed = new Promise((resolve) => {
			socket.on('end', resolve);
			socket.on('close', resolve);
		}).then(() => { this.isClosed = true; });
	}

	write(bytes) {
		this.socket.write(bytes);
	}

	/* All that has come, once the server has closed. */
	async end(ms) {
		await soon(this.closed, 'end of the connection', ms);
		this.socket.destroy();
		return this.got.toString('latin1');
	}

	destroy() {
		this.socket.destroy();
	}
}

module.exports = {
	Attacker, Victim, amount, assertServed, crowd, long, output, useVictim
};
