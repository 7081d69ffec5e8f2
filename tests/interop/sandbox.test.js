'use strict';
/* What a running server can't do any more: probes.c, from within. */
const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe } = require('node:test');
const { soon, test, until } = require('./harness');
const { program, run, startChat, useCleanup } = require('./chat-server');
const { errno } = os.constants;

/* A sanitizer needs what a sandbox denies. */
const sanitized = fs.readFileSync(program()).includes('__asan_init');
/* Only files are the affair of Landlock, which has an error of its own. */
const FILES = ['open-passwd', 'open-outside', 'write-outside', 'make-outside',
	'open-memory', 'open-environ', 'list-root'];

let dir;
let library;

before(() => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-sandbox-'));
	library = path.join(dir, 'probes.so');
	execFileSync(process.env.CC || 'cc', ['-shared', '-fPIC', '-o', library,
		path.join(__dirname, 'probes.c')]);
});

after(() => fs.rmSync(dir, { recursive: true }));

/* Starts a server that probes, lets it, and ends it: what each thread said,
 * [{ NAME: ERRNO }], and how the threads were, [{ NAME: VALUE }]. */
async function
probe(...args)
{
	const store = fs.mkdtempSync(path.join(dir, 'store-'));
	const out = path.join(dir, 'out-' + path.basename(store));

	fs.writeFileSync(out, '');
	const child = spawn(program(), ['serve', '--host', '127.0.0.1',
		'--port', '0', '--store', store, ...args], {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: { ...process.env, LD_PRELOAD: library, CHAT_PROBES: out }
	});
	const ended = new Promise((resolve) => child.on('close',
	    (code, signal) => resolve(signal || code)));
	let log = '';
	const said = {};

	child.stderr.on('data', (data) => { log += data; });
	try {
		await until(() => / sandbox .*\n/.test(log), 'the sandbox');
		const tasks = fs.readdirSync('/proc/' + child.pid + '/task');
		const states = tasks.map((task) => Object.fromEntries(
		    fs.readFileSync('/proc/' + child.pid + '/task/' + task +
		        '/status', 'utf8').split('\n')
		        .map((line) => line.split(/:\s*/))));

		child.kill('SIGUSR2');
		await until(() => fs.readFileSync(out, 'utf8').split('\n')
		    .filter((line) => line.startsWith('end ')).length ===
		    tasks.length, 'probes of all threads');
		for (const line of fs.readFileSync(out, 'utf8').trim()
		    .split('\n')) {
			const [name, code, thread] = line.split(' ');

			said[thread] = said[thread] || {};
			if (name !== 'end')
				said[thread][name] = Number(code);
		}
		assert.deepStrictEqual(Object.keys(said).sort(), tasks.sort());
		child.kill('SIGTERM');
		assert.strictEqual(await soon(ended, 'end'), 0, log);
		return { said: Object.values(said), states, log };
	} finally {
		child.kill('SIGKILL');
	}
}

describe('secrets in the store\'s folder', () => {
	useCleanup();

	const secret = (folder) => {
		const file = path.join(folder, 'operators');

		fs.mkdirSync(folder, { recursive: true });
		fs.writeFileSync(file, 'root:of root\n', { mode: 0o600 });
		return file;
	};

	test('are warned of, also below it and behind links', async () => {
		const store = fs.mkdtempSync(path.join(dir, 'exposes-'));
		const link = path.join(dir, 'link-to-operators');

		fs.symlinkSync(secret(path.join(store, 'etc')), link);
		for (const file of [secret(store), link]) {
			const server = await startChat('--store', store,
			    '--operators', file);

			await server.logged({ event: 'exposed', level: 'warn',
				file, store: path.join(store, 'chat.db') });
			await server.stop();
		}
	});

	test('elsewhere they are not', async () => {
		const store = fs.mkdtempSync(path.join(dir, 'alone-'));
		const server = await startChat('--store', store,
		    '--operators', secret(store + '-beside'));

		await server.logged({ event: 'sandbox' });
		assert.ok(server.log().every((entry) =>
		    entry === null || entry.event !== 'exposed'));
	});
});

if (sanitized)
	describe('with a sanitizer', () => {
		useCleanup();

		test('there is no sandbox, and the log says so', async () => {
			const server = await startChat();

			await server.logged({ event: 'sandbox', level: 'warn',
				files: 'Operation not supported',
				calls: 'Operation not supported' });
		});
	});
else
	describe('the sandbox', () => {
		useCleanup();

		test('every probe is denied, in every thread', async () => {
			const { said, states, log } = await probe();

			assert.match(log,
			    / info +sandbox files=on calls=on\n/);
			assert.ok(said.length >= 4);
			for (const thread of said) {
				assert.ok(Object.keys(thread).length >= 40);
				for (const [name, code] of
				    Object.entries(thread))
					assert.strictEqual(code,
					    FILES.includes(name) ?
					        errno.EACCES : errno.ENOSYS,
					    name);
			}
			for (const state of states) {
				assert.strictEqual(state.NoNewPrivs, '1');
				assert.strictEqual(state.Seccomp, '2');
			}
		});

		/* That the probes tell the two apart. */
		test('--no-sandbox denies none of them', async () => {
			const { said, states, log } = await probe(
			    '--no-sandbox');

			assert.match(log,
			    / info +sandbox files=off calls=off\n/);
			for (const thread of said) {
				for (const name of ['open-passwd',
					'open-outside', 'write-outside',
					'make-outside', 'open-memory',
					'netlink', 'inet', 'unix', 'unshare',
					'memfd', 'exec-memory'])
					assert.strictEqual(thread[name], 0,
					    name);
				for (const name of ['exec', 'chroot'])
					assert.strictEqual(thread[name],
					    errno.ENOENT, name);
				for (const name of ['clone', 'ptrace', 'pidfd',
					'connect', 'ioctl', 'prlimit'])
					assert.notStrictEqual(thread[name],
					    errno.ENOSYS, name);
			}
			for (const state of states)
				assert.strictEqual(state.Seccomp, '0');
		});

		test('without a store no file is left', async () => {
			const { said } = await probe('--store', 'memory');

			for (const thread of said)
				assert.strictEqual(thread['open-outside'],
				    errno.EACCES);
		});

		test('a store behind links is written', async () => {
			const real = fs.mkdtempSync(path.join(dir, 'real-'));
			const link = fs.mkdtempSync(path.join(dir, 'link-'));

			fs.symlinkSync(path.join(real, 'a.db'),
			    path.join(link, 'chat.db'));
			fs.symlinkSync(link, path.join(dir, 'folder'));
			/* A store first, so that the link leads somewhere. */
			let server = await startChat('--store',
			    path.join(real, 'a.db'));
			await server.stop();
			server = await startChat('--store',
			    path.join(dir, 'folder'));
			await server.logged({ event: 'sandbox', files: 'on',
				calls: 'on' });
			const answer = await fetch(server.url + '/r/lobby',
			    { method: 'POST', body: 'behind links' });

			assert.strictEqual(answer.status, 200);
			await server.stop();
			const { out } = await run(['store', 'export',
				path.join(real, 'a.db')]);
			assert.match(out, /behind links/);
		});
	});
