'use strict';
/*
 * Starts the server under test and a real Chromium, and holds what the tests
 * of the pages need. Every test has a server of its own.
 *
 * Environment:
 *   CHAT          the program under test
 *   CHAT_BUILD    its directory, when CHAT is not set (the top of the source
 *                 tree if neither is)
 *   CHAT_WRAPPER  words put before the program, e.g. "valgrind -q ..."
 *   CHAT_SLOW     factor for all deadlines, e.g. 10 below valgrind
 *   CHROMIUM      the browser, /usr/bin/chromium if not set
 *
 * Screenshots are left in a new temporary folder, whose name is printed.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { after, afterEach, before, beforeEach } = require('node:test');
const { chromium } = require('playwright-core');

const slow = Number(process.env.CHAT_SLOW || 1);
const DEADLINE = 15000 * slow;
const CLASSIC = path.join(__dirname, 'classic.html');

let browser;
let shots;
const world = {
	server: null,		/* of startServer() */
	state: '',		/* where it stores */
	people: [],		/* { page, problems, origins } */
	terminals: new Set(),	/* processes */
};

/* Polls until check() does not throw. */
async function until(check) {
	const end = Date.now() + DEADLINE;

	for (;;) {
		try {
			return await check();
		} catch (err) {
			if (Date.now() > end)
				throw err;
		}
		await new Promise(resolve => setTimeout(resolve, 25));
	}
}

function freePort() {
	return new Promise((resolve, reject) => {
		const probe = net.createServer();

		probe.on('error', reject);
		probe.listen(0, '127.0.0.1', () => {
			const { port } = probe.address();

			probe.close(() => resolve(port));
		});
	});
}

/* The classic page is at /, ours at /chat.html. Started again it has what it had
 * stored in this test. */
function startServer(port = 0, more = []) {
	const top = process.env.CHAT_BUILD || path.join(__dirname, '..', '..');
	const program = process.env.CHAT || path.join(top, 'chat');
	const words = (process.env.CHAT_WRAPPER || '').split(/\s+/)
		.filter(word => word);
	const [command, ...args] = [...words, path.resolve(program), 'serve',
		'--host', '127.0.0.1', '--port', String(port),
		'--page', CLASSIC, '--rate', 'off', ...more,
		/* valgrind knows nothing of one. */
		...(words.length > 0 ? ['--no-sandbox'] : [])];
	const child = spawn(command, args, {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, XDG_STATE_HOME: world.state },
	});
	const it = { child, url: '', log: '', ended: null };

	child.stderr.on('data', data => { it.log += data; });
	it.ended = new Promise(resolve => child.on('exit',
		(code, signal) => resolve(signal || code)));
	return new Promise((resolve, reject) => {
		let out = '';
		const timer = setTimeout(() => {
			child.kill('SIGKILL');
			reject(new Error(`no URL printed: ${out}${it.log}`));
		}, DEADLINE);

		child.on('error', reject);
		child.on('exit', () => reject(new Error(`ended: ${it.log}`)));
		child.stdout.on('data', data => {
			const found = /http:\/\/\S+:(\d+)/.exec(out += data);

			if (!found || it.url)
				return;
			clearTimeout(timer);
			it.url = `http://127.0.0.1:${found[1]}`;
			resolve(it);
		});
	});
}

/* As when the power goes. */
async function killServer(it) {
	it.child.kill('SIGKILL');
	assert.strictEqual(await it.ended, 'SIGKILL');
}

async function stopServer(it) {
	const timer = setTimeout(() => it.child.kill('SIGKILL'), DEADLINE);

	it.child.kill('SIGTERM');
	const status = await it.ended;
	clearTimeout(timer);
	assert.strictEqual(status, 0, `exit status ${status}: ${it.log}`);
}

/* A person at a browser of their own. */
async function open(where, options = {}, prepare = async () => {}) {
	const context = await browser.newContext({ locale: 'en-GB', ...options });
	const page = await context.newPage();

	watch(page);
	await prepare(page);
	await page.goto(world.server.url + where);
	return page;
}

/* Notes what page complains of, and whom it asks. */
function watch(page) {
	const one = { page, problems: [], origins: new Set() };

	page.setDefaultTimeout(DEADLINE);
	page.on('console', m => {
		/* The classic page names no icon: the browser looks for one. */
		if (['error', 'warning'].includes(m.type()) &&
		    !m.location().url.endsWith('/favicon.ico'))
			one.problems.push(m.text());
	});
	page.on('pageerror', err => one.problems.push(String(err)));
	page.on('request', r => one.origins.add(new URL(r.url()).host));
	page.on('websocket', w => one.origins.add(new URL(w.url()).host));
	world.people.push(one);
}

