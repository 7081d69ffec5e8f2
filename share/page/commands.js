/*
 * Lines that begin with a slash, as in the terminal client. Passwords are
 * never taken from a line, so that none is said by a slip.
 */

import { $ } from './dom.js';
import { ask } from './net.js';
import { at } from './model.js';
import { askNick, openAccount, openHelp, openJoin, setAway }
	from './dialogs.js';
import { findText, openAside } from './find.js';
import { go } from './go.js';
import { COMMANDS as MODERATION } from './moderate.js';
import { leave } from './sync.js';

const COMMANDS = {
	join: name => name ? go(name.replace(/^#/, '')) : openJoin(),
	leave: () => leave(at.room),
	msg: name => name && go(`@${name.replace(/^@/, '')}`),
	nick: name => name && askNick(name),
	topic: topic => ask('topic', { room: at.room.name, topic }),
	search: text => findText(text),
	mentions: () => openAside('mentions'),
	who: () => openAside('people'),
	away: text => setAway(text),
	back: () => setAway(null),
	help: () => openHelp(),
	register: () => openAccount('register'),
	login: () => openAccount('login'),
	op: name => openAccount('op', name),
	...MODERATION,
};

/* Runs text if it is a command. Other lines with a slash are messages. */
export function run(text) {
	const found = /^\/([a-z]+)(?:\s+([^]*))?$/.exec(text);

	if (!found || !Object.hasOwn(COMMANDS, found[1]))
		return false;
	$('hint').textContent = '';
	COMMANDS[found[1]]((found[2] || '').trim());
	return true;
}
