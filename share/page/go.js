/*
 * Where one is: the room that is shown, and the address that says so.
 *
 *	/r/ROOM, /r/ROOM#ID            a room, a message in it
 *	/chat.html#@ID,ID              direct messages
 */

import { $, load, save } from './dom.js';
import { addRoom, at, findRoom, isDirect, rooms } from './model.js';
import { jump, open } from './log.js';
import { isOnline } from './net.js';
import { on, tell } from './bus.js';
import { sync } from './sync.js';
import { t } from './words.js';

const ID = /^\d+-\d+$/;

let pending = null;		/* { room, id } to be shown */

function urlOf(room, id) {
	if (isDirect(room.name))
		return `/chat.html#${encodeURIComponent(room.name)}`;
	return `/r/${encodeURIComponent(room.name)}${id ? `#${id}` : ''}`;
}

export function linkTo(m) {
	return new URL(urlOf({ name: m.room }, m.id), location.href).href;
}

function decode(s) {
	try {
		return decodeURIComponent(s);
	} catch (_) {
		return '';
	}
}

/* What the address names: { name, id }, either may be ''. */
function placeOf(url) {
	const path = /^\/r\/([^/]+)$/.exec(url.pathname);
	const hash = decode(url.hash.slice(1));

	if (path)
		return { name: decode(path[1]), id: ID.test(hash) ? hash : '' };
	return { name: isDirect(hash) ? hash : '', id: '' };
}

function setUrl(room, id, replace) {
	const url = urlOf(room, id);

	if (url === location.pathname + location.hash)
		return;
	history[replace ? 'replaceState' : 'pushState'](null, '', url);
}

function show(room) {
	if (at.room)
		at.room.line = '';
	at.room = room;
	if (room) {
		room.line = room.unread && room.read ? room.read : '';
		save('localStorage', 'chat.room',
			isDirect(room.name) ? '' : room.name);
	}
	open();
	tell('shown');
}

/* Goes to the room of that name, or of @NICK, and to the message id in it. */
export async function go(name, { id = '', replace = false } = {}) {
	const room = findRoom(name) || addRoom(name);

	if (room !== at.room)
		show(room);
	setUrl(room, id, replace);
	pending = id ? { room, id } : null;
	if (room.synced)
		arrive(room);
	else if (isOnline())
		await sync(room);
}

/* The message of the address is shown once its room is there. */
async function arrive(room) {
	if (!pending || pending.room !== room)
		return;
	const { id } = pending;

	pending = null;
	if (!await jump(id) && at.room === room)
		tell('notice', t.gone, 'gone');
}

/* Follows an address of this page. */
export function goTo(url, replace = false) {
	const { name, id } = placeOf(url);

	if (name)
		return go(name, { id, replace });
	return go(load('localStorage', 'chat.room') || 'lobby', { replace });
}

/* The room above or below in the list, by step; one with unread, if so. */
export function step(by, unread) {
	const list = [...document.querySelectorAll('#rooms [data-room]')]
		.map(node => rooms.get(node.dataset.room)).filter(room => room);
	const n = list.length;
	let i = list.indexOf(at.room);

	for (let k = 0; k < n; k++) {
		i = (i + by + n) % n;
		if (!unread || list[i].unread > 0)
			break;
	}
	if (list[i] && list[i] !== at.room)
		go(list[i].name);
	$('field').focus();
}

export function start() {
	const rest = [...rooms.keys()];
	const { name } = placeOf(new URL(location.href));

	if (!name && !rest.length)
		addRoom('lobby');
	goTo(new URL(location.href), true);
	window.addEventListener('popstate', () =>
		goTo(new URL(location.href), true));
	on('dropped', (room, other) => {
		if (room !== at.room)
			return;
		const next = other || [...rooms.values()][0] || null;

		if (next)
			go(next.name, { replace: true });
		else
			show(null);
	});
	on('synced', arrive);
	on('renamed', (was, now) => {
		if (at.room && at.room.name === was)
			setUrl({ name: now }, '', true);
	});
}
