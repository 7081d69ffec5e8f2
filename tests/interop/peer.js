'use strict';
/*
 * A person in the namespace `/`, with the official client. Everything that
 * comes is held against chat-protocol(7) as it comes: page.js.
 */
const assert = require('node:assert');
const { afterEach } = require('node:test');
const { cleanup } = require('./chat-server');
const clients = require('./clients');
const { Queue, soon } = require('./harness');
const { ID, codes, events, matches, requests } = require('./page');

const EVENT = 'nuevo mensaje';
const OFFSET = /^[0-9]+-[0-9]+(\.[0-9]+)?$/;

const usedCodes = new Set();
const seenEvents = new Set();
/* What was wrong with an event. */
const faults = [];
let gone = 0;

/* Asserts that an event with these arguments is one of the page's. */
function
checkEvent(name, args)
{
	const rest = [...args];

	seenEvents.add(name);
	if (name !== 'typing') {
		const offset = rest.pop();
		assert.match(offset, OFFSET, name);
		if (name === EVENT || name === 'message') {
			assert.strictEqual(rest.length, 2, name);
			assert.strictEqual(offset, rest[1].id);
			return matches(rest[1], 'META', 'META');
		}
	}
	assert.strictEqual(rest.length, 1, name + JSON.stringify(rest));
	assert.ok(events[name], 'the page knows no event ' + name);
	matches(rest[0], events[name], name);
}

function
checkRefusal(name, answer)
{
	const { ok, code, message, retry, ...rest } = answer;

	assert.deepStrictEqual([ok, rest], [false, {}],
	    name + ': ' + JSON.stringify(answer));
	assert.ok(typeof message === 'string' && message !== '', name);
	assert.ok(codes.includes(code), name + ': code ' + code);
	if (['slow-down', 'rate', 'slow-mode'].includes(code) ||
	    (retry !== undefined && ['banned', 'muted'].includes(code)))
		assert.ok(Number.isInteger(retry) && retry > 0);
	else
		assert.strictEqual(retry, undefined);
	usedCodes.add(code);
}

/* To be called inside a describe(), after what starts its server. */
function
useChecks()
{
	afterEach(() => {
		const [fault] = faults.splice(0);

		if (fault)
			throw fault;
	});
}

class Peer {
	static async come(server, auth = {}, options = {}) {
		const peer = new Peer(server, auth, options);

		[peer.hello] = await peer.heard('welcome');
		return peer;
	}

	constructor(server, auth, options) {
		this.queues = new Map();
		this.socket = clients.open(server, { version: 4,
			mode: 'websocket', auth, ...options });
		this.socket.onAny((name, ...args) => {
			try {
				checkEvent(name, args);
			} catch (fault) {
				faults.push(fault);
			}
			this.queue(name).push(args);
		});
		cleanup(async () => {
			/* So that the next one of this nick gets it. */
			if (this.socket.connected)
				await this.answer('nick', { nick: 'gone-' +
				    ++gone }).catch(() => {});
			this.socket.close();
		});
	}

	get from() {
		return this.hello.from;
	}

	get nick() {
		return this.hello.nick;
	}

	queue(name) {
		if (!this.queues.has(name))
			this.queues.set(name, new Queue(name));
		return this.queues.get(name);
	}

	/* The arguments of the next one of this name. */
	heard(name) {
		return this.queue(name).next();
	}

	/* How many of this name there are and nobody has taken. */
	left(name) {
		return this.queue(name).items.length;
	}

	answer(name, ...args) {
		return soon(new Promise((resolve) => this.socket.emit(name,
		    ...args, (...acks) => resolve(acks))), 'ack of ' + name)
		    .then(([ack, ...more]) => {
			assert.deepStrictEqual(more, []);
			return ack;
		});
	}

	/* Resolves with an acknowledgement that is ok, and as in the page. */
	async ask(name, ...args) {
		const ack = await this.answer(name, ...args);

		matches(ack, requests[name].ack, 'ack of ' + name);
		return ack;
	}

	async refused(code, name, ...args) {
		const ack = await this.answer(name, ...args);

		assert.strictEqual(ack.code, code, name + ' ' +
		    JSON.stringify(args).slice(0, 200) + ': ' +
		    JSON.stringify(ack));
		checkRefusal(name, ack);
		return ack;
	}

	/* Posts, and resolves with the id when it has come back. */
	async say(room, text, meta = {}) {
		const { id } = await this.ask(EVENT, text, { room, ...meta });

		for (;;) {
			const [, { id: heard }] = await this.heard(EVENT);
			if (heard === id)
				return id;
		}
	}

	close() {
		this.socket.close();
	}
}

module.exports = { EVENT, ID, Peer, checkEvent, checkRefusal, seenEvents,
	useChecks, usedCodes };
