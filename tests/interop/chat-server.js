'use strict';
/*
 * Starts `chat serve` for the tests of what is above the transports.
 *
 * Environment: CHAT, the program (else `chat` in CHAT_BUILD, or at the top
 * of the source tree), and those of harness.js.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, afterEach, before } = require('node:test');
const WebSocket = require('ws');
const clients = require('./clients');
const { Queue, slow, soon, startRelay, until } = require('./harness');

const LOG_LINE = /^\S+Z (debug|info|warn|error) +(\S+)((?: [a-z_]+=\S+| [a-z_]+="(?:[^"\\]|\\.)*")*)$/;

function
program()
{
	const build = process.env.CHAT_BUILD || path.join(__dirname, '..', '..');

	return path.resolve(process.env.CHAT || path.join(build, 'chat'));
}

/* A process with a state directory of its own, which goes with it. */
function
spawnChat(args, options = {})
{
	const state = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-state-'));
	const child = spawn(program(), args.map(String), {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, XDG_STATE_HOME: state }, ...options
	});

	child.on('close', () =>
	    fs.rmSync(state, { recursive: true, force: true }));
	return child;
}

/* Runs `chat` to its end: { code, out, err }. */
function
run(args, options = {})
{
	const child = spawnChat(args, options);
	let out = '';
	let err = '';

	child.stdout.on('data', (data) => { out += data; });
	child.stderr.on('data', (data) => { err += data; });
	return soon(new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code) => resolve({ code, out, err }));
	}), 'end of chat ' + args.join(' ')).finally(() => child.kill());
}

/* A log line as { level, event, key: value, ... }; null if it is none. */
function
parseLog(line)
{
	const found = LOG_LINE.exec(line);
	const entry = {};

	if (!found)
		return null;
	for (const [, key, value] of found[3].matchAll(
	    / ([a-z_]+)=("(?:[^"\\]|\\.)*"|\S+)/g))
		entry[key] = value.replace(/^"|"$/g, '');
	return { ...entry, level: found[1], event: found[2] };
}

/*
 * Starts a server on a free port of the loopback interface. Its stop() sends
 * a signal and demands status 0 and nothing on standard error but log lines:
 * sanitizers and valgrind write there. Who starts it again where it was gives
 * it a --store, and who wants it to limit how often something is done a --rate.
 */
async function
start(args = [])
{
	const rates = args.includes('--rate') ? [] :
	    ['--rate', 'off', '--requests', 'off'];
	/* valgrind knows nothing of one. */
	const bare = process.env.CHAT_WRAPPER ? ['--no-sandbox'] : [];
	const child = spawnChat(['serve', '--host', '127.0.0.1',
		'--port', '0', ...rates, ...bare, ...args]);
	let out = '';
	let err = '';
	const ended = new Promise((resolve) => {
		child.on('error', (error) => resolve({ error }));
		child.on('close', (code, signal) => resolve({ code, signal }));
	});
	const greeted = new Promise((resolve) => {
		child.stdout.on('data', (data) => {
			out += data;
			const found =
			    /(https?):\/\/(?:127\.0\.0\.1|localhost):(\d+)\/\n/
			        .exec(out);
			if (found)
				resolve(found);
		});
	});

	child.stderr.on('data', (data) => { err += data; });
	const found = await soon(Promise.race([greeted, ended]), 'greeting',
	    15000);
	if (!Array.isArray(found))
		throw new Error('chat did not start: ' +
		    (found.error || err || JSON.stringify(found)));
	const [, scheme, digits] = found;
	const port = Number(digits);

	const lines = () => err.split('\n').filter((line) => line !== '');
	let stopped = false;
	const server = {
		port,
		pid: child.pid,
		url: scheme + '://127.0.0.1:' + port,
		out: () => out,
		stderr: () => err,
		/* Whole lines only: the last may still be on its way. */
		log: () => err.slice(0, err.lastIndexOf('\n') + 1).split('\n')
		    .map(parseLog).filter((entry) => entry !== null),
		/* The first log entry that has all these members. */
		async logged(wanted) {
			let found;

			await until(() => {
				found = server.log().find((entry) =>
				    Object.entries(wanted).every(([k, v]) =>
				        entry[k] === String(v)));
				return found !== undefined;
			}, 'log of ' + JSON.stringify(wanted));
			return found;
		},
		/* As a fault of the machine does. */
		async kill() {
			stopped = true;
			child.kill('SIGKILL');
			await ended;
		},
		async stop(signal = 'SIGTERM') {
			let end;

			if (stopped)
				return;
			stopped = true;
			child.kill(signal);
			try {
				end = await soon(ended, 'end after ' + signal,
				    15000);
			} catch (error) {
				child.kill('SIGKILL');
				throw error;
			}
			assert.deepStrictEqual({ ...end, noise: lines()
			    .filter((line) => parseLog(line) === null) },
			    { code: 0, signal: null, noise: [] });
		}
	};
	return server;
}

const cleanups = [];

function
cleanup(fn)
{
	cleanups.push(fn);
}

async function
cleanUp()
{
	for (const fn of cleanups.splice(0).reverse())
		await fn();
}

/* To be called inside a describe() whose tests start servers themselves. */
function
useCleanup()
{
	afterEach(cleanUp);
}

/* To be called inside a describe(): one server for all its tests. */
function
useChat(...args)
{
	const server = {};

	before(async () => {
		Object.assign(server, await start(args));
	}, { timeout: 30000 * slow });
	useCleanup();
	after(() => server.stop && server.stop(),
	    { timeout: 30000 * slow });
	return server;
}

/* For one test, see useCleanup(): stopped at its end. */
async function
startChat(...args)
{
	const server = await start(args);

	cleanup(() => server.stop());
	return server;
}

/*
 * An official client in the room, with queues of what it hears. Version 4
 * over WebSocket, if nothing else is asked for.
 */
async function
join(server, options = {})
{
	const socket = clients.open(server, { version: 4, mode: 'websocket',
		...options });
	const member = { socket };

	cleanup(() => socket.close());
	for (const name of ['welcome', 'nuevo mensaje', 'message',
		'notice'])
		member[name] = clients.queue(socket, name);
	await clients.connected(socket);
	if (!options.nsp)
		[member.hello] = await member.welcome.next();
	return member;
}

/* A plain WebSocket in the room: text frames in a queue. query: "?room=..." */
async function
joinPlain(server, options = {}, query = '')
{
	const ws = new WebSocket('ws://127.0.0.1:' + server.port + '/chat' +
	    query, options);
	const texts = new Queue('plain WebSocket');
	const closed = new Promise((resolve) => ws.on('close', resolve));

	cleanup(() => ws.terminate());
	ws.on('message', (data) => texts.push(data.toString()));
	await soon(new Promise((resolve, reject) => {
		ws.on('open', resolve);
		ws.on('error', reject);
	}), 'plain WebSocket open');
	ws.on('error', () => {});
	return { ws, texts, closed: () => soon(closed, 'close') };
}

/* A TCP relay to the server: harness.js. */
async function
relayTo(server)
{
	const relay = await startRelay(server.port);

	cleanup(() => relay.close().catch(() => {}));
	return relay;
}

module.exports = { cleanup, join, joinPlain, program, relayTo, run,
	startChat, useChat, useCleanup };
