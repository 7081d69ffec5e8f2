'use strict';
/* The page of `chat serve` and a classic page, in a real Chromium. */
const assert = require('node:assert');
const { test } = require('node:test');
const { assertClean, connected, freePort, named, openClassic, openOurs,
	openTerminal, picture, say, sayClassic, shows, showsLast, startServer,
	stopServer, texts, until, world } = require('./harness.js');

/* What Chromium reports by itself while a server is away, or going. */
const AWAY = /net::ERR_|WebSocket connection to|status of 503/;

test('two of our pages and a classic one are in one room', async () => {
	const ana = await openOurs(named('ana'));
	const bob = await openOurs({ colorScheme: 'dark', ...named('bob') });
	const classic = await openClassic();
	const all = [ana, bob, classic];
	const talk = [
		[ana, 'Buenas, ¿alguien ha probado ya la versión nueva?'],
		[bob, 'Sí, desde ayer. Reinicié el servidor a media ' +
			'conversación y nadie se enteró.'],
		[bob, 'Lo apunté en https://example.org/notas (al final).'],
		[classic, '¿Y la página de siempre?'],
		[ana, 'Esa eres tú :) Funciona sin cambiarle una línea:\n' +
			"\tsocket.emit('nuevo mensaje', texto)"],
		[classic, 'Pues parece que sí.'],
		[bob, 'Perfect, then we ship it on Friday.'],
		[ana, 'Hecho.'],
	];
	const wanted = talk.map(([, text]) => text);

	for (const [page, text] of talk) {
		await (page === classic ? sayClassic : say)(page, text);
		for (const other of all)
			await showsLast(other, text);
	}
	for (const page of all)
		await shows(page, wanted);
	await ana.waitForSelector('.pending', { state: 'detached' });
	await picture(ana, 'desktop-light');
	await picture(bob, 'desktop-dark');
	await picture(classic, 'classic');

	/* All at once: whatever the order is, it is the same for everybody. */
	for (let i = 0; i < 10; i++)
		await Promise.all([say(ana, `a${i}`), say(bob, `b${i}`),
			sayClassic(classic, `c${i}`)]);
	await until(async () => {
		for (const page of all)
			assert.strictEqual((await texts(page)).length, 38);
	});
	await say(ana, 'the end');
	for (const page of all)
		await showsLast(page, 'the end');
	const order = await texts(ana);

	assert.strictEqual(new Set(order).size, 39);
	assert.deepStrictEqual(await texts(bob), order);
	assert.deepStrictEqual(await texts(classic), order);
	for (const letter of ['a', 'b', 'c'])
		assert.deepStrictEqual(
			order.filter(s => RegExp(`^${letter}\\d$`).test(s)),
			Array.from({ length: 10 }, (_, i) => letter + i));
	assert.strictEqual(await ana.locator('#log .own').count(), 14);
	assert.strictEqual(await bob.locator('#log .own').count(), 13);
	assert.strictEqual(await ana.locator('.pending').count(), 0);
	assertClean();
});

test('a terminal, a classic page and ours are in one room', async () => {
	const ana = await openOurs(named('ana'));
	const classic = await openClassic();
	const bob = openTerminal('bob');
	const wanted = ['from ours', 'from the classic one',
		'from the terminal: ¿qué tal? 👍🏽'];

	await until(() => assert.match(bob.lines[0], /^-- connected to .* bob$/));
	await say(ana, wanted[0]);
	await showsLast(classic, wanted[0]);
	await sayClassic(classic, wanted[1]);
	await showsLast(ana, wanted[1]);
	bob.say(wanted[2]);
	await shows(ana, wanted);
	await shows(classic, wanted);
	await until(() => assert.deepStrictEqual(bob.texts(), wanted));
	const said = bob.lines.filter(line => !line.startsWith('-- '));

	assert.match(said[0], / <ana> from ours$/);
	assert.match(said[2], / <bob> from the terminal/);
	await bob.close();
	assertClean();
});

