/*
 * What the parts of the page tell each other. A part that changes something
 * does not know who shows it.
 *
 *	state              the connection's state changed
 *	me                 own name, account or presence
 *	rooms              the list of rooms, a topic, or a count
 *	dropped (room, other)  out of a room, or known as the other now
 *	renamed (was, name)  the server calls a room so
 *	members (room)     who is there
 *	typing (room)      who is writing
 *	opened (room)      its newest messages came, or all look anew
 *	synced (room)      caught up
 *	message (room, m, live)  a message, said now or missed before
 *	heard (m)          the same, of any room and in any way
 *	changed (m)        a message was changed in place
 *	marker (room)      the read marker or the unread line moved
 *	outbox             what waits to be sent
 *	notice (text, code)  something to tell the person
 */

const ears = new Map();

export function on(what, fn) {
	if (!ears.has(what))
		ears.set(what, []);
	ears.get(what).push(fn);
}

export function tell(what, ...args) {
	for (const fn of ears.get(what) || [])
		fn(...args);
}
