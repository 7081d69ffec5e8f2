/* What the server says, unasked. */

import { addRoom, isDirect, isObject, isOwn, me, messageOf, revise, rooms,
	setMe } from './model.js';
import { asText, compareIds, save, within } from './dom.js';
import { EVENTS } from './moderate.js';
import { onLive, onWelcome } from './sync.js';
import { t } from './words.js';
import { tell } from './bus.js';

const TYPING_MS = 6000;

function onEdited(e) {
	if (isObject(e))
		revise(e.id, { text: asText(e.text),
			edited: isObject(e.edited) ? e.edited : {} });
}

function onDeleted(e) {
	if (isObject(e))
		revise(e.id, { text: '', reactions: null,
			deleted: isObject(e.deleted) ? e.deleted : {} });
}

function onReaction(e) {
	if (isObject(e))
		revise(e.id, { reactions:
			isObject(e.reactions) ? e.reactions : null });
}

function onMessage(value, meta) {
	const m = messageOf(value, meta);

	if (!m)
		return;
	if (isDirect(m.room) && !rooms.has(m.room))
		addRoom(m.room, isOwn(m) ? m.to : m);
	if (rooms.has(m.room))
		onLive(rooms.get(m.room), m);
}

function onJoined(e) {
	const room = isObject(e) && rooms.get(e.room);

	if (!room || room.members.has(String(e.from)))
		return;
	room.members.set(String(e.from),
		{ nick: String(e.nick), from: String(e.from),
			role: String(e.role || '') });
	room.count++;
	tell('members', room);
}

function onLeft(e) {
	const room = isObject(e) && rooms.get(e.room);

	if (!room || !room.members.delete(String(e.from)))
		return;
	room.count--;
	room.typing.delete(String(e.from));
	tell('members', room);
	tell('typing', room);
	if (e.reason === 'kicked' || e.reason === 'banned')
		tell('notice', t.sentAway[e.reason](within(e.nick),
			within(room.name)), 'left');
}

function everywhere(from, fn) {
	for (const room of rooms.values()) {
		const p = room.members.get(from);

		if (p)
			fn(p);
		if (room.with && room.with.from === from)
			fn(room.with);
		if (p)
			tell('members', room);
	}
	tell('rooms');
}

function onNick(e) {
	if (!isObject(e))
		return;
	if (String(e.from) === me.from)
		setMe(String(e.nick));
	everywhere(String(e.from), p => { p.nick = String(e.nick); });
}

function onAway(e) {
	if (!isObject(e))
		return;
	const away = typeof e.away === 'string' ? e.away : undefined;

	if (String(e.from) === me.from) {
		me.away = away === undefined ? null : away;
		tell('me');
	}
	everywhere(String(e.from), p => { p.away = away; });
}

function onTyping(e) {
	const room = isObject(e) && rooms.get(e.room);

	if (!room || String(e.from) === me.from)
		return;
	const was = room.typing.get(String(e.from));
	const one = { nick: String(e.nick) };

	if (was)
		clearTimeout(was.timer);
	one.timer = setTimeout(() => {
		room.typing.delete(String(e.from));
		tell('typing', room);
	}, TYPING_MS);
	room.typing.set(String(e.from), one);
	tell('typing', room);
}

function onTopic(e) {
	const room = isObject(e) && rooms.get(e.room);

	if (!room)
		return;
	room.topic = String(e.topic || '');
	tell('rooms');
}

/* Another client of the same person has read further. */
function onRead(e) {
	const room = isObject(e) && rooms.get(e.room);

	if (!room || typeof e.id !== 'string' ||
	    compareIds(e.id, room.read) < 0)
		return;
	room.read = room.told = e.id;
	room.unread = e.unread > 0 ? e.unread : 0;
	room.mentions = e.mentions > 0 ? e.mentions : 0;
	room.line = room.unread ? e.id : '';
	tell('marker', room);
	tell('rooms');
}

function onNotice(n) {
	if (!isObject(n) || typeof n.text !== 'string')
		return;
	/* The server has given another, which is saved already. */
	if (n.code === 'bad-token' && !me.registered)
		save('localStorage', 'chat.token', '');
	tell('notice', n.text, n.code);
}

export function listen(socket) {
	const table = { welcome: onWelcome, 'nuevo mensaje': onMessage,
		edited: onEdited, deleted: onDeleted, reaction: onReaction,
		joined: onJoined, left: onLeft, nick: onNick, away: onAway,
		topic: onTopic, typing: onTyping, read: onRead,
		notice: onNotice, ...EVENTS };

	for (const [event, fn] of Object.entries(table))
		socket.on(event, fn);
}

