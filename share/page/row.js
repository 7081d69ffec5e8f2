/*
 * A message as it looks. A row is drawn anew in place when its message
 * changes; what is done with it is found by delegation (acts.js).
 */

import { appendText, brief, button, clock, colourOf, full, label, make,
	oneLine } from './dom.js';
import { isOwn, me, mentions, sameNick } from './model.js';
import { t } from './words.js';
import { view } from './place.js';

const GROUP_MS = 5 * 60 * 1000;	/* one heading for messages this close */
const LONG = 3000;		/* characters, */
const TALL = 25;		/* or lines, before it is folded */

/* Whether m goes on under the heading of the one before. */
export function follows(before, m) {
	return before.from === m.from && before.nick === m.nick &&
		m.time - before.time < GROUP_MS && !m.reply;
}

function isLong(text) {
	return text.length > LONG || text.split('\n', TALL + 1).length > TALL;
}

function appendQuote(body, reply) {
	const quote = button('quote', '');
	const known = typeof reply.text === 'string';

	quote.tabIndex = -1;
	quote.dataset.id = String(reply.id);
	if (known)
		quote.append(make('bdi', 'quoted', String(reply.nick || '')),
			' ', make('bdi', '', oneLine(reply.text)));
	else
		quote.append(make('i', '', t.goneQuote));
	label(quote, known ? `${t.replyTo(String(reply.nick || ''))}: ` +
		oneLine(reply.text) : t.goneQuote);
	body.append(quote);
}

function stamp(change) {
	return [String(change.nick || ''),
		change.at > 0 ? brief.format(new Date(change.at)) : ''];
}

function appendWords(body, m) {
	if (m.deleted) {
		const gone = make('p', 'gone', t.deleted);

		gone.title = t.deletedBy(...stamp(m.deleted));
		body.append(gone);
		return;
	}
	const text = make('div', 'text');

	text.dir = 'auto';
	appendText(text, m.text);
	if (m.edited) {
		text.dataset.edited = ` ${t.edited}`;
		text.title = t.editedBy(...stamp(m.edited));
	}
	body.append(text);
	if (!isLong(m.text) || m.open)
		return;
	const more = button('more', t.showAll, () => {
		view.stuck = false;
		m.open = true;
		text.classList.remove('long');
		more.remove();
	});

	text.classList.add('long');
	body.append(more);
}

function appendChips(body, reactions) {
	const chips = make('div', 'chips');

	for (const [emoji, who] of Object.entries(reactions)) {
		const names = Array.isArray(who) ? who.map(String) : [];
		const mine = names.some(name => sameNick(name, me.nick));
		const chip = button('chip', '');

		if (!names.length)
			continue;
		chip.append(make('bdi', 'emoji', emoji), ` ${names.length}`);
		chip.dataset.emoji = emoji;
		chip.tabIndex = -1;
		chip.setAttribute('aria-pressed', String(mine));
		label(chip, t.reaction(emoji, names));
		chips.append(chip);
	}
	if (chips.childElementCount)
		body.append(chips);
}

function describe(m) {
	const text = m.deleted ? t.deleted : oneLine(m.text);

	return t.says(m.nick, clock.format(new Date(m.time)),
		text + (m.edited ? ` (${t.edited})` : ''));
}

/* Fills m.row with what m is now. */
export function fillRow(m) {
	const { row } = m;
	const who = button('who', '');
	const body = make('div', 'body');
	const date = new Date(m.time);
	const time = make('time', '', clock.format(date));
	const classes = { own: isOwn(m), mention: !isOwn(m) && !m.deleted &&
		mentions(m.text, me.nick), [colourOf(m.nick)]: true };

	for (const [name, on] of Object.entries(classes))
		row.classList.toggle(name, on);
	who.append(make('bdi', '', m.nick));
	who.title = m.nick;
	who.tabIndex = -1;
	if (m.reply)
		appendQuote(body, m.reply);
	appendWords(body, m);
	if (m.reactions && !m.deleted)
		appendChips(body, m.reactions);
	time.dateTime = date.toISOString();
	time.title = full.format(date);
	row.setAttribute('aria-label', describe(m));
	row.replaceChildren(who, body, time);
}

export function makeRow(m) {
	m.row = make('div', 'msg');
	m.row.message = m;
	m.row.dataset.id = m.id;
	m.row.tabIndex = -1;
	m.row.setAttribute('role', 'article');
	fillRow(m);
	return m.row;
}

/* What waits to be sent: { text, reply, reason }. */
export function pendingRow(e, retry, discard) {
	const row = make('div', `msg own pending ${colourOf(me.nick)}`);
	const who = make('span', 'who');
	const body = make('div', 'body');

	who.append(make('bdi', '', me.nick));
	if (e.reply)
		appendQuote(body, e.reply);
	appendWords(body, e);
	if (e.reason) {
		const note = make('p', 'note', e.reason);

		row.classList.add('failed');
		note.append(' ', button('', t.retry, retry), ' ',
			button('', t.discard, discard));
		body.append(note);
	}
	row.append(who, body,
		make('span', 'mark', e.reason ? t.failed : t.waiting));
	return row;
}
