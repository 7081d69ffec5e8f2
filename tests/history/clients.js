'use strict';
/*
 * The clients of the history checker. Each talks to the server through a
 * proxy, writes down what it sends and sees (the log of checker.js), and
 * keeps what is not acknowledged, to send it again: oldest first, with the
 * same nonce.
 *
 * A client has say(room, text), waiting() (how much is not acknowledged),
 * ended(room) (it has seen the last line) and close().
 */
const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');
const { reactionsOf, row } = require('./checker');

const packages = createRequire(path.join(__dirname, '..', 'interop',
    'package.json'));
const { io } = packages('socket.io-client-4');
const WebSocket = packages('ws');

const EVENT = 'nuevo mensaje';
const TEMPORARY = ['not-stored', 'busy'];

class Client {
	/* world: { log, random, url(), port(), slow }; name: also the nick. */
	constructor(world, name, rooms) {
		this.world = world;
		this.name = name;
		this.rooms = rooms;
		this.n = 0;
		this.outbox = new Map(); /* key -> { text, room, sent } */
		this.seen = new Map();   /* room -> first word of the newest */
		this.closed = false;
	}

	log(op, event) {
		this.world.log.push({ op, c: this.name, ...event });
	}

	say(room, filling) {
		const key = this.name + '.' + ++this.n;
		const text = key + ' ' + filling;

		this.outbox.set(key, { text, room });
		this.log('send', { key, room, text });
		this.post(key);
	}

	acked(key, id) {
		this.log('ack', { key, id });
		this.outbox.delete(key);
	}

	waiting() {
		return this.outbox.size;
	}

	/* The last line of a room is "end.ROOM ...". */
	ended(room) {
		return this.seen.get(room) === 'end.' + room;
	}

	start(room, seq, more) {
		this.log('start', { room, seq, ...more });
	}

	received(one) {
		this.log('recv', one);
		this.seen.set(one.room, one.text.split(' ', 1)[0]);
	}
}

/* What the official clients have in common. */
class Official extends Client {
	constructor(world, name, rooms, options) {
		super(world, name, rooms);
		this.token = undefined;
		this.own = new Map();    /* id -> key, of what may be changed */
		this.known = [];         /* the newest ids */
		this.busy = new Set();   /* ids with a change under way */
		this.changes = 0;
		this.cuts = 0;
		this.notices = [];
		this.retry = null;
		this.socket = io(world.url(), {
			forceNew: true, reconnectionDelay: 20,
			reconnectionDelayMax: 400, timeout: 5000 * world.slow,
			auth: (give) => give(this.auth()), ...options
		});
		this.socket.on('connect', () => this.connected());
		this.socket.on('disconnect', (why) => {
			this.online = false;
			this.cuts++;
			/* only then it does not come back by itself */
			if (why === 'io server disconnect')
				this.again();
		});
		this.socket.on('connect_error', () => {
			if (!this.socket.active)
				this.again();
		});
		this.socket.on('welcome', (info) => {
			this.token = info.token;
			this.nick = info.nick;
			this.welcome(info);
		});
		this.socket.on(EVENT, (text, meta) => this.message(text, meta));
		this.socket.on('notice', ({ code }) => this.notices.push(code));
		this.socket.on('edited', ({ id, text }) =>
		    this.log('heard', { id, type: 'edited', text }));
		this.socket.on('deleted', ({ id }) =>
		    this.log('heard', { id, type: 'deleted' }));
		this.socket.on('reaction', ({ id, reactions }) =>
		    this.log('heard', { id, type: 'reaction',
		        reactions: reactionsOf(reactions) }));
	}

	again() {
		setTimeout(() => this.closed || this.socket.connect(), 20);
	}

	message(text, meta) {
		const one = row(text, meta);

		this.received(one);
		this.known.push(one.id);
		if (this.known.length > 50)
			this.known.shift();
	}

	/* All that waits, in order. */
	flush() {
		clearTimeout(this.retry);
		this.retry = null;
		for (const [key, entry] of this.outbox) {
			entry.sent = false;
			this.post(key);
		}
	}

	post(key) {
		const entry = this.outbox.get(key);

		if (!this.online || this.retry || entry.sent)
			return;
		entry.sent = true;
		this.socket.emit(EVENT, entry.text, { room: entry.room,
			nonce: key }, (answer) => this.answered(key, answer));
	}

