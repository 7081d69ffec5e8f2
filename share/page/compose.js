/*
 * The field: writing, replying, editing, commands, and telling others that
 * one is typing. What is typed is kept per room until it is said.
 */

import { $, loadJson, oneLine, save } from './dom.js';
import { addressOf, at, isOwn, limits, titleOf } from './model.js';
import { emit, insist, isOnline } from './net.js';
import { on, tell } from './bus.js';
import { reasonOf, t } from './words.js';
import { isCommand, run } from './commands.js';
import { say } from './outbox.js';
import { selectLast } from './acts.js';
import { toEnd } from './log.js';
import { view } from './place.js';

const TYPING_MS = 3000;

const field = $('field');
let drafts = {};		/* by room */
let context = null;		/* { reply or edit: a message } */
let typed = 0;			/* when the others were last told */

/* Bytes over the limit of a message; 0 or less is fine. */
function excess(text) {
	return new TextEncoder().encode(text).length - limits.message;
}

function fit() {
	field.style.height = 'auto';
	field.style.height = `${field.scrollHeight + 2}px`;
	$('send').disabled = !field.value.trim() || !at.room;
	$('hint').textContent = '';
}

function saveDraft() {
	if (!at.room || (context && context.edit))
		return;
	if (field.value)
		drafts[at.room.name] = field.value;
	else
		delete drafts[at.room.name];
	save('sessionStorage', 'chat.drafts', Object.keys(drafts).length ?
		JSON.stringify(drafts) : '');
}

export function setField(text) {
	field.value = text;
	fit();
	saveDraft();
	field.focus();
}

/* ---- Reply and edit ---- */

function setContext(next) {
	context = next;
	$('context').hidden = !next;
	if (!next)
		return;
	const m = next.edit || next.reply;

	$('context-what').textContent = next.edit ? t.editing :
		t.replying(m.nick);
	$('context-text').textContent = next.edit ? '' : oneLine(m.text);
}

function endContext() {
	const was = context;

	setContext(null);
	if (was && was.edit) {
		field.value = (at.room && drafts[at.room.name]) || '';
		fit();
	}
}

export function startReply(m) {
	endContext();
	setContext({ reply: m });
	field.focus();
}

export function startEdit(m) {
	endContext();
	setContext({ edit: m });
	field.value = m.text;
	fit();
	field.focus();
}

function editLast() {
	/* What was said last is on its way. */
	if ($('outbox').childElementCount)
		return true;
	for (let i = view.list.length - 1; i >= 0; i--) {
		if (isOwn(view.list[i]) && !view.list[i].deleted) {
			startEdit(view.list[i]);
			return true;
		}
	}
	return false;
}

/* The field stays as it is until the server has the new text. */
async function submitEdit(text) {
	const edit = context.edit;

	if (text === edit.text) {
		endContext();
		return;
	}
	const a = await insist('edit', { id: edit.id, text });

	if (!context || context.edit !== edit)
		return;
	if (a.ok)
		endContext();
	else
		$('hint').textContent = reasonOf(a);
}

/* ---- Saying ---- */

function submit() {
	/* Half a surrogate pair or a NUL is no text to any server. */
	const text = field.value.replace(/[\p{Cs}\0]/gu, '\ufffd')
		.replace(/^(\s*\n)+|\s+$/g, '');
	const over = excess(text);

	if (!text || !at.room)
		return;
	if (over > 0) {
		$('hint').textContent = t.tooLong(over);
		return;
	}
	if (context && context.edit) {
		submitEdit(text);
		return;
	}
	const reply = context && context.reply;

	field.value = '';
	fit();
	saveDraft();
	if (isCommand(text)) {
		const wrong = run(text);

		if (wrong) {
			setField(text);
			$('hint').textContent = wrong;
		}
		return;
	}
	setContext(null);
	typed = 0;
	at.room.line = '';
	tell('marker', at.room);
	say(text.replace(/^\/\//, '/'), reply ? { id: reply.id,
		nick: reply.nick, text: oneLine(reply.text) } : null);
	toEnd();
}

function onInput() {
	fit();
	saveDraft();
	const now = Date.now();

	if (!field.value.trim() || field.value.startsWith('/') ||
	    (context && context.edit) || now - typed < TYPING_MS ||
	    !isOnline() || !at.room || !at.room.synced)
		return;
	typed = now;
	emit('typing', { room: addressOf(at.room) });
}

/* ---- Completing names ---- */

let completing = null;		/* { from, to, names, i } */

function complete(back) {
	const { selectionEnd } = field;

	if (!completing || completing.to !== selectionEnd) {
		const found = /(^|\s)@([^\s@]*)$/.exec(
			field.value.slice(0, selectionEnd));

		if (!found || !at.room)
			return false;
		const start = found[2].toLowerCase();
		const names = [...at.room.members.values()].map(p => p.nick)
			.filter(name => name.toLowerCase().startsWith(start))
			.sort();

		if (!names.length)
			return false;
		completing = { from: selectionEnd - found[2].length, names,
			to: selectionEnd, i: back ? 0 : -1 };
	}
	const { from, names } = completing, n = names.length;

	completing.i = (completing.i + (back ? -1 : 1) + n) % n;
	const word = `${names[completing.i]} `;

	field.setRangeText(word, from, completing.to, 'end');
	completing.to = from + word.length;
	fit();
	saveDraft();
	return true;
}

/* ---- Keys ---- */

function onKey(event) {
	/* While composing, Enter picks a candidate of the input method. */
	if (event.isComposing || event.keyCode === 229)
		return;
	if (event.key !== 'Tab' && event.key !== 'Shift')
		completing = null;
	if (event.key === 'Enter' && !event.shiftKey) {
		submit();
	} else if (event.key === 'ArrowUp' && !field.value && !event.altKey) {
		if (!editLast())
			return;
	} else if (event.key === 'Escape') {
		if (context)
			endContext();
		else
			selectLast();
	} else if (event.key !== 'Tab' || !complete(event.shiftKey)) {
		return;
	}
	event.preventDefault();
}

function onShown() {
	setContext(null);
	field.value = (at.room && drafts[at.room.name]) || '';
	field.disabled = !at.room;
	if (at.room)
		field.placeholder = t.write(titleOf(at.room));
	fit();
}

export function start() {
	drafts = loadJson('sessionStorage', 'chat.drafts') || {};
	$('form').onsubmit = event => {
		event.preventDefault();
		submit();
		field.focus();
	};
	field.oninput = onInput;
	field.onkeydown = onKey;
	/* A tap on the button leaves the keyboard of a phone open. */
	$('send').onpointerdown = event => event.preventDefault();
	$('context-cancel').onclick = () => {
		endContext();
		field.focus();
	};
	on('shown', onShown);
	on('rooms', () => {
		if (at.room)
			field.placeholder = t.write(titleOf(at.room));
	});
	on('changed', m => {
		if (!context || m !== (context.edit || context.reply))
			return;
		if (m.deleted)
			endContext();
		else
			setContext(context);
	});
	on('renamed', (was, name) => {
		if (was in drafts) {
			drafts[name] = drafts[was];
			delete drafts[was];
		}
	});
}
