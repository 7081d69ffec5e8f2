/*
 * The page of `chat serve`: rooms, people and history, over the official
 * Socket.IO client. The protocol is described in chat-protocol(7).
 *
 * Rules kept throughout: what a peer sends becomes text nodes and nothing
 * else; what is typed here stays in the outbox until the server has
 * acknowledged it; what is being read never moves.
 *
 * This file starts the parts below page/, and looks after the bar and the
 * keys that work everywhere.
 */

import * as acts from './page/acts.js';
import * as compose from './page/compose.js';
import * as dialogs from './page/dialogs.js';
import * as find from './page/find.js';
import * as go from './page/go.js';
import * as log from './page/log.js';
import * as model from './page/model.js';
import * as moderate from './page/moderate.js';
import * as net from './page/net.js';
import * as outbox from './page/outbox.js';
import * as side from './page/side.js';
import * as sync from './page/sync.js';
import { $, button, icon, label, load, make } from './page/dom.js';
import { lang, t } from './page/words.js';
import { listen } from './page/events.js';
import { on, tell } from './page/bus.js';
import { view } from './page/place.js';

const TOAST_MS = 10000;
const { at, me, rooms, titleOf } = model;

/* ---- The bar ---- */

function showState() {
	const { state, help } = net.net;
	const n = outbox.waiting();
	const text = help || outbox.heldUp();

	document.body.dataset.state = state;
	$('status').textContent = t[state];
	$('banner').hidden = !text;
	$('retry').hidden = !help || !net.socket;
	$('banner-text').textContent = text && n ? text + t.kept(n) : text;
}

function showMe() {
	const guest = !load('localStorage', 'chat.nick');

	$('nick').textContent = me.nick;
	$('rename').textContent = guest ? t.chooseName : '';
	$('me').hidden = !me.nick;
	$('me').setAttribute('aria-label', t.nameIs(me.nick));
	$('me-dot').className = `dot ${me.away === null ? 'here' : 'away'}`;
}

function showRoom() {
	const { room } = at;
	const title = room ? titleOf(room) : 'chat';
	let unread = 0;

	for (const { unread: n } of rooms.values())
		unread += n;
	$('room').textContent = title;
	document.title = (unread ? `(${unread > 99 ? '99+' : unread}) ` : '') +
		(room ? `${title} · chat` : 'chat');
	$('topic').hidden = !room || room.with !== null;
	if (room) {
		$('topic').textContent = room.topic || t.setTopic;
		$('topic').classList.toggle('none', !room.topic);
		$('topic').title = room.topic;
		$('topic').setAttribute('aria-label', room.topic ?
			t.topicIs(room.topic) : t.setTopic);
	}
	$('empty').textContent = room ? t.empty : t.noRoom;
	if (!room)
		$('empty').hidden = false;
}

/* How many messages are out of sight, and the way to them. */
function showPills() {
	const { below, above, live } = view;
	const pill = $('pill'), up = $('pill-up');

	pill.hidden = below === 0 && live;
	pill.replaceChildren(below ? t.fresh(below) : t.newest, ' ',
		icon('down'));
	up.hidden = above === 0;
	up.replaceChildren(t.firstUnread(above), ' ', icon('up'));
}

function showTyping() {
	const who = at.room ?
		[...at.room.typing.values()].map(one => one.nick) : [];

	$('typing').textContent = who.length ? t.typing(who) : '';
}

function showNotice(text, code) {
	const toast = make('div', 'toast');
	const shut = button('tool', '', () => toast.remove());

	shut.append(icon('x'));
	toast.append(make('p', '', text), label(shut, t.dismiss));
	$('toasts').append(toast);
	/* What an operator says stays until it is read. */
	if (code !== undefined)
		setTimeout(() => toast.remove(), TOAST_MS);
	while ($('toasts').childElementCount > 4)
		$('toasts').firstElementChild.remove();
}

/* ---- Keys that work everywhere ---- */

function commandOf(event) {
	const { key, altKey, shiftKey, ctrlKey, metaKey } = event;
	const control = (ctrlKey || metaKey) && !altKey;

	if (altKey && !ctrlKey && (key === 'ArrowUp' || key === 'ArrowDown'))
		return () => go.step(key === 'ArrowUp' ? -1 : 1, shiftKey);
	if (control && !shiftKey && key.toLowerCase() === 'k')
		return dialogs.openJoin;
	if (control && shiftKey && key.toLowerCase() === 'f')
		return () => find.openAside('find');
	if (altKey && !ctrlKey && key.toLowerCase() === 'm')
		return () => find.openAside('mentions');
	return null;
}

function inField(node) {
	return node instanceof Element &&
		node.matches('input, textarea, select');
}

function onPageKey(event) {
	if (event.defaultPrevented || event.isComposing ||
	    document.querySelector('dialog[open]'))
		return;
	const command = commandOf(event);

	if (command) {
		event.preventDefault();
		command();
		return;
	}
	if (inField(event.target) || event.ctrlKey || event.metaKey ||
	    event.altKey)
		return;
	if (event.key === '?') {
		event.preventDefault();
		dialogs.openHelp();
	} else if (event.key.length === 1 && event.key !== ' ' &&
	    !acts.isSelecting() && !event.target.closest('button, a')) {
		$('field').focus();	/* typing anywhere writes in the field */
	}
}

/* ---- Start ---- */

function startTexts() {
	document.documentElement.lang = lang;
	for (const node of document.querySelectorAll('[data-text]'))
		node.textContent = t[node.dataset.text];
	for (const node of document.querySelectorAll('[data-label]'))
		node.setAttribute('aria-label', t[node.dataset.label]);
	for (const node of document.querySelectorAll('[data-name]'))
		label(node, t[node.dataset.name]);
	$('find-field').placeholder = t.searchFor;
}

function startBar() {
	on('state', () => {
		showState();
		if (net.net.state === 'connected')
			outbox.flush();
	});
	on('outbox', showState);
	on('me', showMe);
	for (const what of ['rooms', 'shown'])
		on(what, showRoom);
	for (const what of ['typing', 'shown'])
		on(what, showTyping);
	on('below', showPills);
	on('notice', showNotice);
	$('retry').onclick = net.reconnectNow;
	$('pill').onclick = () => {
		log.toEnd();
		$('field').focus();
	};
	$('pill-up').onclick = () => log.jump(at.room.line, true);
	document.addEventListener('keydown', onPageKey);
}

startTexts();
startBar();
for (const part of [log, acts, compose, side, find, dialogs, moderate])
	part.start();
net.setState('connecting');
model.start();
outbox.restore();
go.start();
tell('me');
if (window.matchMedia('(pointer: fine)').matches)
	$('field').focus();
if (net.socket) {
	listen(net.socket);
	net.connect(recovered => {
		outbox.restart();
		sync.onConnect(recovered);
	});
} else {
	net.setState('closed', t.noClient);
}
