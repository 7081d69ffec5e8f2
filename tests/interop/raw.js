'use strict';
/*
 * Engine.IO and Socket.IO by hand: plain TCP, HTTP requests, WebSocket
 * frames, polling and WebSocket sessions of both protocol versions.
 */
const assert = require('node:assert');
const crypto = require('node:crypto');
const http = require('node:http');
const net = require('node:net');
const { WebSocket } = require('ws');
const { Queue, cleanup, soon, until } = require('./harness');

const ENGINE = '/engine.io/';
const SOCKET = '/socket.io/';

function
query(path, params)
{
	return path + '?' + new URLSearchParams(params);
}

/* One HTTP request on a connection of its own. */
function
request(server, { method = 'GET', path, headers = {}, body, onRequest })
{
	const answer = new Promise((resolve, reject) => {
		const req = http.request({
			host: '127.0.0.1', port: server.port, agent: false,
			method, path, headers
		}, (res) => {
			const chunks = [];

			res.on('data', (chunk) => chunks.push(chunk));
			res.on('error', reject);
			res.on('end', () => {
				const bytes = Buffer.concat(chunks);
				resolve({
					status: res.statusCode,
					headers: res.headers,
					bytes, text: bytes.toString()
				});
			});
		});

		req.on('error', reject);
		if (onRequest)
			onRequest(req);
		req.end(body);
	});
	return soon(answer, method + ' ' + path);
}

/* Asserts one row of the table of errors. */
function
assertError(answer, code, message)
{
	assert.strictEqual(answer.status, 400);
	assert.strictEqual(answer.headers['content-type'],
	    'application/json');
	assert.strictEqual(answer.text,
	    JSON.stringify({ code, message }));
}

/* A plain TCP connection. */
class Tcp {
	static async open(port) {
		const tcp = new Tcp(net.connect(port, '127.0.0.1'));

		cleanup(() => tcp.socket.destroy());
		await soon(new Promise((resolve, reject) => {
			tcp.socket.once('connect', resolve);
			tcp.socket.once('error', reject);
		}), 'TCP connect');
		return tcp;
	}

	constructor(socket) {
		this.socket = socket;
		this.buffer = Buffer.alloc(0);
		this.isClosed = false;
		this.wake = () => {};
		socket.setNoDelay(true);
		socket.on('error', () => {});
		socket.on('data', (data) => {
			this.buffer = Buffer.concat([this.buffer, data]);
			this.wake();
		});
		this.closed = new Promise((resolve) => {
			const done = () => {
				this.isClosed = true;
				this.wake();
				resolve();
			};
			socket.on('end', done);
			socket.on('close', done);
		});
	}

	write(data) {
		this.socket.write(data);
	}

	/* Waits until parse(buffer) gives something but undefined. */
	async read(parse, what) {
		for (;;) {
			const found = parse(this.buffer);
			if (found !== undefined)
				return found;
			if (this.isClosed)
				throw new Error('connection closed before ' +
				    what);
			await soon(new Promise((resolve) => {
				this.wake = resolve;
			}), what);
		}
	}

	/* The next HTTP response. */
	response(method = 'GET') {
		return this.read((buffer) => {
			const end = buffer.indexOf('\r\n\r\n');
			if (end === -1)
				return undefined;
			const [line, ...fields] =
			    buffer.toString('latin1', 0, end).split('\r\n');
			const headers = {};
			for (const field of fields) {
				const colon = field.indexOf(':');
				headers[field.slice(0, colon).toLowerCase()] =
				    field.slice(colon + 1).trim();
			}
			const status = Number(line.split(' ')[1]);
			const found = { line, status, headers };
			const rest = buffer.subarray(end + 4);
			const used = bodyLength(found, rest, method);
			if (used === -1 && !this.isClosed)
				return undefined;
			const size = used === -1 ? rest.length : used;
			found.text = rest.toString('utf8', 0, size);
			this.buffer = rest.subarray(size);
			return found;
		}, 'HTTP response');
	}
}

/* -1: not all there, or up to the end of the connection. */
function
bodyLength({ status, headers }, rest, method)
{
	if (method === 'HEAD' || status === 101 || status === 204 ||
	    status === 304)
		return 0;
	if (headers['transfer-encoding']) {
		const end = rest.indexOf('0\r\n\r\n');
		return end === -1 ? -1 : end + 5;
	}
	if (headers['content-length'] === undefined)
		return -1;
	const length = Number(headers['content-length']);
	return rest.length < length ? -1 : length;
}

/* One WebSocket frame (RFC 6455, section 5.2), as wrong as asked for. */
function
frame({ fin = true, rsv = 0, opcode = 1, masked = true, payload = '',
    length })
{
	const data = Buffer.from(payload);
	const size = length === undefined ? data.length : length;
	const bit = masked ? 0x80 : 0;
	let head;

	if (size < 126) {
		head = Buffer.from([0, bit | size]);
	} else if (size < 65536) {
		head = Buffer.from([0, bit | 126, 0, 0]);
		head.writeUInt16BE(size, 2);
	} else {
		head = Buffer.alloc(10);
		head[1] = bit | 127;
		head.writeBigUInt64BE(BigInt(size), 2);
	}
	head[0] = (fin ? 0x80 : 0) | rsv << 4 | opcode;
	if (!masked)
		return Buffer.concat([head, data]);
	const key = crypto.randomBytes(4);
	return Buffer.concat([head, key,
	    data.map((byte, i) => byte ^ key[i % 4])]);
}

