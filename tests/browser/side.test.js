'use strict';
/* The page and the terminal client, side by side: what is done in one is seen
 * in the other within a second. */
const assert = require('node:assert');
const { test } = require('node:test');
const { assertClean, named, openOurs, picture, say, showsLast, until,
	world } = require('./harness.js');
const { Terminal, program } = require('../tui/harness.js');

/* What may pass until a change is seen by others. */
const SOON = 1000 * Number(process.env.CHAT_SLOW || 1);

/* check() holds, or `pattern` is on the screen, within a second of now. */
async function soon(check) {
	const start = Date.now();

	await check();
	assert.ok(Date.now() - start < SOON, `took ${Date.now() - start} ms`);
}

async function line(terminal, text) {
	await terminal.type(text);
	await terminal.keys('Enter');
}

async function openTerminal(nick) {
	const terminal = await Terminal.open({ columns: 100 });
	const { host } = new URL(world.server.url);

	await terminal.start(...program('chat', 'connect', '--nick', nick,
		host));
	await terminal.waitFor(`● ${host}`);
	return terminal;
}

/* The message of that text, quotes not counted. */
function row(page, text) {
	return page.locator('#log .msg').filter({ has:
		page.locator('.text').getByText(text, { exact: true }) });
}

/* Points at the message and presses one of its buttons. */
async function act(page, text, name) {
	await row(page, text).hover();
	await page.getByRole('toolbar').getByRole('button', { name }).click();
}

test('changes of either are seen by the other', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openTerminal('bob');
	const sees = pattern => soon(() => bob.waitFor(pattern));

	await say(ana, 'from the page');
	await sees(/ana │ from the page/);
	await line(bob, 'from the terminal');
	await soon(() => showsLast(ana, 'from the terminal'));

	/* The page changes. */
	await act(ana, 'from the page', 'Edit');
	await say(ana, 'from the page, put right');
	await sees('from the page, put right (edited)');
	await act(ana, 'from the terminal', 'Reply');
	await say(ana, 'an answer');
	await sees(/┌ bob: from the terminal.*\n.*ana │ an answer/);
	await act(ana, 'from the terminal', 'React');
	await ana.getByRole('menuitem', { name: 'React with 👍' }).click();
	await sees(/👍 +ana/);

	/* The terminal changes: its last line but one is its own. */
	await bob.keys('C-s', 'k', 'e');
	await bob.waitFor('[edit] from the terminal');
	await line(bob, ', too');
	await soon(() => until(async () => assert.strictEqual(
		await row(ana, 'from the terminal, too').count(), 1)));
	await bob.keys('C-s', 'r');
	await bob.waitFor('[reply to ana]');
	await line(bob, 'an answer to that');
	await soon(() => until(async () => assert.strictEqual(
		await row(ana, 'an answer to that').locator('.quote')
			.textContent(), 'ana an answer')));
	await bob.keys('C-s', 'k', 'a');
	await bob.waitFor('react with:');
	await bob.keys('Tab', 'Enter');
	await soon(() => until(async () => assert.strictEqual(
		await row(ana, 'an answer').locator('.chip').count(), 1)));
	await picture(ana, 'side-page');

	/* What one has said the other finds. */
	await line(bob, '/search put right');
	await sees(/ana +from the page, put right/);
	await bob.keys('Escape');
	await say(ana, '/search terminal too');
	await soon(() => until(async () => assert.match(
		await ana.textContent('.hit'), /from the terminal, too/)));
	await ana.keyboard.press('Escape');

	/* And what is gone is gone for both. */
	await act(ana, 'an answer', 'Delete');
	await ana.locator('#sure').getByRole('button', { name: 'Delete' })
		.click();
	await sees('deleted by ana');
	await bob.keys('C-s', 'd');
	await bob.waitFor('delete it?');
	await bob.keys('y');
	await soon(() => until(async () => assert.strictEqual(
		await ana.locator('#log .gone').count(), 2)));
	await line(bob, '/quit');
	assertClean();
});

test('what is read in one is read in the other', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openTerminal('bob');
	const page = await openOurs(named('other'));

	await line(bob, '/register a-long-password');
	await bob.waitFor('you are registered as bob');
	await say(page, '/login');
	await page.getByRole('textbox', { name: 'Your name' }).last()
		.fill('bob');
	await page.getByLabel('Password', { exact: true })
		.fill('a-long-password');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#account', { state: 'hidden' });
	await until(async () =>
		assert.strictEqual(await page.textContent('#nick'), 'bob'));
	await line(bob, '/join den');
	await bob.waitFor(/^\[den\]$/m);
	await page.evaluate(() => {
		Object.defineProperty(document, 'hidden',
			{ configurable: true, value: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	await say(ana, 'have you seen this?');
	await until(async () =>
		assert.strictEqual(await page.title(), '(1) lobby · chat'));
	/* The terminal shows the room: it has been read. */
	await bob.keys('M-1');
	await bob.waitFor(/ana │ have you seen this\?/);
	await soon(() => until(async () =>
		assert.strictEqual(await page.title(), 'lobby · chat')));
	await line(bob, '/quit');
	assertClean();
});
