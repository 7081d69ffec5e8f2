'use strict';
/*
 * A server, a proxy before it, clients, and what goes wrong with them. See
 * run.js for who makes one.
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { check, row } = require('./checker');
const { Client, Curl, EVENT, Plain, Recovering, Rejoining, io } =
    require('./clients');
const { Outbox } = require('./outbox-client');
const { Proxy } = require('./proxy');
const { Random } = require('./random');

const slow = Number(process.env.CHAT_SLOW || 1);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* The first word has to be the first thing to come. */
function
first(promise, what, ms)
{
	let timer;

	return Promise.race([promise, new Promise((resolve, reject) => {
		timer = setTimeout(() => reject(new Error('timeout: ' + what)),
		    ms * slow);
	})]).finally(() => clearTimeout(timer));
}

/* What is started here ends with us, whatever happens. */
const children = new Set();

process.on('exit', () => {
	for (const child of children)
		child.kill('SIGKILL');
});

/* `chat serve` on one store, started again and again. */
class Server {
	constructor(world, program, args) {
		this.world = world;
		this.program = program;
		this.args = args;
		this.kills = 0;
		this.stops = 0;
	}

	async start() {
		const { before = [], env } = this.world.options;
		const [program, ...args] = [...before, this.program, 'serve',
			'--host', '127.0.0.1', '--port', '0',
			'--rate', 'off', '--requests', 'off', ...this.args];
		const child = spawn(program, args, {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, HOME: this.world.dir,
				XDG_STATE_HOME: this.world.dir, ...env }
		});
		let out = '';
		let err = '';

		this.child = child;
		children.add(child);
		this.ended = new Promise((resolve) => {
			child.on('error', (error) => resolve(error));
			child.on('close', (code, signal) => {
				children.delete(child);
				resolve(signal || code);
			});
		});
		this.ending = new Promise((resolve) => {
			child.stderr.on('data', (data) => {
				if (/ stop /.test(err += data))
					resolve();
			});
		});
		const greeted = new Promise((resolve) => {
			child.stdout.on('data', (data) => {
				const found = /http:\/\/127\.0\.0\.1:(\d+)\//
				    .exec(out += data);
				if (found)
					resolve(Number(found[1]));
			});
		});
		this.port = await first(Promise.race([greeted, this.ended
		    .then((how) => {
			throw new Error('the server has ended: ' + how +
			    '\n' + err);
		})]), 'greeting of the server', 20000);
		this.ended.then((how) => {
			if (!['SIGKILL', 0].includes(how))
				this.world.complain('the server has ended: ' +
				    how + '\n' + err.slice(-2000));
		});
		this.world.proxy.target = this.port;
	}

	async kill() {
		this.kills++;
		this.child.kill('SIGKILL');
		await this.ended;
	}

	/* In order. begun: called when it has begun to end. */
	async stop(begun = () => {}) {
		this.stops++;
		this.world.log.push({ op: 'stop' });
		this.child.kill('SIGTERM');
		try {
			await first(this.ending, 'the server begins to end',
			    20000);
			begun();
			await first(this.ended, 'end of the server', 20000);
		} catch (error) {
			this.world.complain(error.message);
			await this.kill();
		}
	}
}

/* Directly at the server, whole and undisturbed. */
class Control extends Client {
	constructor(world) {
		super(world, 'end', []);
	}

	async connect() {
		this.socket = io('http://127.0.0.1:' + this.world.server.port, {
			forceNew: true, transports: ['websocket'],
			auth: { nick: 'control', rooms: [] }
		});
		await first(new Promise((resolve) =>
		    this.socket.once('welcome', resolve)), 'welcome', 20000);
	}

	async ask(event, ...args) {
		const answer = await first(new Promise((resolve) =>
		    this.socket.emit(event, ...args, resolve)), event, 20000);

		if (!answer.ok)
			throw new Error(event + ': ' + answer.code);
		return answer;
	}

	/* Says a line, which is stored then. */
	async tell(room, key, filling) {
		const text = key + ' ' + filling;

		this.log('send', { key, room, text });
		const { id } = await this.ask(EVENT, text, { room, nonce: key });
		this.acked(key, id);
	}

