/*
 * Keeping order: the password of a closed server, what moderators can do to a
 * person and a room, and what is told when they do it.
 */

import { $, announce, button, copy, label, make, oneLine, timeIn, within }
	from './dom.js';
import { at, dropRoom, isObject, me, rooms, sameNick, titleOf }
	from './model.js';
import { ask, givePassword, insist, net, takeInvite } from './net.js';
import { on, tell } from './bus.js';
import { reasonOf, t } from './words.js';
import { go } from './go.js';

const UNITS = { '': 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|[\da-f]*:[\da-f:.]*)(\/\d+)?$/i;

/* ---- Who may do what ---- */

export function mayModerate(room) {
	return Boolean(room) && !room.with && (me.operator ||
		room.role === 'owner' || room.role === 'moderator');
}

function mayOwn(room) {
	return Boolean(room) && !room.with &&
		(me.operator || room.role === 'owner');
}

/* ---- Coming in ---- */

function openEnter(why) {
	$('enter-error').textContent = why;
	$('enter-password').value = '';
	if (!$('enter').open)
		$('enter').showModal();
	$('enter-password').focus();
}

function submitEnter(event) {
	const password = $('enter-password').value;

	event.preventDefault();
	if (!password)
		return;
	$('enter-password').value = '';
	$('enter').close();
	$('field').focus();
	givePassword(password);
}

export async function accept(invite) {
	const a = await ask('accept', { invite: codeOf(invite) });

	if (a.ok && typeof a.room === 'string')
		go(a.room);
}

/* The invitation of the address, if none was needed to come in. */
export function onEntered() {
	const invite = takeInvite();

	$('enter').close();
	if (invite)
		accept(invite);
}

/* ---- Rooms ---- */

function drawMarks() {
	const { room } = at;
	const marks = [];

	if (room && room.private)
		marks.push(t.isPrivate);
	if (room && room.slow > 0)
		marks.push(t.isSlow(room.slow));
	if (me.operator)
		marks.push(t.youOperate);
	if (room && t.youAre[room.role])
		marks.push(t.youAre[room.role]);
	$('marks').textContent = marks.join(' · ');
	$('marks').hidden = !marks.length;
}

export function openSettings(room) {
	$('settings').hidden = !mayModerate(room);
	$('private-part').hidden = !mayOwn(room);
	$('slow-field').value = String(room.slow);
	$('private-field').checked = room.private;
	$('invite-link').textContent = '';
}

/* Resolves to the answer that was no, or to null. */
export async function submitSettings(room) {
	const slow = Math.floor(Number($('slow-field').value)) || 0;
	const secret = $('private-field').checked;

	if ($('settings').hidden)
		return null;
	for (const [event, arg, is] of [
		['slow', { seconds: slow }, slow === room.slow],
		['private', { on: secret }, secret === room.private]]) {
		const a = is ? { ok: true } :
			await insist(event, { room: room.name, ...arg });

		if (!a.ok)
			return a;
	}
	return null;
}

/* An invitation to pass on, for the room or (null) for the server alone. */
export async function makeInvite(room, terms = {}) {
	const a = await ask('invite',
		room ? { room: room.name, ...terms } : terms);

	if (!a.ok)
		return;
	const link = new URL(String(a.path), location.origin).href;

	copy(link);
	if ($('about-room').open)
		$('invite-link').textContent = link;
	else
		tell('notice', t.inviteIs(link));
}

/* ---- A person ---- */

let person = '';

export function openDeal(nick, self) {
	person = nick;
	$('deal').hidden = self || !mayModerate(at.room);
	$('deal-owner').hidden = !mayOwn(at.room);
	const known = at.room ? [...at.room.members.values()] : [];
	const is = known.some(p => p.role === 'moderator' &&
		sameNick(p.nick, nick));

	$('deal-moderator').hidden = is;
	$('deal-no-moderator').hidden = !is;
	$('deal-invite').hidden = !at.room || !at.room.private;
	$('deal-title').textContent = at.room ? t.inThis(titleOf(at.room)) : '';
	$('deal-why').value = $('deal-time').value = '';
	$('deal-note').textContent = '';
}

