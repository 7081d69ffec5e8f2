'use strict';
/*
 * The classic chat on the official server, as tutorials have it, with switches
 * (--name=value):
 *
 *   port, path, transports (comma separated), recovery=1, key and cert (PEM
 *   files: TLS), and in ms ping-interval, ping-timeout
 *
 * Besides, a client may send all others away ('kick', with true: their
 * transports, too) and ask how many are there ('present'), and the namespace
 * /closed lets nobody in.
 */
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { Server } = require('socket.io');

const given = Object.fromEntries(process.argv.slice(2).map((arg) =>
    arg.replace(/^--/, '').split('=')));
const web = given.key ? https.createServer({
	key: fs.readFileSync(given.key), cert: fs.readFileSync(given.cert)
}) : http.createServer();
const io = new Server(web, {
	path: given.path || '/socket.io/',
	transports: (given.transports || 'polling,websocket').split(','),
	pingInterval: Number(given['ping-interval'] || 25000),
	pingTimeout: Number(given['ping-timeout'] || 20000),
	...(given.recovery ? { connectionStateRecovery: {} } : {})
});

io.on('connection', (socket) => {
	socket.on('nuevo mensaje', (msj) => io.emit('nuevo mensaje', msj));
	socket.on('kick', (close) =>
	    socket.broadcast.disconnectSockets(close));
	socket.on('present', (ack) => ack(io.of('/').sockets.size));
});
io.of('/closed').use((socket, next) => next(new Error('members only')));
web.listen(Number(given.port || 0), given.host || '127.0.0.1',
    () => console.log('listening ' + web.address().port));
