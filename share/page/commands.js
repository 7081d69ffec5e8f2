/*
 * Lines that begin with a slash, as in the terminal client: names can be cut
 * short, and what is no command is not said. Passwords are never taken from a
 * line, so that none is said by a slip.
 */

import { within } from './dom.js';
import { ask } from './net.js';
import { at, findRoom } from './model.js';
import { askNick, openAccount, openHelp, openJoin, setAway, showPerson }
	from './dialogs.js';
import { findText, openAside } from './find.js';
import { go } from './go.js';
import { COMMANDS as MODERATION } from './moderate.js';
import { leave } from './sync.js';
import { t } from './words.js';

/* Each gets what is behind its name, and returns false if that is wrong. */
const COMMANDS = {
	join: name => name ? go(name.replace(/^#/, '')) : openJoin(),
	leave: leaveRoom,
	part: leaveRoom,
	msg: name => isWord(name) && go(`@${name.replace(/^@/, '')}`),
	nick: name => name !== '' && askNick(name),
	topic: topic => topic !== '' &&
		ask('topic', { room: at.room.name, topic }),
	search: text => findText(text),
	mentions: () => openAside('mentions'),
	who: () => openAside('people'),
	whois: nick => isWord(nick) && showPerson(nick.replace(/^@/, '')),
	rooms: () => openJoin(),
	away: text => setAway(text),
	back: () => setAway(null),
	help: () => openHelp(),
	me: () => false,	/* alone: with a text behind it is a message */
	register: () => openAccount('register'),
	login: text => openAccount('login', text.split(/\s/)[0]),
	op: text => openAccount('op', text.split(/\s/)[0]),
	...MODERATION,
};

function isWord(text) {
	return /^\S+$/.test(text);
}

function leaveRoom(name) {
	const room = name ? findRoom(name.replace(/^#/, '')) : at.room;

	return room !== null && leave(room);
}

/* The commands that name can be short for. */
function find(name) {
	return Object.hasOwn(COMMANDS, name) ? [name] :
		Object.keys(COMMANDS).filter(full =>
			name && full.startsWith(name));
}

export function isCommand(text) {
	return /^\/(?!\/|me\s+\S)/.test(text);
}

/* Runs text, which is a command. Returns what is wrong with it, or ''. */
export function run(text) {
	const [, name, args] = /^\/(\S*)([^]*)$/.exec(text);
	const found = find(name);

	if (!found.length)
		return t.noCommand(within(`/${name}`));
	if (found.length > 1)
		return t.several(found.map(full => `/${full}`).join(', '));
	return COMMANDS[found[0]](args.trim()) === false ?
		t.usage(`/${found[0]} ${t.uses[found[0]]}`) : '';
}
