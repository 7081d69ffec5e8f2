'use strict';
/*
 * Starts `chat connect` and `chat send` for the tests of the client, each with
 * a state directory of its own, and the servers that it is tested against.
 * What is started for a test ends with it: each takes the test's context, t.
 *
 * Environment: that of chat-server.js; CHAT_WRAPPER goes before the client.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { Server } = require('socket.io');
const { program, startChat } = require('./chat-server');
const { Queue, slow, soon, until } = require('./harness');
const clients = require('./clients');

const EVENT = 'nuevo mensaje';

/* Nothing that a terminal would act on, and no character that is none: C0, DEL,
 * C1, what changes the direction of text, lines' and paragraphs' separators. */
const UNCLEAN =
    /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe]/;

const ends = new WeakMap();

/* Runs `fn` at the end of the test, the last of them first. */
function
later(t, fn)
{
	if (!ends.has(t)) {
		ends.set(t, []);
		t.after(async () => {
			let failure;

			for (const end of ends.get(t).reverse())
				try {
					await end();
				} catch (error) {
					failure = failure || error;
				}
			if (failure)
				throw failure;
		});
	}
	ends.get(t).push(fn);
}

/* To be called inside a describe(): a context for all its tests. */
function
useSuite()
{
	const suite = {};

	after(() => suite.end && suite.end());
	suite.after = (end) => { suite.end = end; };
	return suite;
}

/* A new directory, gone with the test. */
function
folder(t)
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-test-'));

	later(t, () => fs.rmSync(dir, { recursive: true, force: true }));
	return dir;
}

/* What a client has left in its state directory. */
function
files(state)
{
	const dir = path.join(state, 'chat');

	return fs.existsSync(dir) ? fs.readdirSync(dir) : [];
}

/*
 * A process. What it writes is split into lines as it comes; `line` is called
 * with each.
 */
class Process {
	constructor(t, words, options, line = () => {}) {
		const [name, ...args] = words.map(String);

		this.out = '';
		this.err = '';
		this.over = null;
		this.lines = [];
		this.child = spawn(name, args, {
			stdio: ['pipe', 'pipe', 'pipe'], ...options });
		this.pid = this.child.pid;
		this.ended = new Promise((resolve) => {
			const end = (how) => {
				this.over = this.over || how;
				resolve(this.over);
			};
			this.child.on('error', (error) => end({ error }));
			this.child.on('close', (code, signal) =>
			    end({ code, signal }));
		});
		this.child.stdin.on('error', () => {});
		this.child.stdout.setEncoding('utf8');
		this.child.stdout.on('data', (data) => {
			const whole = (this.rest || '') + data;
			const parts = whole.split('\n');

			this.out += data;
			this.rest = parts.pop();
			for (const one of parts) {
				this.lines.push(one);
				line(one);
			}
		});
		this.child.stderr.setEncoding('utf8');
		this.child.stderr.on('data', (data) => { this.err += data; });
		later(t, () => this.cleanUp());
	}

	write(text) {
		this.child.stdin.write(text);
	}

	signal(name) {
		process.kill(this.pid, name);
	}

	/* Kills it, whatever it does. */
	async kill() {
		this.child.kill('SIGCONT');
		this.child.kill('SIGKILL');
		await this.ended;
	}

	/* Waits for its end: { code, err }. */
	async end(ms = 15000) {
		const { code, signal, error } = await soon(this.ended,
		    'end of the process; ' + this.err, ms);

		assert.deepStrictEqual({ error, signal },
		    { error: undefined, signal: null });
		return { code, out: this.out, err: this.err };
	}

	async cleanUp() {
		if (this.over === null)
			await this.kill();
	}
}

/*
 * `chat` with a state directory (`state`) and, with `input`, that on standard
 * input. Whatever it writes is clean text. Unless a test has ended it before,
 * it is ended by the end of its input, and has to leave with status 0 and
 * nothing on standard error, where sanitizers and valgrind write.
 */
class Chat extends Process {
	constructor(t, args, { state = folder(t), env = {}, input } = {},
	    line) {
		const wrapper = (process.env.CHAT_WRAPPER || '').split(/\s+/)
		    .filter((word) => word !== '');

		super(t, [...wrapper, program(), ...args], { env: {
			...process.env, HOME: state, XDG_STATE_HOME: state,
			XDG_CONFIG_HOME: state, USER: 'tester',
			LC_ALL: 'C.UTF-8',
			/* The system's authorities: none. */
			SSL_CERT_FILE: path.join(state, 'none'),
			SSL_CERT_DIR: path.join(state, 'none'),
			...env } }, line);
		this.state = state;
		if (input !== undefined)
			this.child.stdin.end(input);
	}

	/* No more input: it delivers what it has, and ends. */
	async finish(wanted = { code: 0, err: '' }) {
		this.child.stdin.end();
		const { code, err } = await this.end();

		assert.deepStrictEqual({ code, err }, wanted);
	}

	/* A signal ends it, with the status that shells give. */
	async terminate() {
		this.signal('SIGTERM');
		const { code, err } = await this.end();

		assert.deepStrictEqual({ code, err }, { code: 143, err: '' });
	}

