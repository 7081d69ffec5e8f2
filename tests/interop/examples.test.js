'use strict';
/*
 * The bots of share/examples: each question in their room is answered once, in
 * order, whatever is killed.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe } = require('node:test');
const { cleanup, startChat, useCleanup } = require('./chat-server');
const clients = require('./clients');
const { test, until } = require('./harness');

const EVENT = 'nuevo mensaje';
const source = process.env.CHAT_SOURCE || path.join(__dirname, '..', '..');
const examples = path.join(source, 'share', 'examples');
const bots = {
	'bot.js': process.execPath,
	'bot.py': process.env.PYTHON || '/usr/bin/python3'
};

/* A folder in which a bot finds the packages that it needs. */
function
makeFolder()
{
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-bot-'));

	fs.symlinkSync(path.dirname(require.resolve(
	    'socket.io-client-4/package.json')),
	    path.join(folder, 'socket.io-client'));
	cleanup(() => fs.rmSync(folder, { recursive: true, force: true }));
	return folder;
}

function
startBot(name, folder, server)
{
	const child = spawn(bots[name], [path.join(examples, name),
		server.url, 'bots', 'state.json'], {
		cwd: folder, env: { ...process.env, NODE_PATH: folder },
		stdio: ['ignore', 'inherit', 'inherit']
	});
	const ended = new Promise((resolve) => child.on('close', resolve));
	const kill = () => {
		child.kill('SIGKILL');
		return ended;
	};

	cleanup(kill);
	return { kill };
}

/* One who asks, waits for answers, and asks again what was not stored. */
async function
startAsker(server)
{
	const socket = clients.open(server, { version: 4, mode: 'websocket',
		auth: { nick: 'ana', rooms: ['bots'] } });
	let number = 0;
	const call = (...args) => new Promise((resolve) =>
	    socket.timeout(3000).emit(...args, (error, ack) =>
	        resolve(error ? { ok: false } : ack)));

	cleanup(() => socket.close());
	await clients.connected(socket);
	return {
		async ask(text) {
			const nonce = 'ask-' + ++number;

			await until(async () => (await call(EVENT, text,
			    { room: 'bots', nonce })).ok, 'storing', 30000);
		},
		/* The whole room, oldest first. */
		async all() {
			const all = [];
			let page = { newer: true };

			while (page.newer) {
				page = await call('history', { room: 'bots',
					limit: 200, after: all.length > 0 ?
					    all[all.length - 1][1].id : '0-0' });
				if (!page.ok)
					return [];
				all.push(...page.messages);
			}
			return all;
		}
	};
}

/* Waits until there are as many answers as questions, and checks them. */
async function
checkAnswers(asker, what)
{
	let questions, answers;

	await until(async () => {
		const all = await asker.all();

		questions = all.filter(([text]) => /^!(echo .|count$)/.test(text));
		answers = all.filter(([, meta]) => /^bot/.test(meta.nick));
		return questions.length > 0 &&
		    answers.length >= questions.length;
	}, 'answers ' + what, 40000);
	assert.deepStrictEqual(answers.map(([text, { reply }]) =>
	    [text, reply.id]), questions.map(([text, { id, seq }]) =>
	    [text === '!count' ? seq + ' messages' :
	        text.slice('!echo '.length), id]), what);
}

for (const name of Object.keys(bots))
	describe(name, () => {
		useCleanup();

		test('thirty lines', () => {
			const lines = fs.readFileSync(path.join(examples, name),
			    'utf8').split('\n');

			assert.ok(lines.length - 1 <= 30);
		});

		test('answers once, whatever is killed', async () => {
			const folder = makeFolder();
			const start = (port) => startChat('--store',
			    path.join(folder, 'store.db'), '--port', port);
			let server = await start(0);
			const asker = await startAsker(server);
			let bot = startBot(name, folder, server);
			const state = path.join(folder, 'state.json');

			/* What was said before it is there is not for it. */
			await until(() => fs.existsSync(state) &&
			    JSON.parse(fs.readFileSync(state)).after,
			    'the bot', 20000);
			await asker.ask('hola');
			await asker.ask('!echo hola\n!count');
			await asker.ask('!count');
			await asker.ask('!echo');
			await asker.ask('no !count');
			await checkAnswers(asker, 'at first');

			for (let round = 0; round < 3; round++) {
				const asked = Array.from({ length: 10 },
				    (_, i) => asker.ask('!echo ' + round + i));

				/* In the middle of answering, or before. */
				await asked[round * 3];
				await bot.kill();
				await Promise.all(asked);
				await asker.ask('!echo while you were away');
				bot = startBot(name, folder, server);
				await checkAnswers(asker, 'after the bot, ' +
				    round);
			}

			for (let round = 0; round < 3; round++) {
				const asked = Array.from({ length: 10 },
				    (_, i) => asker.ask('!echo s' + round + i));

				await asked[round * 3];
				await server.kill();
				server = await start(server.port);
				await Promise.all(asked);
				await asker.ask('!count');
				await checkAnswers(asker, 'after the server, ' +
				    round);
			}
		}, 200);
	});