test('all go on by themselves when the server restarts', async () => {
	await stopServer(world.server);
	const port = await freePort();

	world.server = await startServer(port);
	const ana = await openOurs(named('ana'));
	const bob = await openOurs({ colorScheme: 'dark', locale: 'es-ES',
		...named('bob') });
	const classic = await openClassic();

	await say(ana, 'before');
	for (const page of [ana, bob, classic])
		await shows(page, ['before']);
	await stopServer(world.server);
	for (const page of [ana, bob])
		await page.waitForSelector('body[data-state=lost]');
	assert.strictEqual(await bob.textContent('#status'), 'Reconectando…');
	assert.ok(await ana.isVisible('#banner'));

	await say(ana, 'ana away 1');
	await say(ana, 'ana away 2');
	await say(bob, 'bob away');
	await bob.fill('#field', 'a draft');
	assert.strictEqual(await ana.locator('.pending').count(), 2);
	await until(async () =>
		assert.ok(await ana.isVisible('.pending .mark')));
	await picture(ana, 'waiting-light');
	await picture(bob, 'waiting-dark');
	/* Not even a page that is loaded anew loses what was sent on it. */
	await bob.goto('about:blank');

	world.server = await startServer(port);
	await connected(ana);
	await classic.waitForFunction('socket.connected');
	await bob.goto(`${world.server.url}/chat.html`);
	await connected(bob);
	assert.strictEqual(await bob.inputValue('#field'), 'a draft');
	await until(async () => {
		for (const page of [ana, bob])
			assert.strictEqual(
				await page.locator('.pending').count(), 0);
	});
	await sayClassic(classic, 'classic is back');
	await say(bob, 'bob is back');
	await say(ana, 'the end');
	for (const page of [ana, bob, classic])
		await showsLast(page, 'the end');
	const order = await texts(ana);
	const away = ['ana away 1', 'ana away 2', 'bob away'];

	for (const text of [...away, 'classic is back', 'bob is back'])
		assert.strictEqual(order.filter(s => s === text).length, 1, text);
	assert.ok(order.indexOf(away[0]) < order.indexOf(away[1]));
	assert.strictEqual(order.length, 7);
	for (const text of ['bob away', 'bob is back', 'the end'])
		assert.strictEqual(
			(await texts(bob)).filter(s => s === text).length, 1);
	assertClean(AWAY);
});