/* Somebody in a terminal: `chat connect`, a line a message. */
function openTerminal(nick) {
	const top = process.env.CHAT_BUILD || path.join(__dirname, '..', '..');
	const state = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-state-'));
	const child = spawn(path.resolve(process.env.CHAT ||
		path.join(top, 'chat')),
		['connect', '--nick', nick, world.server.url], {
			stdio: ['pipe', 'pipe', 'inherit'],
			env: { ...process.env, XDG_STATE_HOME: state,
				XDG_CONFIG_HOME: state },
		});
	const it = { lines: [] };
	const ended = new Promise(resolve => child.on('exit', resolve));
	let rest = '';

	world.terminals.add(child);
	child.on('exit', () => world.terminals.delete(child));
	child.stdout.on('data', data => {
		const lines = (rest + data).split('\n');

		rest = lines.pop();
		it.lines.push(...lines);
	});
	it.say = text => child.stdin.write(text + '\n');
	it.texts = () => it.lines.filter(line => !line.startsWith('-- '))
		.map(line => line.replace(/^\S+Z #lobby <[^>]*> /, ''));
	/* The end of its input is the end of it. */
	it.close = async () => {
		child.stdin.end();
		assert.strictEqual(await ended, 0);
		fs.rmSync(state, { recursive: true });
	};
	return it;
}

async function openOurs(options, prepare, where = '/chat.html') {
	const page = await open(where, options, prepare);

	await connected(page);
	return page;
}

/* For open(): the page's client asks for no recovery of its connection, so that
 * the page has to catch up by itself. Counts the joins that ask for what came
 * after a message, in page.joins. */
async function forgetful(page) {
	const count = text => {
		page.joins += /"join",\{[^}]*"after":/.test(text);
	};

	page.joins = 0;
	page.on('websocket', ws => ws.on('framesent', ({ payload }) =>
		count(String(payload))));
	await page.route('**/socket.io/?*', route => {
		const data = route.request().postData() || '';

		count(data);
		return route.continue(/^40\{/.test(data) ? { postData:
			data.replace(/"(pid|offset)":"[^"]*",?/g, '')
				.replace(',}', '}') } : {});
	});
}

/* Options of open() for somebody who chose a name on an earlier visit. */
function named(name) {
	return { storageState: { cookies: [], origins: [{
		origin: world.server.url,
		localStorage: [{ name: 'chat.nick', value: name }],
	}] } };
}

async function openClassic() {
	const page = await open('/');

	await page.waitForFunction('socket.connected');
	return page;
}

/* Another page in the browser of page, with all that it has stored. */
async function openSecond(page, where) {
	const second = await page.context().newPage();

	watch(second);
	await second.goto(world.server.url + where);
	await connected(second);
	return second;
}

function connected(page) {
	return page.waitForSelector('body[data-state=connected]');
}

/* Says n lines fast, `PREFIX 1` to `PREFIX n`, from a classic page. */
async function sayMany(page, room, prefix, n) {
	const last = await page.evaluate(async ([where, what, count]) => {
		let answer;

		for (let i = 1; i <= count; i++)
			answer = socket.emitWithAck('nuevo mensaje',
				`${what} ${i}`, { room: where });
		return answer;
	}, [room, prefix, n]);

	assert.ok(last.ok, JSON.stringify(last));
}

async function say(page, text) {
	await page.fill('#field', text);
	await page.press('#field', 'Enter');
}

async function sayClassic(page, text) {
	await page.fill('#mensaje', text);
	await page.press('#mensaje', 'Enter');
}

function texts(page) {
	return page.$$eval('#log .text, #mensajes li',
		nodes => nodes.map(node => node.textContent));
}

function shows(page, wanted) {
	return until(async () =>
		assert.deepStrictEqual(await texts(page), wanted));
}

function showsLast(page, wanted) {
	return until(async () =>
		assert.strictEqual((await texts(page)).pop(), wanted));
}

async function picture(page, name) {
	await page.screenshot({ path: path.join(shots, `${name}.png`) });
}

/* Nothing complained, and nothing was asked of anybody else. */
function assertClean(ignored) {
	const own = new URL(world.server.url).host;

	for (const { problems, origins } of world.people) {
		assert.deepStrictEqual(problems.filter(p =>
			!ignored || !ignored.test(p)), []);
		assert.deepStrictEqual([...origins], [own]);
	}
}

before(async () => {
	shots = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-screenshots-'));
	console.log(`# screenshots: ${shots}`);
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
			'--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
});

after(() => browser && browser.close());

beforeEach(async () => {
	world.state = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-state-'));
	world.server = await startServer();
});

afterEach(async () => {
	for (const { page } of world.people)
		await page.context().close();
	world.people = [];
	/* Of a test that has failed. */
	for (const child of world.terminals)
		child.kill('SIGKILL');
	await stopServer(world.server);
	fs.rmSync(world.state, { recursive: true });
});

module.exports = { assertClean, connected, forgetful, freePort, killServer, named, open,
	openClassic, openOurs, openSecond, openTerminal, picture, say, sayClassic,
	sayMany, shows, showsLast, startServer, stopServer, texts, until, world };
