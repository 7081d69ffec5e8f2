/*
 * The connection: the official Socket.IO client, requests and their answers,
 * and what is to be said about it. The protocol is that of chat-protocol(7).
 */

import { load, save, timeIn, within } from './dom.js';
import { reasonOf, t } from './words.js';
import { tell } from './bus.js';

const ACK_MS = 15000;
const REFUSED_MS = 10000;	/* before asking again after a refusal */
const RETRY_MAX_MS = 3600000;	/* that a server may tell */
const TRIES = 5;		/* of a request that is refused for now */

export const net = {
	state: 'connecting',	/* connected, lost, closed */
	help: '',		/* what to tell about it */
	epoch: 0,		/* counts connections */
	farewell: '',		/* why the server sends us away now */
};

let timer = 0;			/* asks again after a refusal */

/* What may let in at a closed server, until it has. */
const key = { password: '', invite: '', offered: false };
const invited = /^\/i\/([\w-]{1,128})$/.exec(location.pathname);

if (invited)
	key.invite = invited[1];

/* A registered person is known to all tabs, and so is who was let in; another
 * guest to this one. */
export function token() {
	return load('localStorage', 'chat.token') ||
		load('sessionStorage', 'chat.token');
}

export function saveToken(value, registered) {
	const shared = registered || key.password !== '' || key.offered ||
		load('localStorage', 'chat.token') !== '';

	save('sessionStorage', 'chat.token', shared ? '' : value);
	if (shared)
		save('localStorage', 'chat.token', value);
}

/* The invitation that is not used up yet, once. */
export function takeInvite() {
	const { invite, offered } = key;

	key.invite = '';
	key.offered = false;
	return offered ? '' : invite;
}

export function givePassword(password) {
	key.password = password;
	reconnectAnew();
}

export const socket = typeof io === 'undefined' ? null : io({
	autoConnect: false,
	auth: give => {
		const auth = { rooms: [] };
		const nick = load('localStorage', 'chat.nick');

		if (nick)
			auth.nick = nick;
		if (token())
			auth.token = token();
		if (key.password)
			auth.password = key.password;
		if (key.offered)
			auth.invite = key.invite;
		give(auth);
	},
});

export function isOnline() {
	return socket !== null && socket.connected;
}

export function setState(state, help = '') {
	net.state = state;
	net.help = help;
	tell('state');
}

/* Resolves to the answer, always; ok is false if there is none. */
export function emit(event, ...args) {
	if (!isOnline())
		return Promise.resolve({ ok: false, code: 'offline',
			message: t.offline });
	return new Promise(done => {
		socket.timeout(ACK_MS).emit(event, ...args, (err, answer) => {
			if (err)
				done({ ok: false, code: 'no-answer',
					message: t.noAnswer });
			else if (answer && typeof answer === 'object')
				done(answer);
			else
				done({ ok: false, message: t.unknown });
		});
	});
}

export function isTemporary(answer) {
	return ['not-stored', 'busy', 'rate', 'slow-mode']
		.includes(answer.code);
}

/* The ms that a refusal tells to wait, within reason; else some. */
export function retryOf(answer, otherwise) {
	return answer.retry > 0 ? Math.min(answer.retry, RETRY_MAX_MS) :
		otherwise;
}

export function wait(ms) {
	return new Promise(done => setTimeout(done, ms));
}

/* As emit, but goes on for a while when the server can't do it just now. */
export async function insist(event, arg) {
	for (let i = 1; ; i++) {
		const answer = await emit(event, arg);

		if (answer.ok || !isTemporary(answer) || i === TRIES)
			return answer;
		await wait(Math.min(retryOf(answer, 1000 * 2 ** (i - 1)),
			4000));
	}
}

/* As insist, for what needs no place of its own to tell why not. */
export async function ask(event, arg) {
	const answer = await insist(event, arg);

	if (!answer.ok)
		tell('notice', reasonOf(answer));
	return answer;
}

/* Opens the connection now instead of when the client next would. */
export function reconnectNow() {
	if (!socket || socket.connected)
		return;
	socket.disconnect();
	setState('connecting', net.help);
	socket.connect();
}

/* As somebody else. */
export function reconnectAnew() {
	socket.disconnect();
	setState('connecting');
	socket.connect();
}

/* The namespace was refused: tries again if that may help. */
function onRefused(err) {
	const data = err.data && typeof err.data === 'object' ? err.data : {};

	if (data.code === 'password' && key.invite && !key.offered) {
		key.offered = true;
		reconnectAnew();
		return;
	}
	if (key.offered) {
		key.invite = '';
		key.offered = false;
	}
	if (data.code === 'password' || data.code === 'wrong-password' ||
	    data.code === 'bad-invitation') {
		key.password = '';
		setState('closed', t.wantsPassword);
		tell('password', data.code === 'password' ? '' :
			reasonOf({ code: data.code === 'wrong-password' ?
				'wrong-password' : 'bad-invitation' }));
	} else if (data.code === 'banned') {
		setState('closed', t.bannedHelp(timeIn(data.until),
			within(data.reason || '')));
	} else {
		setState('closed', t.refused(within(err.message)));
		timer = setTimeout(reconnectNow,
			retryOf(data, REFUSED_MS));
	}
}

/* onConnect(recovered) comes for every connection. */
export function connect(onConnect) {
	socket.on('connect', () => {
		clearTimeout(timer);
		net.epoch++;
		net.farewell = '';
		onConnect(socket.recovered);
	});
	socket.on('disconnect', why => {
		clearTimeout(timer);
		if (why === 'io server disconnect')
			setState('closed', net.farewell || t.kicked);
		else if (why !== 'io client disconnect')
			setState('lost', t.lostHelp);
	});
	socket.on('connect_error', err => {
		clearTimeout(timer);
		if (socket.active) {
			setState('lost', t.lostHelp);
			return;
		}
		onRefused(err);
	});
	window.addEventListener('online', reconnectNow);
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden && net.state === 'lost')
			reconnectNow();
	});
	socket.connect();
}
