/*
 * What can be done with a message: one toolbar that stands in the row at hand,
 * one picker of reactions, and the keys of a row that is selected. A message
 * is selected with the keyboard; the mouse only points at one, so that typing
 * after a click is typing.
 */

import { $, button, copy, icon, label } from './dom.js';
import { askDelete, showPerson } from './dialogs.js';
import { at, isDirect, isOwn, me, rooms, sameNick } from './model.js';
import { mayModerate } from './moderate.js';
import { ask } from './net.js';
import { goTo, linkTo } from './go.js';
import { jump, toEnd } from './log.js';
import { on, tell } from './bus.js';
import { startEdit, startReply } from './compose.js';
import { t } from './words.js';
import { view } from './place.js';

const EMOJI = ['👍', '❤️', '😄', '🎉', '😮', '😢', '🙏', '👀', '✅', '❌', '🔥',
	'💯', '🚀', '🤔', '👏', '👎'];

const log = $('log'), acts = $('acts'), picker = $('picker');
let keyboard = false;		/* the row was selected by keys */
let rover = null;		/* the row that Tab leads to */

function rowOf(node) {
	return node instanceof Element ? node.closest('#log .msg') : null;
}

/* ---- What is done ---- */

function react(m, emoji) {
	const who = m.reactions && m.reactions[emoji];
	const mine = Array.isArray(who) &&
		who.some(name => sameNick(String(name), me.nick));

	ask('react', { id: m.id, emoji, on: !mine });
}

function openLink(m, row) {
	const a = row.querySelector('.text a');

	if (a)
		a.click();
	else if (m.reply)
		follow(m.reply.id);
}

async function follow(id) {
	if (!await jump(String(id)))
		tell('notice', t.gone, 'gone');
}

const ACTS = {
	react: { key: 'a', can: m => !m.deleted, act: openPicker },
	reply: { key: 'r', can: m => !m.deleted, act: m => startReply(m) },
	edit: { key: 'e', can: m => isOwn(m) && !m.deleted,
		act: m => startEdit(m) },
	remove: { key: 'd', can: m => !m.deleted &&
		(isOwn(m) || mayModerate(rooms.get(m.room))),
		act: m => askDelete(m) },
	copy: { key: 'y', can: m => !m.deleted, act: m => copy(m.text) },
	link: { key: 'l', can: m => !isDirect(m.room),
		act: m => copy(linkTo(m)) },
};

/* ---- The toolbar ---- */

function drawActs() {
	for (const [name, { key }] of Object.entries(ACTS)) {
		const node = button(`tool act-${name}`, '', () => {
			const row = acts.parentNode;

			ACTS[name].act(row.message, row);
		});

		label(node, t[name]).setAttribute('aria-keyshortcuts', key);
		node.append(icon(name));
		acts.append(node);
	}
}

function showActs(row) {
	if (acts.parentNode === row && !acts.hidden)
		return;
	for (const [name, { can }] of Object.entries(ACTS))
		acts.querySelector(`.act-${name}`).hidden = !can(row.message);
	acts.hidden = false;
	row.append(acts);
}

/* They stay with the row that has the focus, if there is one. */
function hideActs() {
	const row = rowOf(document.activeElement);

	if (!picker.hidden)
		return;
	if (row) {
		showActs(row);
		return;
	}
	acts.hidden = true;
	document.body.append(acts);
}

/* ---- The picker ---- */

function drawPicker() {
	for (const emoji of EMOJI) {
		const node = button('emoji', emoji, () => {
			const { message } = picker;

			closePicker(true);
			react(message, emoji);
		});

		node.setAttribute('role', 'menuitem');
		label(node, t.reactWith(emoji));
		picker.append(node);
	}
}

function openPicker(m, row) {
	const box = row.getBoundingClientRect();
	const { style } = picker;

	picker.message = m;
	picker.row = row;
	picker.hidden = false;
	const { offsetHeight, offsetWidth } = picker;
	const y = box.top - offsetHeight - 4;

	style.left = `${Math.max(8, Math.min(box.right - offsetWidth - 16,
		innerWidth - offsetWidth - 8))}px`;
	style.top = `${y > 8 ? y : Math.min(box.bottom + 4,
		innerHeight - offsetHeight - 8)}px`;
	picker.firstElementChild.focus();
}

function closePicker(back) {
	if (picker.hidden)
		return;
	picker.hidden = true;
	if (back && picker.row.isConnected)
		picker.row.focus({ preventScroll: true });
}

