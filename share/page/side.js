/* The lists beside the talk: rooms, direct messages, people. */

import { $, button, colourOf, icon, label, make, soon } from './dom.js';
import { at, me, refreshMembers, rooms, titleOf } from './model.js';
import { go } from './go.js';
import { hasFailed } from './outbox.js';
import { leave } from './sync.js';
import { on } from './bus.js';
import { showPerson } from './dialogs.js';
import { t } from './words.js';

const QUIET = 100;		/* members from which nobody is announced */
const REFRESH_MS = 60000;	/* then one asks who is there */

/* Makes list show all, by items that stay the same as long as their key does,
 * so that what is being pressed is not taken away. */
function refill(list, all, keyOf, create, update) {
	const old = new Map([...list.children]
		.map(item => [item.dataset.key, item]));
	let place = list.firstElementChild;

	for (const one of all) {
		const key = keyOf(one);
		const item = old.get(key) || create(one);

		old.delete(key);
		item.dataset.key = key;
		update(item, one);
		if (item === place)
			place = place.nextElementSibling;
		else
			list.insertBefore(item, place);
	}
	for (const item of old.values())
		item.remove();
}

function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
	node.hidden = text === '';
}

/* ---- Rooms ---- */

function nameOf(room) {
	const parts = [room.with ? titleOf(room) : t.ofRoom(room.name)];

	if (room.unread)
		parts.push(t.unreadIn(room.unread));
	if (room.mentions && !room.with)
		parts.push(t.mentionsIn(room.mentions));
	if (hasFailed(room))
		parts.push(t.unsent);
	return parts.join(', ');
}

/* Whether the other one of a direct room is here, as far as one can see. */
function presenceOf(room) {
	for (const other of rooms.values()) {
		const p = other.with ? null : other.members.get(room.with.from);

		if (p)
			return p.away === undefined ? 'here' : 'away';
	}
	return room.with.away === undefined ? '' : 'away';
}

function createRoom(room) {
	const item = make('li', 'entry');
	const open = button('open', '', () => {
		closeDrawer();
		go(item.dataset.key);
		$('field').focus();
	});
	const shut = button('tool shut-room', '', () => {
		if (rooms.has(item.dataset.key))
			leave(rooms.get(item.dataset.key));
	});
	const badge = make('span', 'badge');

	badge.setAttribute('aria-hidden', 'true');
	open.append(room.with ? make('span', 'dot') : make('span', 'hash', '#'),
		make('bdi', 'name'), badge);
	shut.append(icon('x'));
	item.append(open, shut);
	return item;
}

function updateRoom(item, room) {
	const [open, shut] = item.children;
	const [sign, name, badge] = open.children;
	const n = room.unread;

	open.dataset.room = room.name;
	if (room === at.room)
		open.setAttribute('aria-current', 'page');
	else
		open.removeAttribute('aria-current');
	item.classList.toggle('fresh', n > 0);
	item.classList.toggle('refused', hasFailed(room));
	if (room.with)
		sign.className = `dot ${presenceOf(room)}`;
	setText(name, titleOf(room));
	setText(badge, n > 99 ? '99+' : n ? String(n) : '');
	/* Somebody wants an answer. */
	badge.classList.toggle('strong', room.mentions > 0 || !!room.with);
	open.setAttribute('aria-label', nameOf(room));
	open.title = room.topic || titleOf(room);
	label(shut, room.with ? t.hideIt(titleOf(room)) : t.leaveIt(room.name));
}

const byTitle = (a, b) => titleOf(a).localeCompare(titleOf(b));

function drawRooms() {
	const all = [...rooms.values()].sort(byTitle);
	const direct = all.filter(room => room.with);
	const other = all.filter(room => room !== at.room && room.unread);
	const key = room => room.name;

	refill($('room-list'), all.filter(room => !room.with), key, createRoom,
		updateRoom);
	refill($('direct-list'), direct, key, createRoom, updateRoom);
	$('direct-title').hidden = !direct.length;
	$('elsewhere').hidden = !other.length;
	$('elsewhere').classList.toggle('strong',
		other.some(room => room.mentions || room.with));
	$('mentioned').hidden = !all.some(room => room.mentions);
}

/* ---- People ---- */

function createPerson() {
	const item = make('li', 'entry');
	const open = button('', '', () => showPerson(open.dataset.nick));

	open.append(make('span', 'dot'), make('bdi', 'name who'),
		make('span', 'aside-note'), make('span', 'aside-note'),
		make('bdi', 'aside-note'));
	item.append(open);
	return item;
}

function updatePerson(item, p) {
	const open = item.firstElementChild;
	const [dot, name, role, you, why] = open.children;
	const away = p.away !== undefined;

	open.dataset.nick = p.nick;
	open.className = `open ${colourOf(p.nick)}`;
	dot.className = `dot ${away ? 'away' : 'here'}`;
	setText(name, p.nick);
	setText(role, t.roles[p.role] || '');
	setText(you, p.from === me.from ? t.isYou : '');
	setText(why, away ? String(p.away || t.away) : '');
	open.title = away && p.away ? `${p.nick}: ${p.away}` : p.nick;
}

function drawPeople() {
	const { room } = at;
	const list = room ? [...room.members.values()] : [];
	const n = room ? Math.max(room.count, list.length) : 0;

	$('people-count').textContent = String(n);
	label($('open-people'), t.showPeople(n));
	if ($('people').hidden || $('aside').hidden)
		return;
	list.sort((a, b) => (a.away !== undefined) - (b.away !== undefined) ||
		a.nick.localeCompare(b.nick));
	refill($('people-list'), list, p => p.from, createPerson, updatePerson);
	setText($('people-more'), n > list.length ?
		t.andMore(n - list.length) : '');
}

/* Nobody tells who comes and goes in a large room. */
function refresh() {
	if (at.room && at.room.synced && at.room.count >= QUIET &&
	    !document.hidden)
		refreshMembers(at.room);
}

/* ---- The drawer of a narrow screen ---- */

function openDrawer() {
	document.body.classList.add('drawer');
	$('open-rooms').setAttribute('aria-expanded', 'true');
	$('scrim').hidden = false;
	$('rooms').querySelector('button').focus();
}

function closeDrawer() {
	if (!document.body.classList.contains('drawer'))
		return;
	document.body.classList.remove('drawer');
	$('open-rooms').setAttribute('aria-expanded', 'false');
	$('scrim').hidden = true;
}

const roomsSoon = soon(drawRooms, 20);
const peopleSoon = soon(drawPeople, 20);

export function start() {
	for (const what of ['rooms', 'shown', 'outbox', 'members', 'me'])
		on(what, roomsSoon);
	on('members', room => {
		if (room === at.room)
			peopleSoon();
	});
	for (const what of ['shown', 'me', 'aside'])
		on(what, peopleSoon);
	$('open-rooms').onclick = openDrawer;
	$('shut-rooms').onclick = () => {
		closeDrawer();
		$('open-rooms').focus();
	};
	$('scrim').onclick = closeDrawer;
	/* What opens a dialog. */
	for (const id of ['me', 'open-join', 'open-help'])
		$(id).addEventListener('click', closeDrawer);
	$('rooms').addEventListener('keydown', event => {
		if (event.key !== 'Escape')
			return;
		closeDrawer();
		$('field').focus();
	});
	setInterval(refresh, REFRESH_MS);
}