	/* The last line of a room. */
	async end(room) {
		await this.ask('join', { room });
		await this.tell(room, 'end.' + room, 'of it');
	}

	/* Everything that is stored of a room, oldest first. */
	async read(room) {
		const rows = [];
		let before;
		let more = true;

		while (more) {
			const page = await this.ask('history',
			    { room, before, limit: 200 });

			rows.unshift(...page.messages.map(([text, meta]) =>
			    row(text, meta)));
			more = page.more;
			if (more && page.messages.length === 0)
				throw new Error('an empty page of ' + room);
			before = more ? page.messages[0][1].id : undefined;
		}
		return rows;
	}

	close() {
		this.socket.close();
	}
}

class World {
	/*
	 * options: program, seed, rooms, clients: { kind: count }, rate: lines
	 * a second of each; of the server: args and env, more for it, before:
	 * words before it, store: where; calm: no faults of the network.
	 */
	constructor(options) {
		this.options = options;
		this.log = [];
		this.complaints = [];
		this.slow = slow;
		this.program = options.program;
		this.random = new Random(options.seed, 'clients');
		this.faults = new Random(options.seed, 'faults');
		this.rooms = Array.from({ length: options.rooms },
		    (_, i) => 'room' + i);
		this.clients = [];
		this.timers = new Set();
	}

	static async open(options) {
		const it = new World(options);

		it.dir = fs.mkdtempSync(path.join(os.tmpdir(),
		    'chat-history-'));
		it.store = options.store ||
		    path.join(it.dir, 'store', 'chat.db');
		it.proxy = await Proxy.listen(options.seed);
		it.proxy.calm = options.calm === true;
		it.server = new Server(it, options.program, ['--store',
			it.store, ...options.args || []]);
		try {
			await it.server.start();
			await it.makeRooms();
		} catch (error) {
			await it.close();
			throw error;
		}
		return it;
	}

	complain(what) {
		this.complaints.push(String(what).trimEnd());
	}

	port() {
		return this.proxy.port;
	}

	url() {
		return 'http://127.0.0.1:' + this.proxy.port;
	}

	async makeRooms() {
		await this.with(async (control) => {
			for (const room of this.rooms)
				await control.ask('join', { room });
		});
	}

	async with(act) {
		const control = new Control(this);

		try {
			await control.connect();
			return await act(control);
		} finally {
			control.close();
		}
	}

	/* Makes the clients, and lets them talk. */
	begin() {
		const { rooms } = this;
		const make = {
			websocket: (name) => new Recovering(this, name, rooms,
			    { transports: ['websocket'] }),
			polling: (name) => new Recovering(this, name, rooms,
			    { transports: ['polling'] }),
			upgrade: (name) => new Recovering(this, name, rooms,
			    {}),
			rejoin: (name) => new Rejoining(this, name, rooms,
			    { transports: ['websocket'] }),
			outbox: (name) => new Outbox(this, name, rooms,
			    path.join(this.dir, name)),
			plain: (name) => new Plain(this, name,
			    this.random.pick(rooms)),
			curl: (name) => new Curl(this, name,
			    this.random.pick(rooms))
		};

		for (const [kind, count] of
		    Object.entries(this.options.clients))
			for (let i = 0; i < count; i++)
				this.clients.push(make[kind](kind + i));
		for (const client of this.clients)
			this.talk(client);
	}

	talk(client) {
		const { random } = this;
		const mean = 1000 / this.options.rate;
		const next = () => this.every(-Math.log(1 - random.unit()) *
		    mean, () => {
			/* who can't be heard does not talk without end */
			if (client.waiting() < 50)
				client.say(random.pick(client.rooms),
				    'x'.repeat(random.skewed(0, 3000)));
			if (client.change && random.chance(0.2))
				client.change();
			next();
		});

		next();
	}

