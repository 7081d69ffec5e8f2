'use strict';
/*
 * The history checker: did the server keep its promise? It compares what
 * clients did and saw, one log in the order of real time, with what the rooms
 * hold in the end. Pure; O(n log n), since ids are the order that everything
 * else has to agree with.
 *
 * check(log, rooms): the violations, [] if there are none, each
 * { kind, message, events }, where events are those of the log that show it.
 *
 * rooms: { name: rows, oldest first }; a row is what row() makes of TEXT and
 * META. Each text sent begins with a word of its own, its key; edits keep it.
 *
 * The log, with c for the client:
 *
 *	send     c key room text     on its way from now on
 *	kept     c key               the client says that it can't be lost
 *	ack      c key id            the server says that it is stored
 *	nack     c key               ... that it could not be, just now
 *	refused  c key               ... that it will not be
 *	gave-up  c key               will not be sent again; may be on its way
 *	start    c room seq? own?    from now on c hears the room without gaps,
 *	                             behind seq if it is known; own: false if
 *	                             it does not hear itself
 *	recv     c room id? seq? text ...  a row; without an id if only the text
 *	                             is known
 *	mark     c room seq          c was told that it has everything up to seq
 *	heard    c id type ...       edited (text), deleted, reaction (reactions)
 *	change   c n type id ...     edit (text), delete, react (emoji, on, nick)
 *	did      c n                 the server says that it is done
 *	stop                         the server was asked to end
 *	closed   c room              the server has closed c's connection in order
 *	status   c ...               what a client tells of itself; not checked
 *	settled  c room changes?     c should have everything; changes: also what
 *	                             was changed
 */

/* What can be wrong. */
const kinds = {
	lost: 'acknowledged, and not in the log',
	'typed-lost': 'kept by its client, and not in the log in the end',
	doubled: 'stored twice',
	'reused-id': 'one id, two messages',
	'wrong-id': 'acknowledged with an id that is not its own',
	'seq-gap': 'the seqs of a room are not 1, 2, 3 ...',
	'id-order': 'ids do not grow with the seqs',
	gap: 'a receiver has missed something',
	repeated: 'a receiver got something twice',
	disorder: 'a receiver got something in another order',
	behind: 'a receiver has not got the end',
	'cut-short': 'closed in order, but before the end',
	fifo: 'the order of a sender was not kept',
	'real-time': 'older than what was acknowledged before it was sent',
	phantom: 'in the log or heard, and nobody has sent or stored it',
	altered: 'not as it was sent',
	refused: 'refused for good, and stored',
	'change-lost': 'a change was acknowledged, and is not there',
	diverged: 'a receiver sees another state than the log'
};

/* Of TEXT and META. */
function
row(text, meta)
{
	return { room: meta.room, id: meta.id, seq: meta.seq, from: meta.from,
		nonce: meta.nonce, text, deleted: !!meta.deleted,
		changed: meta.changed || '',
		reactions: reactionsOf(meta.reactions) };
}

/* One form of {"emoji":[nicks]}, whatever the order. */
function
reactionsOf(reactions)
{
	return Object.entries(reactions || {})
	    .filter(([, nicks]) => nicks.length > 0)
	    .map(([emoji, nicks]) => emoji + ':' + [...nicks].sort().join())
	    .sort().join(' ');
}

function
parts(id)
{
	const found = /^(\d+)-(\d+)$/.exec(id);

	return found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
}

function
compareIds(a, b)
{
	const [x, y] = [parts(a), parts(b)];

	return x[0] - y[0] || x[1] - y[1];
}

function
firstWord(text)
{
	return String(text).split(' ', 1)[0];
}

class Checker {
	constructor(log, rooms) {
		this.log = log;
		this.rooms = rooms;
		this.violations = [];
		this.sends = new Map();   /* key -> what is known of it */
		this.byId = new Map();    /* id -> row, its rank in it */
		this.byKey = new Map();   /* key -> row */
		this.streams = new Map(); /* c + room -> what c has heard */
		this.changes = new Map(); /* c + n -> change */
	}

	fail(kind, message, ...events) {
		if (!(kind in kinds))
			throw new Error('no such kind: ' + kind);
		this.violations.push({ kind, message,
			events: events.filter((event) => event) });
	}

