'use strict';
/*
 * Attackers in a process of their own, so that what the victim waits for is
 * the server: node crowd.js PORT KIND COUNT SECONDS. Who is closed comes back,
 * and COUNT are there all the time. Prints, as JSON, what came of it.
 *
 *	heads, bodies	send a byte each half a second
 *	flood		posts as fast as it can
 */
const net = require('node:net');
const { SOCKET, Ws } = require('../interop/raw');

const PERIOD_MS = 500;
const TICK_MS = 10;
const FIRST = {
	heads: 'GET / HTTP/1.1\r\nHost: a\r\nX: ',
	bodies: 'POST /r/lobby HTTP/1.1\r\nHost: a\r\n' +
	    'Content-Length: 60000\r\n\r\n'
};
const POSTS = 10000;

const [port, kind, count, seconds] = process.argv.slice(2)
    .map((word) => Number(word) || word);
/* How many at once, the longest one's ms, how often what was answered. */
const seen = { open: 0, longest: 0, answers: {} };
let over = false;

function
answered(what)
{
	seen.answers[what] = (seen.answers[what] || 0) + 1;
}

function
trickle()
{
	const sockets = new Array(count);
	let open = 0;
	let at = 0;

	const connect = (i) => {
		const socket = net.connect(port, '127.0.0.1');
		let begun;

		sockets[i] = socket;
		socket.on('error', () => {});
		socket.on('connect', () => {
			begun = performance.now();
			seen.open = Math.max(seen.open, ++open);
			socket.write(FIRST[kind]);
		});
		socket.on('data', (data) => {
			const [, status] = /^HTTP\/1\.1 (\d{3})/
			    .exec(data.toString('latin1')) || [];

			if (status)
				answered(status);
		});
		socket.on('close', () => {
			if (begun !== undefined) {
				open--;
				seen.longest = Math.max(seen.longest,
				    Math.round(performance.now() - begun));
			}
			sockets[i] = undefined;
		});
	};
	setInterval(() => {
		for (let n = count * TICK_MS / PERIOD_MS; n > 0 && !over; n--) {
			at = (at + 1) % count;
			if (sockets[at] === undefined)
				connect(at);
			else if (!sockets[at].connecting &&
			    sockets[at].writable)
				sockets[at].write('x');
		}
	}, TICK_MS);
}

async function
flood()
{
	const post = '42' + JSON.stringify(['nuevo mensaje', 'flood']);

	while (!over) {
		const ws = await Ws.open({ port }, SOCKET);

		seen.open = count;
		ws.send('40');
		for (let packet = ''; !packet.startsWith('42["welcome"');)
			packet = await ws.next();
		for (let n = 0; n < POSTS; n++)
			ws.send(post);
		answered(await ws.closed);
	}
}

if (kind === 'flood')
	for (let n = 0; n < count; n++)
		flood();
else
	trickle();
setTimeout(() => {
	over = true;
	console.log(JSON.stringify(seen));
	process.exit(0);
}, seconds * 1000);