	answered(key, answer) {
		if (answer.ok) {
			if (!answer.duplicate)
				this.own.set(answer.id, key);
			this.acked(key, answer.id);
			return;
		}
		this.log(TEMPORARY.includes(answer.code) ? 'nack' : 'refused',
		    { key, code: answer.code });
		if (!TEMPORARY.includes(answer.code))
			this.outbox.delete(key);
		else if (!this.retry)
			this.retry = setTimeout(() => this.flush(), 200);
	}

	/* Changes something, if there is something to be changed: one change
	 * of a message at a time. */
	change() {
		const { random } = this.world;
		const type = random.weighted({ edit: 4, delete: 1, react: 5 });
		const id = type === 'react' ? random.pick([...this.known, '']) :
		    random.pick([...[...this.own.keys()].slice(-20), '']);

		if (!this.online || id === '' || this.busy.has(id))
			return;
		const n = ++this.changes;
		const argument = { edit: { id, text: this.own.get(id) +
		    ' edit ' + n }, delete: { id }, react: { id,
			emoji: random.pick(['👍', '🎉', '❤️']),
			on: random.chance(0.7) } }[type];

		this.busy.add(id);
		if (type === 'delete')
			this.own.delete(id);
		this.log('change', { n, type, nick: this.nick, ...argument });
		/* Without an answer nothing more of it is tried. */
		this.socket.emit(type, argument, (answer) => {
			this.busy.delete(id);
			if (answer.ok)
				this.log('did', { n });
		});
	}

	close() {
		this.closed = true;
		clearTimeout(this.retry);
		this.socket.close();
	}
}

/* Comes back by Socket.IO's own recovery; else it begins anew. */
class Recovering extends Official {
	constructor(world, name, rooms, options) {
		super(world, name, rooms, options);
		this.recoveries = 0;
		/* What was missed comes before the connection is confirmed,
		 * and is kept until then. If that fails the client (4.8.4)
		 * does not forget it, and has it twice at the next time. */
		this.socket.io.on('close', () => {
			this.socket.receiveBuffer = [];
		});
	}

	auth() {
		return { nick: this.name, token: this.token,
			rooms: this.rooms };
	}

	connected() {
		if (this.socket.recovered)
			this.recoveries++;
	}

	welcome(info) {
		if (!this.socket.recovered)
			for (const room of this.rooms) {
				const { seq } = info.rooms.find((one) =>
				    one.room === room);
				this.start(room, seq);
			}
		this.online = true;
		this.flush();
	}
}

/* Comes back as every client can: by joining `after` what it has. */
class Rejoining extends Official {
	constructor(world, name, rooms, options) {
		super(world, name, rooms, options);
		this.newest = new Map(); /* room -> id */
		this.round = 0;
	}

	auth() {
		return { nick: this.name, token: this.token, rooms: [] };
	}

	connected() {
		/* no recovery: a new session each time */
		this.socket._pid = undefined;
		this.socket._lastOffset = undefined;
		this.socket.recovered = false;
	}

	message(text, meta) {
		super.message(text, meta);
		this.newest.set(meta.room, meta.id);
	}

	welcome() {
		this.round++;
		for (const room of this.rooms)
			this.join(room, this.round);
		this.online = true;
		this.flush();
	}

	join(room, round) {
		const after = this.newest.get(room);
		const limit = this.world.random.pick([undefined, 3, 100]);

		this.socket.emit('join', { room, after, limit }, (answer) => {
			/* of a connection that was, or not stored just now */
			if (round !== this.round)
				return;
			if (!answer.ok) {
				setTimeout(() => round === this.round &&
				    this.join(room, round), 200);
				return;
			}
			this.joined(room, answer, after === undefined);
			if (!answer.joined)
				this.join(room, round);
		});
	}

	joined(room, answer, first) {
		if (first) {
			const [row] = answer.messages;

			this.start(room, row ? row[1].seq - 1 : answer.seq);
		}
		for (const [text, meta] of answer.messages)
			this.message(text, meta);
		for (const [text, meta] of answer.changed || []) {
			const one = row(text, meta);

			this.log('heard', one.deleted ? { id: one.id,
				type: 'deleted' } : { id: one.id,
				type: 'edited', text });
			this.log('heard', { id: one.id, type: 'reaction',
				reactions: one.reactions });
		}
		if (answer.joined)
			this.log('mark', { room, seq: answer.seq });
	}
}