	run() {
		this.readSends();
		this.readRooms();
		this.readLog();
		this.checkSends();
		this.checkOrder();
		this.checkChanges();
		return this.violations;
	}

	/* What was sent, and which texts it may have had when. */
	readSends() {
		for (const event of this.log) {
			const { op, key } = event;

			if (op === 'send')
				this.sends.set(key, { event, key,
					texts: new Set([event.text]),
					changes: [] });
			else if (op === 'change')
				this.changes.set(event.c + '/' + event.n,
				    { event, done: null });
			else if (op === 'did')
				this.changes.get(event.c + '/' + event.n)
				    .done = event;
		}
	}

	keyOf(one) {
		return one.nonce !== undefined && this.sends.has(one.nonce) ?
		    one.nonce : firstWord(one.text);
	}

	/* The rooms in themselves. */
	readRooms() {
		const all = [];

		for (const [name, rows] of Object.entries(this.rooms)) {
			let last = null;

			for (const one of rows) {
				const next = last ? last.seq + 1 : 1;

				if (one.seq !== next)
					this.fail('seq-gap', name + ': seq ' +
					    one.seq + ' where ' + next +
					    ' should be', last, one);
				if (last && !(compareIds(last.id, one.id) < 0))
					this.fail('id-order', name + ': ' +
					    last.id + ' before ' + one.id,
					    last, one);
				last = one;
				all.push(one);
			}
		}
		all.sort((a, b) => compareIds(a.id, b.id));
		all.forEach((one, rank) => this.readRow(one, rank));
		this.readEdits();
	}

	readRow(one, rank) {
		const same = this.byId.get(one.id);
		const key = this.keyOf(one);
		const send = this.sends.get(key);

		if (same) {
			this.fail('reused-id', one.id + ' is there twice', same,
			    one);
			return;
		}
		one = { ...one, rank, key };
		this.byId.set(one.id, one);
		if (!send) {
			this.fail('phantom', one.id + ': nobody has sent it',
			    one);
			return;
		}
		if (this.byKey.has(key)) {
			this.fail('doubled', key + ' is stored twice',
			    send.event, this.byKey.get(key), one);
			return;
		}
		this.byKey.set(key, one);
		if (one.room !== send.event.room)
			this.fail('altered', key + ' is in another room',
			    send.event, one);
	}

	readEdits() {
		for (const change of this.changes.values()) {
			const { event } = change;
			const one = this.byId.get(event.id);
			const send = one && this.sends.get(one.key);

			if (!send)
				continue;
			send.changes.push(change);
			if (event.type === 'edit')
				send.texts.add(event.text);
		}
		for (const one of this.byKey.values()) {
			const send = this.sends.get(one.key);

			if (!one.deleted && !send.texts.has(one.text))
				this.fail('altered', one.key +
				    ' is not as it was sent', send.event, one);
		}
	}

	/* ---- what was seen, in order ---- */

	readLog() {
		let acked = null; /* the newest row acknowledged so far */
		let stopped = new Map(); /* room -> the same, at the stop */
		const newest = new Map();

		for (const event of this.log) {
			const { op } = event;
			const send = this.sends.get(event.key);

			if (op === 'send') {
				send.floor = acked;
			} else if (op === 'ack') {
				const one = this.readAck(event, send);

				if (one && (!acked || one.rank > acked.rank))
					acked = one;
				if (one && !(newest.get(one.room) &&
				    newest.get(one.room).rank > one.rank))
					newest.set(one.room, one);
			} else if (op === 'stop') {
				stopped = new Map(newest);
			} else if (op === 'closed') {
				this.readClosed(event,
				    stopped.get(event.room));
			} else if (send) {
				send[op] = event;
			} else {
				this.readStream(event);
			}
		}
	}

	readAck(event, send) {
		const one = this.byId.get(event.id);

		if (!send)
			throw new Error('ack of what was not sent: ' +
			    event.key);
		if (send.ack && send.ack.id !== event.id)
			this.fail('wrong-id', event.key +
			    ' was acknowledged with two ids', send.event,
			    send.ack, event);
		send.ack = send.ack || event;
		return one;
	}

