'use strict';
/*
 * The conformance program's contract on the official server: the
 * referee for the tests in this folder (CHAT_REFERENCE=1). Not used in
 * `make check`.
 */
const http = require('node:http');
const engine = require('engine.io');
const { Server } = require('socket.io');

const defaults = {
	'--port': 0,
	'--ping-interval': 300,
	'--ping-timeout': 200,
	'--connect-timeout': 1000,
	'--upgrade-timeout': 10000,
	'--max-payload': 1000000
};
const options = { ...defaults };
let eio3 = true;
let recovery = null;

for (let i = 2; i < process.argv.length; i++) {
	const name = process.argv[i];

	if (name === '--no-eio3')
		eio3 = false;
	else if (name === '--recovery')
		recovery = {};
	else if (name === '--recovery-time')
		recovery = { maxDisconnectionDuration:
		    Number(process.argv[++i]) };
	else if (name in defaults)
		options[name] = Number(process.argv[++i]);
	else {
		console.error('reference: unknown option ' + name);
		process.exit(64);
	}
}

const engineOptions = {
	pingInterval: options['--ping-interval'],
	pingTimeout: options['--ping-timeout'],
	upgradeTimeout: options['--upgrade-timeout'],
	maxHttpBufferSize: options['--max-payload'],
	allowEIO3: eio3
};

function
serve(namespace)
{
	namespace.on('connection', (socket) => {
		socket.emit('auth', socket.handshake.auth || {});
		socket.on('message', (...args) =>
		    socket.emit('message-back', ...args));
		socket.on('message-with-ack', (...args) =>
		    args.pop()(...args));
		socket.on('echo', (...args) => socket.emit('echo', ...args));
		socket.on('ask', (...args) =>
		    socket.emit('question', ...args, (...answer) =>
		        socket.emit('answer', ...answer)));
		socket.on('burst', (count) => {
			for (let i = 0; i < count; i++)
				socket.emit('burst', i);
		});
		socket.on('join', (room, ack) => {
			socket.join(room);
			ack();
		});
		socket.on('leave', (room, ack) => {
			socket.leave(room);
			ack();
		});
		socket.on('rooms', (ack) => ack([...socket.rooms].sort()));
		socket.on('to', (room, ...args) =>
		    socket.to(room).emit('said', ...args));
		socket.on('in', (room, ...args) =>
		    namespace.in(room).emit('said', ...args));
		socket.on('except', (room, ...args) =>
		    namespace.except(room).emit('said', ...args));
		socket.on('volatile', (...args) =>
		    namespace.volatile.emit('said', ...args));
		socket.on('kick', (close) => socket.disconnect(close));
		socket.on('whoami', (ack) => ack(socket.id));
		socket.on('present', (id, ack) =>
		    ack(namespace.sockets.has(id)));
	});
}

const server = http.createServer((request, response) => {
	response.writeHead(404);
	response.end();
});
const io = new Server(server, {
	...engineOptions,
	path: '/socket.io/',
	connectTimeout: options['--connect-timeout'],
	...(recovery ? { connectionStateRecovery: recovery } : {})
});
const echo = engine.attach(server, { ...engineOptions,
	path: '/engine.io/' });

serve(io.of('/'));
serve(io.of('/custom'));
io.of('/refuse').use((socket, next) => {
	const error = new Error('refused');

	error.data = { code: 'E_REFUSED' };
	next(error);
});
echo.on('connection', (socket) => {
	socket.on('message', (data) => socket.send(data));
});

/* The same server on the other loopback address. */
const second = http.createServer();

for (const name of ['request', 'upgrade'])
	second.on(name, (...args) => server.emit(name, ...args));
server.listen(options['--port'], '127.0.0.1', () => {
	const { port } = server.address();

	second.once('error', () => console.log('listening ' + port));
	second.listen(port, '::1', () => console.log('listening ' + port));
});
process.on('SIGTERM', () => {
	echo.close();
	io.close();
	setTimeout(() => process.exit(0), 50);
});
