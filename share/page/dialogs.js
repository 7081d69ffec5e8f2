/* The dialogs. Each is a <dialog> of chat.html, opened on top of the page. */

import { $, button, label, make, announce, oneLine, save } from './dom.js';
import { at, findRoom, isObject, me, rooms, sameNick, setMe, titleOf }
	from './model.js';
import { ask, emit, insist, isOnline, reconnectAnew, saveToken }
	from './net.js';
import { on, tell } from './bus.js';
import { reasonOf, t } from './words.js';
import { go } from './go.js';
import { giveUp, openDeal, openSettings, setOperator, submitSettings }
	from './moderate.js';
import { setField } from './compose.js';

function show(id, focus) {
	if (!$(id).open)
		$(id).showModal();
	if (focus) {
		$(focus).focus();
		if ($(focus).select)
			$(focus).select();
	}
}

/* Runs submit(), which resolves to an answer, for a form; what was wrong is
 * told at the place error. */
function onSubmit(form, error, submit) {
	$(form).onsubmit = async event => {
		event.preventDefault();
		$(error).textContent = '';
		const a = await submit();

		if (a && !a.ok)
			$(error).textContent = reasonOf(a);
	};
}

/* ---- Oneself ---- */

function acceptNick(name) {
	save('localStorage', 'chat.nick', name);
	setMe(name);
	announce(t.nowNamed(name));
}

/* Resolves to the answer. */
export async function askNick(name) {
	if (!isOnline()) {
		acceptNick(name);	/* told to the server on connecting */
		return { ok: true };
	}
	const a = await emit('nick', { nick: name });

	if (a.ok)
		acceptNick(String(a.nick || name));
	else if (!$('you').open)
		tell('notice', reasonOf(a));
	return a;
}

async function submitNick() {
	const name = $('nick-field').value.trim();

	if (name && name !== me.nick) {
		const a = await askNick(name);

		if (!a.ok)
			return a;
	} else if (name) {
		save('localStorage', 'chat.nick', name);
		tell('me');
	}
	$('you').close();
	$('field').focus();
	return null;
}

/* text is null when one is back. */
export async function setAway(text) {
	const a = await ask('away', text === null ? {} :
		{ text: text || t.away });

	if (!a.ok)
		return;
	me.away = text === null ? null : text || t.away;
	tell('me');
}

function drawYou() {
	$('account-note').textContent = me.registered ?
		t.hasAccount(me.nick) : t.keepName;
	$('open-register').textContent = me.registered ? t.changePassword :
		t.register;
	$('open-login').hidden = me.registered;
	$('logout').hidden = !me.registered;
	$('open-op').textContent = me.operator ? t.deop : t.op;
	$('away-back').hidden = me.away === null;
}

function openYou() {
	$('nick-field').value = me.nick;
	$('away-field').value = me.away || '';
	$('nick-error').textContent = '';
	drawYou();
	show('you', 'nick-field');
}

/* ---- Account ---- */

let purpose = '';		/* register, login, op */

export function openAccount(what, name = me.nick) {
	const named = what !== 'register';
	const again = what === 'register' && me.registered;

	purpose = what;
	$('you').close();
	$('account-title').textContent = again ? t.changePassword : t[what];
	$('account-go').textContent = again ? t.save : t[what];
	$('account-label').textContent = again ? t.newPassword : t.password;
	$('account-nick-part').hidden = !named;
	$('account-old-part').hidden = !again;
	$('account-nick').value = name || me.nick;
	$('account-old').value = $('account-password').value = '';
	$('account-password').autocomplete = named ? 'current-password' :
		'new-password';
	$('account-rule').hidden = named;
	$('account-error').textContent = '';
	show('account', named ? 'account-nick' : again ?
		'account-old' : 'account-password');
}

async function register(password) {
	const again = me.registered;
	const arg = { password };

	if (again)
		arg.old = $('account-old').value;
	const a = await insist('register', arg);

	if (!a.ok)
		return a;
	me.registered = true;
	saveToken(String(a.token), true);
	acceptNick(String(a.nick || me.nick));
	tell('notice', again ? t.nowPassword : t.nowRegistered(me.nick), 'done');
	return a;
}

/* All begins anew, so that rooms and markers are those of this person. */
async function login(password) {
	const nick = $('account-nick').value.trim();
	const a = await insist('login', { nick, password });

	if (!a.ok)
		return a;
	saveToken(String(a.token), true);
	save('localStorage', 'chat.nick', String(a.nick || nick));
	reconnectAnew();
	tell('notice', t.nowIn(String(a.nick || nick)), 'done');
	return a;
}

/* On this connection, and no other one. */
async function op(password) {
	const name = $('account-nick').value.trim();
	const a = await insist('op', { name, password });

	if (a.ok)
		setOperator(true);
	return a;
}

async function submitAccount() {
	const password = $('account-password').value;
	const a = await ({ login, op, register })[purpose](password);

	if (a.ok) {
		$('account').close();
		$('field').focus();
	}
	return a;
}

function logout() {
	for (const key of ['chat.token', 'chat.nick'])
		save('localStorage', key, '');
	save('sessionStorage', 'chat.token', '');
	$('you').close();
	reconnectAnew();
}

/* ---- Rooms ---- */

let known = [];			/* the server's rooms */

function joinItem(room) {
	const item = make('li');
	const open = button('choice', '', () => joinRoom(room.room));
	const n = Number(room.members) || 0;
	const notes = [t.nMembers(n)];

	if (room.joined || findRoom(room.room))
		notes.push(t.joinedAlready);
	if (room.unread > 0)
		notes.push(t.unreadIn(room.unread));
	open.append(make('bdi', 'name', room.room),
		make('span', 'aside-note', notes.join(' · ')));
	if (room.topic)
		open.append(make('bdi', 'choice-topic', oneLine(room.topic)));
	item.append(open);
	return item;
}

