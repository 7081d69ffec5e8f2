'use strict';
/*
 * Starts the server under test and ends it, and holds what every test
 * file needs: deadlines, queues, cleaning up.
 *
 * Environment:
 *   CONFORMANCE     the program under test
 *   CHAT_BUILD      build directory, when CONFORMANCE is not set (the
 *                   top of the source tree if neither is)
 *   CHAT_WRAPPER    words put before the program, e.g. "valgrind -q ..."
 *   CHAT_SLOW       factor for all deadlines, e.g. 10 below valgrind
 *   CHAT_REFERENCE  1: test the official server (reference.js) instead
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { before, after, afterEach, it } = require('node:test');

const slow = Number(process.env.CHAT_SLOW || 1);
const reference = process.env.CHAT_REFERENCE === '1';
/* Heartbeats are stretched less than deadlines: waiting costs time. */
const pace = Math.min(slow, 4);

function
command(args)
{
	if (reference)
		return [process.execPath, path.join(__dirname,
		    'reference.js'), ...args];
	const top = process.env.CHAT_BUILD ||
	    path.join(__dirname, '..', '..');
	const program = process.env.CONFORMANCE ||
	    path.join(top, 'tests', 'interop', 'conformance');
	const wrapper = (process.env.CHAT_WRAPPER || '').split(/\s+/)
	    .filter((word) => word !== '');

	return [...wrapper, path.resolve(program), ...args];
}

/* Resolves like `promise`, or rejects after `ms` (unscaled). */
function
soon(promise, what, ms = 10000)
{
	let timer;
	/* Made here, it tells who has waited. */
	const late = new Error('timeout: ' + what);
	const limit = new Promise((resolve, reject) => {
		timer = setTimeout(() => reject(late), ms * slow);
	});

	return Promise.race([promise, limit])
	    .finally(() => clearTimeout(timer));
}

function
sleep(ms)
{
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/* Polls `condition` until it is true. */
async function
until(condition, what, ms = 10000)
{
	const end = Date.now() + ms * slow;

	while (!(await condition())) {
		if (Date.now() > end)
			throw new Error('timeout: ' + what);
		await sleep(10);
	}
}

/* What arrived, in order, for a reader that may come later. */
class Queue {
	constructor(name) {
		this.name = name;
		this.items = [];
		this.waiting = [];
		this.ended = null;
	}

	push(item) {
		const next = this.waiting.shift();

		if (next)
			next.resolve(item);
		else
			this.items.push(item);
	}

	end(why) {
		this.ended = new Error(this.name + ' ended: ' + why);
		for (const next of this.waiting.splice(0))
			next.reject(this.ended);
	}

	next(ms) {
		if (this.items.length > 0)
			return Promise.resolve(this.items.shift());
		if (this.ended)
			return Promise.reject(this.ended);
		return soon(new Promise((resolve, reject) =>
		    this.waiting.push({ resolve, reject })),
		    'next of ' + this.name, ms);
	}

	async take(count) {
		const taken = [];

		while (taken.length < count)
			taken.push(await this.next());
		return taken;
	}
}

/*
 * Starts a server. Its stop() sends SIGTERM and demands a clean end:
 * status 0 and nothing on standard error, where sanitizers and valgrind
 * write.
 */
async function
start(args = [])
{
	const [program, ...rest] = command(args.map(String));
	const child = spawn(program, rest, {
		stdio: ['ignore', 'pipe', 'pipe']
	});
	let out = '';
	let err = '';
	const ended = new Promise((resolve) => {
		child.on('error', (error) => resolve({ error }));
		child.on('close', (code, signal) => resolve({ code, signal }));
	});
	const listening = new Promise((resolve) => {
		child.stdout.on('data', (data) => {
			out += data;
			const found = /^listening (\d+)$/m.exec(out);
			if (found)
				resolve(Number(found[1]));
		});
	});

	child.stderr.on('data', (data) => { err += data; });
	const port = await soon(Promise.race([listening, ended]),
	    'listening', 15000);
	if (typeof port !== 'number')
		throw new Error(program + ' did not start: ' +
		    (port.error || err || JSON.stringify(port)));
	return {
		port,
		pid: child.pid,
		url: 'http://127.0.0.1:' + port,
		async stop() {
			child.kill('SIGTERM');
			let end;
			try {
				end = await soon(ended, 'end after SIGTERM',
				    15000);
			} catch (error) {
				child.kill('SIGKILL');
				throw error;
			}
			assert.deepStrictEqual({ ...end, stderr: err },
			    { code: 0, signal: null, stderr: '' });
		}
	};
}

const cleanups = new Set();

/*
 * Runs `fn` after the test that is running, whatever its result. The
 * function returned takes that back.
 */
function
cleanup(fn)
{
	cleanups.add(fn);
	return () => cleanups.delete(fn);
}

async function
cleanUp()
{
	const all = [...cleanups].reverse();

	cleanups.clear();
	for (const fn of all)
		await fn();
}

/* To be called inside a describe(): one server for all its tests. */
function
useServer(...args)
{
	const server = {};

	before(async () => {
		Object.assign(server, await start(args));
	}, { timeout: 30000 * slow });
	afterEach(cleanUp);
	after(() => server.stop && server.stop(),
	    { timeout: 30000 * slow });
	return server;
}

/* A test with a deadline, in unscaled seconds. */
function
test(name, fn, seconds = 20)
{
	return it(name, { timeout: seconds * 1000 * slow }, fn);
}

/*
 * For what only our server does: the official one is known to behave
 * otherwise, and each use says in which way.
 */
function
testOurs(name, fn, seconds)
{
	if (!reference)
		test(name, fn, seconds);
}

/* A TCP relay whose connections can be cut, as a dead network does. */
async function
startRelay(port)
{
	const pairs = new Set();
	let refuse = false;
	const relay = net.createServer((near) => {
		if (refuse) {
			near.destroy();
			return;
		}
		const far = net.connect(port, '127.0.0.1');
		const pair = { near, far };
		const drop = () => {
			near.destroy();
			far.destroy();
			pairs.delete(pair);
		};

		pairs.add(pair);
		for (const socket of [near, far]) {
			socket.setNoDelay(true);
			socket.on('error', drop);
			socket.on('close', drop);
		}
		near.pipe(far);
		far.pipe(near);
	});

	await new Promise((resolve) =>
	    relay.listen(0, '127.0.0.1', resolve));
	const self = {
		port: relay.address().port,
		url: 'http://127.0.0.1:' + relay.address().port,
		cut() {
			for (const { near, far } of pairs) {
				near.destroy();
				far.destroy();
			}
		},
		refuse(yes) {
			refuse = yes;
		},
		close() {
			self.cut();
			return new Promise((resolve) => relay.close(resolve));
		}
	};
	cleanup(() => self.close());
	return self;
}

/* Memory of a process that is in use now. */
function
residentBytes(pid)
{
	const status = fs.readFileSync('/proc/' + pid + '/status', 'utf8');

	return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)[1]) * 1024;
}

/* The most that it ever was. */
function
peakBytes(pid)
{
	const status = fs.readFileSync('/proc/' + pid + '/status', 'utf8');

	return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)[1]) * 1024;
}

module.exports = {
	Queue, cleanup, pace, peakBytes, reference, residentBytes, sleep, slow,
	soon, start, startRelay, test, testOurs, until, useServer
};