/* A WebSocket with nothing on it but texts; what is on its way when it ends
 * may arrive or not. */
class Plain extends Client {
	/* port: of the server, if not through the proxy; seq: of the last
	 * message before, if it is known. */
	constructor(world, name, room, { port, seq } = {}) {
		super(world, name, [room]);
		this.room = room;
		this.direct = port;
		this.connect(seq);
	}

	connect(seq) {
		const ws = new WebSocket('ws://127.0.0.1:' +
		    (this.direct || this.world.port()) + '/chat?room=' +
		    this.room + '&nick=' + this.name);

		this.ws = ws;
		this.opened = new Promise((resolve) => ws.on('open', resolve));
		ws.on('open', () => this.start(this.room, seq));
		ws.on('message', (data) => {
			const text = data.toString();

			this.received({ room: this.room, text });
			this.outbox.delete(text.split(' ', 1)[0]);
		});
		ws.on('error', () => {});
		this.gone = new Promise((resolve) => ws.on('close', (code) => {
			this.over(code);
			resolve();
		}));
	}

	over(code) {
		/* 1001: the server ends, and has told everything */
		if (code === 1001)
			this.log('closed', { room: this.room });
		for (const key of this.outbox.keys())
			this.log('gave-up', { key });
		this.outbox.clear();
		if (!this.closed && !this.direct)
			setTimeout(() => this.closed || this.connect(), 50);
	}

	post(key) {
		const { text } = this.outbox.get(key);

		if (this.ws.readyState === WebSocket.OPEN) {
			this.ws.send(text);
		} else {
			this.log('gave-up', { key });
			this.outbox.delete(key);
		}
	}

	close() {
		this.closed = true;
		this.ws.terminate();
	}
}

/* curl: posts one line after the other, and follows the room. */
class Curl extends Client {
	constructor(world, name, room) {
		super(world, name, [room]);
		this.room = room;
		this.newest = undefined;
		this.posting = null;
		this.follow();
	}

	request(options, path) {
		return http.request({ host: '127.0.0.1', agent: false,
			port: this.world.port(), path: '/r/' + this.room + path,
			...options });
	}

	post() {
		const [first] = this.outbox;

		if (this.posting || !first || this.closed)
			return;
		const [key, { text }] = first;
		const request = this.request({ method: 'POST',
			timeout: 3000 * this.world.slow },
		    '?nick=' + this.name);
		let body = '';
		let status = 0;

		this.posting = request;
		request.on('response', (response) => {
			status = response.statusCode;
			response.on('data', (data) => { body += data; });
			response.on('error', () => {});
		});
		request.on('error', () => {});
		request.on('timeout', () => request.destroy());
		request.on('close', () => {
			const id = /^(\d+-\d+)\n$/.exec(body);

			this.posting = null;
			if (status === 200 && id) {
				this.acked(key, id[1]);
			} else {
				this.log('gave-up', { key });
				this.outbox.delete(key);
			}
			setTimeout(() => this.post(), 5);
		});
		request.end(text);
	}

	follow() {
		const after = this.newest === undefined ? '?n=0' :
		    '?after=' + this.newest;
		const request = this.request({ headers: {
			accept: 'application/x-ndjson' } }, after);
		let rest = '';

		this.following = request;
		request.on('response', (response) => {
			if (response.statusCode === 200 &&
			    this.newest === undefined)
				this.start(this.room);
			response.setEncoding('utf8');
			response.on('data', (data) => {
				const lines = (rest + data).split('\n');

				rest = lines.pop();
				if (response.statusCode === 200)
					lines.forEach((line) =>
					    this.line(line));
			});
			response.on('error', () => {});
		});
		request.on('error', () => {});
		request.on('close', () => this.closed ||
		    setTimeout(() => this.follow(), 50));
		request.end();
	}

	line(line) {
		const [text, meta] = JSON.parse(line);

		this.received(row(text, meta));
		this.newest = meta.id;
	}

	close() {
		this.closed = true;
		this.following.destroy();
		if (this.posting)
			this.posting.destroy();
	}
}

module.exports = { Client, Curl, EVENT, Plain, Recovering, Rejoining, io };
