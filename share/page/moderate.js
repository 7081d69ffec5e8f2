/*
 * Keeping order: the password of a closed server, what moderators can do to a
 * person and a room, and what is told when they do it.
 */

import { $, announce, copy, make, oneLine, timeIn, within } from './dom.js';
import { at, dropRoom, isObject, me, rooms, sameNick, titleOf }
	from './model.js';
import { ask, givePassword, insist, net, takeInvite } from './net.js';
import { on, tell } from './bus.js';
import { reasonOf, t } from './words.js';
import { go } from './go.js';

const UNITS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
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
	const a = await ask('accept', { invite: invite.replace(/^.*\//, '') });

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

/* "2h" */
function secondsOf(word) {
	const time = /^(\d{1,9})([smhdw])$/.exec(word || '');

	return time ? Number(time[1]) * UNITS[time[2]] : 0;
}

/* "-server NICK 2h why": the members of the request. */
function parse(text) {
	const words = text.split(/\s+/).filter(word => word);
	const arg = {};

	if (words[0] === '-server')
		words.shift();
	else if (at.room)
		arg.room = at.room.name;
	const who = (words.shift() || '').replace(/^@/, '');

	if (ADDRESS.test(who)) {
		delete arg.room;
		arg.address = who;
	} else if (who) {
		arg.nick = who;
	}
	const seconds = secondsOf(words[0]);

	if (seconds) {
		arg.seconds = seconds;
		words.shift();
	}
	if (words.length)
		arg.reason = words.join(' ');
	return arg;
}

/* "-server 5 2d": an invitation for anybody, so many times, so long; null: it
 * is none. */
function inviteTerms(text) {
	const found = /^(-server(?:\s+|$))?(?:(\d{1,9})(?:\s+|$))?(\S+)?$/
		.exec(text);
	const seconds = found && secondsOf(found[3]);

	if (!found || (found[3] && !seconds))
		return null;
	return { room: found[1] ? null : at.room, terms: {
		...found[2] ? { uses: Number(found[2]) } : {},
		...seconds ? { seconds } : {} } };
}

function invite(text) {
	const anybody = inviteTerms(text);

	return anybody ? makeInvite(anybody.room, anybody.terms) :
		withNick('invite')(text);
}

function withNick(event, more = {}) {
	return text => {
		const { room, nick } = parse(text);

		return nick && ask(event, { room, nick, ...more });
	};
}

function list(title, lines) {
	$('listing-title').textContent = title;
	$('listing-list').replaceChildren(...(lines.length ? lines : [t.nothing])
		.map(text => make('li', '', text)));
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

async function showBans(text) {
	const a = await ask('bans', /^-server\b/.test(text) || !at.room ? {} :
		{ room: at.room.name });

	if (a.ok)
		list(t.bans, (Array.isArray(a.bans) ? a.bans : [])
			.filter(isObject).map(one => `${Number(one.ban)}: ` +
				(one.nick || one.address ? '' : within(one.from)) +
				`${aboutWhom(one)} (${within(one.by)})`));
}

async function showInvites(text) {
	const a = await ask('invitations', /^-server\b/.test(text) ||
		!at.room ? {} : { room: at.room.name });

	if (a.ok)
		list(t.invites, (Array.isArray(a.invitations) ?
			a.invitations : []).filter(isObject).map(one =>
			`${within(one.invite)} ${aboutWhom(one)} ` +
				(one.uses > 0 ? `${t.usesLeft(one.uses)} ` : '') +
				`(${within(one.by)})`));
}

async function showAudit() {
	const a = await ask('audit', {});

	if (a.ok)
		list(t.audit, (Array.isArray(a.lines) ? a.lines : [])
			.filter(isObject).map(one => `${timeIn(one.at)} ` +
				`${within(one.by || '…')}: ${within(one.what)} ` +
				aboutWhom(one) + (one.refused > 0 ?
				` (${t.refusedTimes(Number(one.refused))})` :
				'')));
}

async function ban(text) {
	const a = await ask('ban', parse(text));

	if (a.ok)
		tell('notice', t.banIs(Number(a.ban)), 'done');
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
	kick: text => ask('kick', parse(text)),
	ban,
	unban: text => ask('unban', { ban: Number(text) }),
	bans: showBans,
	mute: text => ask('mute', parse(text)),
	unmute: text => ask('unmute', parse(text)),
	slow: text => ask('slow', { room: at.room.name,
		seconds: Number(text) || 0 }),
	moderator: text => withNick('moderator',
		{ on: !/\soff$/.test(text) })(text),
	owner: withNick('owner'),
	private: text => ask('private', { room: at.room.name,
		on: text !== 'off' }),
	invite,
	invites: showInvites,
	revoke: text => text && ask('revoke',
		{ invite: text.replace(/^.*\//, '') }),
	uninvite: withNick('uninvite'),
	accept: text => text && accept(text),
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