function termsOf(event) {
	const seconds = Number($('deal-time').value);
	const reason = oneLine($('deal-why').value);
	const arg = { room: at.room.name, nick: person };

	if (seconds && (event === 'mute' || event === 'ban'))
		arg.seconds = seconds;
	if (reason && event !== 'unmute')
		arg.reason = reason;
	return arg;
}

async function deal(event, arg = termsOf(event)) {
	const nick = person;

	$('deal-note').textContent = '';
	const a = await insist(event, arg);

	if (person === nick)
		$('deal-note').textContent = a.ok ? t.done : reasonOf(a);
}

/* ---- Commands ---- */

/* "2h", or a number alone: seconds. Anything else: null. */
function secondsOf(word) {
	const time = /^(\d{1,9})([smhdw]?)$/.exec(word);

	return time && Number(time[1]) * UNITS[time[2]];
}

/* Of "-server", or of the room that is shown without it. */
function takeScope(words) {
	if (words[0] !== '-server')
		return { room: at.room.name };
	words.shift();
	return {};
}

/* With its unit; null: it is none. */
function timeOf(word) {
	return (/\D$/.test(word) && secondsOf(word)) || null;
}

/* "2h why": what begins with a digit has to be a time. Null: it is none. */
function takeTerms(words) {
	const arg = {};

	if (words.length && /^\d/.test(words[0])) {
		arg.seconds = timeOf(words.shift());
		if (!arg.seconds)
			return null;
	}
	return { ...arg, ...takeReason(words) };
}

function takeReason(words) {
	return words.length ? { reason: words.join(' ') } : {};
}

function takeNothing(words) {
	return words.length ? null : {};
}

function takeOnOff(words) {
	return /^(on|off)?$/.test(words.join(' ')) ?
		{ on: words[0] !== 'off' } : null;
}

/* "-server NICK more": the members of the request; null: that is wrong. Only
 * what is scoped can be about the server. */
function parse(text, take, scoped) {
	const words = text.split(/\s+/);
	const scope = scoped ? takeScope(words) : { room: at.room.name };
	const nick = (words.shift() || '').replace(/^@/, '');
	const more = take(words);

	return nick && more && { ...scope, nick, ...more };
}

function withNick(event, take = takeNothing, scoped = false) {
	return text => {
		const arg = parse(text, take, scoped);

		return Boolean(arg) && ask(event, arg);
	};
}

async function askBan(arg) {
	const a = await ask('ban', arg);

	if (a.ok)
		tell('notice', t.banIs(Number(a.ban)), 'done');
}

/* An address is always about the server. */
function ban(text) {
	const arg = parse(text, takeTerms, true);

	if (!arg)
		return false;
	const { room: _, nick: address, ...terms } = arg;

	return askBan(ADDRESS.test(address) ? { address, ...terms } : arg);
}

/* "-server 5 2d": an invitation for anybody, so many times, so long; or for a
 * person, who is no number and no time. */
function invite(text) {
	const words = text.split(/\s+/).filter(word => word);
	const { room } = takeScope(words);
	const terms = {};

	if (words.length && /^\D/.test(words[0]))
		return withNick('invite', takeNothing, true)(text);
	if (words.length && /^\d+$/.test(words[0]))
		terms.uses = Number(words.shift());
	if (words.length)
		terms.seconds = timeOf(words.shift());
	return !words.length && terms.uses !== 0 && terms.seconds !== null &&
		makeInvite(room ? at.room : null, terms);
}

function slow(text) {
	const seconds = text === 'off' ? 0 : secondsOf(text);

	return seconds !== null &&
		ask('slow', { room: at.room.name, seconds });
}

