'use strict';
/* The official JavaScript clients, all major versions alike. */
const { Queue, cleanup, soon, until } = require('./harness');

const versions = [4, 3, 2, 1];
const modes = {
	polling: ['polling'],
	websocket: ['websocket'],
	upgrade: ['polling', 'websocket']
};

/*
 * A client socket. The options are those of the version. What arrives
 * under a name is queued from the start: see queue().
 */
function
open(server, { version, mode, nsp = '/', ...options })
{
	const lookup = require('socket.io-client-' + version);
	const socket = lookup(server.url + nsp, {
		transports: modes[mode],
		forceNew: true,
		reconnectionDelay: 50,
		reconnectionDelayMax: 100,
		...options
	});

	cleanup(() => socket.close());
	return socket;
}

/* The arguments of the next `name` event. */
function
event(socket, name, ms)
{
	return soon(new Promise((resolve) =>
	    socket.once(name, (...args) => resolve(args))), name, ms);
}

/* All `name` events from now on, each as the array of its arguments. */
function
queue(socket, name)
{
	const events = new Queue(name);

	socket.on(name, (...args) => events.push(args));
	return events;
}

/* A socket, connected; upgraded too, if that is its mode. */
async function
connect(server, options)
{
	const socket = open(server, options);

	await connected(socket);
	if (options.mode === 'upgrade')
		await upgraded(socket);
	return socket;
}

async function
connected(socket)
{
	if (!socket.connected)
		await event(socket, 'connect');
}

function
transport(socket)
{
	return socket.io.engine.transport.name;
}

function
upgraded(socket)
{
	return until(() => transport(socket) === 'websocket' &&
	    !socket.io.engine.upgrading, 'upgrade');
}

/* Emits and resolves with the arguments of the acknowledgement. */
function
call(socket, ...args)
{
	return soon(new Promise((resolve) =>
	    socket.emit(...args, (...answer) => resolve(answer))),
	    'acknowledgement of ' + args[0]);
}

/* The event by which each version tells a refused namespace. */
function
refusal(version)
{
	return version >= 3 ? 'connect_error' : 'error';
}

module.exports = {
	call, connect, connected, event, modes, open, queue, refusal,
	transport, upgraded, versions
};