	async cleanUp() {
		try {
			if (this.over === null)
				await this.finish();
		} finally {
			await super.cleanUp();
			assert.doesNotMatch(this.out, UNCLEAN);
			assert.doesNotMatch(this.err, UNCLEAN);
		}
	}
}

/* `chat connect --json`. */
class Json extends Chat {
	constructor(t, args, options) {
		super(t, ['connect', '--json', ...args], options,
		    (line) => this.take(line));
		this.all = [];
		this.status = {};
		this.messages = new Queue('messages');
		this.entries = new Map();
	}

	take(line) {
		assert.match(line, /^[\x20-\x7e]*$/);
		const object = JSON.parse(line);

		assert.strictEqual(object.v, 1);
		object.when = performance.now();
		this.all.push(object);
		if (object.type === 'status') {
			this.status = object;
		} else if (object.type === 'message') {
			this.messages.push(object);
		} else if (object.type === 'entry') {
			const { entry, ...rest } = object;
			const known = this.entries.get(entry) || [];
			this.entries.set(entry, [...known, rest]);
		}
	}

	of(type) {
		return this.all.filter((one) => one.type === type);
	}

	send(object) {
		this.write(JSON.stringify(object) + '\n');
	}

	say(...texts) {
		this.write(texts.map((text) => JSON.stringify(
		    { type: 'message', text }) + '\n').join(''));
	}

	/* The answer to a request, or an error. */
	async ask(object) {
		const ref = String(Math.random());

		this.send({ ...object, ref });
		await this.until(() => this.all.some((one) => one.ref === ref),
		    'answer to ' + JSON.stringify(object));
		return this.all.find((one) => one.ref === ref);
	}

	/* Waits for a status. It comes with each change. */
	async reaches(phase, wanted = {}, ms = 10000) {
		const has = ([key, value]) => value instanceof RegExp ?
		    value.test(this.status[key]) : this.status[key] === value;

		await this.until(() => Object.entries({ phase, ...wanted })
		    .every(has), phase + ' ' + JSON.stringify(wanted), ms);
		return this.status;
	}

	/* Waits until it is in the room, with what was said there before, which
	 * is not looked at any more. */
	async enters(room, ms = 10000) {
		const entered = () => this.of('room').find((one) =>
		    one.joined && (one.room === room || one.with === room));

		await this.until(entered, 'in ' + room, ms);
		const { seq } = entered();
		if (seq > 0)
			await this.until(() => this.of('message').some((one) =>
			    one.room === room && one.seq === seq),
			    'what was said in ' + room, ms);
		this.messages.items.length = 0;
	}

	/* How many lines have come to this state. */
	count(state) {
		return [...this.entries.values()].filter((states) =>
		    states.at(-1).state === state).length;
	}

	/* This many lines have been delivered, and none waits. */
	async delivered(count) {
		await this.until(() => this.count('delivered') === count,
		    count + ' delivered', 15000);
		assert.strictEqual(this.entries.size, count);
	}

	/* Waits, telling the last of what it wrote if that takes too long. */
	async until(condition, what, ms) {
		try {
			await until(() => condition() || this.over !== null,
			    what, ms);
		} catch (error) {
			error.message += this.lines.slice(-8).map((line) =>
			    '\n' + line.slice(0, 200)).join('') + this.err;
			throw error;
		}
		assert.ok(condition(), what + ': it has ended; ' + this.err);
	}
}

/* A client in the room, once it is online. */
async function
join(t, url, { args = [], ...options } = {})
{
	const client = new Json(t, [...args, url], options);

	await client.reaches('online');
	if (!client.status.classic)
		await client.enters('lobby');
	return client;
}

/* Starts a server's program, which prints "listening PORT". */
async function
listening(t, words)
{
	const server = new Process(t, words, {});

	await until(() => /^listening \d+$/m.test(server.out) ||
	    server.over !== null, 'listening', 20000);
	assert.strictEqual(server.over, null, server.err);
	server.port = Number(/^listening (\d+)$/m.exec(server.out)[1]);
	server.url = 'http://127.0.0.1:' + server.port;
	return server;
}

/* The options of classic-server.js and python_server.py alike. */
function
argv(options)
{
	return Object.entries(options).map(([key, value]) =>
	    '--' + key + '=' + value);
}

/* `chat serve`. */
async function
startOurs(t, ...args)
{
	const server = await startChat(...args);

	later(t, () => server.stop());
	return server;
}

function
startClassic(t, options = {})
{
	return listening(t, [process.execPath,
		path.join(__dirname, 'classic-server.js'), ...argv(options)]);
}

/* The system's Python, where the system's packages are. */
function
startPython(t, options = {})
{
	return listening(t, [process.env.PYTHON || '/usr/bin/python3', '-u',
		path.join(__dirname, 'python_server.py'), ...argv(options)]);
}

