'use strict';
/* The page of `chat serve` by keyboard, for a screen reader, on small screens
 * and for eyes that need contrast. */
const assert = require('node:assert');
const { test } = require('node:test');
const { assertClean, connected, named, openClassic, openOurs, picture, say,
	sayClassic, sayMany, shows, showsLast, texts, until } =
	require('./harness.js');

const WIDE = { viewport: { width: 1200, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true,
	hasTouch: true, deviceScaleFactor: 2 };
const DIALOGS = ['you', 'account', 'join', 'about-room', 'person', 'sure',
	'help'];

/* A room with a bit of everything in it, of two people. */
async function furnish(ana, bob) {
	await say(ana, 'Good morning! Has somebody tried the new version?');
	await say(bob, 'Since yesterday: https://example.org/notes');
	await showsLast(ana, 'Since yesterday: https://example.org/notes');
	await ana.press('#field', 'Escape');
	await ana.keyboard.press('r');
	await say(ana, 'And, @bob, does it hold?');
	await showsLast(bob, 'And, @bob, does it hold?');
	await bob.press('#field', 'Escape');
	await bob.keyboard.press('a');
	await bob.keyboard.press('Enter');
	await say(bob, 'It does. We restarted the server in the middle of it ' +
		'all, and nobody noticed a thing.');
	await say(bob, 'wrong');
	await showsLast(ana, 'wrong');
	await bob.press('#field', 'ArrowUp');
	await say(bob, 'Right so.');
	await showsLast(ana, 'Right so.');
	await say(ana, 'x');
	await showsLast(bob, 'x');
	await ana.press('#field', 'Escape');
	await ana.keyboard.press('d');
	await ana.keyboard.press('Enter');
	await ana.waitForSelector('.gone');
	await ana.keyboard.press('Escape');
	await say(bob, '/topic The new version, and who dares to use it');
	await until(async () => assert.match(
		await ana.textContent('#topic'), /^The new version/));
}

/* Role and name, as a screen reader gets them. */
async function controls(page) {
	const session = await page.context().newCDPSession(page);
	const { nodes } = await session.send('Accessibility.getFullAXTree');
	const roles = new Set(['button', 'link', 'textbox', 'searchbox',
		'combobox', 'menuitem', 'article', 'dialog', 'toolbar', 'menu',
		'log', 'main', 'navigation', 'complementary', 'separator']);

	await session.detach();
	return nodes.filter(node => !node.ignored && node.role &&
		roles.has(node.role.value))
		.map(node => [node.role.value, node.name ? node.name.value : '']);
}

/* The worst contrast of text that is shown to its background. */
function worstContrast(page) {
	return page.evaluate(() => {
		const parse = colour => colour.match(/[\d.]+/g).map(Number);
		const luminance = rgb => {
			const [r, g, b] = rgb.slice(0, 3).map(v => v / 255)
				.map(v => v <= .04045 ? v / 12.92 :
					((v + .055) / 1.055) ** 2.4);

			return .2126 * r + .7152 * g + .0722 * b;
		};
		const paper = node => {
			for (; node; node = node.parentElement) {
				const c = parse(getComputedStyle(node).backgroundColor);

				if (c.length < 4 || c[3] > 0)
					return c;
			}
			return [255, 255, 255];
		};
		const walker = document.createTreeWalker(document.body,
			NodeFilter.SHOW_TEXT);
		let worst = [21, ''];

		while (walker.nextNode()) {
			const node = walker.currentNode.parentElement;
			const text = walker.currentNode.data.trim();

			if (!text || !node.checkVisibility({ opacityProperty: true,
				visibilityProperty: true }) ||
			    node.closest('.hidden, :disabled, .cont > .who, .hash'))
				continue;
			const a = luminance(parse(getComputedStyle(node).color));
			const b = luminance(paper(node));
			const ratio = (Math.max(a, b) + .05) /
				(Math.min(a, b) + .05);

			if (ratio < worst[0])
				worst = [ratio, `${text} (${node.className})`];
		}
		return worst;
	});
}

test('a whole conversation by keyboard alone', async () => {
	const ana = await openOurs({ ...WIDE, ...named('ana') });
	const bob = await openOurs(named('bob'));
	const { keyboard } = ana;
	const room = name => until(async () => assert.strictEqual(
		await ana.textContent('#room'), name));

	/* From here on nothing but keys. */
	await keyboard.type('hello');
	await keyboard.press('Enter');
	await showsLast(bob, 'hello');
	await say(bob, 'hi, see https://example.org/');
	await showsLast(ana, 'hi, see https://example.org/');
	await keyboard.press('Escape');
	await keyboard.press('r');
	await keyboard.type('an answer');
	await keyboard.press('Enter');
	await until(async () => assert.strictEqual(
		await bob.locator('#log .quote').count(), 1));
	await showsLast(ana, 'an answer');
	await keyboard.press('ArrowUp');
	await keyboard.press('End');
	await keyboard.type(', better');
	await keyboard.press('Enter');
	for (const page of [bob, ana])
		await showsLast(page, 'an answer, better');
	await until(async () => assert.ok(await ana.isHidden('#context')));
	/* Up twice from the last; a reaction out of the second row. */
	await keyboard.press('Escape');
	for (const key of ['k', 'ArrowUp', 'j', 'a', 'ArrowDown', 'ArrowRight',
		'Enter'])
		await keyboard.press(key);
	for (const page of [bob, ana])
		await until(async () => assert.strictEqual(
			await page.textContent('.chip'), '❌ 1'));
	/* The buttons of a message, too, can be reached, behind its link. */
	await keyboard.press('Tab');
	assert.strictEqual(await ana.evaluate(() =>
		document.activeElement.tagName), 'A');
	await keyboard.press('Tab');
	assert.strictEqual(await ana.evaluate(() =>
		document.activeElement.getAttribute('aria-label')), 'React');
	await keyboard.press('Escape');
	await until(async () => assert.strictEqual(await ana.evaluate(() =>
		document.activeElement.id), 'field'));

	await keyboard.press('Control+k');
	await keyboard.type('den');
	await keyboard.press('Enter');
	await room('den');
	await keyboard.type('in the den');
	await keyboard.press('Enter');
	await shows(ana, ['in the den']);
	await keyboard.press('Alt+ArrowDown');
	await room('lobby');
	await keyboard.press('Alt+ArrowUp');
	await room('den');
	await say(bob, 'news');
	await until(async () => assert.strictEqual(
		await ana.title(), '(1) den · chat'));
	await keyboard.press('Alt+Shift+ArrowUp');
	await room('lobby');

	await keyboard.press('Control+Shift+F');
	await keyboard.type('den');
	await keyboard.press('Enter');
	await ana.waitForSelector('.hit');
	while (await ana.evaluate(() =>
		!document.activeElement.classList.contains('hit')))
		await keyboard.press('Tab');
	await keyboard.press('Enter');
	await room('den');
	await until(async () => assert.strictEqual(await ana.evaluate(() =>
		document.activeElement.textContent.includes('in the den')), true));
	await keyboard.press('Escape');

	/* A name is completed, and a question mark is one. */
	await keyboard.press('Alt+ArrowDown');
	await room('lobby');
	await keyboard.type('thanks @b');
	await keyboard.press('Tab');
	await keyboard.type('?');
	assert.strictEqual(await ana.inputValue('#field'), 'thanks @bob ?');
	await keyboard.press('Enter');
	await showsLast(bob, 'thanks @bob ?');
	/* Out of the field it is help. */
	await keyboard.press('Escape');
	await keyboard.press('?');
	await ana.waitForSelector('#help[open]');
	await picture(ana, 'help');
	await keyboard.press('Escape');
	await keyboard.press('Escape');
	await keyboard.type('/leave');
	await keyboard.press('Enter');
	await room('den');
	assertClean();
});

test('all that can be used has a name', async () => {
	const ana = await openOurs({ ...WIDE, ...named('ana') });
	const bob = await openOurs({ ...WIDE, ...named('bob') });
	const nameless = async page => (await controls(page))
		.filter(([, name]) => !name);

	await furnish(ana, bob);
	await ana.press('#field', 'Escape');
	await ana.keyboard.press('ArrowUp');
	assert.deepStrictEqual(await nameless(ana), []);
	const found = await controls(ana);

	for (const [role, least] of [['button', 20], ['article', 5], ['link', 1],
		['textbox', 1], ['toolbar', 1], ['log', 1], ['main', 1],
		['navigation', 1], ['complementary', 1]])
		assert.ok(found.filter(([r]) => r === role).length >= least, role);
	await ana.keyboard.press('a');
	assert.ok((await controls(ana)).filter(([r]) => r === 'menuitem')
		.length >= 8);
	assert.deepStrictEqual(await nameless(ana), []);
	await ana.keyboard.press('Escape');
	for (const keys of ['Control+Shift+F', 'Alt+m']) {
		await ana.keyboard.press(keys);
		assert.deepStrictEqual(await nameless(ana), [], keys);
	}
	await ana.keyboard.press('Escape');
	for (const id of DIALOGS) {
		await ana.evaluate(name => document.getElementById(name)
			.showModal(), id);
		const names = (await nameless(ana))
			.filter(([role]) => role !== 'dialog' || id !== 'account');

		/* Their titles are given on opening. */
		assert.deepStrictEqual(names.filter(([role]) =>
			!['dialog', 'button'].includes(role)), [], id);
		await ana.keyboard.press('Escape');
	}
	assertClean();
});

test('what comes is read out, and what came before is not', async () => {
	const classic = await openClassic();

	await sayMany(classic, 'lobby', 'old', 200);
	const ana = await openOurs(named('ana'), page => page.addInitScript(() => {
		window.told = [];
		document.addEventListener('DOMContentLoaded', () => {
			const watch = new MutationObserver(() => {
				const say = document.getElementById('say');

				if (say.textContent)
					window.told.push(say.textContent);
			});

			watch.observe(document.getElementById('say'),
				{ childList: true });
		});
	}));
	const told = () => ana.evaluate(() => window.told);

	await showsLast(ana, 'old 200');
	await ana.evaluate(() => {
		document.getElementById('scroller').scrollTop = 0;
	});
	await until(async () => assert.ok((await texts(ana)).includes('old 60')));
	assert.deepStrictEqual(await told(), []);
	assert.strictEqual(await ana.getAttribute('#log', 'aria-live'), 'off');
	assert.strictEqual(await ana.getAttribute('#say', 'aria-live'), 'polite');
	await sayClassic(classic, 'something new');
	await until(async () => assert.match((await told()).join(),
		/^guest-\w+: something new$/));
	/* Many at once are one word. */
	await sayMany(classic, 'lobby', 'flood', 50);
	await until(async () => assert.match((await told()).join(),
		/\d+ new messages/));
	assert.ok((await told()).length < 10);
	assertClean();
});

test('all text stands out from its background', async () => {
	for (const colorScheme of ['light', 'dark']) {
		const ana = await openOurs({ ...WIDE, colorScheme,
			...named(`ana-${colorScheme}`) });
		const bob = await openOurs(named('bob'));

		await furnish(ana, bob);
		await sayClassic(await openClassic(), `@ana-${colorScheme}: hear!`);
		await until(async () => assert.strictEqual(
			await ana.locator('.mention').count(), 1));
		await ana.locator('#log .msg').nth(1).hover();
		let [ratio, where] = await worstContrast(ana);

		assert.ok(ratio >= 4.5, `${colorScheme}: ${ratio} of ${where}`);
		await picture(ana, `everything-${colorScheme}`);
		await say(ana, '/search version');
		await ana.waitForSelector('.hit');
		[ratio, where] = await worstContrast(ana);
		assert.ok(ratio >= 4.5, `${colorScheme}: ${ratio} of ${where}`);
		await ana.keyboard.press('Control+k');
		await ana.waitForSelector('.choice');
		[ratio, where] = await worstContrast(ana);
		assert.ok(ratio >= 4.5, `${colorScheme}: ${ratio} of ${where}`);
		await ana.keyboard.press('Escape');
		await bob.context().close();
	}
	assertClean();
});

test('a phone has all of it', async () => {
	const ana = await openOurs({ ...PHONE, ...named('ana') });
	const bob = await openOurs({ ...PHONE, colorScheme: 'dark',
		reducedMotion: 'reduce', ...named('bob') });
	const sideways = page => page.evaluate(() => [
		document.documentElement.scrollWidth <= innerWidth,
		document.getElementById('scroller').scrollWidth <=
			document.getElementById('scroller').clientWidth]);
	const inside = (page, selector) => page.$eval(selector, node => {
		const r = node.getBoundingClientRect();

		return r.width > 0 && r.left >= 0 && r.right <= innerWidth &&
			r.top >= 0 && r.bottom <= innerHeight;
	});

	await furnish(ana, bob);
	for (const page of [ana, bob])
		assert.deepStrictEqual(await sideways(page), [true, true]);
	await picture(ana, 'small-light');
	await picture(bob, 'small-dark');

	/* A tap on a message brings what can be done with it. */
	await ana.locator('#log').getByText('nobody noticed a thing').tap();
	await ana.waitForSelector('#acts', { state: 'visible' });
	assert.ok(await inside(ana, '#acts'));
	await picture(ana, 'small-acts');
	await ana.tap('#acts .act-react');
	assert.ok(await inside(ana, '#picker'));
	await picture(ana, 'small-picker');
	await ana.getByRole('menuitem').first().tap();
	await until(async () => assert.strictEqual(
		await bob.locator('.chip').count(), 2));

	await ana.tap('#open-rooms');
	await ana.waitForSelector('#rooms', { state: 'visible' });
	await until(async () => assert.ok(await inside(ana, '#open-join')));
	await picture(ana, 'small-rooms');
	await ana.tap('#open-join');
	assert.ok(await inside(ana, '#join'));
	await picture(ana, 'small-join');
	await ana.fill('#join-field', 'den');
	await ana.tap('#join-go');
	await until(async () => assert.strictEqual(
		await ana.textContent('#room'), 'den'));
	await ana.tap('#open-people');
	await ana.waitForSelector('#people-list .open');
	assert.ok(await inside(ana, '#people-list .open'));
	await ana.tap('#shut-aside');
	await ana.tap('#open-find');
	await ana.fill('#find-field', 'nobody');
	await ana.press('#find-field', 'Enter');
	await ana.waitForSelector('.hit');
	assert.deepStrictEqual(await sideways(ana), [true, true]);
	await picture(ana, 'small-search');
	await ana.locator('.hit').first().tap();
	await until(async () => assert.strictEqual(
		await ana.textContent('#room'), 'lobby'));
	assert.ok(await ana.isHidden('#aside'));
	await connected(ana);
	assertClean();
});
