/*
 * Being exact. After connecting, each room is caught up by `join`: with the
 * newest message that was received in turn, if there is one. What is heard of
 * a room before that is done waits, and is then taken if it was not in the
 * answers. A message that does not follow the one before starts it anew.
 */

import { accept, addRoom, addressOf, at, dropRoom, hiddenRooms, isObject,
	limits, me, messagesOf, renameRoom, revise, rooms, sendRead, setMe,
	takeMembers, titleOf } from './model.js';
import { compareIds } from './dom.js';
import { emit, isOnline, isTemporary, net, retryOf, saveToken, setState,
	wait }
	from './net.js';
import { onEntered } from './moderate.js';
import { reasonOf } from './words.js';
import { tell } from './bus.js';

const PAGE = 50;		/* messages of a room on entering it */
const MISSED = 500;		/* messages missed, at once */

function takeMarker(room, a) {
	const read = typeof a.read === 'string' ? a.read : '';

	if (compareIds(read, room.read) < 0) {
		sendRead();	/* the server has an older one */
		return;
	}
	room.read = room.told = read;
	/* Nobody has missed what was said before the first visit. */
	const counts = read !== '' || room.with !== null;

	room.unread = counts && a.unread > 0 ? a.unread : 0;
	room.mentions = counts && a.mentions > 0 ? a.mentions : 0;
	if (room.unread && compareIds(room.line, read) < 0)
		room.line = read;
}

/* Returns whether all of it is here now. */
function takePage(room, a, after) {
	const list = messagesOf(a.messages);
	const newest = list.length ? list[list.length - 1].id : '';

	room.topic = String(a.topic || '');
	if (isObject(a.with))
		addRoom(room.name, a.with);
	if (after) {
		for (const m of list)
			accept(room, m, false);
		for (const { id, text, edited, deleted, reactions } of
			messagesOf(a.changed))
			revise(id, { text, edited, deleted, reactions });
	} else {
		for (const m of list)
			tell('heard', m);
		room.tail = list;
		room.more = Boolean(a.more);
		room.last = newest;
		tell('opened', room);
	}
	/* Of a direct room one is always in, whatever is still missing. */
	return !after || !newest || typeof a.last !== 'string' ||
		compareIds(newest, a.last) >= 0;
}

/* A message that was just said. */
export function onLive(room, m) {
	/* Missed something: the page asks instead of guessing. */
	const gap = room.seq > 0 && m.seq > room.seq + 1;

	if (room.synced && !gap) {
		accept(room, m, true);
		return;
	}
	room.early.push(m);
	sync(room);
}

function finishSync(room, a) {
	const early = room.early;

	room.role = String(a.role || '');
	room.slow = a.slow > 0 ? Math.floor(a.slow) : 0;
	room.private = a.private === true;
	takeMembers(room, a);
	takeMarker(room, a);
	if (Number.isInteger(a.seq))
		room.seq = a.seq;
	room.synced = room.loaded = true;
	room.early = [];
	for (const m of early)
		onLive(room, m);
	tell('synced', room);
	tell('rooms');
}

/* Joins, and fetches what was missed. Resolves to the room, or to null. */
async function catchUp(room) {
	const { epoch } = net;
	let delay = 1000;

	while (epoch === net.epoch && rooms.get(room.name) === room) {
		const after = room.last;
		const arg = { room: addressOf(room),
			limit: after ? MISSED : PAGE };

		if (after)
			arg.after = after;
		const a = await emit('join', arg);

		if (epoch !== net.epoch || rooms.get(room.name) !== room)
			break;
		if (a.ok) {
			const name = String(a.room || room.name);
			const known = name === room.name ? room :
				renameRoom(room, name);

			if (known !== room)
				return sync(known);
			if (takePage(room, a, after) && a.joined !== false) {
				finishSync(room, a);
				return room;
			}
		} else if (a.code === 'offline') {
			break;
		} else if (isTemporary(a) || a.code === 'no-answer') {
			await wait(retryOf(a, delay));
			delay = Math.min(2 * delay, 10000);
		} else {
			tell('notice', `${titleOf(room)}: ${reasonOf(a)}`);
			dropRoom(room);
		}
	}
	return null;
}

/* One at a time for a room; of an older connection they end by themselves. */
export function sync(room) {
	const { epoch } = net;

	room.synced = false;
	if (room.syncing !== epoch) {
		room.syncing = epoch;
		room.promise = catchUp(room).finally(() => {
			if (room.syncing === epoch)
				room.syncing = 0;
		});
	}
	return room.promise;
}

export async function leave(room) {
	if (!room.with) {
		const a = await emit('leave', { room: room.name });

		if (!a.ok && a.code !== 'offline') {
			tell('notice', reasonOf(a));
			return;
		}
	}
	dropRoom(room);
}

/* Direct rooms that nobody has looked at yet wait until somebody does. */
function isWanted(room) {
	return !room.synced && (room === at.room || !room.with ||
		room.last !== '' || room.early.length > 0);
}

/* The counts of the rooms that were not asked for. */
async function count() {
	const a = await emit('rooms', {});

	for (const known of a.ok && Array.isArray(a.rooms) ? a.rooms : []) {
		const room = isObject(known) && rooms.get(known.room);

		if (room && !room.synced)
			takeMarker(room, known);
	}
	tell('rooms');
}

/* After connecting: what was missed, of the room that is shown first. */
async function catchUpAll() {
	const { epoch } = net;
	const list = [...rooms.values()].filter(isWanted)
		.sort((a, b) => (b === at.room) - (a === at.room));
	const done = list.map(sync);

	await done[0];
	if (epoch !== net.epoch || !isOnline())
		return;
	setState('connected');
	await Promise.all(done);
	if (epoch === net.epoch && isOnline())
		count();
}

export function onConnect(recovered) {
	if (recovered) {
		catchUpAll();
		return;
	}
	for (const room of rooms.values()) {
		room.synced = false;
		room.early = [];
	}
}

/* The direct rooms of this person, and of nobody one was before. */
function takeDirect(list) {
	const hidden = hiddenRooms();

	for (const room of [...rooms.values()])
		if (room.with &&
		    !room.name.slice(1).split(',').includes(me.from))
			dropRoom(room);
	for (const known of Array.isArray(list) ? list : []) {
		if (!isObject(known) || !isObject(known.with) || !known.last)
			continue;
		const name = String(known.room), last = String(known.last);

		if (compareIds(String(hidden[name] || ''), last) < 0)
			addRoom(name, known.with);
	}
}

export function onWelcome(w) {
	if (!isObject(w))
		return;
	if (isObject(w.limits))
		Object.assign(limits, w.limits);
	me.registered = Boolean(w.registered);
	me.operator = w.operator === true;
	setMe(String(w.nick || ''), String(w.from || ''));
	if (typeof w.token === 'string')
		saveToken(w.token, me.registered);
	takeDirect(w.rooms);
	onConnect(false);
	if (me.away !== null)
		emit('away', { text: me.away });
	catchUpAll();
	onEntered();
}
