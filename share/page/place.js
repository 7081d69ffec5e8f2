/*
 * Where the reader is. What is being read stays where it is on the screen,
 * whatever comes, goes or grows above it.
 */

import { $ } from './dom.js';

export const scroller = $('scroller');

export const view = {
	list: [],		/* messages, oldest first */
	more: false,		/* there are older ones */
	live: true,		/* it reaches to the newest */
	stuck: true,		/* the reader is at the end */
	below: 0,		/* came since the reader left the end */
	lastTop: 0,		/* where the reader was, or -1 */
	above: 0,		/* unread, before the window */
};

let anchor = null;		/* what the reader has at the top */

export function topOf(node) {
	return node.getBoundingClientRect().top;
}

/* The first message that reaches below the line y of the screen, or the
 * length of the list. */
export function firstBelow(y) {
	let from = 0, to = view.list.length;

	while (from < to) {
		const mid = from + to >> 1;

		if (view.list[mid].row.getBoundingClientRect().bottom > y)
			to = mid;
		else
			from = mid + 1;
	}
	return from;
}

export function takeAnchor() {
	const y = topOf(scroller);
	const m = view.list[firstBelow(y)];

	anchor = m ? { row: m.row, top: topOf(m.row) - y } : null;
}

export function keepAnchor() {
	if (anchor && anchor.row.isConnected)
		scroller.scrollTop += topOf(anchor.row) - topOf(scroller) -
			anchor.top;
	view.lastTop = scroller.scrollTop;
}

/* Something goes: the end moves up, and not because the reader does. */
export function shrink() {
	if (view.stuck)
		view.lastTop = -1;
}

let holding = false;

/* Changes the document, and what is being read does not move. */
export function hold(change) {
	/* At the end, the end is followed (log.js). */
	if (view.stuck || holding) {
		change();
		return;
	}
	takeAnchor();
	holding = true;
	change();
	holding = false;
	keepAnchor();
}
