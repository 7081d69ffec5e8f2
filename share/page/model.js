/*
 * What the page knows: who one is, the rooms one is in with their newest
 * messages, and what was read. Nothing here draws.
 *
 * A room's `tail` is its newest messages, in order and without a gap; `last`
 * is the newest that was received in turn, the cursor for catching up.
 */

import { asText, compareIds, load, loadJson, save, search, timeOf }
	from './dom.js';
import { emit } from './net.js';
import { tell } from './bus.js';

const TAIL = 100;		/* messages kept of a room, */
const SLACK = 50;		/* given up in lots of this size */
const READ_MS = 300;

export const me = { nick: '', from: '', registered: false, operator: false,
	away: null };
export const limits = { message: 65536, nick: 32, room: 64 };
export const rooms = new Map();	/* by name, those one is in */
export const at = { room: null };	/* the room that is shown */

export function isDirect(name) {
	return name.startsWith('@');
}

/* How a room is called by a person. */
export function titleOf(room) {
	return room.with ? room.with.nick : room.name;
}

/* How a room is called to the server. One of two people is there from their
 * first message on; until then it is known by the nick of the other. */
export function addressOf(room) {
	return room.with && !room.last ? `@${room.with.nick}` : room.name;
}

export function sameNick(a, b) {
	return a.normalize('NFKC').toLowerCase() ===
		b.normalize('NFKC').toLowerCase();
}

export function isOwn(m) {
	return m.from === me.from && m.from !== '';
}

/* Whether text speaks to nick: has it as a whole word, with @ or without, and
 * not in code or a link. The server counts; this is for what comes live. */