/* A WebSocket whose frames are written by hand. */
class FrameSocket {
	static async open(server, path, headers = '') {
		const tcp = await Tcp.open(server.port);
		const socket = new FrameSocket(tcp);

		tcp.write(upgradeRequest(path, headers));
		socket.answer = await tcp.response();
		return socket;
	}

	constructor(tcp) {
		this.tcp = tcp;
		this.closed = tcp.closed;
	}

	write(...frames) {
		this.tcp.write(Buffer.concat(frames.map((one) =>
		    Buffer.isBuffer(one) ? one : frame(one))));
	}

	next() {
		return this.tcp.read((buffer) => {
			if (buffer.length < 2)
				return undefined;
			const small = buffer[1] & 0x7f;
			const head = small < 126 ? 2 : small === 126 ? 4 : 10;
			if (buffer.length < head)
				return undefined;
			const size = small < 126 ? small : small === 126 ?
			    buffer.readUInt16BE(2) :
			    Number(buffer.readBigUInt64BE(2));
			if (buffer.length < head + size)
				return undefined;
			this.tcp.buffer = buffer.subarray(head + size);
			return {
				fin: (buffer[0] & 0x80) !== 0,
				opcode: buffer[0] & 0x0f,
				masked: (buffer[1] & 0x80) !== 0,
				payload: buffer.subarray(head, head + size)
			};
		}, 'frame');
	}

	/*
	 * Reads to the end of the connection. Returns the code of the
	 * close frame (1005 if it is empty, 1006 without one) and the
	 * data frames before it.
	 */
	async end() {
		const data = [];
		for (;;) {
			let one;
			try {
				one = await this.next();
			} catch (error) {
				if (!this.tcp.isClosed)
					throw error;
				return { code: 1006, data };
			}
			if (one.opcode === 8) {
				await soon(this.closed, 'end of connection');
				return {
					code: one.payload.length < 2 ? 1005 :
					    one.payload.readUInt16BE(0), data
				};
			}
			if (one.opcode < 8)
				data.push(one.payload.toString());
		}
	}
}

function
upgradeRequest(path, headers = '')
{
	return 'GET ' + path + ' HTTP/1.1\r\nHost: localhost\r\n' +
	    'Upgrade: websocket\r\nConnection: Upgrade\r\n' +
	    'Sec-WebSocket-Version: 13\r\n' +
	    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
	    headers + '\r\n';
}

/* A WebSocket by the `ws` package that misses no message. */
class Ws {
	static async open(server, path, params = {}) {
		const socket = new Ws(server, path, params);

		await socket.opened;
		return socket;
	}

	constructor(server, path, params) {
		const ws = new WebSocket('ws://127.0.0.1:' + server.port +
		    query(path, { EIO: 4, transport: 'websocket', ...params }));

		this.ws = ws;
		this.queue = new Queue('WebSocket');
		this.keep = cleanup(() => ws.terminate());
		ws.on('message', (data, binary) =>
		    this.queue.push(binary ? data : data.toString()));
		this.opened = soon(new Promise((resolve, reject) => {
			ws.on('open', resolve);
			ws.on('error', reject);
		}), 'WebSocket open');
		this.opened.catch(() => {});
		this.isClosed = false;
		this.closed = new Promise((resolve) => {
			ws.on('close', (code) => {
				this.isClosed = true;
				this.queue.end('close ' + code);
				resolve(code);
			});
		});
	}

	next(ms) {
		return this.queue.next(ms);
	}

	send(data) {
		this.ws.send(data);
	}

	close() {
		this.ws.close();
		return soon(this.closed, 'WebSocket close');
	}

	/* The close code, once the server has closed. */
	end() {
		return soon(this.closed, 'close by the server');
	}
}

/* Decodes a text payload of version 3: `<UTF-16 units>:<packet>`... */
function
decodeText3(text)
{
	const packets = [];

	for (let i = 0; i < text.length;) {
		const colon = text.indexOf(':', i);
		const size = Number(text.slice(i, colon));

		assert.match(text.slice(i, colon), /^[1-9][0-9]*$/);
		i = colon + 1 + size;
		assert.ok(i <= text.length, 'packet longer than payload');
		packets.push(text.slice(colon + 1, i));
	}
	return packets;
}

function
encodeText3(packets)
{
	return packets.map((packet) => packet.length + ':' + packet)
	    .join('');
}