	readStream(event) {
		const name = event.c + ' ' + event.room;

		if (event.op === 'start') {
			this.streams.set(name, { own: event.own !== false,
				last: event.seq ?? null, event, seen: new Map() });
			return;
		}
		if (event.op === 'heard') {
			this.readHeard(event);
			return;
		}
		const stream = this.streams.get(name);
		if (!stream) {
			if (event.op === 'recv')
				this.fail('disorder', event.c +
				    ' hears a room that it is not in', event);
			return;
		}
		if (event.op === 'recv')
			this.readRecv(event, stream);
		else if (event.op === 'mark' && stream.last !== event.seq)
			this.fail(stream.last < event.seq ? 'gap' : 'repeated',
			    event.c + ' has ' + stream.last + ' of ' +
			    event.room + ', not ' + event.seq, stream.event,
			    event);
		else if (event.op === 'settled')
			this.readSettled(event, stream);
	}

	/* The row that was received. */
	rowOf(event) {
		const key = this.keyOf(event);

		if (event.id === undefined) {
			const one = this.byKey.get(key);

			if (!one)
				this.fail('phantom', event.c + ' has heard ' +
				    key + ', which is not stored', event);
			return one;
		}
		const one = this.byId.get(event.id);
		if (!one) {
			this.fail('phantom', event.c + ' has heard ' +
			    event.id + ', which is not stored', event);
			return null;
		}
		if (!event.deleted && one.key !== key) {
			this.fail('reused-id', event.c + ' has heard ' + key +
			    ' as ' + event.id, event, one);
			return null;
		}
		for (const what of ['room', 'seq', 'from'])
			if (event[what] !== undefined &&
			    event[what] !== one[what])
				this.fail('altered', event.id +
				    ' has another ' + what, event, one);
		return one;
	}

	readRecv(event, stream) {
		const one = this.rowOf(event);

		if (!one) {
			stream.last = event.seq ?? stream.last;
			return;
		}
		const send = this.sends.get(one.key);
		if (send && !event.deleted && !send.texts.has(event.text))
			this.fail('altered', one.key +
			    ' is not as it was sent', send.event, event);
		if (stream.last !== null && one.seq <= stream.last)
			this.fail(stream.seen.has(one.id) ? 'repeated' :
			    'disorder', event.c + ' got ' + one.room + ' ' +
			    one.seq + ' behind ' + stream.last,
			    stream.seen.get(one.id), event);
		else if (stream.last !== null && !this.isGapOf(stream, one,
		    event.c))
			this.fail('gap', event.c + ' got ' + one.room + ' ' +
			    one.seq + ' next to ' + stream.last, stream.event,
			    stream.newest, event);
		stream.last = Math.max(stream.last ?? 0, one.seq);
		stream.newest = event;
		stream.seen.set(one.id, { ...event });
	}

	/* Nothing is between, or only what c does not hear. */
	isGapOf(stream, one, c) {
		const rows = this.rooms[one.room];

		for (let seq = stream.last + 1; seq < one.seq; seq++) {
			const between = rows[seq - 1];
			const send = between &&
			    this.sends.get(this.keyOf(between));

			if (stream.own || !send || send.event.c !== c)
				return false;
		}
		return true;
	}

	readHeard(event) {
		const one = this.byId.get(event.id);
		const stream = one &&
		    this.streams.get(event.c + ' ' + one.room);
		const seen = stream && stream.seen.get(event.id);

		if (!one) {
			this.fail('phantom', event.c + ' has heard of ' +
			    event.id + ', which is not stored', event);
			return;
		}
		if (!seen)
			return;
		if (event.type === 'edited') {
			seen.text = event.text;
		} else if (event.type === 'deleted') {
			seen.deleted = true;
			seen.text = '';
			seen.reactions = '';
		} else {
			seen.reactions = event.reactions;
		}
		seen.heard = event;
	}

	readClosed(event, newest) {
		const stream = this.streams.get(event.c + ' ' + event.room);

		if (stream && newest && (stream.last ?? Infinity) < newest.seq)
			this.fail('cut-short', event.c + ' was closed behind ' +
			    stream.last + ' of ' + event.room + '; ' +
			    newest.seq + ' was acknowledged', stream.newest,
			    newest, event);
	}