function wantedRoom() {
	return $('join-field').value.trim().replace(/^#+/, '')
		.replace(/\s+/g, '-');
}

function drawJoin() {
	const wanted = wantedRoom();
	const list = known.filter(room => room.room.normalize('NFKC')
		.toLowerCase().includes(wanted.normalize('NFKC').toLowerCase()));

	$('join-list').replaceChildren(...list.slice(0, 200).map(joinItem));
	$('join-go').disabled = !wanted;
	$('join-note').textContent = wanted && !wanted.startsWith('@') &&
		!known.some(room => sameNick(room.room, wanted)) ?
		t.noSuchRoom : '';
}

function joinRoom(name) {
	$('join').close();
	go(name);
	$('field').focus();
}

export async function openJoin() {
	$('join-field').value = '';
	known = [...rooms.values()].filter(room => !room.with)
		.map(room => ({ room: room.name, topic: room.topic, joined: true,
			members: room.count }));
	drawJoin();
	show('join', 'join-field');
	const a = await emit('rooms', {});

	if (!a.ok || !Array.isArray(a.rooms))
		return;
	known = a.rooms.filter(room => isObject(room) && !room.with &&
		typeof room.room === 'string')
		.sort((x, y) => y.members - x.members ||
			x.room.localeCompare(y.room));
	drawJoin();
}

function openTopic() {
	if (!at.room || at.room.with)
		return;
	$('about-title').textContent = t.topicOf(titleOf(at.room));
	$('topic-field').value = at.room.topic;
	openSettings(at.room);
	$('topic-error').textContent = '';
	show('about-room', 'topic-field');
}

async function submitTopic() {
	const topic = $('topic-field').value.replace(/\s+/g, ' ').trim();
	const refused = await submitSettings(at.room);
	const a = refused || (topic === at.room.topic ? { ok: true, topic } :
		await insist('topic', { room: at.room.name, topic }));

	if (a.ok) {
		at.room.topic = String(a.topic || '');
		tell('rooms');
		$('about-room').close();
	}
	return a;
}

/* ---- People ---- */

let person = '';

export async function showPerson(nick) {
	person = nick;
	$('person-title').textContent = nick;
	$('person-note').textContent = '';
	$('person-write').hidden = sameNick(nick, me.nick);
	openDeal(nick, $('person-write').hidden);
	show('person', $('person-write').hidden ? 'person-mention' :
		'person-write');
	const a = await emit('whois', { nick });

	if (person !== nick)
		return;
	if (!a.ok) {
		$('person-note').textContent = reasonOf(a);
		return;
	}
	const notes = [a.registered ? t.registered : t.guest,
		!a.online ? t.offline : a.away === undefined ? t.online :
			`${t.away}: ${a.away}`];

	if (Array.isArray(a.rooms) && a.rooms.length)
		notes.push(t.isIn(a.rooms.map(String)));
	$('person-note').textContent = notes.join(' · ');
}

/* ---- Deleting ---- */

let doomed = null;

export function askDelete(m) {
	doomed = m;
	$('sure-text').textContent = oneLine(m.text);
	show('sure', 'sure-go');
}

/* ---- Help ---- */

function drawHelp() {
	for (const [title, keys] of t.keys) {
		const part = make('section');
		const list = make('dl');

		for (const [key, what] of keys)
			list.append(make('dt', '', key), make('dd', '', what));
		part.append(make('h3', '', title), list);
		$('help-keys').append(part);
	}
}

export function openHelp() {
	show('help');
}

/* ---- Start ---- */

function startYou() {
	$('me').onclick = openYou;
	onSubmit('nick-form', 'nick-error', submitNick);
	$('away-form').onsubmit = event => {
		event.preventDefault();
		setAway($('away-field').value.trim());
		$('you').close();
	};
	$('away-back').onclick = () => {
		setAway(null);
		$('you').close();
	};
	$('open-register').onclick = () => openAccount('register');
	$('open-login').onclick = () => openAccount('login');
	$('open-op').onclick = () => {
		$('you').close();
		if (me.operator)
			giveUp();
		else
			openAccount('op');
	};
	$('logout').onclick = logout;
	onSubmit('account-form', 'account-error', submitAccount);
	on('me', drawYou);
}

export function start() {
	drawHelp();
	startYou();
	$('open-join').onclick = openJoin;
	$('open-help').onclick = openHelp;
	$('topic').onclick = openTopic;
	$('join-field').oninput = drawJoin;
	$('join-form').onsubmit = event => {
		event.preventDefault();
		if (wantedRoom())
			joinRoom(wantedRoom());
	};
	onSubmit('topic-form', 'topic-error', submitTopic);
	$('person-write').onclick = () => {
		$('person').close();
		go(`@${person}`);
		$('field').focus();
	};
	$('person-mention').onclick = () => {
		const { value } = $('field');

		$('person').close();
		setField(`${value}${value && !/\s$/.test(value) ? ' ' : ''}` +
			`@${person} `);
	};
	$('sure-go').onclick = () => {
		$('sure').close();
		if (doomed)
			ask('delete', { id: doomed.id });
		doomed = null;
	};
	for (const dialog of document.querySelectorAll('dialog')) {
		for (const node of dialog.querySelectorAll('.shut, .cancel'))
			node.onclick = () => dialog.close();
		/* A click beside it. */
		dialog.addEventListener('pointerdown', event => {
			if (event.target === dialog)
				dialog.close();
		});
	}
}
