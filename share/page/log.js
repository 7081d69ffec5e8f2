/*
 * The messages of the room that is shown: a window of its history, in order
 * and without a gap, of which some hundred are in the document. It moves as
 * the reader scrolls, and what is being read stays where it is.
 */

import { $, announce, compareIds, make, oneLine, search, soon } from './dom.js';
import { firstBelow, hold, keepAnchor, scroller, shrink, takeAnchor, topOf,
	view } from './place.js';
import { at, isOwn, keepRevised, markRead, messagesOf, titleOf }
	from './model.js';
import { emit, isOnline, net } from './net.js';
import { fillRow, follows, makeRow } from './row.js';
import { locale, t } from './words.js';
import { on, tell } from './bus.js';

const KEEP = 400;		/* messages in the document */
const SLACK = 50;		/* given up in lots of this size */
const PAGE = 100;		/* messages fetched at once */
const NEAR = 600;		/* pixels from an end: time to fetch */
const AGAIN_MS = 2000;		/* after a page that was not to be had */

const log = $('log');

let turn = 0;			/* counts windows, for late answers */
let busy = '';			/* what is being fetched: before, after */

keepRevised(() => [view.list]);

function isAttentive() {
	return !document.hidden && document.hasFocus();
}

function stick() {
	view.stuck = true;
	scroller.scrollTop = scroller.scrollHeight;
	view.lastTop = scroller.scrollTop;
	sawBelow();
}

export function toEnd() {
	if (!view.live)
		fill(at.room.tail, at.room.more, true);
	stick();
	saw();
	look();
}

function sawBelow() {
	if (!view.below)
		return;
	view.below = 0;
	tell('below');
}

/* ---- Rows and what stands between them ---- */

function dayNode(m) {
	const date = new Date(m.time);
	const options = { weekday: 'long', day: 'numeric', month: 'long' };

	if (date.getFullYear() !== new Date().getFullYear())
		options.year = 'numeric';
	return make('p', 'day', date.toLocaleDateString(locale, options));
}

function lineNode() {
	const line = make('p', 'unread', t.newLine);

	line.setAttribute('role', 'separator');
	line.setAttribute('aria-label', t.newLine);
	return line;
}

/* m[key] is a node before m's row, or is not. */
function put(m, key, wanted, draw) {
	if (wanted && !m[key]) {
		m[key] = draw(m);
		m.row.before(m[key]);
	} else if (!wanted && m[key]) {
		m[key].remove();
		m[key] = null;
	}
}

let lineAt = '';		/* the message below the unread line */

/* The first of somebody else behind the marker, if the window has both. */
function findLine() {
	const { list } = view;
	const { line } = at.room;
	const i = line ? search(list, line) : -1;
	let k = i >= 0 ? i + 1 : -1 - i;

	if (!line || (k === 0 && view.more))
		return '';
	while (k < list.length && isOwn(list[k]))
		k++;
	return k < list.length ? list[k].id : '';
}

/* How message i stands to the one before. */
function joint(i) {
	const m = view.list[i], before = i > 0 ? view.list[i - 1] : null;
	const newDay = !before || before.day !== m.day;
	const line = m.id === lineAt;

	put(m, 'dayNode', newDay, dayNode);
	put(m, 'lineNode', line, lineNode);
	m.row.classList.toggle('cont',
		!newDay && !line && follows(before, m));
}

function placeLine() {
	const was = lineAt;

	if (!at.room)
		return;
	lineAt = findLine();
	if (was === lineAt)
		return;
	shrink();
	hold(() => {
		for (const id of [was, lineAt]) {
			const i = id ? search(view.list, id) : -1;

			if (i >= 0)
				joint(i);
		}
	});
}

function forget(m) {
	for (const key of ['row', 'dayNode', 'lineNode']) {
		if (m[key])
			m[key].remove();
		m[key] = null;
	}
}

function drawAt(i) {
	const m = view.list[i];

	/* Before the next one, and what belongs to that. */
	const next = view.list[i + 1];
	const place = next ? next.dayNode || next.lineNode || next.row : null;

	log.insertBefore(makeRow(m), place);
	joint(i);
}

/* Messages that come before those in the window, or behind. */
function addBefore(messages) {
	view.list.unshift(...messages);
	for (let i = messages.length - 1; i >= 0; i--)
		drawAt(i);
	if (view.list.length > messages.length)
		joint(messages.length);
}

function addBehind(messages) {
	for (const m of messages) {
		view.list.push(m);
		drawAt(view.list.length - 1);
	}
}

function dropOldest(n) {
	shrink();
	view.list.splice(0, n).forEach(forget);
	view.more = true;
	joint(0);
}

function dropNewest(n) {
	view.list.splice(-n).forEach(forget);
	view.live = false;
	tell('below');
}