function onPickerKey(event) {
	const nodes = [...picker.children];
	const i = nodes.indexOf(document.activeElement);
	const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 };

	if (event.key === 'Escape' || event.key === 'Tab') {
		closePicker(true);
	} else if (event.key in step) {
		const n = nodes.length;

		nodes[(i + step[event.key] + n) % n].focus();
	} else {
		return;
	}
	event.preventDefault();
	event.stopPropagation();
}

/* ---- Selecting ---- */

/* Only one row is on the way of Tab. */
function rove(row) {
	if (rover)
		rover.tabIndex = -1;
	rover = row;
	if (row)
		row.tabIndex = 0;
}

function select(i) {
	const m = view.list[i];

	if (!m)
		return;
	keyboard = true;
	m.row.focus({ preventScroll: true });
	m.row.scrollIntoView({ block: 'nearest' });
}

export function selectLast() {
	select(view.list.length - 1);
}

function backToField() {
	toEnd();
	$('field').focus();
}

function onLogKey(event) {
	const row = rowOf(document.activeElement);

	if (!row || event.ctrlKey || event.metaKey || event.altKey)
		return;
	if (event.key === 'Escape') {
		event.preventDefault();
		backToField();
		return;
	}
	if (row !== document.activeElement || !keyboard)
		return;
	const i = view.list.indexOf(row.message);
	const moves = { ArrowUp: i - 1, k: i - 1, ArrowDown: i + 1, j: i + 1,
		Home: 0, End: view.list.length - 1 };

	if (event.key in moves) {
		if (moves[event.key] >= view.list.length && view.live)
			backToField();
		else
			select(moves[event.key]);
	} else if (event.key === 'o') {
		openLink(row.message, row);
	} else if (event.key === 'p') {
		showPerson(row.message.nick);
	} else {
		const found = Object.values(ACTS).find(a => a.key === event.key);

		if (!found)
			return;
		if (found.can(row.message))
			found.act(row.message, row);
	}
	event.preventDefault();
}

/* Whether a letter is a command to a message. */
export function isSelecting() {
	return keyboard && rowOf(document.activeElement) !== null;
}

/* ---- Pointing ---- */

/* A link to a room of this server is followed on this page. */
function onLink(event, a) {
	const url = new URL(a.href);

	if (url.origin !== location.origin || !url.pathname.startsWith('/r/') ||
	    event.ctrlKey || event.metaKey || event.shiftKey)
		return;
	event.preventDefault();
	goTo(url);
}

function onClick(event) {
	const row = rowOf(event.target);
	const node = event.target.closest('a, button');

	if (!row || !node || acts.contains(node))
		return;
	const { classList } = node;

	if (node.tagName === 'A')
		onLink(event, node);
	else if (classList.contains('who'))
		showPerson(row.message.nick);
	else if (classList.contains('quote'))
		follow(node.dataset.id);
	else if (classList.contains('chip'))
		react(row.message, node.dataset.emoji);
}

function onPointer(event) {
	const row = rowOf(event.target);

	if (event.pointerType !== 'mouse' || !picker.hidden)
		return;
	if (row)
		showActs(row);
	else
		hideActs();
}

export function start() {
	drawActs();
	drawPicker();
	log.addEventListener('click', onClick);
	log.addEventListener('pointerover', onPointer);
	log.addEventListener('pointerleave', event => {
		if (event.pointerType === 'mouse')
			hideActs();
	});
	log.addEventListener('pointerdown', () => { keyboard = false; });
	log.addEventListener('keydown', onLogKey);
	log.addEventListener('focusin', event => {
		const row = rowOf(event.target);

		if (!row)
			return;
		/* Come by Tab, or sent here by the page. */
		if (row.matches(':focus-visible'))
			keyboard = true;
		rove(row);
		showActs(row);
	});
	log.addEventListener('focusout', event => {
		if (!rowOf(event.relatedTarget))
			setTimeout(hideActs);
	});
	picker.addEventListener('keydown', onPickerKey);
	document.addEventListener('pointerdown', event => {
		if (!picker.contains(event.target))
			closePicker(false);
	});
	/* Drawing a row anew must not take the toolbar along. */
	on('redraw', m => {
		if (acts.parentNode === m.row)
			document.body.append(acts);
	});
	on('redrawn', m => {
		if (m.row.matches(':focus-within'))
			showActs(m.row);
	});
	on('window', () => {
		const last = view.list[view.list.length - 1];

		if (!rover || !rover.isConnected || !at.room ||
		    !log.contains(document.activeElement))
			rove(last ? last.row : null);
		if (!acts.isConnected)
			hideActs();
	});
}