export function mentions(text, nick) {
	const fold = s => s.normalize('NFKC').toLowerCase();
	const all = fold(text.replace(/`[^`]*`|https?:\S+/gi, ' '));
	const word = fold(nick);

	for (let i = all.indexOf(word); word && i >= 0;
		i = all.indexOf(word, i + 1))
		if (!/[\p{L}\p{N}_]$/u.test(all.slice(Math.max(0, i - 2), i)) &&
		    !/^-?[\p{L}\p{N}_]/u.test(
			all.slice(i + word.length, i + word.length + 3)))
			return true;
	return false;
}

export function isObject(value) {
	return value !== null && typeof value === 'object';
}

/* The message that [TEXT, META] tells of, or null. */
export function messageOf(value, meta) {
	if (!isObject(meta) || !/^\d+-\d+$/.test(meta.id) ||
	    typeof meta.room !== 'string')
		return null;
	const m = { id: meta.id, seq: 0, room: meta.room, from: '', nick: '',
		nonce: meta.nonce, text: asText(value), time: timeOf(meta.id),
		reply: null, edited: null, deleted: null, reactions: null };

	m.day = new Date(m.time).toDateString();
	if (Number.isInteger(meta.seq))
		m.seq = meta.seq;
	if (typeof meta.nick === 'string')
		m.nick = meta.nick;
	m.from = String(meta.from || '');
	m.to = isObject(meta.to) ? meta.to : null;
	for (const key of ['reply', 'edited', 'deleted', 'reactions'])
		if (isObject(meta[key]))
			m[key] = meta[key];
	return m;
}

/* The messages of a page, [[TEXT, META], …]. */
export function messagesOf(page) {
	return (Array.isArray(page) ? page : [])
		.map(entry => Array.isArray(entry) ?
			messageOf(entry[0], entry[1]) : null)
		.filter(m => m !== null);
}

/* ---- Rooms ---- */

function newRoom(name) {
	return { name, with: null, topic: '', members: new Map(), count: 0,
		tail: [], more: false, last: '', seq: 0, loaded: false,
		read: '', told: '', unread: 0, mentions: 0, line: '',
		synced: false, syncing: 0, promise: null, early: [],
		typing: new Map(), role: '', slow: 0, private: false };
}

/* Direct rooms come by themselves. */
function saveRooms() {
	const names = [...rooms.keys()].filter(name => !isDirect(name));

	save('localStorage', 'chat.rooms', JSON.stringify(names));
}

function savedRooms() {
	const names = loadJson('localStorage', 'chat.rooms');

	return Array.isArray(names) ? names.filter(name =>
		typeof name === 'string' && name && !isDirect(name)) : [];
}

/* By its name, or by @NICK. */
export function findRoom(name) {
	if (rooms.has(name))
		return rooms.get(name);
	for (const room of rooms.values())
		if (sameNick(room.with ? `@${room.with.nick}` : room.name, name))
			return room;
	return null;
}

/* The room of that name, wanted from now on. */
export function addRoom(name, peer) {
	let room = rooms.get(name);

	if (!room) {
		room = newRoom(name);
		rooms.set(name, room);
		saveRooms();
	}
	if (isObject(peer))
		room.with = { nick: String(peer.nick),
			from: String(peer.from) };
	tell('rooms');
	return room;
}

/* The newest ids that direct rooms had when they were put aside. */
export function hiddenRooms() {
	const hidden = loadJson('localStorage', 'chat.hidden');

	return isObject(hidden) ? hidden : {};
}

export function dropRoom(room) {
	rooms.delete(room.name);
	if (room.with)
		save('localStorage', 'chat.hidden', JSON.stringify(
			{ ...hiddenRooms(), [room.name]: room.last }));
	saveRooms();
	tell('dropped', room);
	tell('rooms');
}

export function takeMembers(room, a) {
	if (!Array.isArray(a.members))
		return;
	room.members.clear();
	for (const p of a.members)
		if (isObject(p))
			room.members.set(String(p.from), { nick: String(p.nick),
				from: String(p.from), away: p.away,
				role: String(p.role || '') });
	room.count = Number.isInteger(a.count) ? a.count : room.members.size;
	tell('members', room);
}

export async function refreshMembers(room) {
	const a = await emit('who', { room: room.name });

	if (a.ok)
		takeMembers(room, a);
}

/* The server may know the room by a better name. */
export function renameRoom(room, name) {
	const other = rooms.get(name);

	rooms.delete(room.name);
	tell('renamed', room.name, name);
	room.name = name;
	if (other)
		tell('dropped', room, other);
	else
		rooms.set(name, room);
	saveRooms();
	return other || room;
}

/* ---- Messages of a room ---- */

function trimTail(room) {
	if (room.tail.length > TAIL + SLACK) {
		room.tail.splice(0, room.tail.length - TAIL);
		room.more = true;
	}
}

/* A message comes in its turn, live or by catching up. */
export function accept(room, m, live) {
	if (compareIds(m.id, room.last) <= 0)
		return;
	room.last = m.id;
	room.seq = m.seq || room.seq;
	tell('heard', m);
	if (room.typing.delete(m.from))
		tell('typing', room);
	const i = search(room.tail, m.id);

	if (i >= 0) {		/* one's own, known by its answer */
		room.tail[i].seq = m.seq;
		return;
	}
	room.tail.splice(-1 - i, 0, m);
	trimTail(room);
	if (!live || isOwn(m)) {
		tell('message', room, m, live);
		return;
	}
	const { read } = room;

	room.unread++;
	if (mentions(m.text, me.nick))
		room.mentions++;
	tell('message', room, m, true);
	/* Where the reader was, when the first that is new came. */
	if (room.unread === 1 && read) {
		room.line = read;
		tell('marker', room);
	}
	tell('rooms');
}

/* One's own message is stored under m.id, and was not heard. */
export function acceptOwn(m) {
	const room = rooms.get(m.room);
	const i = room ? search(room.tail, m.id) : 0;

	if (i >= 0 || (i === -1 && room.more))
		return;
	room.tail.splice(-1 - i, 0, m);
	tell('message', room, m, true);
}

/* ---- Oneself ---- */

export function setMe(nick, from = me.from) {
	const other = from !== me.from;

	me.nick = nick;
	me.from = from;
	tell('me');
	/* What is one's own, and what is not, has changed. */
	if (other && at.room)
		tell('opened', at.room);
}

let reading = 0;

/* Tells the server what was read; once for many. */
export function sendRead() {
	if (!reading)
		reading = setTimeout(flushRead, READ_MS);
}

function flushRead() {
	reading = 0;
	for (const room of rooms.values()) {
		const id = room.read;

		if (!room.synced || compareIds(id, room.told) <= 0)
			continue;
		room.told = id;
		emit('read', { room: room.name, id }).then(a => {
			if (!a.ok) {
				room.told = '';
				return;
			}
			/* Unless more came or was read in the meantime. */
			if (room.read === id && room.last === id)
				room.unread = room.mentions = 0;
			else if (room.read === id && a.unread >= 0)
				room.unread = a.unread;
			tell('rooms');
		});
	}
}

/* The person has seen the messages of the room up to id. */
export function markRead(room, id) {
	if (compareIds(id, room.read) <= 0)
		return;
	room.read = id;
	if (compareIds(id, room.last) >= 0)
		room.unread = room.mentions = 0;
	sendRead();
	tell('rooms');
}

/* ---- Changes ---- */

const holders = [() => [...rooms.values()].map(room => room.tail)];

/* lists() gives lists of messages that are to change as others do. */
export function keepRevised(lists) {
	holders.push(lists);
}

/* Calls fn once on every copy of a message for which test(m) holds. */
function reviseAll(test, fn) {
	const copies = new Set();

	for (const list of holders.flatMap(lists => lists()))
		for (const m of list)
			if (test(m))
				copies.add(m);
	for (const m of copies) {
		fn(m);
		tell('changed', m);
	}
}

/* The message id has changed: in all its copies, and where it is quoted. */
export function revise(id, change) {
	reviseAll(m => m.id === id, m => Object.assign(m, change));
	if (!('text' in change))
		return;
	reviseAll(m => m.reply && m.reply.id === id, m => {
		m.reply = change.deleted ? { id } : { ...m.reply,
			text: change.text.slice(0, 200) };
	});
}

/* The rooms of the last visit. */
export function start() {
	me.nick = load('localStorage', 'chat.nick');
	for (const name of savedRooms())
		addRoom(name);
}
