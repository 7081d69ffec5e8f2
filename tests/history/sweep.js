'use strict';
/*
 * One short life of a server after another; in each of them another
 * allocation, or another call of I/O, fails, once (sweep.c). Whatever it is,
 * the server ends in order, or does not begin and says why; leaves no memory
 * behind; answers everybody who asks again; and has what it has acknowledged.
 *
 * Exhausted memory may end the program, where there is no way to go on: our own
 * code, uthash and the digests of OpenSSL (mem_exhausted of base/mem.h). Then it
 * has to say so, and what it has acknowledged has to be there all the same.
 *
 *	[FROM=n] [TO=n] [STEP=n] node sweep.js memory|io ...
 */
const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { check, row } = require('./checker');
const { io } = require('./clients');
const { sleep, slow } = require('./world');

const EVENT = 'nuevo mensaje';
const EXHAUSTED = 'chat: out of memory\n';
const TRIES = 4;
/* Of libraries, which keep what they have once looked for, an error's text. */
const BLOCKS_KEPT = 8;

const program = () => path.resolve(process.env.CHAT || path.join(
    process.env.CHAT_BUILD || path.join(__dirname, '..', '..'), 'chat'));

class Sweep {
	constructor(kind) {
		this.kind = kind;
		this.program = program();
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-sweep-'));
		this.library = path.join(this.dir, 'sweep.so');
		execFileSync(process.env.CC || 'cc', ['-shared', '-fPIC', '-O1',
			...(kind === 'memory' ? ['-DSWEEP_MEMORY'] : []),
			'-o', this.library, path.join(__dirname, 'sweep.c')]);
	}

	end() {
		fs.rmSync(this.dir, { recursive: true, force: true });
	}

	/* What the first run, without a failure, is like. */
	async measure() {
		this.usual = await this.run(0);
		assert.deepStrictEqual(this.usual.wrong, []);
		return this.usual.count;
	}

	/* { count, failed, wrong: what is }; n: which one fails. */
	async run(n) {
		const life = new Life(this, n);

		try {
			await life.live();
		} catch (error) {
			life.wrong.push(error.message);
			life.child.kill('SIGTERM');
		}
		try {
			await life.end();
			life.judge();
		} catch (error) {
			life.wrong.push(error.message);
		} finally {
			life.child.kill('SIGKILL');
			fs.rmSync(life.dir, { recursive: true, force: true });
		}
		return life;
	}
}