/* An official client 4: { socket, heard, say }. */
async function
official(t, server, options = {})
{
	const socket = clients.open(server, { version: 4, mode: 'websocket',
		...options });
	const heard = clients.queue(socket, EVENT);

	later(t, () => socket.close());
	await clients.connected(socket);
	return { socket, heard, say: (...args) => socket.emit(EVENT, ...args),
		async texts(count) {
			return (await heard.take(count)).map(([text]) => text);
		} };
}

/*
 * A TCP relay to the server whose connections can be cut, as a dead network
 * does. harness.js has one as well; this one sees what goes through it.
 */
async function
relayTo(t, server)
{
	const pairs = new Set();
	const listener = net.createServer((near) => {
		relay.tries.push(performance.now());
		if (relay.refuses) {
			near.destroy();
			return;
		}
		const far = net.connect(server.port, '127.0.0.1');
		const pair = { near, far, asks: false };
		const drop = () => {
			near.destroy();
			far.destroy();
			pairs.delete(pair);
		};

		/* Forwards, or as much as may still pass. */
		const pass = (data, to) => {
			relay.left -= data.length;
			if (relay.left >= 0) {
				to.write(data);
				return;
			}
			to.end(data.subarray(0, relay.left));
			relay.left = relay.budgets.shift() ?? Infinity;
			relay.cuts++;
			relay.refuses = relay.dies;
			relay.cut();
		};

		pairs.add(pair);
		near.on('data', (data) => {
			pair.asks = data.toString('latin1', 0, 4) === 'GET ';
			pass(data, far);
		});
		far.on('data', (data) => {
			pair.asks = false;
			pass(data, near);
		});
		for (const socket of [near, far]) {
			socket.setNoDelay(true);
			socket.on('error', drop);
			socket.on('close', drop);
		}
	});
	const relay = {
		tries: [], /* when, in ms */
		refuses: false,
		cuts: 0, /* because of this: */
		left: Infinity,
		budgets: [],
		dies: false,
		/* Cuts after so many bytes, then after so many more ... */
		cutAfter(...bytes) {
			relay.budgets.push(...bytes);
			relay.left = relay.budgets.shift();
		},
		/* Lets so many bytes through, and refuses then. */
		async dieAfter(bytes) {
			relay.refuses = false;
			relay.left = bytes;
			relay.dies = true;
			await until(() => relay.refuses, 'that many bytes');
			relay.dies = false;
		},
		cut() {
			for (const { near, far } of pairs) {
				near.destroy();
				far.destroy();
			}
		},
		/* A request waits for its answer: by a cut then, a server
		 * notices that who polls is gone. */
		async polled() {
			await until(() => [...pairs].some(({ asks }) => asks),
			    'a request that waits');
		}
	};

	await new Promise((resolve) =>
	    listener.listen(0, '127.0.0.1', resolve));
	relay.port = listener.address().port;
	relay.url = 'http://127.0.0.1:' + relay.port;
	later(t, () => {
		relay.cut();
		listener.close();
	});
	return relay;
}

function
numbers(count, prefix = '')
{
	return Array.from({ length: count }, (_, i) => prefix + i);
}

/*
 * A server that says welcome. What it answers a message with is decided by
 * `answer`, which gets the number of the connection and the acknowledgement.
 * `more` gets each socket. Who comes with an auth to which `guard` answers
 * { message, data } is refused; other options are the library's.
 */
async function
startFake(t, answer, more = () => {}, { guard = () => {}, limits = {},
    invited = true, ...options } = {})
{
	const web = http.createServer();
	const io = new Server(web, options);
	const received = [];
	let rounds = 0;

	io.use((socket, next) => {
		const { message, data } = guard(socket.handshake.auth) || {};

		next(message && Object.assign(new Error(message), { data }));
	});
	io.on('connection', (socket) => {
		const round = rounds++;

		socket.emit('welcome', { server: 'fake', version: '1',
			nick: 'ours', token: 'token-' + round, from: 'ours',
			limits: { message: 100000, nick: 32, ...limits },
			rooms: [] });
		if (invited && socket.handshake.auth.invite)
			socket.emit('invited', { by: 'ana' });
		socket.on('join', ({ room }, ack) => ack({ ok: true,
			joined: true, room, members: [], messages: [],
			last: '', seq: 0, read: '', unread: 0, mentions: 0 }));
		socket.on(EVENT, (text, meta, ack) => {
			received.push([text, meta]);
			answer(round, ack, text, meta);
		});
		more(socket);
	});
	await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
	later(t, () => io.close());
	const { port } = web.address();
	return { server: { port, url: 'http://127.0.0.1:' + port }, received };
}

/*
 * Groups of tests, { name: function }, all at the same time: waiting takes most
 * of theirs, unless it is slow.
 */
function
together(title, groups)
{
	const many = { concurrency: slow > 4 ? 2 : 8 };
	const some = { concurrency: slow > 4 ? 2 : 4 };

	describe(title, many, () => {
		for (const [name, group] of Object.entries(groups))
			describe(name, some, group);
	});
}

module.exports = { Chat, EVENT, Json, Process, UNCLEAN, files, folder, join,
	later, numbers, official, relayTo, startClassic, startFake, startOurs,
	startPython, together, useSuite };
