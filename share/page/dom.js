/*
 * Nodes, text, storage and time. What a peer sends becomes text nodes and
 * attributes that hold text, and nothing else: all of it passes by here.
 */

import { locale, t } from './words.js';

const COLOURS = 6;

export const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
export const full = new Intl.DateTimeFormat(locale,
	{ dateStyle: 'full', timeStyle: 'medium' });
export const brief = new Intl.DateTimeFormat(locale,
	{ dateStyle: 'medium', timeStyle: 'short' });

/* When ms is, for a person; '' if it is no time. */
export function timeIn(ms) {
	return ms > 0 && ms < 8.64e15 ? brief.format(new Date(ms)) : '';
}

export const $ = id => document.getElementById(id);

export function make(tag, className, text) {
	const node = document.createElement(tag);

	if (className)
		node.className = className;
	if (text !== undefined)
		node.textContent = text;
	return node;
}

export function button(className, text, act) {
	const node = make('button', className, text);

	node.type = 'button';
	node.onclick = act;
	return node;
}

/* One of the symbols in chat.html. */
export function icon(name) {
	const SVG = 'http://www.w3.org/2000/svg';
	const node = document.createElementNS(SVG, 'svg');
	const use = document.createElementNS(SVG, 'use');

	node.setAttribute('class', 'icon');
	node.setAttribute('aria-hidden', 'true');
	use.setAttribute('href', `#i-${name}`);
	node.append(use);
	return node;
}

/* Sets a name for a screen reader, and for the mouse. */
export function label(node, text) {
	node.setAttribute('aria-label', text);
	node.title = text;
	return node;
}

/* Tells a screen reader. The same text again is told again. */
export function announce(text) {
	$('say').textContent = '';
	setTimeout(() => { $('say').textContent = text; }, 50);
}

/* Calls fn soon, however often it is asked to. */
export function soon(fn, ms = 0) {
	let timer = 0;

	return () => {
		if (timer)
			return;
		timer = setTimeout(() => {
			timer = 0;
			fn();
		}, ms);
	};
}

/* Storage can be full or forbidden: then it does not outlive the page. */
export function save(storage, key, value) {
	try {
		if (value)
			window[storage].setItem(key, value);
		else
			window[storage].removeItem(key);
	} catch (_) { /* see above */ }
}

export function load(storage, key) {
	try {
		return window[storage].getItem(key) || '';
	} catch (_) {
		return '';
	}
}

export function loadJson(storage, key) {
	try {
		return JSON.parse(load(storage, key));
	} catch (_) {
		return null;	/* not ours: nothing to restore */
	}
}

/* randomUUID() exists on HTTPS only; a chat on a local network has none. */
export function newNonce() {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)),
		b => b.toString(16).padStart(2, '0')).join('');
}

/* navigator.clipboard, too, exists on HTTPS only. */
export function copy(text) {
	const area = make('textarea', 'hidden', text);
	const focused = document.activeElement;

	document.body.append(area);
	area.select();
	document.execCommand('copy');
	area.remove();
	if (focused)
		focused.focus({ preventScroll: true });
	announce(t.copied);
}

/* ---- Ids ---- */

/* Less than, equal to or greater than 0; '' comes before all ids. */
export function compareIds(a, b) {
	const [a0, a1] = a.split('-');
	const [b0, b1] = b.split('-');

	return Number(a0) - Number(b0) || Number(a1 || 0) - Number(b1 || 0);
}

/* The milliseconds in front of a message's id, or the time now. */
export function timeOf(id) {
	const ms = parseInt(id, 10);

	return ms > 0 && ms < 8.64e15 ? ms : Date.now();
}

/* Where id is in a list in order, or, as -1 - place, where it would be. */
export function search(list, id) {
	let from = 0, to = list.length;

	while (from < to) {
		const mid = from + to >> 1;
		const c = compareIds(list[mid].id, id);

		if (c === 0)
			return mid;
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return -1 - from;
}

/* ---- Text ---- */

function asBinary(v) {
	if (v instanceof ArrayBuffer || ArrayBuffer.isView(v))
		return t.binary(v.byteLength);
	if (v && typeof v.base64 === 'string' && Object.keys(v).length === 1)
		return t.binary(v.base64.replace(/=+$/, '').length * 3 >> 2);
	return v;
}

/* A classic client may send any JSON value, or binary. */
export function asText(value) {
	value = asBinary(value);
	if (typeof value === 'string')
		return value;
	if (value === undefined)
		return '';
	try {
		return JSON.stringify(value, (_, v) => asBinary(v));
	} catch (_) {
		return String(value);
	}
}

/* Where a URL ends in running text: before its closing punctuation. */
function urlLength(s) {
	let end = s.length;
	let extra = s.split(')').length - s.split('(').length;

	while (end > 0) {
		const c = s[end - 1];

		if (c === ')' && extra > 0)
			extra--;
		else if (!'.,;:!?…*_~\'"”’»]}'.includes(c))
			break;
		end--;
	}
	return end;
}

/* The URL to link to, or null: web addresses only, nothing disguised. */
function safeUrl(s) {
	try {
		const url = new URL(s);

		return /^https?:$/.test(url.protocol) && !url.username &&
			!url.password ? url.href : null;
	} catch (_) {
		return null;
	}
}

export function appendText(node, text) {
	/* No quotes, no controls, no marks that turn the text around. */
	const urls = /\bhttps?:\/\/[^\s<>"`\p{Cc}\p{Cf}]+/giu;
	let at = 0;

	for (const found of text.matchAll(urls)) {
		const s = found[0].slice(0, urlLength(found[0]));
		const href = safeUrl(s);

		if (!href)
			continue;
		const a = make('a', '', s);

		a.href = href;
		a.target = '_blank';
		a.rel = 'noopener noreferrer';
		node.append(text.slice(at, found.index), a);
		at = found.index + s.length;
	}
	node.append(text.slice(at));
}

/* text on one line, cut where it gets long. */
export function oneLine(text, length = 200) {
	const s = text.replace(/\s+/g, ' ').trim();
	const chars = Array.from(s.slice(0, 2 * length));

	return chars.length > length ? chars.slice(0, length).join('') + '…' : s;
}

/* A peer's text within a sentence of ours: nothing in it can turn the rest of
 * that around. */
export function within(text) {
	const s = oneLine(String(text)).replace(
		/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');

	return s && `\u2068${s}\u2069`;
}

export function colourOf(name) {
	let h = 0x811c9dc5;	/* FNV-1a, mixed once more */

	for (const c of name)
		h = Math.imul(h ^ c.codePointAt(0), 0x01000193);
	return `c${((h ^ h >>> 15) >>> 0) % COLOURS}`;
}
