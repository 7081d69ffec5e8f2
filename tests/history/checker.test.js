'use strict';
/* The history checker finds what is wrong, and nothing where nothing is. */
const assert = require('node:assert');
const { describe, it } = require('node:test');
const { check, compareIds, kinds, reactionsOf, row } = require('./checker');

const ids = ['10-0', '10-1', '11-0', '11-1'];

function
stored(seq, text, more = {})
{
	return { ...row(text, { id: ids[seq - 1], seq, room: 'r', from: 'a',
		nonce: text.split(' ')[0] }), ...more };
}

function
heard(c, seq, text, more = {})
{
	return { op: 'recv', c, ...stored(seq, text), ...more };
}

function
send(key, more = {})
{
	return { op: 'send', c: 'a', key, room: 'r', text: key + ' text',
		...more };
}

function
ack(key, id)
{
	return { op: 'ack', c: 'a', key, id };
}

/*
 * a sends three lines, one after the other, and then a fourth without an
 * acknowledgement; b hears all of it. Fresh each time, to be spoilt.
 */
function
clean()
{
	const log = [{ op: 'start', c: 'b', room: 'r', seq: 0 }];
	const keys = ['k1', 'k2', 'k3', 'k4'];

	keys.forEach((key, i) => {
		log.push(send(key));
		log.push(heard('b', i + 1, key + ' text'));
		if (i < 3)
			log.push(ack(key, ids[i]));
	});
	log.push({ op: 'mark', c: 'b', room: 'r', seq: 4 });
	log.push({ op: 'settled', c: 'b', room: 'r', changes: true });
	return { log, rooms: { r: keys.map((key, i) =>
	    stored(i + 1, key + ' text')) } };
}

function
found({ log, rooms })
{
	return [...new Set(check(log, rooms).map(({ kind }) => kind))];
}

/* The index of the first event that has all these members. */
function
at(log, wanted)
{
	const index = log.findIndex((event) => Object.entries(wanted)
	    .every(([key, value]) => event[key] === value));

	assert.notStrictEqual(index, -1);
	return index;
}

