'use strict';
/*
 * chat-protocol(7), read: what it says of the shape of each event,
 * acknowledgement and message, and its list of codes. So the page itself is
 * what the server is tested against.
 *
 * A shape is a string that is true of a value, or an object: { members } with
 * { shape, optional } by name, { each } for arrays and { values } for objects
 * with names of any kind.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const FILE = path.join(process.env.CHAT_SOURCE ||
    path.join(__dirname, '..', '..'), 'man', 'chat-protocol.7');
const ID = /^[0-9]+-[0-9]+$/;
const TOKEN = /\s*("[^"]*"|\.\.\.|[A-Za-z0-9]+|[{}[\]:,?])/y;

/* What a word of the page stands for. */
const words = {
	string: (v) => typeof v === 'string',
	number: (v) => Number.isSafeInteger(v) && v >= 0,
	boolean: (v) => typeof v === 'boolean',
	true: (v) => v === true,
	id: (v) => ID.test(v),
	nick: (v) => typeof v === 'string' && v !== '',
	NICK: (v) => typeof v === 'string' && v !== '',
	text: (v) => v !== undefined
};

/* The shape that text begins with. */
function
parse(text)
{
	let at = 0;
	const peek = () => {
		TOKEN.lastIndex = at;
		const found = TOKEN.exec(text);
		assert.ok(found, 'a shape ends early: ' + text.slice(at, at + 60));
		return found;
	};
	const next = (wanted) => {
		const [whole, token] = peek();
		if (wanted)
			assert.strictEqual(token, wanted, text.slice(0, at + 20));
		at += whole.length;
		return token;
	};
	const skip = (token) => peek()[1] === token && next();
	const object = () => {
		const members = {};

		while (!skip('}')) {
			const name = next();
			if (name === '...') /* this and others */
				continue;
			const optional = Boolean(skip('?'));
			next(':');
			if (name.startsWith('"'))
				members[name.slice(1, -1)] = { shape: value(),
					optional };
			else
				members['*'] = { shape: value() };
			skip(',');
		}
		return members['*'] ? { values: members['*'].shape } :
		    { members };
	};
	const array = () => {
		const items = [value()];

		while (skip(','))
			if (!skip('...'))
				items.push(value());
			else
				return next(']') && { each: items[0] };
		next(']');
		return { items };
	};
	const value = () => {
		const token = next();

		if (token === '{')
			return object();
		if (token === '[')
			return array();
		if (/^[0-9"]/.test(token))
			return { equal: JSON.parse(token) };
		assert.ok(words[token] || token === 'META', 'word ' + token);
		return token;
	};

	return value();
}

/* Without mdoc: what is in the page between its macros. */
function
plain(source)
{
	return source.replace(/^\.(Dl|Li) /gm, '').replace(/\\\(dq/g, '"')
	    .replace(/\\ /g, ' ').replace(/\\&/g, '');
}

const page = plain(fs.readFileSync(FILE, 'utf8'));

function
section(name)
{
	const from = page.indexOf('.Sh ' + name + '\n');
	const end = page.indexOf('\n.Sh ', from + 1);

	assert.ok(from >= 0, 'section ' + name);
	return page.slice(from, end);
}

/* The items of a section: [name, the rest of its head, what follows]. */
function
items(name, macro)
{
	return section(name).split('\n.It ').slice(1).flatMap((item) => {
		const [head, ...body] = item.split('\n');
		const found = new RegExp('^' + macro +
		    ' ((?:[a-z-]+ ?)+?)(?: (Li|Ar) (.*))?$').exec(head);

		return found ? [[found[1], found[3] || '', body.join('\n')]] : [];
	});
}

/* The code of the examples. */
const examples = section('EXAMPLES').split('\n.Bd -literal').slice(1)
    .map((block) => block.slice(block.indexOf('\n'),
        block.indexOf('\n.Ed')));

/* By event: the argument (of those that take an object) and the ack. */
const requests = {};
for (const [name, head, body] of items('FROM THE CLIENT', 'Ic')) {
	const at = body.search(/^Acknowledged/m);

	requests[name] = {
		arg: parse(head.startsWith('{') ? head :
		    body.includes('{') ? body.slice(body.indexOf('{')) : '{}'),
		ack: at < 0 ? { members: {} } :
		    parse(body.slice(body.indexOf('{', at)))
	};
	requests[name].ack.members = { ok: { shape: 'true' },
		...requests[name].ack.members };
}
requests.message = requests['nuevo mensaje'];

/* By event: its first argument, which is an object. */
const events = {};
for (const [name, head, body] of items('FROM THE SERVER', 'Ic')) {
	if (head.startsWith('{'))
		events[name] = parse(head);
	else if (head.startsWith('change'))
		events[name] = parse(body.slice(body.indexOf('{')));
}
const welcome = section('CONNECTING');
events.welcome = parse(welcome.slice(welcome.indexOf('["welcome"'))).items[1];

const meta = section('MESSAGES');
const META = parse(meta.slice(meta.indexOf('\n{\n')));
const codes = items('CODES', 'Cm').map(([name]) => name);

/* Optional members, by where they are, that have and haven't been there. */
const seen = new Map();

/* Asserts that value has this shape exactly. */
function
matches(value, shape, where)
{
	const wrong = (what) => assert.fail(where + ': ' + what + ': ' +
	    JSON.stringify(value));

	if (shape === 'META')
		return matches(value, META, 'META');
	if (typeof shape === 'string')
		return words[shape](value) || wrong('not ' + shape);
	if ('equal' in shape)
		return assert.strictEqual(value, shape.equal, where);
	if (shape.each || shape.items) {
		if (!Array.isArray(value))
			wrong('no array');
		if (shape.items && value.length !== shape.items.length)
			wrong('not ' + shape.items.length + ' elements');
		return value.forEach((v, i) => matches(v,
		    shape.each || shape.items[i], where + '[]'));
	}
	if (typeof value !== 'object' || value === null ||
	    Array.isArray(value))
		wrong('no object');
	if (shape.values)
		return Object.values(value).forEach((v) =>
		    matches(v, shape.values, where + '.*'));
	for (const name of Object.keys(value))
		if (!Object.hasOwn(shape.members, name))
			wrong('the page knows no ' + name);
	for (const [name, m] of Object.entries(shape.members)) {
		const inside = where + '.' + name;
		const there = Object.hasOwn(value, name);

		if (m.optional)
			seen.set(inside, (seen.get(inside) || 0) |
			    (there ? 1 : 2));
		else if (!there)
			wrong('no ' + name);
		if (there)
			matches(value[name], m.shape, inside);
	}
}

module.exports = { ID, codes, events, examples, matches, requests, seen };