/* It may come as it was passed on: http://host/i/CODE. */
function codeOf(link) {
	return link.replace(/^.*\//, '');
}

/* ---- Lists ---- */

/* Asks for the end of what item is about. */
async function end(item, go, event, arg) {
	go.disabled = true;
	$('listing-note').textContent = '';
	const a = await insist(event, arg);

	if (!item.isConnected)
		return;
	$('listing-note').textContent = a.ok ? t.done : reasonOf(a);
	go.disabled = false;
	if (!a.ok) {
		go.focus();
		return;
	}
	/* On no button: Enter once more must not end the next one, too. */
	const next = item.nextSibling || item.previousSibling;

	item.remove();
	(next || $('listing-list')).focus();
}

/* ending, if there is one: [what ends it, its name, event, arg] */
function lineOf(text, ending) {
	const item = make('li');

	item.tabIndex = -1;
	item.append(make('span', '', text));
	if (ending) {
		const [verb, name, event, arg] = ending;
		const go = button('', verb, () => end(item, go, event, arg));

		item.append(label(go, `${verb} ${name}`));
	}
	return item;
}

function list(title, items) {
	$('listing-title').textContent = title;
	$('listing-note').textContent = '';
	$('listing-list').replaceChildren(
		...(items.length ? items : [lineOf(t.nothing)]));
	if (!$('listing').open)
		$('listing').showModal();
}

/* What bans and lines of the audit share. */
function aboutWhom(one) {
	const { until } = one;
	const parts = [one.nick, one.address, one.room, one.reason];

	return [...parts.filter(part => part).map(within),
		...until > 0 ? [t.until(timeIn(until))] : []].join(' · ');
}

/* "-server", or of the room that is shown. */
function listed(show) {
	return text => /^(-server)?$/.test(text) &&
		show(text ? {} : { room: at.room.name });
}

function banItem(one) {
	const n = Number(one.ban);

	return lineOf(`${n}: ` +
		(one.nick || one.address ? '' : within(one.from)) +
		`${aboutWhom(one)} (${within(one.by)})`,
	n > 0 && [t.lift, n, 'unban', { ban: n }]);
}

async function showBans(arg) {
	const a = await ask('bans', arg);

	if (a.ok)
		list(t.bans, (Array.isArray(a.bans) ? a.bans : [])
			.filter(isObject).map(banItem));
}

function inviteItem(one) {
	const code = String(one.invite);

	return lineOf(`${within(code)} ${aboutWhom(one)} ` +
		(one.uses > 0 ? `${t.usesLeft(one.uses)} ` : '') +
		`(${within(one.by)})`,
	[t.revoke, within(code), 'revoke', { invite: code }]);
}

async function showInvites(arg) {
	const a = await ask('invitations', arg);

	if (a.ok)
		list(t.invites, (Array.isArray(a.invitations) ?
			a.invitations : []).filter(isObject).map(inviteItem));
}

async function showAudit() {
	const a = await ask('audit', {});

	if (a.ok)
		list(t.audit, (Array.isArray(a.lines) ? a.lines : [])
			.filter(isObject).map(one =>
			lineOf(`${timeIn(one.at)} ${within(one.by || '…')}: ` +
				`${within(one.what)} ${aboutWhom(one)}` +
				(one.refused > 0 ?
				` (${t.refusedTimes(Number(one.refused))})` :
				''))));
}

export async function giveUp() {
	const a = await ask('op', {});

	if (a.ok)
		setOperator(false);
}

export function setOperator(operator) {
	me.operator = operator;
	tell('me');
	drawMarks();
}

export const COMMANDS = {
	deop: giveUp,
	kick: withNick('kick', takeReason),
	ban,
	unban: text => /^\d{1,9}$/.test(text) &&
		ask('unban', { ban: Number(text) }),
	bans: listed(showBans),
	mute: withNick('mute', takeTerms, true),
	unmute: withNick('unmute', takeNothing, true),
	slow,
	moderator: withNick('moderator', takeOnOff),
	owner: withNick('owner'),
	private: text => /^(on|off)$/.test(text) &&
		ask('private', { room: at.room.name, on: text === 'on' }),
	invite,
	invites: listed(showInvites),
	revoke: text => codeOf(text) !== '' &&
		ask('revoke', { invite: codeOf(text) }),
	uninvite: withNick('uninvite'),
	accept: text => codeOf(text) !== '' && accept(text),
	audit: showAudit,
};

/* ---- What is told ---- */

/* "…, until tomorrow. Because" */
function sentence(text, e) {
	const until = timeIn(e.until), why = within(e.reason || '');

	return text + (until ? `, ${t.until(until)}` : '') + '.' +
		(why ? ` ${why}` : '');
}

/* In a room, or everywhere. */
function placeOf(e) {
	return typeof e.room === 'string' && e.room ?
		within(e.room) : t.everywhereHere;
}

function onOut(text) {
	return e => {
		if (!isObject(e))
			return;
		const room = rooms.get(e.room);
		const told = sentence(text(placeOf(e), within(e.by || '')), e);

		if (room)
			dropRoom(room);
		else if (!e.room)
			net.farewell = told;
		if (room || e.room)
			tell('notice', told);
	};
}

function onTold(text) {
	return e => isObject(e) && tell('notice',
		sentence(text(placeOf(e), within(e.by || '')), e));
}

function onRoom(change) {
	return e => {
		const room = isObject(e) && rooms.get(e.room);

		if (!room)
			return;
		const told = change(room, e);

		drawMarks();
		tell('members', room);
		if (told && room === at.room)
			announce(told);
	};
}

function setRole(room, from, role) {
	const p = room.members.get(from);

	if (p)
		p.role = role;
	if (from === me.from)
		room.role = role;
}

export const EVENTS = {
	kicked: onOut(t.kickedFrom),
	banned: onOut(t.bannedFrom),
	muted: onTold(t.mutedIn),
	unmuted: onTold(t.unmutedIn),
	/* An invitation that has let in says so with one's own nick. */
	invited: e => isObject(e) && typeof e.room === 'string' &&
		sameNick(String(e.by || ''), me.nick) ? go(e.room) :
		onTold(t.invitedTo)(e),
	slow: onRoom((room, e) => {
		room.slow = e.seconds > 0 ? Math.floor(e.seconds) : 0;
		return room.slow ? t.isSlow(room.slow) : t.notSlow;
	}),
	private: onRoom((room, e) => {
		room.private = e.on === true;
		return room.private ? t.isPrivate : t.notPrivate;
	}),
	moderator: onRoom((room, e) => {
		setRole(room, String(e.from), e.on === true ? 'moderator' : '');
		return '';
	}),
	owner: onRoom((room, e) => {
		for (const p of room.members.values())
			if (p.role === 'owner')
				p.role = '';
		if (room.role === 'owner')
			room.role = '';
		setRole(room, String(e.from), 'owner');
		return '';
	}),
};

export function start() {
	on('password', openEnter);
	$('enter-form').onsubmit = submitEnter;
	for (const what of ['shown', 'rooms', 'me'])
		on(what, drawMarks);
	for (const event of ['kick', 'mute', 'unmute', 'ban'])
		$(`deal-${event}`).onclick = () => deal(event);
	for (const [id, event, more] of [
		['deal-moderator', 'moderator', { on: true }],
		['deal-no-moderator', 'moderator', { on: false }],
		['deal-owner-go', 'owner', {}],
		['deal-invite', 'invite', {}]])
		$(id).onclick = () => deal(event, { room: at.room.name,
			nick: person, ...more });
	$('deal').onsubmit = event => event.preventDefault();
	$('make-invite').onclick = () => makeInvite(at.room);
}