class Life {
	constructor(sweep, n) {
		this.sweep = sweep;
		this.dir = fs.mkdtempSync(path.join(sweep.dir, 'life-'));
		this.store = path.join(this.dir, 'chat.db');
		this.wrong = [];
		this.log = [];
		this.err = '';
		fs.writeFileSync(path.join(this.dir, 'operators'),
		    'ana:secret\n', { mode: 0o600 });
		this.child = spawn(sweep.program, ['serve', '--host',
			'127.0.0.1', '--port', '0', '--store', this.store,
			'--operators', path.join(this.dir, 'operators')], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, LD_PRELOAD: sweep.library,
				CHAT_SWEEP: sweep.kind, CHAT_SWEEP_N: String(n),
				CHAT_SWEEP_OUT: path.join(this.dir, 'out'),
				/* A sanitizer wants to be the first. */
				ASAN_OPTIONS: (process.env.ASAN_OPTIONS || '') +
				    ':verify_asan_link_order=0' }
		});
		this.child.stderr.on('data', (data) => { this.err += data; });
		this.ended = new Promise((resolve) => this.child.on('close',
		    (code, signal) => resolve(signal || code)));
	}

	async live() {
		const port = await new Promise((resolve) => {
			let out = '';

			this.child.stdout.on('data', (data) => {
				const found = /127\.0\.0\.1:(\d+)/.exec(
				    out += data);

				if (found)
					resolve(Number(found[1]));
			});
			this.ended.then(() => resolve(0));
		});

		this.started = port !== 0;
		if (!this.started)
			return;
		this.url = 'http://127.0.0.1:' + port;
		await this.talk();
		this.child.kill('SIGTERM');
	}

	async end() {
		const end = await Promise.race([this.ended,
			sleep(20000 * slow).then(() => 'too late')]);

		this.exhausted = this.sweep.kind === 'memory' &&
		    end === 'SIGABRT' && this.err.endsWith(EXHAUSTED);
		if (this.exhausted)
			this.wrong = [];
		else if (typeof end !== 'number' || (this.started && end !== 0) ||
		    (end !== 0 && !/^chat: ./m.test(this.err)))
			this.wrong.push('ended with ' + end + ': ' + this.err);
	}

	/* Again and again until it goes well: only one of them may fail. */
	async again(what, attempt) {
		let error;

		for (let i = 0; i < TRIES; i++)
			try {
				return await attempt(i);
			} catch (e) {
				error = e;
			}
		throw new Error(what + ' never goes well: ' + error);
	}

	async connect(transport) {
		const socket = io(this.url, { transports: [transport],
			forceNew: true, reconnection: false,
			timeout: 3000 * slow, auth: { rooms: ['lobby'] } });

		await new Promise((resolve, reject) => {
			socket.on('welcome', resolve);
			socket.on('connect_error', reject);
			socket.on('disconnect', reject);
		}).catch((error) => {
			socket.close();
			throw error;
		});
		return socket;
	}

	/* One question on a connection of its own; a refusal is an error. */
	ask(transport, event, ...args) {
		return this.again(event, async () => {
			const socket = await this.connect(transport);

			try {
				const answer = await socket.timeout(3000 * slow)
				    .emitWithAck(event, ...args);

				if (!answer.ok)
					throw new Error(JSON.stringify(answer));
				return answer;
			} finally {
				socket.close();
			}
		});
	}

	async post(transport, key) {
		const text = key + ' text';

		this.log.push({ op: 'send', c: key, key, room: 'lobby', text });
		const { id } = await this.ask(transport, EVENT, text,
		    { room: 'lobby', nonce: key });

		this.log.push({ op: 'ack', c: key, key, id });
	}

	/* By HTTP there is no nonce: each attempt is a message of its own. */
	async postByHttp(key) {
		await this.again('POST', async (i) => {
			const mine = key + i;
			const text = mine + ' text';

			this.log.push({ op: 'send', c: mine, key: mine,
				room: 'lobby', text });
			const answer = await fetch(this.url + '/r/lobby',
			    { method: 'POST', body: text,
			      signal: AbortSignal.timeout(3000 * slow) });

			if (answer.status !== 200)
				throw new Error('status ' + answer.status);
			this.log.push({ op: 'ack', c: mine, key: mine,
				id: (await answer.text()).trim() });
		});
	}

	async talk() {
		await this.again('GET', async () => {
			const answer = await fetch(this.url + '/',
			    { signal: AbortSignal.timeout(3000 * slow) });

			assert.match(await answer.text(), /<html/i);
		});
		await this.post('websocket', 'k1');
		await this.post('polling', 'k2');
		await this.postByHttp('h');
		await this.ask('websocket', 'join', { room: 'other' });
		await this.ask('websocket', 'search', { text: 'text' });
		const { messages } = await this.ask('websocket', 'history',
		    { room: 'lobby' });

		for (const { key } of this.log.filter(({ op }) => op === 'ack'))
			if (!messages.some(([text]) =>
			    text.startsWith(key + ' ')))
				this.wrong.push(key + ' is not in the history');
		await this.post('websocket', 'k3');
	}

	judgeMemory() {
		const [count, blocks, failed] = fs.readFileSync(
		    path.join(this.dir, 'out'), 'utf8').trim().split(' ');
		const usual = this.sweep.usual;

		this.count = Number(count);
		this.blocks = Number(blocks);
		this.failed = failed;
		/* Where it did not begin, it ended in the middle. */
		if (usual && this.started &&
		    this.blocks > usual.blocks + BLOCKS_KEPT)
			this.wrong.push(this.blocks + ' blocks left, not ' +
			    usual.blocks);
	}

	/* What is there in the end. */
	judge() {
		if (!this.exhausted)
			this.judgeMemory();
		if (this.log.length === 0)
			return;
		const rows = execFileSync(this.sweep.program, ['store', 'export',
			this.store], { encoding: 'utf8' }).split('\n')
		    .filter((line) => line !== '')
		    .map((line) => row(...JSON.parse(line)));

		for (const { kind, message } of check(this.log,
		    { lobby: rows.filter(({ room }) => room === 'lobby') }))
			this.wrong.push(kind + ': ' + message);
	}
}

async function
main(kind)
{
	const sweep = new Sweep(kind);
	const number = (name, usual) => Number(process.env[name] || usual);
	let bad = 0;

	try {
		const count = await sweep.measure();
		const step = number('STEP', 1);

		for (let n = number('FROM', 1); n <= number('TO', count);
		    n += step) {
			const { failed, wrong } = await sweep.run(n);

			for (const what of wrong)
				console.log(kind + ' ' + n + ' (' + failed +
				    '): ' + what);
			bad += wrong.length > 0 ? 1 : 0;
		}
		console.log(kind + ': ' + bad + ' bad of ' + count);
	} finally {
		sweep.end();
	}
	return bad;
}

module.exports = { BLOCKS_KEPT, EXHAUSTED, Sweep, program };

if (require.main === module)
	(async () => {
		let bad = 0;

		for (const kind of process.argv.slice(2))
			bad += await main(kind);
		process.exit(bad > 0 ? 1 : 0);
	})();