/* A polling session. */
class Polling {
	static async open(server, { path = ENGINE, eio = 4, ...rest } = {}) {
		const session = new Polling(server, path,
		    { EIO: eio, transport: 'polling', ...rest });
		const answer = await session.get();
		const packets = session.decode(answer.text);

		assert.strictEqual(answer.status, 200, answer.text);
		assert.strictEqual(packets.length, 1);
		assert.strictEqual(packets[0][0], '0');
		session.handshake = JSON.parse(packets[0].slice(1));
		session.params.sid = session.handshake.sid;
		return session;
	}

	constructor(server, path, params) {
		this.server = server;
		this.path = path;
		this.params = params;
	}

	decode(text) {
		return this.params.EIO === 3 ? decodeText3(text) :
		    text.split('\x1e');
	}

	request(method, extra = {}) {
		return request(this.server, { method, ...extra,
			path: query(this.path,
			    { ...this.params, ...extra.params }) });
	}

	get(extra) {
		return this.request('GET', extra);
	}

	/* The packets of the next poll. */
	async poll() {
		const answer = await this.get();

		assert.strictEqual(answer.status, 200, answer.text);
		return this.decode(answer.text);
	}

	/* Polls until `count` packets have arrived. */
	async take(count) {
		const packets = [];

		while (packets.length < count)
			packets.push(...await this.poll());
		assert.strictEqual(packets.length, count);
		return packets;
	}

	post(body, headers = {}) {
		return this.request('POST', { body, headers: {
			'content-type': 'text/plain;charset=UTF-8', ...headers
		} });
	}

	/* Posts packets, which must be taken. */
	async send(...packets) {
		const answer = await this.post(this.params.EIO === 3 ?
		    encodeText3(packets) : packets.join('\x1e'));

		assert.strictEqual(answer.status, 200, answer.text);
		assert.strictEqual(answer.text, 'ok');
	}

	async assertGone() {
		assertError(await this.get(), 1, 'Session ID unknown');
	}

	async assertAlive() {
		const text = '4alive ' + crypto.randomUUID();

		assert.strictEqual(this.path, ENGINE);
		await this.send(text);
		assert.deepStrictEqual(await this.poll(), [text]);
	}

	/* A WebSocket for this session, open but not yet probed. */
	probe() {
		return Ws.open(this.server, this.path,
		    { EIO: this.params.EIO, sid: this.params.sid });
	}
}

/* A Socket.IO session of protocol 5 over WebSocket, connected to `nsp`. */
class Sio {
	static async open(server, nsp = '/', auth) {
		const session = await Sio.openEngine(server);

		session.sid = await session.connect(nsp, auth);
		return session;
	}

	/* Only the Engine.IO handshake. */
	static async openEngine(server) {
		const session = new Sio();

		session.ws = await Ws.open(server, SOCKET);
		const open = await session.ws.next();
		assert.strictEqual(open[0], '0');
		return session;
	}

	send(packet) {
		this.ws.send(Buffer.isBuffer(packet) ? packet : '4' + packet);
	}

	/* The next Socket.IO packet; answers pings on the way. */
	async next(ms) {
		for (;;) {
			const packet = await this.ws.next(ms);
			if (packet === '2') {
				this.ws.send('3');
				continue;
			}
			if (Buffer.isBuffer(packet))
				return packet;
			assert.strictEqual(packet[0], '4', packet);
			return packet.slice(1);
		}
	}

	async connect(nsp = '/', auth) {
		const prefix = nsp === '/' ? '' : nsp + ',';

		this.send('0' + prefix +
		    (auth === undefined ? '' : JSON.stringify(auth)));
		const answer = await this.next();
		assert.ok(answer.startsWith('0' + prefix + '{"sid":'),
		    answer);
		assert.strictEqual(await this.next(), '2' + prefix +
		    JSON.stringify(['auth', auth === undefined ? {} : auth]));
		return JSON.parse(answer.slice(1 + prefix.length)).sid;
	}

	async assertEcho(nsp = '/') {
		const prefix = nsp === '/' ? '' : nsp + ',';
		const text = crypto.randomUUID();

		this.send('2' + prefix + JSON.stringify(['echo', text]));
		assert.strictEqual(await this.next(), '2' + prefix +
		    JSON.stringify(['echo', text]));
	}

	/* What was sent before has been dealt with. */
	async settled() {
		this.send('29["message-with-ack"]');
		assert.strictEqual(await this.next(), '39[]');
	}

	/* Waits until the server has noticed that a socket of `/` is gone. */
	async untilGone(sid) {
		await until(async () => {
			this.send('29' + JSON.stringify(['present', sid]));
			return await this.next() === '39[false]';
		}, 'end of a socket', 30000);
	}

	/* For more than one test; whoever opened it closes it. */
	keep() {
		this.ws.keep();
	}

	/* Asserts that the server has closed the transport. */
	async assertClosed() {
		assert.ok([1005, 1000].includes(await this.ws.end()));
	}
}

module.exports = {
	ENGINE, FrameSocket, Polling, SOCKET, Sio, Tcp, Ws, assertError,
	decodeText3, encodeText3, frame, query, request, upgradeRequest
};
