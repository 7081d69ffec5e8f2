/*
 * What stands on the right: people, search, mentions. A hit leads to its
 * message in its room.
 */

import { $, brief, button, label, make } from './dom.js';
import { at, isDirect, keepRevised, me, messagesOf, rooms, titleOf }
	from './model.js';
import { insist } from './net.js';
import { on, tell } from './bus.js';
import { reasonOf, t } from './words.js';
import { go } from './go.js';

const PAGE = 30;
const AROUND = 60;		/* characters before the first word found */
const SHOWN = 220;

let mode = '';			/* people, find, mentions */
let hits = [];			/* messages, newest first */
let query = null;		/* { event, arg, words } of the hits */
let turn = 0;

keepRevised(() => [hits]);

/* ---- Hits ---- */

function fold(s) {
	return s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/* text with the words marked, from a little before the first one on. */
function excerpt(node, text, words) {
	const flat = text.replace(/\s+/g, ' ');
	const parts = words.map(w => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	const found = words.length ?
		flat.search(RegExp(parts.join('|'), 'iu')) : -1;
	const from = Math.max(0, found - AROUND);
	const s = (from ? '…' : '') + flat.slice(from, from + SHOWN) +
		(flat.length > from + SHOWN ? '…' : '');

	for (const part of s.split(/([\p{L}\p{N}]+)/u))
		node.append(words.some(w => fold(part).startsWith(fold(w))) ?
			make('mark', '', part) : part);
}

function whereOf(m) {
	const room = rooms.get(m.room);

	if (room)
		return titleOf(room);
	return isDirect(m.room) ? t.direct : m.room;
}

function hitItem(m) {
	const at = brief.format(new Date(m.time));
	const item = make('li');
	const node = button('hit', '', () => {
		if (matchMedia('(max-width: 60rem)').matches)
			closeAside();
		go(m.room, { id: m.id });
	});
	const head = make('span', 'hit-head');
	const text = make('span', 'hit-text');

	head.append(make('bdi', 'hit-who', m.nick), ' · ',
		make('bdi', '', whereOf(m)), make('time', '', at));
	if (m.deleted)
		text.append(make('i', '', t.deleted));
	else
		excerpt(text, m.text, query.words);
	text.dir = 'auto';
	node.append(head, text);
	node.setAttribute('aria-label',
		`${t.hit(m.nick, whereOf(m), at)}: ${text.textContent}`);
	item.append(node);
	return item;
}

function drawHits() {
	$('hit-list').replaceChildren(...hits.map(hitItem));
}

async function fetchHits(event, arg, words) {
	const now = ++turn;
	const more = query !== null && arg.before !== undefined;

	query = { event, arg, words };
	$('hits-note').textContent = t.loading;
	$('hits-more').hidden = true;
	if (!more) {
		hits = [];
		drawHits();
	}
	const a = await insist(event, { ...arg, limit: PAGE });

	if (now !== turn)
		return;
	if (!a.ok) {
		$('hits-note').textContent = reasonOf(a);
		return;
	}
	const n = hits.length;

	hits = hits.concat(messagesOf(a.messages));
	drawHits();
	$('hits-more').hidden = !a.more;
	$('hits-note').textContent = hits.length ? '' :
		event === 'search' ? t.nothing : t.noMentions;
	if (more && hits.length > n)
		$('hit-list').children[n].firstChild.focus();
}

function fetchMore() {
	const last = hits[hits.length - 1];

	if (last)
		fetchHits(query.event, { ...query.arg, before: last.id },
			query.words);
}

function submitFind() {
	const text = $('find-field').value.trim();
	const arg = { text };

	if (!text)
		return;
	if ($('find-where').value === 'here' && at.room)
		arg.room = at.room.name;
	fetchHits('search', arg, text.match(/[\p{L}\p{N}]+/gu) || []);
}

/* ---- The panel ---- */

function draw() {
	const title = { people: t.people, find: t.search,
		mentions: t.mentions }[mode];

	$('aside').hidden = !mode;
	$('people').hidden = mode !== 'people';
	$('find').hidden = mode !== 'find';
	$('hits').hidden = mode !== 'find' && mode !== 'mentions';
	$('aside-title').textContent = title || '';
	$('aside').setAttribute('aria-label', title || '');
	document.body.dataset.aside = mode;
	for (const [id, what] of [['open-people', 'people'],
		['open-find', 'find'], ['open-mentions', 'mentions']])
		$(id).setAttribute('aria-expanded', String(mode === what));
	tell('aside');
}

export function openAside(what) {
	if (what !== mode && (what === 'find' || what === 'mentions')) {
		turn++;
		hits = [];
		query = { words: [] };
		drawHits();
		$('hits-note').textContent = '';
		$('hits-more').hidden = true;
	}
	mode = what;
	draw();
	if (what === 'mentions')
		fetchHits('mentions', {}, [me.nick]);
	if (what === 'find') {
		$('find-field').focus();
		$('find-field').select();
	} else {
		$('aside').focus({ preventScroll: true });
	}
}

function closeAside() {
	mode = '';
	draw();
}

export function findText(text) {
	openAside('find');
	$('find-field').value = text;
	submitFind();
}

function toggle(what) {
	if (mode === what) {
		closeAside();
		$('field').focus();
	} else {
		openAside(what);
	}
}

export function start() {
	/* People are there when there is room for them. */
	if (matchMedia('(min-width: 68rem)').matches)
		mode = 'people';
	draw();
	$('open-people').onclick = () => toggle('people');
	$('open-find').onclick = () => toggle('find');
	$('open-mentions').onclick = () => toggle('mentions');
	$('shut-aside').onclick = () => {
		closeAside();
		$('field').focus();
	};
	$('aside').addEventListener('keydown', event => {
		if (event.key !== 'Escape')
			return;
		event.preventDefault();
		$('shut-aside').click();
	});
	$('find').onsubmit = event => {
		event.preventDefault();
		submitFind();
	};
	$('hits-more').onclick = fetchMore;
	on('shown', () => {
		if (at.room)
			$('find-where').options[1].textContent =
				t.inThis(titleOf(at.room));
	});
	on('changed', m => {
		const i = hits.indexOf(m);

		if (i >= 0)
			$('hit-list').children[i].replaceWith(hitItem(m));
	});
}