	readSettled(event, stream) {
		const rows = this.rooms[event.room] || [];
		const end = rows.at(-1);

		if (end && stream.last !== end.seq && !(stream.last !== null &&
		    this.isGapOf(stream, { ...end, seq: end.seq + 1 },
		    event.c)))
			this.fail('behind', event.c + ' has ' + stream.last +
			    ' of ' + event.room + ', which ends with ' +
			    end.seq, stream.event, stream.newest, end);
		if (!event.changes)
			return;
		for (const [id, seen] of stream.seen) {
			const one = this.byId.get(id);

			for (const what of ['deleted', 'text', 'reactions'])
				if (seen[what] !== one[what]) {
					this.fail('diverged', event.c +
					    ' sees another ' + what + ' of ' +
					    id, seen, one);
					break;
				}
		}
	}

	/* ---- what became of what was sent ---- */

	checkSends() {
		for (const { key, event, ack, kept, refused } of
		    this.sends.values()) {
			const one = this.byKey.get(key);

			if (ack && !one) {
				const other = this.byId.get(ack.id);

				this.fail('lost', key + ' was acknowledged as ' +
				    ack.id + (other ? ', which is another now' :
				    ', and is gone'), event, ack, other);
			} else if (ack && one.id !== ack.id) {
				this.fail('wrong-id', key +
				    ' was acknowledged as ' + ack.id, event,
				    ack, one);
			}
			if (refused && one && !ack)
				this.fail('refused', key + ' is stored', event,
				    refused, one);
			if (kept && !one && !refused && !ack)
				this.fail('typed-lost', key + ' was kept by ' +
				    event.c, event, kept);
		}
	}

	checkOrder() {
		const last = new Map(); /* c -> row, the newest of c's */

		for (const send of this.sends.values()) {
			const one = this.byKey.get(send.key);
			const { event, floor } = send;

			if (!one)
				continue;
			if (floor && one.rank < floor.rank)
				this.fail('real-time', send.key + ' is ' +
				    one.id + '; ' + floor.id +
				    ' was acknowledged before it was sent',
				    event, floor, one);
			if (send['gave-up'])
				continue;
			const before = last.get(event.c);
			if (before && one.rank < before.rank)
				this.fail('fifo', event.c + ' sent ' + send.key +
				    ' behind ' + before.key, before, event,
				    one);
			else
				last.set(event.c, one);
		}
	}

	/*
	 * One client changes one thing of a message, one change at a time. So
	 * the last that was acknowledged holds, or one that was not: that may
	 * have come at any time.
	 */
	checkChanges() {
		for (const { key, changes } of this.sends.values()) {
			const one = this.byKey.get(key);
			const edits = changes.filter(({ event }) =>
			    event.type === 'edit');
			const deletes = changes.filter(({ event }) =>
			    event.type === 'delete');

			if (!one)
				continue;
			const gone = deletes.find(({ done }) => done);
			if (gone && !one.deleted)
				this.fail('change-lost', key +
				    ' was deleted, and is there', gone.event,
				    gone.done, one);
			if (one.deleted && deletes.length === 0)
				this.fail('altered', key +
				    ' is deleted; nobody has done that', one);
			if (one.deleted)
				continue;
			const edit = edits.findLast(({ done }) => done);
			if (edit && edit.event.text !== one.text &&
			    !edits.some(({ done, event }) => !done &&
			        event.text === one.text))
				this.fail('change-lost', key +
				    ' has another text', edit.event, edit.done,
				    one);
			this.checkReactions(one, changes.filter(({ event }) =>
			    event.type === 'react'));
		}
	}

	checkReactions(one, reacts) {
		const byWho = new Map();

		for (const react of reacts) {
			const { c, emoji } = react.event;
			const name = c + ' ' + emoji;

			byWho.set(name, [...byWho.get(name) || [], react]);
		}
		for (const all of byWho.values()) {
			const last = all.findLast(({ done }) => done);

			if (!last)
				continue;
			const { emoji, nick, on } = last.event;
			const there = one.reactions.split(' ').some((part) => {
				const [which, nicks] = part.split(':');
				return which === emoji &&
				    nicks.split(',').includes(nick);
			});
			if (there !== on && !all.some(({ done, event }) =>
			    !done && event.on === there))
				this.fail('change-lost', one.key + ': ' + emoji +
				    ' of ' + nick, last.event, last.done, one);
		}
	}
}

function
check(log, rooms)
{
	return new Checker(log, rooms).run();
}

module.exports = { check, compareIds, kinds, reactionsOf, row };
