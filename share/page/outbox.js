/*
 * What was said and is not known to be stored. It is kept over a reload, sent
 * in order on every connection, and again when the server could not store it,
 * always under its nonce: it is stored once.
 */

import { $, announce, loadJson, newNonce, save } from './dom.js';
import { acceptOwn, addressOf, at, me, messageOf, rooms } from './model.js';
import { emit, isOnline, isTemporary, net, retryOf } from './net.js';
import { on, tell } from './bus.js';
import { follows, pendingRow } from './row.js';
import { reasonOf, t } from './words.js';

const EVENT = 'nuevo mensaje';
const TRIES = 8;		/* without an answer */
const HEAR_MS = 2000;		/* from the answer to the message itself */
const AGAIN_MS = 1000;		/* after a refusal for now, then twice that, */
const AGAIN_MAX_MS = 10000;	/* and so on up to this */

const box = $('outbox');
let outbox = [];		/* { nonce, room, text, reply, … }, in order */
let flying = 0;			/* sent, and not answered */
let paused = 0;			/* timer: none is sent before */
let delay = AGAIN_MS;
let held = '';			/* what to tell about that */
const slow = new Map();		/* rooms in slow mode: timers */

/* What still has to be sent. */
export function waiting() {
	return outbox.filter(e => !e.acked && !e.reason).length;
}

/* Why nothing is sent for now, or ''. */
export function heldUp() {
	return paused ? held : slow.size ? t.slowUp : '';
}

/* Rooms with something that was refused. */
export function hasFailed(room) {
	return outbox.some(e => e.reason && e.room === room.name);
}

function saveOutbox() {
	const list = outbox.filter(e => !e.acked)
		.map(({ nonce, room, text, reply, time, reason }) =>
			({ nonce, room, text, reply, time, reason }));

	save('sessionStorage', 'chat.outbox',
		list.length ? JSON.stringify(list) : '');
	tell('outbox');
}

function shown(e) {
	return at.room !== null && e.room === at.room.name;
}

/* ---- Drawing ---- */

function draw(e) {
	const row = shown(e) ? pendingRow(e, () => retry(e), () => {
		drop(e);
		$('field').focus();
	}) : null;

	if (e.row && row)
		e.row.replaceWith(row);
	else if (e.row)
		e.row.remove();
	else if (row)
		box.append(row);
	e.row = row;
}

/* The first goes on under the heading of what stands above it, too, so that
 * nothing moves when it is stored. */
function group() {
	const { tail } = at.room || { tail: [] };
	let before = tail[tail.length - 1];

	for (const e of outbox) {
		const m = { from: me.from, nick: me.nick, time: Date.now(),
			reply: e.reply };

		if (!e.row)
			continue;
		e.row.classList.toggle('cont',
			before !== undefined && follows(before, m));
		before = m;
	}
}

/* All of the room that is shown. */
function drawAll() {
	box.replaceChildren();
	for (const e of outbox) {
		e.row = null;
		draw(e);
	}
	group();
}

/* ---- Entries ---- */

function drop(e) {
	outbox = outbox.filter(other => other !== e);
	clearTimeout(e.timer);
	if (e.row)
		e.row.remove();
	group();
	saveOutbox();
}

function add(e) {
	outbox.push({ ...e, tries: 0, epoch: 0, acked: false, flying: false,
		row: null });
	draw(outbox[outbox.length - 1]);
	group();
}

/* A retried message is a new one in the order: it goes to the end. */
function retry(e) {
	drop(e);
	add({ ...e, time: Date.now(), reason: undefined });
	saveOutbox();
	flush();
	$('field').focus();
}

function fail(e, reason) {
	e.reason = reason;
	draw(e);
	group();
	saveOutbox();
	announce(`${t.failed}: ${reason}`);
}

/* e is stored under id; the message itself was not heard. */
function settle(e, id) {
	if (!outbox.includes(e))
		return;
	drop(e);
	const m = messageOf(e.text, { id, room: e.room, from: me.from,
		nick: me.nick, reply: e.reply });

	if (m)
		acceptOwn(m);
}

/* ---- Sending ---- */