test('nothing is missed or doubled when a connection is cut', async () => {
	let cut = null;
	const ana = await openOurs(named('ana'), page =>
		page.routeWebSocket(/socket\.io/, ours => {
			const theirs = ours.connectToServer();

			/* Everything comes twice: it is to be shown once. */
			theirs.onMessage(message => {
				ours.send(message);
				if (/^42\["nuevo mensaje"/.test(message))
					ours.send(message);
			});
			ours.onMessage(message => {
				theirs.send(message);
				if (message !== '5')	/* upgrade */
					return;
				cut = () => Promise.all([ours.close(),
					theirs.close()]);
			});
		}));
	const bob = await openClassic();	/* gives no nonces */
	const polling = '**/socket.io/?*';

	await say(ana, 'before');
	await shows(bob, ['before']);
	await until(() => assert.ok(cut));
	await ana.route(polling, route => route.abort());
	const first = cut;

	await first();
	await ana.waitForSelector('body[data-state=lost]');
	await say(ana, 'from the train');
	await sayClassic(bob, 'one');
	await sayClassic(bob, 'two');
	await shows(bob, ['before', 'one', 'two']);
	await ana.unroute(polling);
	for (const page of [ana, bob])
		await shows(page, ['before', 'one', 'two', 'from the train']);
	await until(() => assert.notStrictEqual(cut, first));
	await sayClassic(bob, 'three');
	await say(ana, 'the end');
	for (const page of [ana, bob])
		await shows(page, ['before', 'one', 'two', 'from the train',
			'three', 'the end']);
	await ana.waitForSelector('.pending', { state: 'detached' });
	assert.strictEqual(await ana.locator('#log .line').count(), 0);
	assertClean(AWAY);
});

test('a message that the server refuses stays, with the reason', async () => {
	/* A page that does not look at the length itself. */
	const ana = await openOurs({}, page =>
		page.route('**/compose.js', async route => {
			const script = await (await route.fetch()).text();
			const changed = script.replace('if (over > 0)', 'if (0)');

			assert.notStrictEqual(changed, script);
			await route.fulfill({ body: changed,
				contentType: 'text/javascript' });
		}));

	await say(ana, 'x'.repeat(70000));
	await ana.waitForSelector('.failed');
	assert.notStrictEqual(await ana.textContent('.note'), '');
	assert.strictEqual(await ana.textContent('.mark'), 'not sent');
	const folded = await ana.$eval('.failed .text', n => n.offsetHeight);

	await ana.getByRole('button', { name: 'Show all' }).click();
	assert.ok(await ana.$eval('.failed .text', n => n.offsetHeight) > folded);
	assert.ok(await ana.isHidden('#empty'));
	await picture(ana, 'refused');
	await ana.reload();
	await connected(ana);
	assert.strictEqual(await ana.locator('.failed').count(), 1);
	await ana.getByRole('button', { name: 'Retry' }).click();
	await ana.waitForSelector('.failed');
	await say(ana, 'short');
	await shows(ana, ['short']);
	await ana.getByRole('button', { name: 'Discard' }).click();
	assert.strictEqual(await ana.locator('.pending').count(), 0);
	await ana.reload();
	await connected(ana);
	assert.strictEqual(await ana.locator('.pending').count(), 0);

	/* Ours asks nobody to find out. */
	const bob = await openOurs();

	await say(bob, 'ñ'.repeat(32769));
	assert.strictEqual(await bob.textContent('#hint'),
		'Too long by 2 bytes.');
	assert.strictEqual((await bob.inputValue('#field')).length, 32769);
	await say(bob, 'ñ'.repeat(32768));
	await showsLast(ana, 'ñ'.repeat(32768));
	assertClean();
});

test('text is text: nothing of it runs, links are safe', async () => {
	const nasty = [
		'<img src=x onerror="window.hacked=1">',
		'<script>window.hacked=1</script>',
		'"><svg onload=window.hacked=1>',
		'<style>*{display:none}</style>&lt;b&gt; &amp;',
		'javascript:window.hacked=1 data:text/html,<script>hacked=1</script>',
		'http://[ https://user:word@example.org/ ftp://example.org/',
		'see (https://example.org/a_(b)), or HTTP://example.org/?q="x"!',
		'https://example.org/\u202egpj.exe \u202e turned \u0000 around',
	];
	const ana = await openOurs();
	const bob = await openOurs();

	await ana.click('#me');
	await ana.fill('#nick-field', '<img src=x onerror=hacked=1>');
	await ana.press('#nick-field', 'Enter');
	await ana.waitForSelector('#you', { state: 'hidden' });
	for (const text of nasty)
		await say(ana, text);
	const wanted = nasty.map(s => s.replace('\u0000', '\ufffd'));

	await shows(bob, wanted);
	await shows(ana, wanted);
	for (const page of [ana, bob]) {
		assert.strictEqual(await page.textContent('#log .who'),
			'<img src=x onerror=hacked=1>');
		assert.strictEqual(await page.evaluate('window.hacked'),
			undefined);
		assert.strictEqual(await page.locator('#log img, #log script, ' +
			'#log svg, #log style, #me img').count(), 0);
		assert.deepStrictEqual(await page.$$eval('#log a', links =>
			links.map(a => [a.getAttribute('href'), a.textContent,
				a.rel])),
			[['https://example.org/a_(b)',
				'https://example.org/a_(b)'],
			['http://example.org/?q=', 'HTTP://example.org/?q='],
			['https://example.org/', 'https://example.org/']]
				.map(link => [...link, 'noopener noreferrer']));
	}
	assertClean();
});

test('what is no string is shown as JSON, binary by its size', async () => {
	const ana = await openOurs();
	const classic = await openClassic();

	await classic.evaluate(`
		socket.emit('nuevo mensaje', { a: [1, '<b>', null] });
		socket.emit('nuevo mensaje', 42);
		socket.emit('nuevo mensaje', new Uint8Array(5));
		socket.emit('nuevo mensaje', { file: new Uint8Array(3) });
		socket.emit('nuevo mensaje', 'plain');
	`);
	await shows(ana, ['{"a":[1,"<b>",null]}', '42', '[binary, 5 bytes]',
		'{"file":"[binary, 3 bytes]"}', 'plain']);
	assertClean();
});

test('it speaks the language of the browser', async () => {
	const table = [
		['es-MX', 'es', 'Conectado', 'Enviar', 'Mensaje para lobby'],
		['en-US', 'en', 'Connected', 'Send', 'Message to lobby'],
		['fr-FR', 'en', 'Connected', 'Send', 'Message to lobby'],
	];

	for (const [locale, lang, status, send, placeholder] of table) {
		const page = await openOurs({ locale });

		assert.deepStrictEqual([
			await page.getAttribute('html', 'lang'),
			await page.textContent('#status'),
			await page.textContent('#send'),
			await page.getAttribute('#field', 'placeholder'),
		], [lang, status, send, placeholder]);
	}
	assertClean();
});

test('a name is given, can be changed, and is kept', async () => {
	const ana = await openOurs();
	const bob = await openOurs();
	const guest = await ana.textContent('#nick');
	const names = page => page.$$eval('#log .msg:not(.cont) .who',
		nodes => nodes.map(node => node.textContent));

	assert.match(guest, /^guest-/);
	await say(ana, 'as a guest');
	await showsLast(bob, 'as a guest');
	await ana.getByRole('button', { name: `You are ${guest}` }).click();
	/* Nothing is left of it on the server, which says so. */
	await ana.getByRole('textbox', { name: 'Your name' }).fill('\u200b\u200b');
	await ana.keyboard.press('Enter');
	await until(async () => assert.notStrictEqual(
		await ana.textContent('#nick-error'), ''));
	await ana.getByRole('textbox', { name: 'Your name' }).fill('  ana  ');
	await ana.keyboard.press('Enter');
	await until(async () =>
		assert.strictEqual(await ana.textContent('#nick'), 'ana'));
	await say(ana, 'as ana');
	await say(ana, 'again');
	await showsLast(bob, 'again');
	assert.deepStrictEqual(await names(bob), [guest, 'ana']);
	await ana.reload();
	await connected(ana);
	assert.strictEqual(await ana.textContent('#nick'), 'ana');
	await say(ana, 'after a reload');
	await showsLast(bob, 'after a reload');
	assert.strictEqual((await names(bob)).pop(), 'ana');
	assertClean();
});

test('a phone shows it all, without scrolling sideways', async () => {
	const phone = { viewport: { width: 390, height: 844 }, isMobile: true,
		hasTouch: true, deviceScaleFactor: 2 };
	const ana = await openOurs({ ...phone, locale: 'es-ES' });
	const bob = await openOurs({ ...phone, colorScheme: 'dark' });
	const wide = 'w'.repeat(400);

	for (const [page, name] of [[ana, 'ana'], [bob, 'W'.repeat(32)]]) {
		await page.tap('#open-rooms');
		await page.tap('#me');
		await page.fill('#nick-field', name);
		await page.press('#nick-field', 'Enter');
		await until(async () => assert.strictEqual(
			await page.textContent('#nick'), name));
		await page.waitForSelector('#you', { state: 'hidden' });
		await page.waitForSelector('#rooms', { state: 'hidden' });
	}
	await say(bob, wide);
	await say(bob, `https://example.org/${wide}`);
	for (let i = 0; i < 12; i++) {
		await ana.fill('#field', `mensaje ${i}\ny otra línea`);
		await ana.tap('#send');
	}
	await say(bob, 'ok');
	for (const page of [ana, bob]) {
		await showsLast(page, 'ok');
		await page.waitForSelector('.pending', { state: 'detached' });
		assert.deepStrictEqual(await page.evaluate(() => {
			const { scrollWidth } = document.documentElement;
			const main = document.getElementById('scroller');
			const side = id => document.getElementById(id)
				.getBoundingClientRect();
			const inside = id => {
				const r = side(id);

				return r.left >= 0 && r.right <= innerWidth &&
					r.top >= 0 && r.bottom <= innerHeight;
			};
			const size = parseFloat(getComputedStyle(
				document.getElementById('field')).fontSize);

			return [scrollWidth, main.scrollWidth <= main.clientWidth,
				inside('field'), inside('send'),
				inside('open-rooms'), inside('open-people'),
				inside('status'), size >= 16,
				side('status').right <=
					side('open-find').left];
		}), [390, true, true, true, true, true, true, true, true]);
	}
	await picture(ana, 'phone-light');
	await picture(bob, 'phone-dark');
	assertClean();
});

test('reading further up is not disturbed', async () => {
	const ana = await openOurs();
	const bob = await openOurs();
	const top = () => bob.$eval('#scroller', node => node.scrollTop);
	const rest = () => bob.$eval('#scroller', node =>
		node.scrollHeight - node.scrollTop - node.clientHeight);

	for (let i = 0; i < 40; i++)
		await say(ana, `line ${i}`);
	await showsLast(bob, 'line 39');
	await until(async () => assert.ok(await rest() < 2));
	await bob.$eval('#scroller', node => { node.scrollTop = 100; });
	await until(async () => assert.strictEqual(await top(), 100));
	/* Two frames: the page has heard of it. */
	await bob.evaluate(() => new Promise(resolve =>
		requestAnimationFrame(() => requestAnimationFrame(resolve))));
	await say(ana, 'one more');
	await say(ana, 'and another');
	await showsLast(bob, 'and another');
	assert.strictEqual(await top(), 100);
	assert.match(await bob.textContent('#pill'), /^2 new messages/);
	await picture(bob, 'scrolled');
	await bob.click('#pill');
	await until(async () => assert.ok(await rest() < 2));
	assert.ok(await bob.isHidden('#pill'));

	/* A hidden tab counts in its title. */
	const hide = hidden => bob.evaluate(value => {
		Object.defineProperty(document, 'hidden',
			{ configurable: true, value });
		document.dispatchEvent(new Event('visibilitychange'));
	}, hidden);

	await hide(true);
	await say(ana, 'are you there?');
	await until(async () =>
		assert.strictEqual(await bob.title(), '(1) lobby · chat'));
	await hide(false);
	assert.strictEqual(await bob.title(), 'lobby · chat');
	assertClean();
});

test('a flood is followed to its end and does not pile up', async () => {
	const ana = await openOurs();
	const classic = await openClassic();

	/* Measuring between messages moves the end before the page hears of
	 * it: that is not the reader, either. */
	await ana.evaluate(() => {
		const scroller = document.getElementById('scroller');

		setInterval(() => scroller.scrollHeight, 0);
	});
	await classic.evaluate(`for (let i = 0; i < 2500; i++)
		socket.emit('nuevo mensaje', 'line ' + i)`);
	await until(async () => assert.strictEqual(await ana.$eval('#log', log =>
		log.lastElementChild && log.lastElementChild
			.querySelector('.text').textContent), 'line 2499'));
	await until(async () => assert.ok(await ana.$eval('#scroller', node =>
		node.scrollHeight - node.scrollTop - node.clientHeight) < 2));
	assert.ok(await ana.isHidden('#pill'));
	assert.ok(await ana.locator('#log .msg').count() <= 450);
	assert.ok(await ana.locator('#log .msg .who bdi').first().isVisible());
	assertClean();
});

test('it works by keyboard and for a screen reader', async () => {
	const ana = await openOurs();

	await ana.getByRole('textbox', { name: 'Message' }).focus();
	await ana.keyboard.type('one');
	const height = () => ana.$eval('#field', node => node.offsetHeight);
	const low = await height();

	await ana.keyboard.press('Shift+Enter');
	await ana.keyboard.type('two');
	assert.ok(await height() > low);
	await ana.keyboard.press('Enter');
	await shows(ana, ['one\ntwo']);
	assert.strictEqual(await height(), low);
	await ana.keyboard.press('Enter');
	await ana.keyboard.type('  \n ');
	assert.ok(await ana.getByRole('button', { name: 'Send' }).isDisabled());
	assert.strictEqual(await ana.locator('#log')
		.getAttribute('role'), 'log');
	assert.ok((await ana.getByRole('status').allTextContents())
		.includes('Connected'));
	await shows(ana, ['one\ntwo']);
	assertClean();
});

test('names are readable on both backgrounds', async () => {
	for (const colorScheme of ['light', 'dark']) {
		const page = await openOurs({ colorScheme });
		const worst = await page.evaluate(() => {
			const luminance = colour => {
				const [r, g, b] = colour.match(/[\d.]+/g)
					.slice(0, 3).map(v => v / 255)
					.map(v => v <= .04045 ? v / 12.92 :
						((v + .055) / 1.055) ** 2.4);

				return .2126 * r + .7152 * g + .0722 * b;
			};
			const paper = luminance(
				getComputedStyle(document.body).backgroundColor);
			const log = document.getElementById('log');
			const colours = new Set();

			for (let i = 0; i < 6; i++) {
				const row = document.createElement('div');
				const who = document.createElement('span');

				row.className = `msg c${i}`;
				who.className = 'who';
				row.append(who);
				log.append(row);
				colours.add(getComputedStyle(who).color);
			}
			if (colours.size !== 6)
				return 0;
			return Math.min(...[...colours].map(luminance).map(l =>
				(Math.max(l, paper) + .05) /
				(Math.min(l, paper) + .05)));
		});

		assert.ok(worst >= 4.5, `${colorScheme}: ${worst}`);
	}
	assertClean();
});

test('the policy of the page allows nothing from elsewhere', async () => {
	const ana = await openOurs();
	const answer = await ana.request.get(`${world.server.url}/chat.html`);
	const policy = answer.headers()['content-security-policy'];

	assert.match(policy, /default-src 'none'/);
	assert.match(policy, /frame-ancestors 'none'/);
	assert.doesNotMatch(policy, /unsafe|\*/);
	assertClean();
	/* The check is awake: a script of the page itself is refused. */
	await ana.evaluate(() => {
		const script = document.createElement('script');

		script.textContent = 'window.hacked = 1';
		document.body.append(script);
	});
	assert.strictEqual(await ana.evaluate('window.hacked'), undefined);
	await until(async () => assert.match(world.people[0].problems.join(),
		/Content Security Policy/));
});