	every(ms, act) {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			act();
		}, ms);

		this.timers.add(timer);
	}

	silence() {
		for (const timer of this.timers)
			clearTimeout(timer);
		this.timers.clear();
	}

	/* The server goes and comes back; now and then in order. */
	async restart(how = this.faults.chance(0.15) ? 'stop' : 'kill') {
		await this.server[how]();
		await this.server.start();
	}

	/* A client that keeps its outbox is killed and started again. */
	async killClient() {
		const killable = this.clients.filter((one) => one.kill);

		if (killable.length > 0)
			await this.faults.pick(killable).kill();
	}

	/*
	 * Waits for it, but not for ever: what is missing then, the checker
	 * tells. An official client (4.8.4) whose WebSocket is cut in the
	 * middle of an upgrade only comes back by its ping timeout, in 45 s.
	 */
	async wait(condition, seconds = 60) {
		const end = performance.now() + seconds * 1000 * slow;

		while (!condition() && performance.now() < end)
			await sleep(20);
		return condition();
	}

	/* No more faults: everyone gets everything. */
	async settle() {
		const all = (test) => () => this.clients.every((one) =>
		    one.rooms.every((room) => test(one, room)));

		this.silence();
		this.proxy.settle();
		if (!await this.wait(all((one) => one.waiting() === 0)))
			this.complain('still waiting: ' + this.clients
			    .filter((one) => one.waiting() > 0)
			    .map((one) => one.name));
		await this.with(async (control) => {
			for (const room of this.rooms)
				await control.end(room);
		});
		await this.wait(all((one, room) => one.ended(room)));
		for (const one of this.clients)
			for (const room of one.rooms)
				this.log.push({ op: 'settled', c: one.name,
					room, changes: 'changes' in one });
	}

	/* All that is stored: { room: rows }. */
	read() {
		return this.with(async (control) => {
			const rooms = {};

			for (const room of this.rooms)
				rooms[room] = await control.read(room);
			return rooms;
		});
	}

	/* Settles, reads, and reads again after a last kill: the violations,
	 * with what else was not as it should be. */
	async verdict() {
		await this.settle();
		const rooms = await this.read();

		await this.restart('kill');
		const again = await this.read();
		const violations = this.judge(rooms);

		if (JSON.stringify(rooms) !== JSON.stringify(again))
			violations.push(...check(this.log, again).slice(0, 1),
			    { kind: 'lost', events: [], message:
			        'the rooms are not the same after a kill' });
		return violations;
	}

	/* The violations, and what else was not as it should be. */
	judge(rooms) {
		return [...check(this.log, rooms), ...this.complaints
		    .map((message) => ({ kind: 'complaint', message,
			events: [] }))];
	}

	count(op) {
		return this.log.reduce((sum, event) =>
		    sum + (event.op === op), 0);
	}

	/* What has happened, in a line. */
	summary() {
		const { strikes } = this.proxy;
		const sum = (what) => this.clients.reduce((all, one) =>
		    all + (one[what] || 0), 0);

		const acked = new Set(this.log.filter(({ op }) => op === 'ack')
		    .map(({ key }) => key));

		return this.count('send') + ' sent, ' + acked.size +
		    ' acknowledged, ' + this.count('nack') + ' put off, ' +
		    this.count('recv') + ' received, ' + this.count('did') +
		    ' changes, ' + this.server.kills + ' kills and ' +
		    this.server.stops + ' stops of the server, ' +
		    sum('kills') + ' kills of clients, ' + sum('recoveries') +
		    ' recoveries, ' + Object.entries(strikes)
		    .filter(([, count]) => count > 0)
		    .map(([fate, count]) => count + ' ' + fate).join(', ');
	}

	async close() {
		this.silence();
		for (const client of this.clients)
			await client.close();
		if (this.server.child)
			await this.server.kill();
		await this.proxy.close();
		fs.rmSync(this.dir, { recursive: true, force: true });
	}
}

/* What is wrong, for a person. */
function
report(violations, limit = 5)
{
	const lines = [];

	for (const { kind, message, events } of violations.slice(0, limit)) {
		lines.push(kind + ': ' + message);
		for (const event of events)
			lines.push('    ' + JSON.stringify(event)
			    .replace(/x{40,}/g, 'x...').slice(0, 400));
	}
	if (violations.length > limit)
		lines.push('and ' + (violations.length - limit) + ' more');
	return lines.join('\n');
}

module.exports = { World, report, sleep, slow };