/* What is wrong, and the kinds that tell, the first of them by name. */
const wrong = [
	['an acknowledged message is gone', ['lost', 'behind', 'phantom'],
	    ({ log, rooms }) => {
		rooms.r.pop();
		log.push(ack('k4', ids[3]));
	}],
	['its id is another message now', ['lost', 'reused-id'],
	    ({ log, rooms }) => {
		rooms.r[3] = stored(4, 'k5 text');
		log.push(send('k5'), ack('k4', ids[3]));
	}],
	['what a client kept never came', ['typed-lost'], ({ log }) =>
	    log.push(send('k5'), { op: 'kept', c: 'a', key: 'k5' })],
	['stored twice', ['doubled', 'behind'], ({ rooms }) =>
	    rooms.r.push({ ...stored(4, 'k4 text'), seq: 5, id: '12-0' })],
	['an id twice in a room', ['reused-id', 'id-order'],
	    ({ log, rooms }) => {
		rooms.r[3].id = ids[2];
		log[at(log, { op: 'recv', seq: 4 })].id = ids[2];
	}],
	['an id twice in two rooms', ['reused-id'], ({ log, rooms }) => {
		rooms.q = [{ ...stored(1, 'k5 text'), room: 'q', id: ids[2] }];
		log.push(send('k5', { room: 'q' }));
	}],
	['heard as another message', ['reused-id'], ({ log }) => {
		log[at(log, { op: 'recv', seq: 4 })].nonce = undefined;
		log[at(log, { op: 'recv', seq: 4 })].text = 'k3 text';
	}],
	['acknowledged with an id of another', ['wrong-id'], ({ log }) => {
		log[at(log, { op: 'ack', key: 'k3' })].id = ids[3];
	}],
	['acknowledged with two ids', ['wrong-id'], ({ log }) =>
	    log.push(ack('k3', ids[3]))],
	['a seq is missing', ['seq-gap', 'gap'], ({ log, rooms }) => {
		rooms.r[3].seq = 5;
		for (const event of log.filter(({ seq }) => seq === 4))
			event.seq = 5;
	}],
	['a seq twice', ['seq-gap', 'disorder'], ({ log, rooms }) => {
		rooms.r[3].seq = 3;
		log[at(log, { op: 'recv', seq: 4 })].seq = 3;
		log[at(log, { op: 'mark' })].seq = 3;
	}],
	['ids do not grow', ['id-order', 'fifo', 'real-time'], ({ log, rooms }) => {
		rooms.r[2].id = '9-0';
		log[at(log, { op: 'recv', seq: 3 })].id = '9-0';
		log[at(log, { op: 'ack', key: 'k3' })].id = '9-0';
	}],
	['not heard', ['gap'], ({ log }) =>
	    log.splice(at(log, { op: 'recv', seq: 2 }), 1)],
	['not heard before the mark', ['gap'], ({ log }) => {
		const [last] = log.splice(at(log, { op: 'recv', seq: 4 }), 1);
		log.splice(at(log, { op: 'mark' }) + 1, 0, last);
	}],
	['not heard behind the start', ['gap'], ({ log }) =>
	    log.splice(at(log, { op: 'recv', seq: 1 }), 1)],
	['what others say is not heard by one that misses its own', ['gap'],
	    ({ log }) => {
		log[0].own = false;
		log.splice(at(log, { op: 'recv', seq: 2 }), 1);
	}],
	['heard twice', ['repeated'], ({ log }) => {
		const index = at(log, { op: 'recv', seq: 3 });
		log.splice(index, 0, { ...log[index] });
	}],
	['heard again later', ['repeated'], ({ log }) =>
	    log.splice(at(log, { op: 'mark' }), 0,
	        log[at(log, { op: 'recv', seq: 1 })])],
	['heard in another order', ['disorder', 'gap'], ({ log }) => {
		const three = at(log, { op: 'recv', seq: 3 });
		const four = at(log, { op: 'recv', seq: 4 });
		[log[three], log[four]] = [log[four], log[three]];
	}],
	['heard without being in the room', ['disorder'], ({ log }) =>
	    log.push(heard('c', 1, 'k1 text'))],
	['the end is not heard', ['behind', 'gap'], ({ log }) =>
	    log.splice(at(log, { op: 'recv', seq: 4 }), 1)],
	['closed before the end', ['cut-short'], ({ log }) => {
		log.push({ op: 'start', c: 'c', room: 'r', seq: 1 },
		    heard('c', 2, 'k2 text'), { op: 'stop' },
		    { op: 'closed', c: 'c', room: 'r' });
	}],
	['a later line is before an earlier one of the sender',
	    ['fifo', 'real-time'], ({ log, rooms }) => {
		[rooms.r[2], rooms.r[3]] = [stored(3, 'k4 text'),
			stored(4, 'k3 text')];
		log.splice(1, log.length, send('k3'), send('k4'),
		    ack('k3', ids[3]), ack('k4', ids[2]), send('k1'),
		    send('k2'));
	}],
	['sent later, and older', ['real-time'], ({ log }) => {
		const [first] = log.splice(at(log, { op: 'send', key: 'k1' }),
		    1);
		first.c = 'c';
		log.splice(at(log, { op: 'ack', key: 'k3' }) + 1, 0, first);
	}],
	['nobody has sent it', ['phantom'], ({ log }) =>
	    log.splice(at(log, { op: 'send', key: 'k4' }), 1)],
	['heard and not stored', ['phantom'], ({ log }) =>
	    log.push(send('k5'), heard('b', 4, 'k5 text',
	        { id: '12-0', seq: 5 }))],
	['another text', ['altered', 'diverged'], ({ rooms }) => {
		rooms.r[1].text = 'k2 other text';
	}],
	['another text is heard', ['altered', 'diverged'], ({ log }) => {
		log[at(log, { op: 'recv', seq: 2 })].text = 'k2 tex';
	}],
	['in another room', ['altered', 'behind', 'lost'], ({ log }) => {
		log[at(log, { op: 'send', key: 'k2' })].room = 'q';
	}],
	['from somebody else', ['altered'], ({ log }) => {
		log[at(log, { op: 'recv', seq: 2 })].from = 'b';
	}],
	['refused, and stored', ['refused'], ({ log }) =>
	    log.push({ op: 'refused', c: 'a', key: 'k4' })],
	['an edit is gone', ['change-lost', 'diverged'], ({ log }) =>
	    log.push({ op: 'change', c: 'a', n: 1, type: 'edit', id: ids[1],
	        text: 'k2 new' }, { op: 'did', c: 'a', n: 1 })],
	['a deletion is gone', ['change-lost'], ({ log }) =>
	    log.push({ op: 'change', c: 'a', n: 1, type: 'delete',
	        id: ids[1] }, { op: 'did', c: 'a', n: 1 })],
	['a reaction is gone', ['change-lost'], ({ log }) =>
	    log.push({ op: 'change', c: 'a', n: 1, type: 'react', id: ids[1],
	        emoji: '👍', on: true, nick: 'ana' },
	        { op: 'did', c: 'a', n: 1 })],
	['deleted by nobody', ['altered', 'diverged'], ({ rooms }) => {
		Object.assign(rooms.r[1], { deleted: true, text: '' });
	}],
	['a change is not heard', ['diverged'], ({ log, rooms }) => {
		log.splice(at(log, { op: 'mark' }), 0,
		    { op: 'change', c: 'a', n: 1, type: 'edit', id: ids[1],
		        text: 'k2 new' }, { op: 'did', c: 'a', n: 1 });
		rooms.r[1].text = 'k2 new';
	}],
	['another reaction is heard', ['diverged'], ({ log, rooms }) => {
		log.splice(at(log, { op: 'mark' }), 0,
		    { op: 'change', c: 'a', n: 1, type: 'react', id: ids[1],
		        emoji: '👍', on: true, nick: 'ana' },
		    { op: 'did', c: 'a', n: 1 },
		    { op: 'heard', c: 'b', id: ids[1], type: 'reaction',
		        reactions: '👍:bob' });
		rooms.r[1].reactions = reactionsOf({ '👍': ['ana'] });
	}],
	['a change of what is not stored is heard', ['phantom'],
	    ({ log }) => log.push({ op: 'heard', c: 'b', id: '12-0',
	        type: 'deleted' })]
];

