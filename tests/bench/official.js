'use strict';
/*
 * The official server with what the benchmark asks of it: a message goes to
 * everybody, or to a room.
 *
 * usage: node official.js MODULES [CERTIFICATE KEY]
 */
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');

const [modules, cert, key] = process.argv.slice(2);
const { Server } = require(path.resolve(modules, 'socket.io'));
const server = cert === undefined ? http.createServer() :
	https.createServer({ cert: fs.readFileSync(cert),
		key: fs.readFileSync(key) });
const io = new Server(server, { serveClient: false });

io.on('connection', (socket) => {
	const { rooms } = socket.handshake.auth;

	if (rooms !== undefined)
		socket.join(rooms);
	socket.on('nuevo mensaje', (text, options, ack) => {
		const done = typeof options === 'function' ? options : ack;

		if (options?.room !== undefined)
			io.to(options.room).emit('nuevo mensaje', text);
		else
			io.emit('nuevo mensaje', text);
		if (done !== undefined)
			done({ ok: true });
	});
});
server.listen(0, '127.0.0.1', 4096, () =>
	console.log('http://127.0.0.1:' + server.address().port));
