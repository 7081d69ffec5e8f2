'use strict';
/*
 * A real terminal: a tmux server of its own for each test, with one window in
 * which an interactive shell runs. Keys go in, what is on the screen comes out.
 *
 * Environment:
 *   CHAT_BUILD    where the programs are (the top of the source tree if not
 *                 set)
 *   CHAT_SOURCE   the top of the source tree
 *   CHAT_WRAPPER  words put before a program, e.g. "valgrind -q ..."
 *   CHAT_SLOW     factor for all deadlines, e.g. 10 below valgrind
 */
const { execFile, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { afterEach } = require('node:test');

const run = promisify(execFile);
const slow = Number(process.env.CHAT_SLOW || 1);
const DEADLINE = 15000 * slow;
const source = process.env.CHAT_SOURCE || path.join(__dirname, '..', '..');
const build = path.resolve(process.env.CHAT_BUILD || source);
const terminals = new Set();

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/* Calls check() until it does not throw; its result. */
async function until(check, ms = DEADLINE) {
	const end = Date.now() + ms;

	for (;;) {
		try {
			return await check();
		} catch (err) {
			if (Date.now() > end)
				throw err;
		}
		await sleep(30);
	}
}

function quote(word) {
	return `'${String(word).replace(/'/g, `'\\''`)}'`;
}

/* The words that start one of our programs. */
function program(name, ...args) {
	const wrapper = (process.env.CHAT_WRAPPER || '').split(/\s+/)
		.filter(word => word);

	return [...wrapper, path.join(build, name), ...args];
}

class Terminal {
	/* Opens one of that size. env is added to a small environment. */
	static async open({ columns = 80, rows = 24, env = {} } = {}) {
		const it = new Terminal();

		it.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-tui-'));
		it.socket = path.join(it.dir, 'tmux');
		it.env = {
			PATH: process.env.PATH,
			HOME: it.dir,
			LC_ALL: 'C.UTF-8',
			TZ: 'UTC',
			PS1: '$ ',
			SHELL: '/bin/sh',
			...Object.fromEntries(['ASAN_OPTIONS', 'UBSAN_OPTIONS']
				.filter(name => process.env[name])
				.map(name => [name, process.env[name]])),
			...env,
		};
		const config = path.join(it.dir, 'tmux.conf');
		fs.writeFileSync(config, [
			'set -g status off',
			'set -g escape-time 0',
			'set -g focus-events off',
			'set -g default-terminal tmux-256color',
			'set -g history-limit 1000',
			'set -g remain-on-exit on',
			'',
		].join('\n'));
		await run('tmux', ['-u', '-S', it.socket, '-f', config,
			'new-session', '-d', '-s', 'test', '-x', String(columns),
			'-y', String(rows), 'exec /bin/sh -i'], { env: it.env });
		terminals.add(it);
		it.tty = await it.format('pane_tty');
		it.shell = Number(await it.format('pane_pid'));
		await it.waitFor(/^\$ ?$/m);
		return it;
	}

	async tmux(...args) {
		const { stdout } = await run('tmux', ['-S', this.socket, ...args],
			{ env: this.env, maxBuffer: 1 << 24 });

		return stdout;
	}

	/* One of tmux's formats, "cursor_x" ... */
	async format(name) {
		const out = await this.tmux('display-message', '-p', '-t', 'test',
			`#{${name}}`);

		return out.trim();
	}

	/* Types a command line of these words and Enter. */
	async start(...words) {
		await this.type(words.map(quote).join(' '));
		await this.keys('Enter');
	}

	/* By tmux's names: Enter, C-c, M-a, PPage, F1 ... */
	async keys(...names) {
		await this.tmux('send-keys', '-t', 'test', ...names);
	}

	/* Text, character by character. */
	async type(text) {
		await this.tmux('send-keys', '-l', '-t', 'test', '--', text);
	}

	/* As a terminal does: bracketed if the program has asked for it. */
	async paste(text) {
		const file = path.join(this.dir, 'paste');

		fs.writeFileSync(file, text);
		await this.tmux('load-buffer', file);
		await this.tmux('paste-buffer', '-p', '-r', '-t', 'test');
	}

	/* Tells the program that the terminal has got or lost the focus, as a
	 * terminal would that has been asked to. */
	async focus(on) {
		await this.tmux('send-keys', '-t', 'test', '-H', '1b', '5b',
			on ? '49' : '4f');
	}

	async resize(columns, rows) {
		await this.tmux('resize-window', '-t', 'test', '-x',
			String(columns), '-y', String(rows));
	}

	/* The rows of the screen, as text; full: padded with blanks. */
	async screen({ full = false } = {}) {
		const args = ['capture-pane', '-p', '-t', 'test'];
		const out = await this.tmux(...args, ...full ? ['-N'] : []);

		return out.replace(/\n$/, '').split('\n')
			.map(row => full ? row : row.trimEnd());
	}

	async text() {
		return (await this.screen()).join('\n');
	}

	/* The rows with their looks: "‹bold fg2›ana‹›", the same of any tmux. */
	async styled() {
		const out = await this.tmux('capture-pane', '-p', '-e', '-N',
			'-t', 'test');

		/* how far blanks go is not always known to be the same */
		return styles(out.replace(/\n$/, '')).split('\n')
			.map(row => /^[^‹]* +$|‹›[^‹]* +$/.test(row) ? row.trimEnd() : row)
			.join('\n');
	}

	async cursor() {
		const at = await this.format('cursor_x},#{cursor_y');

		return at.split(',').map(Number);
	}

	/* Waits until the screen has the text or matches, or the function of
	 * the text does not throw. */
	async waitFor(what, ms) {
		let text;
		const is = {
			string: () => text.includes(what),
			object: () => what.test(text),
			function: () => { what(text); return true; },
		}[typeof what];

		try {
			await until(async () => {
				text = await this.text();
				if (!is())
					throw new Error('not there');
			}, ms);
		} catch (err) {
			throw new Error(`waited for ${what}: ${err.message}; ` +
				`the screen is\n${text}`);
		}
		return text;
	}

	/* Waits for the shell to have the terminal again. */
	async waitForShell() {
		await until(async () => {
			const at = await this.format('alternate_on');
			const rows = (await this.screen()).filter(row => row);

			if (at !== '0' || !/^\$ ?$/.test(rows.at(-1) || ''))
				throw new Error(`no prompt:\n${rows.join('\n')}`);
		});
	}

	/* The exit status of the last command. */
	async status() {
		await this.waitForShell();
		await this.type('echo "status is $?."');
		await this.keys('Enter');
		const text = await this.waitFor(/^status is \d+\.$/m);

		return Number(/^status is (\d+)\.$/m.exec(text)[1]);
	}

	/* Every setting of the terminal. At a prompt the shell must not be
	 * one that edits lines: its settings would be those seen. */
	stty() {
		return execFileSync('stty', ['-a', '-F', this.tty],
			{ encoding: 'utf8' });
	}

	/* Processes started from the shell, and theirs. */
	async children() {
		const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
		const pairs = stdout.trim().split('\n')
			.map(line => line.trim().split(/\s+/).map(Number));
		const found = [this.shell];

		for (const of of found)
			found.push(...pairs.filter(([, parent]) => parent === of)
				.map(([pid]) => pid));
		return found.slice(1);
	}

	/* Sends a signal to what runs in the foreground. */
	async signal(name) {
		const [pid] = await this.children();

		process.kill(pid, name);
	}

	/* The terminal is gone, at once. */
	async close() {
		if (!terminals.delete(this))
			return;
		await this.tmux('kill-server').catch(() => {});
		fs.rmSync(this.dir, { recursive: true, force: true });
	}
}