/* What only looks wrong. */
const right = [
	['as it should be', () => {}],
	['sent and not stored', ({ log }) => log.push(send('k5'))],
	['the same acknowledgement twice', ({ log }) =>
	    log.push(ack('k3', ids[2]))],
	['refused, and not stored', ({ log }) => log.push(send('k5'),
	    { op: 'kept', c: 'a', key: 'k5' },
	    { op: 'refused', c: 'a', key: 'k5' })],
	['not stored for now, then stored', ({ log }) =>
	    log.splice(at(log, { op: 'recv', seq: 2 }), 0,
	        { op: 'nack', c: 'a', key: 'k2' })],
	['a receiver that comes later, anywhere', ({ log }) => log.push(
	    { op: 'start', c: 'c', room: 'r' }, heard('c', 3, 'k3 text'),
	    heard('c', 4, 'k4 text'), { op: 'settled', c: 'c', room: 'r' })],
	['a receiver that begins anew', ({ log }) => log.push(
	    { op: 'start', c: 'b', room: 'r', seq: 2 },
	    heard('b', 3, 'k3 text'), heard('b', 4, 'k4 text'))],
	['one that does not hear itself', ({ log }) => log.push(
	    { op: 'start', c: 'a', room: 'r', seq: 0, own: false },
	    { op: 'settled', c: 'a', room: 'r' })],
	['texts alone', ({ log }) => log.push(
	    { op: 'start', c: 'c', room: 'r' },
	    { op: 'recv', c: 'c', room: 'r', text: 'k3 text' },
	    { op: 'recv', c: 'c', room: 'r', text: 'k4 text' },
	    { op: 'settled', c: 'c', room: 'r' })],
	['closed with everything that was acknowledged', ({ log }) => log.push(
	    { op: 'start', c: 'c', room: 'r', seq: 1 },
	    heard('c', 2, 'k2 text'), heard('c', 3, 'k3 text'),
	    { op: 'stop' }, { op: 'closed', c: 'c', room: 'r' })],
	['given up, and stored late', ({ log, rooms }) => {
		[rooms.r[2], rooms.r[3]] = [stored(3, 'k4 text'),
			stored(4, 'k3 text')];
		log.splice(1, log.length, send('k1'), send('k2'), send('k3'),
		    { op: 'gave-up', c: 'a', key: 'k3' }, send('k4'));
	}],
	['an edit, heard and acknowledged', ({ log, rooms }) => {
		log.splice(at(log, { op: 'mark' }), 0,
		    { op: 'change', c: 'a', n: 1, type: 'edit', id: ids[1],
		        text: 'k2 new' },
		    { op: 'heard', c: 'b', id: ids[1], type: 'edited',
		        text: 'k2 new' }, { op: 'did', c: 'a', n: 1 });
		rooms.r[1].text = 'k2 new';
	}],
	['an edit without an answer may be done, or not', ({ log, rooms }) => {
		for (const id of [ids[0], ids[1]])
			log.splice(at(log, { op: 'mark' }), 0,
			    { op: 'change', c: 'a', n: id, type: 'edit', id,
			        text: id === ids[0] ? 'k1 new' : 'k2 new' });
		log.splice(at(log, { op: 'mark' }), 0,
		    { op: 'heard', c: 'b', id: ids[1], type: 'edited',
		        text: 'k2 new' });
		rooms.r[1].text = 'k2 new';
	}],
	['a deletion, and a reaction that went with it', ({ log, rooms }) => {
		log.splice(at(log, { op: 'mark' }), 0,
		    { op: 'change', c: 'b', n: 1, type: 'react', id: ids[1],
		        emoji: '👍', on: true, nick: 'ana' },
		    { op: 'heard', c: 'b', id: ids[1], type: 'reaction',
		        reactions: '👍:ana' }, { op: 'did', c: 'b', n: 1 },
		    { op: 'change', c: 'a', n: 1, type: 'delete', id: ids[1] },
		    { op: 'heard', c: 'b', id: ids[1], type: 'deleted' },
		    { op: 'did', c: 'a', n: 1 });
		Object.assign(rooms.r[1], { deleted: true, text: '' });
	}]
];