/* ---- Windows ---- */

function clear() {
	view.list.forEach(forget);
	view.list = [];
	log.replaceChildren();
	turn++;
	busy = '';
	lineAt = '';
}

function fill(messages, more, live) {
	const room = at.room;

	clear();
	view.list = [];
	view.more = more;
	view.live = live;
	/* One object for a message, wherever it is held. */
	const list = messages.map(m => {
		const i = search(room.tail, m.id);

		return i >= 0 ? room.tail[i] : m;
	});

	addBehind(list);
	lineAt = findLine();
	if (lineAt)
		joint(search(view.list, lineAt));
	showEnds();
	tell('below');
	tell('window');
}

/* What is new begins on the screen, or is pointed at. */
function showLine() {
	const i = lineAt ? search(view.list, lineAt) : -1;

	view.above = at.room.line !== '' && i < 0 ? at.room.unread : 0;
	tell('below');
	if (i < 0)
		return;
	const up = topOf(view.list[i].lineNode) - topOf(scroller);

	if (up >= 0)
		return;
	scroller.scrollTop += up - 16;
	onScroll();
}

/* Shows the room that is current. */
export function open() {
	view.below = view.above = 0;
	view.stuck = true;
	tell('below');
	if (!at.room) {
		clear();
		showEnds();
		return;
	}
	fill(at.room.tail, at.room.more, true);
	stick();
	if (at.room.synced)
		showLine();
	saw();
	look();
}

/* Shows the message id in its place, or, where the unread line is behind it,
 * that. Resolves to whether it was there. */
export async function jump(id, toLine = false) {
	const room = at.room;
	let i = search(view.list, id);

	if (i < 0) {
		const now = ++turn;

		busy = '';
		const a = await emit('history', { room: room.name, around: id,
			limit: PAGE });
		const list = messagesOf(a.messages);

		if (now !== turn || room !== at.room)
			return false;
		if (!a.ok || !list.length || (!toLine && search(list, id) < 0))
			return false;
		view.stuck = false;
		fill(list, Boolean(a.more), false);
		i = search(view.list, id);
		if (!a.newer)
			joinTail();
	}
	view.stuck = false;
	if (toLine)
		showLine();
	else
		reveal(view.list[i].row);
	return true;
}

/* Scrolls to the row, and points at it. */
function reveal(row) {
	row.scrollIntoView({ block: 'center' });
	view.lastTop = scroller.scrollTop;
	row.classList.remove('flash');
	void row.offsetWidth;	/* starts the animation anew */
	row.classList.add('flash');
	row.focus({ preventScroll: true });
	onScroll();
}

/* The window reaches to the newest page: what came since is in the tail. */
function joinTail() {
	const { tail } = at.room;
	const last = view.list[view.list.length - 1];
	const i = last ? search(tail, last.id) : -1;

	if (i < 0 && tail.length &&
	    (!last || compareIds(tail[0].id, last.id) > 0))
		return;		/* there is more between them */
	view.live = true;
	addBehind(tail.slice(i >= 0 ? i + 1 : -1 - i));
	tell('below');
}

/* ---- Fetching ---- */

function showEnds() {
	const older = $('older'), { room } = at;
	const empty = !view.list.length;

	$('newer').hidden = busy !== 'after';
	$('empty').hidden = !room || !room.synced || !empty || view.more;
	older.textContent = busy === 'before' || (room && !room.loaded) ?
		t.loading : !view.more && !empty && room && !room.with ?
			t.begin(titleOf(room)) : '';
}

async function fetchPage(end) {
	const edge = view.list[end === 'before' ? 0 : view.list.length - 1];
	const now = turn;

	if (busy || !edge || !isOnline())
		return;
	busy = end;
	hold(showEnds);
	const a = await emit('history', { room: at.room.name, [end]: edge.id,
		limit: PAGE });

	if (now !== turn)
		return;
	if (!a.ok) {
		setTimeout(() => {
			if (now !== turn)
				return;
			busy = '';
			hold(showEnds);
			look();
		}, AGAIN_MS);
		return;
	}
	busy = '';
	const list = messagesOf(a.messages);

	hold(() => {
		if (end === 'before')
			takeOlder(list, edge, Boolean(a.more));
		else
			takeNewer(list, Boolean(a.newer));
		placeLine();
		showEnds();
	});
	tell('window');
	look();
}

function takeOlder(list, edge, more) {
	/* Unless the end has been given up in the meantime. */
	if (view.list[0] !== edge)
		return;
	addBefore(list);
	view.more = more;
	if (!view.stuck && view.list.length > KEEP + SLACK)
		dropNewest(view.list.length - KEEP);
}

