'use strict';
/* `chat connect` in a real terminal, against `chat serve`. */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { Terminal, isAlive, program, until } = require('./harness');

const states = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-state-'));

after(() => fs.rmSync(states, { recursive: true }));

/* Starts a server; port 0 takes a free one. What it stores is in `state`. */
async function serve(port = 0, state = fs.mkdtempSync(states + path.sep)) {
	const [command, ...args] = program('chat', 'serve', '--host', '127.0.0.1',
		'--port', String(port),
		/* valgrind knows nothing of one. */
		...(process.env.CHAT_WRAPPER ? ['--no-sandbox'] : []));
	const server = spawn(command, args, {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: { ...process.env, XDG_STATE_HOME: state },
	});
	let log = '';

	server.state = state;
	server.stderr.on('data', data => { log += data; });
	server.port = await until(() => Number(/ start .*port=(\d+)/.exec(log)[1]));
	server.stop = signal => new Promise(resolve => {
		server.once('exit', resolve);
		server.kill(signal);
	});
	return server;
}

describe('chat connect', () => {
	let server;

	before(async () => { server = await serve(); });
	after(() => server.stop('SIGTERM'));

	async function connect(terminal, nick, port = server.port) {
		await terminal.start(...program('chat', 'connect', '--nick', nick,
			`127.0.0.1:${port}`));
		await terminal.waitFor(`● 127.0.0.1:${port}`);
	}

	async function open(nick, options) {
		const terminal = await Terminal.open(options);

		terminal.before = terminal.stty();
		await connect(terminal, nick);
		return terminal;
	}

	async function line(terminal, text) {
		await terminal.type(text);
		await terminal.keys('Enter');
	}

	/* The shell has the terminal again, as it was. */
	async function isLeft(terminal, status) {
		assert.strictEqual(await terminal.status(), status);
		assert.strictEqual(terminal.stty(), terminal.before);
		assert.deepStrictEqual(await terminal.children(), []);
	}

	it('two talk, and leave', async () => {
		const ana = await open('ana');
		const bo = await open('bo');

		await line(ana, 'hello 日本語');
		await ana.waitFor('✓ hello 日本語');
		await bo.waitFor(/ana │ hello 日本語/);
		await line(bo, '/me waves at ana');
		await ana.waitFor(/bo waves at ana/);
		await line(ana, '/quit');
		await isLeft(ana, 0);
		await bo.keys('C-d');
		await isLeft(bo, 0);
	});

	it('what one changes the other sees', async () => {
		const eva = await open('eva', { columns: 110 });
		const fay = await open('fay');

		await line(eva, '/join changes');
		await eva.waitFor(/^\[changes\]$/m);
		await line(eva, 'the first one');
		await eva.waitFor('✓ the first one');
		await line(fay, '/join changes');
		await fay.waitFor(/eva │ the first one/);
		/* a reply, by choosing */
		await fay.keys('C-s');
		await fay.waitFor('[select]');
		await fay.keys('r');
		await fay.waitFor('[reply to eva]');
		await line(fay, 'the answer');
		await eva.waitFor(/┌ eva: the first one.*\n.*fay │ the answer/);
		/* a reaction, an edit */
		await eva.keys('C-s');
		await eva.keys('a');
		await eva.waitFor('react with:');
		await eva.keys('Tab', 'Enter');
		await fay.waitFor(/the answer\n.*❤️ +eva/);
		await eva.keys('C-s');
		await eva.keys('k', 'e');
		await eva.waitFor('[edit] the first one');
		await line(eva, ', put right');
		await fay.waitFor('the first one, put right (edited)');
		/* found, from another room */
		await fay.keys('M-1');
		await line(fay, '/search put right');
		await fay.waitFor(/changes +eva +the first one, put right/);
		await fay.keys('Enter');
		await fay.waitFor(/^\[changes\]$/m);
		/* gone */
		await fay.keys('C-s');
		await fay.keys('j', 'd');
		await fay.waitFor('delete it?');
		await fay.keys('y');
		await eva.waitFor('deleted by fay');
		/* what was read here is read there, too */
		await line(fay, '/register a-long-password');
		await fay.waitFor('you are registered as fay');
		await line(fay, '/quit');
		await isLeft(fay, 0);
		await line(eva, 'while fay was away');
		await line(eva, '/msg fay for you alone');
		await connect(fay, 'fay');
		await fay.waitFor(/2 @eva +@?1/);
		await fay.keys('M-2');
		await fay.waitFor(/eva │ for you alone/);
		await line(fay, '/join changes');
		await fay.waitFor(/new ╌+\n.*eva │ while fay was away/);
	});

	it('what is typed just before leaving arrives', async () => {
		const cy = await open('cy');
		const dan = await open('dan');

		await cy.tmux('send-keys', '-t', 'test', 'in a hurry', 'Enter', 'C-d');
		await dan.waitFor(/cy │ in a hurry/);
		await isLeft(cy, 0);
	});

	it('edits as readline does', async () => {
		const terminal = await open('ed');

		await terminal.type('one two three');
		await terminal.keys('C-w', 'M-b', 'C-k', 'C-a', 'C-y', 'C-e', 'x');
		await terminal.waitFor(/^\[lobby\] two one x$/m);
		await terminal.keys('C-c');
		await terminal.waitFor(/^\[lobby\]$/m);
		await terminal.keys('Up');
		await terminal.waitFor(/^\[lobby\] two one x$/m);
		await terminal.keys('M-Enter', 'y', 'Enter');
		await terminal.waitFor(/✓ two one x\n.*│ y/);
		await terminal.type('/jo');
		await terminal.keys('Tab');
		await terminal.type('!');
		await terminal.waitFor(/^\[lobby\] \/join !$/m);
	});

	it('a paste of 200 lines is one message, sent by Enter', async () => {
		const pete = await open('pete');
		const rita = await open('rita', { rows: 40 });
		const text = Array.from({ length: 200 }, (_, i) => `row ${i + 1}\n`);

		await pete.paste(text.join(''));
		await pete.waitFor('row 200');
		await line(rita, 'nothing before this');
		await pete.waitFor(/rita │ nothing before this/);
		await pete.keys('Enter');
		await pete.waitFor(/^\[lobby\]$/m);
		await rita.waitFor('row 200');
		await rita.keys('M-<');
		const shown = await rita.waitFor(/pete │ row 1$/m);
		assert.ok(shown.indexOf('nothing before') < shown.indexOf('row 1'));
		assert.strictEqual(shown.match(/pete/g).length, 1);
	});

	it('finds its way through a storm of resizes', async () => {
		const terminal = await open('sam');

		await line(terminal, 'still here');
		await terminal.waitFor('✓ still here');
		for (let i = 0; i < 40; i++) {
			await terminal.resize(2 + i * 37 % 130, 2 + i * 17 % 45);
			if (i % 10 === 0)
				await terminal.type('x');
		}
		await terminal.resize(80, 24);
		await terminal.waitFor(/^\[lobby\] xxxx$/m);
		await terminal.waitFor(/sam ✓ still here/);
	});

	it('is suspended and resumed', async () => {
		const terminal = await open('tess');

		await terminal.type('half a');
		await terminal.keys('C-z');
		await terminal.waitForShell();
		assert.strictEqual(terminal.stty(), terminal.before);
		await line(terminal, 'fg');
		await terminal.waitFor(/^\[lobby\] half a$/m);
		await terminal.type(' line');
		await terminal.keys('Enter');
		await terminal.waitFor('✓ half a line');
	});

	it('takes a text from an editor', async () => {
		const terminal = await Terminal.open();
		const script = path.join(terminal.dir, 'editor');

		fs.writeFileSync(script, '#!/bin/sh\ncat "$1"; stat -c %a "$1"\n' +
			'echo "$1" > "$HOME/name"; read -r line\n' +
			'printf "%s\\nand more\\n" "$line" > "$1"\n', { mode: 0o755 });
		terminal.before = terminal.stty();
		await line(terminal, `export EDITOR='${script}'`);
		await connect(terminal, 'uma');
		await terminal.type('a draft');
		await terminal.keys('C-x', 'C-e');
		await terminal.waitFor(/^a draft\n600$/m);
		await line(terminal, 'a text');
		await terminal.waitFor(/^\[lobby\] a text\n +and more$/m);
		const name = fs.readFileSync(path.join(terminal.dir, 'name'), 'utf8');
		assert.ok(!fs.existsSync(name.trim()));
		await terminal.keys('Enter');
		await terminal.waitFor(/✓ a text\n.*│ and more/);
	});

	it('keeps what is written while the server is away', async () => {
		const terminal = await Terminal.open({ columns: 100 });
		let own = await serve();

		terminal.before = terminal.stty();
		await connect(terminal, 'vic', own.port);
		await own.stop('SIGKILL');
		await terminal.waitFor('○');
		await line(terminal, 'first');
		await line(terminal, 'second');
		await terminal.waitFor('⋯ 2 waiting');
		await line(terminal, '/quit');
		await terminal.waitFor('2 lines not delivered yet');
		await isLeft(terminal, 0);
		own = await serve(own.port, own.state);
		await connect(terminal, 'vic', own.port);
		await terminal.waitFor(/✓ first .*\n.*✓ second/);
		await own.stop('SIGTERM');
	});

	it('is in its rooms again when the server is back', async () => {
		const terminal = await Terminal.open({ columns: 110 });
		const other = await Terminal.open();
		let own = await serve();

		try {
			await connect(other, 'una', own.port);
			await connect(terminal, 'tom', own.port);
			await terminal.waitFor(/^ lobby +2 people$/m);
			await own.stop('SIGKILL');
			await terminal.waitFor(/^ lobby \(not joined\)/m);
			await other.close();
			own = await serve(own.port, own.state);
			await terminal.waitFor('connected again');
			/* una is not */
			await terminal.waitFor(/^ lobby +1 person$/m);
		} finally {
			await terminal.close();
			await own.stop('SIGTERM');
		}
	});

	it('leaves a server that does not answer', async () => {
		const gone = 5000 * Number(process.env.CHAT_SLOW || 1);
		const terminal = await Terminal.open({ columns: 100 });
		const own = await serve();

		async function quit(...keys) {
			const pids = await terminal.children();

			assert.ok(pids.length > 0);
			own.kill('SIGSTOP');
			await terminal.tmux('send-keys', '-t', 'test', ...keys);
			await until(() => assert.ok(!pids.some(isAlive)), gone);
			await isLeft(terminal, 0);
			own.kill('SIGCONT');
		}

		terminal.before = terminal.stty();
		try {
			await connect(terminal, 'yves', own.port);
			await quit('C-d');
			await connect(terminal, 'yves', own.port);
			await quit('unheard', 'Enter', 'C-d');
			await terminal.waitFor('1 line not delivered yet');
		} finally {
			own.kill('SIGCONT');
			await own.stop('SIGTERM');
		}
	});

	for (const [signal, status] of [['SIGTERM', 143], ['SIGHUP', 129],
		['SIGINT', 130]])
		it(`leaves the terminal as it was at ${signal}`, async () => {
			const terminal = await open('will');

			await terminal.signal(signal);
			await isLeft(terminal, status);
		});

	it('ends with its terminal', async () => {
		const terminal = await open('xena');
		const pids = await terminal.children();

		assert.ok(pids.length > 0);
		await terminal.close();
		await until(() => assert.ok(!pids.some(isAlive)));
	});
});