describe('the history checker', () => {
	for (const [what, spoil] of right)
		it('is content: ' + what, () => {
			const history = clean();

			spoil(history);
			assert.deepStrictEqual(
			    check(history.log, history.rooms), []);
		});

	for (const [what, expected, spoil] of wrong)
		it('finds: ' + what, () => {
			const history = clean();

			spoil(history);
			const all = found(history);
			assert.ok(all.includes(expected[0]), 'found ' + all);
			assert.deepStrictEqual(all.filter((kind) =>
			    !expected.includes(kind)), []);
		});

	it('knows each kind of violation from an example', () => {
		assert.deepStrictEqual(Object.keys(kinds).sort(),
		    [...new Set(wrong.map(([, [kind]]) => kind))].sort());
	});

	it('shows the events', () => {
		const history = clean();

		history.rooms.r.pop();
		history.log.push(ack('k4', ids[3]));
		const lost = check(history.log, history.rooms)
		    .find(({ kind }) => kind === 'lost');
		assert.match(lost.message, /^k4 /);
		assert.deepStrictEqual(lost.events,
		    [send('k4'), ack('k4', ids[3])]);
	});

	it('compares ids as numbers', () => {
		assert.ok(compareIds('9-0', '10-0') < 0);
		assert.ok(compareIds('9-10', '9-9') > 0);
		assert.strictEqual(compareIds('9-9', '9-9'), 0);
	});
});
