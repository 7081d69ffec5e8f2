/*
 * The connection: the official Socket.IO client, requests and their answers,
 * and what is to be said about it. The protocol is that of chat-protocol(7).
 */

import { load, save } from './dom.js';
import { reasonOf, t } from './words.js';
import { tell } from './bus.js';

const ACK_MS = 15000;
const REFUSED_MS = 10000;	/* before asking again after a refusal */
const TRIES = 5;		/* of a request that is refused for now */

export const net = {
	state: 'connecting',	/* connected, lost, closed */
	help: '',		/* what to tell about it */
	epoch: 0,		/* counts connections */
};

let timer = 0;			/* asks again after a refusal */

/* A registered person is known to all tabs, a guest to this one. */
export function token() {
	return load('localStorage', 'chat.token') ||
		load('sessionStorage', 'chat.token');
}

export function saveToken(value, registered) {
	save('sessionStorage', 'chat.token', registered ? '' : value);
	if (registered)
		save('localStorage', 'chat.token', value);
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
	return answer.code === 'not-stored' || answer.code === 'busy';
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
		await wait(Math.min(1000 * 2 ** (i - 1), 4000));
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

/* onConnect(recovered) comes for every connection. */
export function connect(onConnect) {
	socket.on('connect', () => {
		clearTimeout(timer);
		net.epoch++;
		onConnect(socket.recovered);
	});
	socket.on('disconnect', why => {
		clearTimeout(timer);
		if (why === 'io server disconnect')
			setState('closed', t.kicked);
		else if (why !== 'io client disconnect')
			setState('lost', t.lostHelp);
	});
	socket.on('connect_error', err => {
		clearTimeout(timer);
		if (socket.active) {
			setState('lost', t.lostHelp);
			return;
		}
		setState('closed', t.refused(err.message));
		timer = setTimeout(reconnectNow, REFUSED_MS);
	});
	window.addEventListener('online', reconnectNow);
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden && net.state === 'lost')
			reconnectNow();
	});
	socket.connect();
}
