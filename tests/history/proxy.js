'use strict';
/*
 * A TCP proxy that does to connections what networks do. Each gets its fate,
 * drawn from a seed, when it is made:
 *
 *	clean     nothing happens to it
 *	slow      each piece is late by some milliseconds
 *	drip      a few bytes at a time
 *	freeze    after so many bytes all stands still for a while
 *	cut       after so many bytes, in the middle of a frame, it ends
 *	reset     the same, with a reset
 *	half-open after so many bytes nothing passes any more, either way, and
 *	          nobody is told before a while has passed
 *
 * Its port stays while servers come and go behind it.
 */
const net = require('node:net');
const { Random } = require('./random');

const fates = { clean: 35, slow: 20, drip: 7, freeze: 8, cut: 12, reset: 12,
	'half-open': 6 };

/* One direction of a connection: in order, each piece at its time. */
class Lane {
	constructor(link, from, to) {
		this.link = link;
		this.to = to;
		this.pieces = [];
		this.timer = null;
		from.on('data', (data) => this.take(data));
		from.on('end', () => this.push(null, 0));
	}

	take(data) {
		const { link } = this;

		while (data.length > 0 && link.open) {
			const most = Math.min(link.left, link.piece());
			const part = data.subarray(0, most);

			data = data.subarray(part.length);
			link.left -= part.length;
			if (!link.silent)
				this.push(part, link.delay());
			if (link.left === 0)
				link.strike(this);
		}
	}

	/* null: the end. */
	push(part, delay) {
		const last = this.pieces.at(-1);
		const due = Math.max(performance.now() + delay,
		    last ? last.due : 0);

		this.pieces.push({ part, due });
		this.flush();
	}

	flush() {
		clearTimeout(this.timer);
		this.timer = null;
		while (this.pieces.length > 0 && this.link.open) {
			const now = performance.now();
			const { part, due } = this.pieces[0];
			const late = Math.max(due, this.link.frozen) - now;

			if (late > 0) {
				this.timer = setTimeout(() => this.flush(),
				    Math.ceil(late));
				return;
			}
			this.pieces.shift();
			if (part)
				this.to.write(part);
			else
				this.to.end();
		}
	}
}

class Link {
	constructor(proxy, near, far, fate) {
		const { random } = proxy;

		this.proxy = proxy;
		this.near = near;
		this.far = far;
		this.fate = fate;
		this.open = true;
		this.silent = false;
		this.frozen = 0; /* nothing passes before */
		this.timer = null;
		/* bytes until it strikes */
		this.left = ['freeze', 'cut', 'reset', 'half-open']
		    .includes(fate) ? random.skewed(1, 30000) : Infinity;
		this.lanes = [new Lane(this, near, far),
			new Lane(this, far, near)];
		for (const socket of [near, far]) {
			socket.setNoDelay(true);
			socket.on('error', () => this.drop());
			socket.on('close', () => this.drop());
		}
	}

	piece() {
		return this.fate === 'drip' ?
		    this.proxy.random.between(1, 40) : Infinity;
	}

	delay() {
		const { random } = this.proxy;

		return this.fate === 'slow' ? random.skewed(0, 40) :
		    this.fate === 'drip' ? random.chance(0.1) : 0;
	}

	/* So many bytes have passed; these are the last before. */
	strike(lane) {
		const { random } = this.proxy;

		this.proxy.strikes[this.fate]++;
		this.left = Infinity;
		if (this.fate === 'freeze') {
			this.frozen = performance.now() +
			    random.skewed(50, 2000);
			this.left = random.between(1, 100000);
		} else if (this.fate === 'half-open') {
			this.reset(random.between(100, 5000));
		} else if (this.fate === 'reset') {
			this.reset(20);
		} else {
			lane.to.end();
			this.silent = true;
			/* what was written before leaves first */
			setImmediate(() => this.drop());
		}
	}

	/*
	 * Nothing is read any more: a socket that is closed with something
	 * unread is reset by the system. (resetAndDestroy() of Node 20 now and
	 * then leaves a handle that never closes, and the process with it.)
	 */
	reset(ms) {
		this.silent = true;
		this.near.pause();
		this.far.pause();
		this.timer = setTimeout(() => this.drop('destroy'), ms);
	}

	drop(how = 'destroySoon') {
		if (!this.open)
			return;
		this.open = false;
		this.proxy.links.delete(this);
		for (const { timer } of [this, ...this.lanes])
			clearTimeout(timer);
		/* the end of one side is that of the other, behind all that
		 * was written */
		this.near[how]();
		this.far[how]();
	}
}

class Proxy {
	/* Listens; target: the port behind it, set before who connects. */
	static async listen(seed) {
		const it = new Proxy();

		it.random = new Random(seed, 'proxy');
		it.links = new Set();
		it.strikes = Object.fromEntries(Object.keys(fates)
		    .map((fate) => [fate, 0]));
		it.target = 0;
		it.calm = false;
		it.server = net.createServer({ allowHalfOpen: true },
		    (near) => it.connect(near));
		await new Promise((resolve, reject) => {
			it.server.on('error', reject);
			it.server.listen(0, '127.0.0.1', resolve);
		});
		it.port = it.server.address().port;
		return it;
	}

	connect(near) {
		const fate = this.random.weighted(fates);
		const far = net.connect({ port: this.target,
			host: '127.0.0.1', allowHalfOpen: true });

		this.links.add(new Link(this, near, far,
		    this.calm ? 'clean' : fate));
	}

	/* No more faults: those under way are over, with their connections. */
	settle() {
		this.calm = true;
		for (const link of [...this.links])
			if (link.fate !== 'clean')
				link.drop();
	}

	close() {
		for (const link of [...this.links])
			link.drop();
		return new Promise((resolve) => this.server.close(resolve));
	}
}

module.exports = { Proxy, fates };
