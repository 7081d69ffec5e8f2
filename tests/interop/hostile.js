'use strict';
/* Servers that mean harm, byte by byte, for the tests of the client. */
const assert = require('node:assert');
const crypto = require('node:crypto');
const net = require('node:net');
const { Json, UNCLEAN, later } = require('./client');
const { frame } = require('./raw');

const MB = 1 << 20;
const OPEN = { sid: 'sid', upgrades: [], pingInterval: 25000,
	pingTimeout: 20000, maxPayload: 1000000 };
const open = (change = {}) => '0' + JSON.stringify({ ...OPEN, ...change });
const ok = (body) => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`),
	Buffer.from(body)]);
const text = (payload) => frame({ payload, masked: false });

/*
 * `serve` gets each connection with the head of each request, or that of its
 * WebSocket handshake: { socket, head, write, key }.
 */
async function
startHostile(t, serve)
{
	const sockets = new Set();
	const server = net.createServer((socket) => {
		let head = '';
		const connection = { socket, write: (data) => {
			if (socket.writable)
				socket.write(data);
		} };

		sockets.add(socket);
		socket.setNoDelay(true);
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
		socket.on('data', (data) => {
			head += data.toString('latin1');
			if (connection.key ||
			    !/^(GET|POST) .*\r\n\r\n/s.test(head))
				return;
			const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(head);
			connection.key = key && key[1];
			connection.head = head;
			head = '';
			hostile.tries++;
			serve(connection);
		});
	});
	const hostile = { tries: 0 };

	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	later(t, () => {
		sockets.forEach((socket) => socket.destroy());
		server.close();
	});
	hostile.url = 'http://127.0.0.1:' + server.address().port;
	return hostile;
}

/* The answer to a WebSocket handshake, right but for what is asked for. */
function
switching(key, fields = '', accept = key)
{
	const hash = crypto.createHash('sha1').update(accept +
	    '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');

	return 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
	    `Connection: Upgrade\r\nSec-WebSocket-Accept: ${hash}\r\n` +
	    `${fields}\r\n`;
}

/* It says why, tries again, says it again, and can be ended. */
async function
turnedAway(t, serve, problem, args = [])
{
	const hostile = await startHostile(t, serve);
	const ours = new Json(t, [...args, hostile.url]);
	const failures = () => ours.of('status').filter((status) =>
	    status.phase === 'waiting').length;

	await ours.reaches('waiting', { problem }, 20000);
	assert.doesNotMatch(ours.status.problem, UNCLEAN);
	assert.doesNotMatch(ours.status.problem, /\n/);
	assert.ok(ours.status.problem.length < 256);
	const [seen, tries] = [failures(), hostile.tries];
	await ours.until(() => failures() > seen, 'another failure', 20000);
	await ours.reaches('waiting', { problem });
	assert.ok(hostile.tries > tries);
}

/* Writes the same again and again until the other side has enough: { sent },
 * in bytes. */
function
endless({ socket, write }, first, more)
{
	const counter = { sent: 0 };
	const pump = () => {
		while (socket.writable) {
			counter.sent += more.length;
			assert.ok(counter.sent < 1024 * MB, 'no end');
			if (!socket.write(more))
				return;
		}
	};

	write(first);
	socket.on('drain', pump);
	pump();
	return counter;
}

/*
 * A WebSocket session that is connected, as far as it comes, and gets these
 * frames then; the last is a message, which shows that they are dealt with.
 */
function
session(frames, first = open(), connected = '40{"sid":"x"}')
{
	return ({ write, key }) => {
		write(switching(key));
		write(text(first));
		write(text(connected));
		for (const one of frames)
			write(Buffer.isBuffer(one) ? one : text(one));
		write(text('42["nuevo mensaje","still here"]'));
	};
}

/* A client that has heard the last message. */
async function
settled(t, frames, ...rest)
{
	const hostile = await startHostile(t, session(frames, ...rest));
	const ours = new Json(t, [hostile.url]);

	await ours.until(() => ours.messages.items.some((message) =>
	    message.text === 'still here'), 'the last message');
	await ours.reaches('online');
	assert.strictEqual(hostile.tries, 1);
	return ours;
}

module.exports = { MB, endless, ok, open, session, settled, startHostile,
	switching, text, turnedAway };