/* Nothing is sent until all that is under way is answered, so that nothing
 * overtakes what was refused. */
function pause(a) {
	if (paused)
		return;
	held = a.code === 'rate' ? t.tooFast : t.holdUp;
	const resume = () => {
		if (flying > 0) {
			paused = setTimeout(resume, AGAIN_MS);
			return;
		}
		paused = 0;
		tell('outbox');
		flush();
	};

	paused = setTimeout(resume, retryOf(a, delay));
	delay = Math.min(2 * delay, AGAIN_MAX_MS);
	tell('outbox');
}

/* One may speak in that room again when the server says; what is for others
 * does not wait for it. */
function holdRoom(name, a) {
	clearTimeout(slow.get(name));
	slow.set(name, setTimeout(() => {
		slow.delete(name);
		tell('outbox');
		flush();
	}, retryOf(a, AGAIN_MS)));
	tell('outbox');
}

/* In slow mode one at a time, so that none overtakes one that was refused. */
function isSlow(e) {
	const room = rooms.get(e.room);

	return slow.has(e.room) || (room && room.slow > 0 &&
		outbox.some(o => o.room === e.room && o.flying));
}

async function send(e) {
	const { epoch } = net;
	const room = rooms.get(e.room);
	const meta = { room: room ? addressOf(room) : e.room, nonce: e.nonce };

	if (e.reply)
		meta.reply = e.reply.id;
	e.epoch = epoch;
	e.tries++;
	flying++;
	e.flying = true;
	const a = await emit(EVENT, e.text, meta);

	e.flying = false;
	if (epoch === net.epoch)
		flying--;
	if (!outbox.includes(e) || e.acked)
		return;
	if (a.ok) {
		e.acked = true;
		delay = AGAIN_MS;
		e.timer = setTimeout(settle, a.duplicate ? 0 : HEAR_MS, e,
			String(a.id));
		saveOutbox();
		flush();
	} else if (e.epoch !== epoch) {
		return;		/* sent again on another connection */
	} else if (a.code === 'slow-mode') {
		e.epoch = e.tries = 0;
		holdRoom(e.room, a);
	} else if (isTemporary(a)) {
		e.epoch = e.tries = 0;
		pause(a);
	} else if (a.code === 'no-answer' || a.code === 'offline') {
		e.epoch = 0;
		flush();
	} else {
		fail(e, reasonOf(a));
	}
}

/* A room that is not caught up is not joined: its messages wait. */
function canGo(e) {
	const room = rooms.get(e.room);

	return !room || room.synced || (room.with !== null && !room.syncing);
}

/* Sends, in order, what has not been sent on this connection. */
export function flush() {
	if (!isOnline() || !me.from || paused)
		return;
	for (const e of [...outbox]) {
		if (e.reason || e.acked || e.epoch === net.epoch || !canGo(e) ||
		    isSlow(e))
			continue;
		if (e.tries >= TRIES)
			fail(e, t.noAnswer);
		else
			send(e);
	}
}

/* Says text in the room that is shown. */
export function say(text, reply) {
	add({ nonce: newNonce(), room: at.room.name, text, reply,
		time: Date.now() });
	saveOutbox();
	flush();
}

/* A new connection begins with the oldest. */
export function restart() {
	clearTimeout(paused);
	for (const timer of slow.values())
		clearTimeout(timer);
	slow.clear();
	paused = flying = 0;
	delay = AGAIN_MS;
}

export function restore() {
	const list = loadJson('sessionStorage', 'chat.outbox');

	for (const e of Array.isArray(list) ? list : []) {
		if (e && typeof e.text === 'string' &&
		    typeof e.nonce === 'string')
			add({ nonce: e.nonce, text: e.text,
				room: String(e.room || 'lobby'),
				reply: e.reply || null, time: Number(e.time),
				reason: e.reason });
	}
}

on('heard', m => {
	const e = m.nonce && outbox.find(o => o.nonce === m.nonce);

	if (e)
		drop(e);
});
on('renamed', (was, name) => {
	for (const e of outbox)
		if (e.room === was)
			e.room = name;
	saveOutbox();
});
on('message', group);
on('synced', flush);
on('shown', drawAll);
on('me', drawAll);