function takeNewer(list, newer) {
	const { tail } = at.room;

	addBehind(list.map(m => tail[search(tail, m.id)] || m));
	if (!newer)
		joinTail();
	if (view.list.length > KEEP + SLACK)
		dropOldest(view.list.length - KEEP);
}

/* Fetches what the reader will want to see soon. */
function look() {
	if (!at.room || !at.room.loaded)
		return;
	const rest = scroller.scrollHeight - scroller.scrollTop -
		scroller.clientHeight;

	if (view.more && scroller.scrollTop < NEAR)
		fetchPage('before');
	else if (!view.live && rest < NEAR)
		fetchPage('after');
}

/* ---- Messages that come ---- */

const heard = [];
const read = soon(() => {
	announce(heard.length > 3 ? t.many(heard.length) : heard.join('\n'));
	heard.length = 0;
}, 300);

function onMessage(room, m, live) {
	if (room !== at.room)
		return;
	if (live && !isOwn(m)) {
		heard.push(`${m.nick}: ${oneLine(m.text)}`);
		read();
		if (!view.stuck) {
			view.below++;
			tell('below');
		}
	}
	/* Far up, it is not drawn: the reader will come to it. */
	if (!view.stuck && view.list.length >= KEEP + SLACK) {
		view.live = false;
		tell('below');
	}
	if (!view.live)
		return;
	hold(() => {
		const i = -1 - search(view.list, m.id);

		if (i < 0)
			return;
		view.list.splice(i, 0, m);
		drawAt(i);
		if (i + 1 < view.list.length)
			joint(i + 1);
		if (view.stuck && view.list.length > KEEP + SLACK)
			dropOldest(view.list.length - KEEP);
	});
	tell('window');
	if (!$('empty').hidden)
		showEnds();
	if (live && view.stuck && isAttentive())
		markRead(room, m.id);
}

function onChanged(m) {
	if (!m.row)
		return;
	const inside = m.row.contains(document.activeElement) &&
		document.activeElement !== m.row;
	const { emoji } = document.activeElement.dataset;

	tell('redraw', m);
	shrink();
	hold(() => fillRow(m));
	tell('redrawn', m);
	if (!inside)
		return;
	const chips = [...m.row.querySelectorAll('.chip')];

	(chips.find(c => c.dataset.emoji === emoji) || m.row).focus();
}

/* ---- Reading ---- */

/* The marker follows what was on the screen of somebody who looks. */
function saw() {
	if (!at.room || !isAttentive() || !view.list.length || !at.room.synced)
		return;
	const bottom = scroller.getBoundingClientRect().bottom;
	const i = view.stuck && view.live ? view.list.length - 1 :
		firstBelow(bottom + 8) - 1;

	if (i >= 0)
		markRead(at.room, view.list[i].id);
}

const sawSoon = soon(saw, 100);

/*
 * Only the reader leaves the end, by moving up. That the end has moved away
 * because messages came in must not count.
 */
function onScroll() {
	const top = scroller.scrollTop;

	if (scroller.scrollHeight - top - scroller.clientHeight < 8)
		view.stuck = view.live;
	else if (top < view.lastTop - 1)
		view.stuck = false;
	view.lastTop = top;
	if (view.stuck)
		sawBelow();
	else
		takeAnchor();
	sawSoon();
	look();
}

function watchSize() {
	let width = 0;
	const sizes = new ResizeObserver(() => {
		if (view.stuck && view.live)
			stick();
		else if (width !== scroller.clientWidth)
			keepAnchor();	/* all lines have been broken anew */
		width = scroller.clientWidth;
		look();
	});
	const { visualViewport } = window;

	sizes.observe(scroller);
	sizes.observe(log);
	sizes.observe($('outbox'));
	if (!visualViewport)
		return;
	/* Where the keyboard covers the page instead of shrinking it. */
	visualViewport.addEventListener('resize', () => {
		if (Math.abs(visualViewport.scale - 1) > .01)
			return;
		document.documentElement.style.setProperty('--height',
			`${visualViewport.height}px`);
		window.scrollTo(0, 0);
	});
}

export function start() {
	watchSize();
	scroller.addEventListener('scroll', onScroll, { passive: true });
	document.addEventListener('visibilitychange', saw);
	window.addEventListener('focus', saw);
	on('opened', room => {
		room.first = true;
		if (room === at.room)
			open();
	});
	on('synced', room => {
		if (room !== at.room)
			return;
		placeLine();
		showEnds();
		if (room.first) {
			room.first = false;
			showLine();
		}
		saw();
	});
	on('message', onMessage);
	on('changed', onChanged);
	on('marker', room => {
		if (room === at.room)
			placeLine();
	});
	on('state', () => {
		if (net.state === 'connected')
			look();
	});
}
