'use strict';
/*
 * A server that hands out the connections of ws_echo.c, a client that connects
 * again and again and sends back what it gets.
 */
const assert = require('node:assert');
const crypto = require('node:crypto');
const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { Queue, soon } = require('./harness');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function
command(args)
{
	const top = process.env.CHAT_BUILD || path.join(__dirname, '..', '..');
	const wrapper = (process.env.CHAT_WRAPPER || '').split(/\s+/)
	    .filter((word) => word !== '');

	return [...wrapper, path.resolve(top, 'tests', 'interop', 'ws_echo'),
		...args.map(String)];
}

/* The head of a request. */
async function
request(socket)
{
	let text = '';

	while (!text.endsWith('\r\n\r\n')) {
		const data = await soon(new Promise((resolve, reject) => {
			socket.once('data', resolve);
			socket.once('close', () =>
			    reject(new Error('closed in the request')));
		}), 'request');

		text += data.toString('latin1');
	}
	socket.removeAllListeners('close');
	return text;
}

const seen = new Set();

/* The answer to a handshake that is as RFC 6455, section 4.1 has it: offered,
 * answered: values of Sec-WebSocket-Extensions. */
function
switching(text, { offered, answered } = {})
{
	const [line, ...fields] = text.trimEnd().split('\r\n');
	const value = (name) => {
		const found = fields.filter((field) =>
		    field.toLowerCase().startsWith(name + ': '));

		assert.strictEqual(found.length, 1, name);
		return found[0].slice(name.length + 2);
	};
	const key = value('sec-websocket-key');

	assert.strictEqual(line, 'GET / HTTP/1.1');
	assert.match(value('host'), /^127\.0\.0\.1:\d+$/);
	assert.match(value('upgrade'), /^websocket$/i);
	assert.match(value('connection'), /^upgrade$/i);
	assert.strictEqual(value('sec-websocket-version'), '13');
	assert.strictEqual(Buffer.from(key, 'base64').length, 16);
	assert.ok(!seen.has(key), 'the same key twice');
	seen.add(key);
	if (offered !== undefined)
		assert.strictEqual(value('sec-websocket-extensions'), offered);
	else
		assert.doesNotMatch(text, /^sec-websocket-extensions:/im);
	return Buffer.from('HTTP/1.1 101 Switching Protocols\r\n' +
	    'Upgrade: websocket\r\nConnection: Upgrade\r\n' +
	    'Sec-WebSocket-Accept: ' + crypto.createHash('sha1')
	    .update(key + GUID).digest('base64') + '\r\n' +
	    (answered === undefined ? '' : 'Sec-WebSocket-Extensions: ' +
	    answered + '\r\n') + '\r\n');
}

/* A server that hands out connections, over TLS if it has a certificate
 * ({ cert, key }), and the client that makes them. */
class Pair {
	constructor(certificate) {
		this.certificate = certificate;
	}

	async open(args) {
		const take = (socket) => this.sockets.push(socket);

		this.sockets = new Queue('connections');
		this.server = this.certificate ?
		    tls.createServer(this.certificate, take) :
		    net.createServer({ noDelay: true }, take);
		await new Promise((resolve) =>
		    this.server.listen(0, '127.0.0.1', resolve));
		const [program, ...rest] = command(['--port',
			this.server.address().port, ...args]);
		const child = spawn(program, rest, {
			stdio: ['ignore', 'inherit', 'pipe']
		});
		let err = '';

		child.stderr.on('data', (data) => { err += data; });
		this.child = child;
		this.ended = new Promise((resolve) => child.on('close',
		    (code, signal) => resolve({ code, signal, err })));
	}

	/* Ends well, and says nothing: sanitizers and valgrind would. */
	async close() {
		try {
			const socket = await this.sockets.next();

			await request(socket);
			socket.end('HTTP/1.1 404 Not Found\r\n' +
			    'Content-Length: 0\r\n\r\n');
			assert.deepStrictEqual(await soon(this.ended, 'end'),
			    { code: 0, signal: null, err: '' });
		} finally {
			this.child.kill('SIGKILL');
			this.server.close();
		}
	}
}

module.exports = { Pair, request, switching };