/* SGR sequences, whatever their form, to names. */
function styles(text) {
	let look = {}, shown = '';

	return text.replace(/\x1b\[([0-9;:]*)m|[^\x1b\n]+|\n/g, (all, sgr) => {
		if (sgr === undefined) {
			if (all === '\n') {
				const end = shown ? '‹›' : '';

				shown = '';
				return `${end}\n`;
			}
			const name = name_of(look);
			const mark = name === shown ? '' : `‹${name}›`;

			shown = name;
			return mark + all;
		}
		for (const n of (sgr || '0').split(';').map(Number)) {
			if (n === 0)
				look = {};
			else if (n < 10)
				look[{ 1: 'bold', 2: 'dim', 4: 'underline',
					7: 'reverse' }[n] || `sgr${n}`] = true;
			else if (n === 39)
				delete look.fg;
			else if (n === 49)
				delete look.bg;
			else if (n >= 90)
				look[n < 100 ? 'fg' : 'bg'] = n % 10 + 8;
			else
				look[n < 40 ? 'fg' : 'bg'] = n % 10;
		}
		return '';
	});
}

function name_of(look) {
	const names = ['bold', 'dim', 'underline', 'reverse']
		.filter(name => look[name]);

	for (const ground of ['fg', 'bg'])
		if (look[ground] !== undefined)
			names.push(`${ground}${look[ground]}`);
	return names.join(' ');
}

/* True while the process is there. */
function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

afterEach(async () => {
	for (const it of [...terminals])
		await it.close();
});

module.exports = { Terminal, isAlive, program, sleep, slow, source, until };
