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

/* ---- Rooms ---- */

function badge(room) {
	const n = room.unread;
	const node = make('span', 'badge', n > 99 ? '99+' : String(n));

	/* Somebody wants an answer. */
	if (room.mentions || room.with)
		node.classList.add('strong');
	node.setAttribute('aria-hidden', 'true');
	return node;
}

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

function roomItem(room) {
	const item = make('li', 'entry');
	const open = button('open', '', () => {
		closeDrawer();
		go(room.name);
		$('field').focus();
	});
	const shut = button('tool shut-room', '', () => leave(room));

	open.dataset.room = room.name;
	if (room === at.room)
		open.setAttribute('aria-current', 'page');
	item.classList.toggle('fresh', room.unread > 0);
	item.classList.toggle('refused', hasFailed(room));
	if (room.with)
		open.append(make('span', `dot ${presenceOf(room)}`));
	else
		open.append(make('span', 'hash', '#'));
	open.append(make('bdi', 'name', titleOf(room)));
	if (room.unread)
		open.append(badge(room));
	open.setAttribute('aria-label', nameOf(room));
	open.title = room.topic || titleOf(room);
	label(shut, room.with ? t.hideIt(titleOf(room)) : t.leaveIt(room.name));
	shut.append(icon('x'));
	item.append(open, shut);
	return item;
}

/* Replaces what a list shows; who had the focus has it afterwards. */
function refill(list, items, key) {
	const was = list.contains(document.activeElement) ?
		document.activeElement.dataset[key] : undefined;

	list.replaceChildren(...items);
	if (was === undefined)
		return;
	const same = [...list.querySelectorAll(`[data-${key}]`)]
		.find(node => node.dataset[key] === was);

	if (same)
		same.focus();
}

const byTitle = (a, b) => titleOf(a).localeCompare(titleOf(b));

function drawRooms() {
	const all = [...rooms.values()];
	const direct = all.filter(room => room.with)
		.sort((a, b) => (b.unread > 0) - (a.unread > 0) || byTitle(a, b));

	refill($('room-list'), all.filter(room => !room.with).sort(byTitle)
		.map(roomItem), 'room');
	refill($('direct-list'), direct.map(roomItem), 'room');
	$('direct-title').hidden = !direct.length;
	const other = all.filter(room => room !== at.room && room.unread);

	$('elsewhere').hidden = !other.length;
	$('elsewhere').classList.toggle('strong',
		other.some(room => room.mentions || room.with));
	$('mentioned').hidden = !all.some(room => room.mentions);
}

/* ---- People ---- */

function personItem(p) {
	const item = make('li', 'entry');
	const open = button(`open ${colourOf(p.nick)}`, '',
		() => showPerson(p.nick));
	const away = p.away !== undefined;

	open.dataset.from = p.from;
	open.append(make('span', `dot ${away ? 'away' : 'here'}`),
		make('bdi', 'name who', p.nick));
	if (p.from === me.from)
		open.append(make('span', 'aside-note', t.isYou));
	if (away)
		open.append(make('bdi', 'aside-note', p.away || t.away));
	open.title = p.away ? `${p.nick}: ${p.away}` : p.nick;
	item.append(open);
	return item;
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
	const items = list.map(personItem);

	if (n > list.length)
		items.push(make('li', 'line', t.andMore(n - list.length)));
	refill($('people'), items, 'from');
}

/* Nobody tells who comes and goes in a large room. */
function refresh() {
	if (at.room && at.room.synced && at.room.count >= QUIET &&
	    !document.hidden)
		refreshMembers(at.room);
}

/* ---- The drawer of a narrow screen ---- */

export function openDrawer() {
	document.body.classList.add('drawer');
	$('open-rooms').setAttribute('aria-expanded', 'true');
	$('scrim').hidden = false;
	$('rooms').querySelector('button').focus();
}

export function closeDrawer() {
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
