'use strict';
/*
 * What the client makes of servers that moderate: it is slowed down and loses
 * nothing, is kept out and does not insist, and shows what they say as text.
 * The server is one of the official library's that says what ours would.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test, until } = require('./harness');
const { Chat, files, folder, join, numbers, startFake, startOurs, together } =
    require('./client');

const EVIL = '\x1b[2J\x1b]0;t\x07\u202e\u2066<img src=x onerror=alert(1)>\x9b';

const groups = {};

/* Takes messages as `take` says, and keeps those that it took. */
async function
startTaking(t, take, options)
{
	const taken = [];
	const fake = await startFake(t, (round, ack, text, { room }) => {
		const refused = take(text, room, taken.length);

		if (!refused)
			taken.push(text);
		ack(refused ? { ok: false, message: refused.code, ...refused } :
		    { ok: true, id: (1700000000000 + taken.length) + '-0' });
	}, () => {}, options);

	return { ...fake, taken };
}

groups['slowed down'] = () => {
	/* Refused by the dozen, in no order: all arrive, in theirs. */
	test('too fast: kept and sent again', async (t) => {
		let next = 0;
		const fake = await startTaking(t, () => {
			const now = performance.now();

			if (now < next)
				return { code: 'rate', retry: 20 };
			next = now + 10;
			return null;
		});
		const ours = await join(t, fake.server.url);
		const texts = numbers(30);

		ours.say(texts[0]);
		await ours.delivered(1);
		for (const text of texts.slice(1))
			ours.say(text);
		await ours.delivered(30);
		assert.deepStrictEqual(new Set(fake.taken), new Set(texts));
		assert.strictEqual(fake.taken.length, 30);
		await ours.finish();
	});

	test('the welcome tells how fast: nothing is refused', async (t) => {
		/* As the server counts: a bucket of 10, 50 more a second. */
		let level = 10, last = performance.now(), refused = 0;
		const fake = await startTaking(t, () => {
			const now = performance.now();

			level = Math.min(10, level + (now - last) / 20);
			last = now;
			if (level >= 1) {
				level--;
				return null;
			}
			refused++;
			return { code: 'rate', retry: 20 };
		}, { limits: { rate: { burst: 10, perSecond: 50 } } });
		const ours = await join(t, fake.server.url);
		const texts = numbers(60);

		ours.say(...texts);
		await ours.delivered(60);
		assert.ok(ours.of('status').some(({ problem }) =>
		    /no more so fast/.test(problem)));
		assert.deepStrictEqual(fake.taken, texts);
		assert.strictEqual(refused, 0);
		await ours.reaches('online', { problem: '' });
		await ours.finish();
	});

	test('slow mode: in order, and other rooms are not concerned',
	    async (t) => {
		let asked = 0;
		const fake = await startTaking(t, (text, room) =>
		    room === 'lobby' && text !== 'first' && asked++ < 3 ?
			{ code: 'slow-mode', retry: 200, message: 'slowly' } :
			null);
		const ours = await join(t, fake.server.url);

		ours.say('first');
		await ours.delivered(1);
		ours.say('second', 'third');
		ours.send({ type: 'message', room: 'dev', text: 'elsewhere' });
		await ours.delivered(4);
		assert.ok(ours.of('status').some(({ problem }) =>
		    problem === 'slowly'));
		assert.ok(fake.taken.indexOf('second') <
		    fake.taken.indexOf('third'));
		assert.strictEqual(fake.taken.indexOf('elsewhere'), 1);
		assert.ok(asked >= 3);
		await ours.finish();
	});

	test('muted: given back', async (t) => {
		const fake = await startTaking(t, () => ({ code: 'muted',
			message: 'you may only read', retry: 100 }));
		const ours = await join(t, fake.server.url);

		ours.say('hola');
		await ours.until(() => ours.count('failed') === 1, 'failed');
		const [states] = ours.entries.values();

		assert.strictEqual(states.at(-1).code, 'muted');
		assert.strictEqual(states.at(-1).reason, 'you may only read');
		await ours.finish({ code: 77, err: '' });
	});
};

/* A server that is closed, until one says `secret`, has a token of it or the
 * invitation. */
function
startClosed(t, tries = [])
{
	return startFake(t, (round, ack) => ack({ ok: true,
		id: '1700000000000-' + tries.length }), () => {}, {
		guard(auth) {
			tries.push(auth);
			if (auth.password === 'secret' ||
			    auth.invite === 'Welcome-1_' ||
			    /^token/.test(auth.token))
				return null;
			return auth.password === undefined ?
			    { message: 'password required',
				data: { code: 'password' } } :
			    { message: 'wrong password',
				data: { code: 'wrong-password' } };
		} });
}

function
passwordFile(t, text, mode = 0o600)
{
	const file = path.join(folder(t), 'password');

	fs.writeFileSync(file, text, { mode });
	fs.chmodSync(file, mode);
	return file;
}

groups['a closed server'] = () => {
	const needed =
	    'chat: the server wants a password: --password-file FILE gives it\n';

	for (const [name, args] of Object.entries({
		send: ['send', 'URL', 'hola'],
		history: ['history', 'URL'],
		plain: ['connect', '--plain', 'URL'],
		json: ['connect', '--json', 'URL'] })) {
		const words = (url, ...more) => [args[0], ...more,
			...args.slice(1)].map((word) =>
		    word === 'URL' ? url : word);

		test(name + ': no password, no terminal', async (t) => {
			const tries = [];
			const { server } = await startClosed(t, tries);
			const ours = new Chat(t, words(server.url));
			const { code, err } = await ours.end();

			assert.deepStrictEqual([code, err], [77, needed]);
			assert.strictEqual(tries.length, 1);
		});

		test(name + ': the wrong one', async (t) => {
			const tries = [];
			const { server } = await startClosed(t, tries);
			const ours = new Chat(t, words(server.url,
			    '--password-file', passwordFile(t, 'guess\n')));
			const { code, err } = await ours.end();

			assert.deepStrictEqual([code, err], [77, 'chat: the ' +
			    'server\'s password is another one\n']);
			assert.strictEqual(tries.length, 1);
		});
	}

	test('a file has it; the token is enough then', async (t) => {
		const tries = [];
		const { server } = await startClosed(t, tries);
		const state = folder(t);
		const first = await join(t, server.url, { state, args:
			['--password-file', passwordFile(t, 'secret\n')] });

		await first.finish();
		assert.strictEqual(tries[0].password, 'secret');
		assert.ok(files(state).some((name) => /^token-/.test(name)));
		const again = await join(t, server.url, { state });

		assert.strictEqual(tries[1].password, undefined);
		assert.strictEqual(tries[1].token, 'token-0');
		await again.finish();
	});

	test('an invitation has it', async (t) => {
		const tries = [];
		const { server } = await startClosed(t, tries);
		const state = folder(t);
		const first = await join(t, server.url + '/i/Welcome-1_',
		    { state });

		assert.strictEqual(tries[0].invite, 'Welcome-1_');
		await first.finish();
		const again = await join(t, server.url, { state });

		assert.strictEqual(tries[1].invite, undefined);
		await again.finish();
	});

	for (const [name, text, mode, error] of [
	    ['that others may read', 'secret\n', 0o640,
		    /^chat: --password-file: .*: others may read it.*\n$/],
	    ['with a hash', '$y$j75$lLam7QMqTOjMneUZcLVMV1$nqmKqQuTWHoRZR\n',
		    0o600, /: it holds a hash, which is for the server/],
	    ['that is empty', '', 0o600, /it is to hold one line/],
	    ['of two lines', 'a\nb\n', 0o600, /it is to hold one line/]])
		test('a file ' + name, async (t) => {
			const ours = new Chat(t, ['send', '--password-file',
				passwordFile(t, text, mode), '127.0.0.1:1',
				'hola']);
			const { code, err } = await ours.end();

			assert.strictEqual(code, 66);
			assert.match(err, error);
		});
};

groups['a closed chat serve'] = () => {
	const start = (t) => startOurs(t, '--password-file',
	    passwordFile(t, 'sesame ñ\n'));
	const ask = async (t, server, state, ...args) => {
		const ours = new Chat(t, ['send', ...args, server.url, 'hola'],
		    { state });

		return ours.end();
	};

	test('its password, and its token then', async (t) => {
		const server = await start(t), state = folder(t);
		const none = await ask(t, server, state);
		const wrong = await ask(t, server, state, '--password-file',
		    passwordFile(t, 'sesame\n'));
		const right = await ask(t, server, state, '--password-file',
		    passwordFile(t, 'sesame ñ'));
		const again = await ask(t, server, state);

		assert.deepStrictEqual([none, wrong, right, again]
		    .map(({ code }) => code), [77, 77, 0, 0]);
		assert.match(none.err, /wants a password/);
		assert.match(wrong.err, /password is another one/);
	});
};

groups['banned'] = () => {
	const until_ = Date.UTC(2030, 0, 2, 12);
	const banned = { message: 'banned', data: { code: 'banned',
		until: until_, reason: 'spam' + EVIL } };
	const told = /^chat: you are banned until 2030-01-0[123] \d\d:\d\d: spam/;

	for (const args of [['send', 'URL', 'hola'], ['history', 'URL'],
		['connect', '--plain', 'URL'], ['connect', '--json', 'URL']])
		test(args.slice(0, -1).join(' '), async (t) => {
			let tries = 0;
			const { server } = await startFake(t, () => {},
			    () => {}, { guard: () => { tries++; return banned; }
			});
			const ours = new Chat(t, args.map((word) =>
			    word === 'URL' ? server.url : word));
			const { code, err } = await ours.end();

			assert.strictEqual(code, 77);
			assert.match(err, told);
			assert.strictEqual(err.split('\n').length, 2);
			assert.strictEqual(tries, 1);
		});

	test('while one is there', async (t) => {
		let sockets = 0, socket;
		const { server } = await startFake(t, () => {}, (one) => {
			socket = one;
			sockets++;
		});
		const ours = await join(t, server.url);

		socket.emit('banned', { reason: 'spam', until: until_ });
		socket.disconnect(true);
		const { code, err } = await ours.end();

		assert.deepStrictEqual([code, sockets], [77, 1]);
		assert.match(err, told);
		assert.strictEqual(ours.of('banned')[0].reason, 'spam');
		assert.strictEqual(ours.of('banned')[0].until,
		    '2030-01-02T12:00:00.000Z');
	});
};

groups['what moderators do'] = () => {
	/* Each event as our server sends it, and as the JSON mode tells it. */
	const events = {
		kicked: [{ room: 'lobby', by: 'ana', reason: 'enough' },
			{ room: 'lobby', by: 'ana', reason: 'enough' }],
		muted: [{ room: 'lobby', by: 'ana', until: 1893456000000 },
			{ room: 'lobby', by: 'ana',
				until: '2030-01-01T00:00:00.000Z' }],
		unmuted: [{ room: 'lobby', by: 'ana' },
			{ room: 'lobby', by: 'ana' }],
		invited: [{ room: 'den', by: 'ana' }, { room: 'den', by: 'ana' }],
		slow: [{ room: 'lobby', seconds: 30, nick: 'ana' },
			{ room: 'lobby', seconds: 30, by: 'ana' }],
		private: [{ room: 'lobby', on: true, by: 'ana' },
			{ room: 'lobby', on: true, by: 'ana' }],
		moderator: [{ room: 'lobby', nick: 'bo', from: 'b', on: true,
			by: 'ana' }, { room: 'lobby', nick: 'bo', from: 'b',
			on: true, by: 'ana', self: false }],
		owner: [{ room: 'lobby', nick: 'ours', from: 'ours',
			by: 'ana' }, { room: 'lobby', nick: 'ours', by: 'ana',
			self: true }]
	};

	for (const [name, [sent, wanted]] of Object.entries(events))
		test(name, async (t) => {
			let socket;
			const { server } = await startFake(t, () => {},
			    (one) => { socket = one; });
			const ours = await join(t, server.url);

			socket.emit(name, sent);
			await ours.until(() => ours.of(name).length === 1,
			    name);
			const [told] = ours.of(name);

			for (const [key, value] of Object.entries(wanted))
				assert.deepStrictEqual(told[key], value, key);
			await ours.finish();
		});

	test('who was put out does not come back by himself', async (t) => {
		const joins = [];
		let sockets = 0, last;
		const { server } = await startFake(t, () => {}, (socket) => {
			sockets++;
			last = socket;
			socket.on('join', ({ room }) => joins.push(room));
		});
		const ours = await join(t, server.url, { args:
			['--room=lobby', '--room=dev'] });

		await ours.enters('dev');
		last.emit('kicked', { room: 'dev', by: 'ana' });
		await ours.until(() => ours.of('kicked').length, 'kicked');
		joins.length = 0;
		last.conn.close();
		await until(() => sockets === 2, 'there again');
		await ours.reaches('online');
		await ours.ask({ type: 'rooms' }).catch(() => {});
		await until(() => joins.length > 0, 'joined again');
		assert.deepStrictEqual(joins, ['lobby']);
	});

	/* Chat looks at every byte that is written. */
	test('hostile texts of all of them, as plain lines', async (t) => {
		let socket;
		const { server } = await startFake(t, () => {},
		    (one) => { socket = one; });
		const ours = new Chat(t, ['connect', '--plain', server.url]);
		const evil = { room: EVIL, nick: EVIL, from: EVIL, by: EVIL,
			reason: EVIL, role: EVIL, until: 1, seconds: 5,
			on: true };
		const names = [...Object.keys(events), 'left', 'joined'];

		await until(() => /you are in lobby/.test(ours.out), 'there');
		for (const name of names) {
			socket.emit(name, evil);
			socket.emit(name, { ...evil, room: 'lobby',
				until: 1e300, seconds: -1, on: EVIL });
		}
		socket.emit('notice', { text: 'the end' });
		await until(() => /the end/.test(ours.out), 'all lines');
		assert.ok(ours.out.includes('<img src=x onerror=alert(1)>'));
		await ours.finish();
	});
};

groups['commands'] = () => {
	/* What is typed, and the event that it becomes. */
	const commands = {
		'/op root s3cret word': ['op',
			{ name: 'root', password: 's3cret word' }],
		'/deop': ['op', {}],
		'/kick @bo enough of it': ['kick', { room: 'lobby', nick: 'bo',
			reason: 'enough of it' }],
		'/ban bo 2h 3 times': ['ban', { room: 'lobby', nick: 'bo',
			seconds: 7200, reason: '3 times' }],
		'/ban -server bo': ['ban', { nick: 'bo' }],
		'/ban 192.0.2.0/24 1d': ['ban', { address: '192.0.2.0/24',
			seconds: 86400 }],
		'/ban 2001:db8::1': ['ban', { address: '2001:db8::1' }],
		'/unban 12': ['unban', { ban: 12 }],
		'/bans': ['bans', { room: 'lobby' }],
		'/bans -server': ['bans', {}],
		'/mute bo 10m': ['mute', { room: 'lobby', nick: 'bo',
			seconds: 600 }],
		'/unmute -server bo': ['unmute', { nick: 'bo' }],
		'/slow 30': ['slow', { room: 'lobby', seconds: 30 }],
		'/slow 1m': ['slow', { room: 'lobby', seconds: 60 }],
		'/slow off': ['slow', { room: 'lobby', seconds: 0 }],
		'/moderator bo': ['moderator', { room: 'lobby', nick: 'bo',
			on: true }],
		'/moderator bo off': ['moderator', { room: 'lobby', nick: 'bo',
			on: false }],
		'/owner bo': ['owner', { room: 'lobby', nick: 'bo' }],
		'/private on': ['private', { room: 'lobby', on: true }],
		'/invite': ['invite', { room: 'lobby' }],
		'/invite -server': ['invite', {}],
		'/invite bo': ['invite', { room: 'lobby', nick: 'bo' }],
		'/invite 3': ['invite', { room: 'lobby', uses: 3 }],
		'/invite 2d': ['invite', { room: 'lobby', seconds: 172800 }],
		'/invite -server 1 2h': ['invite', { uses: 1, seconds: 7200 }],
		'/invite @3': ['invite', { room: 'lobby', nick: '3' }],
		'/invites': ['invitations', { room: 'lobby' }],
		'/invites -server': ['invitations', {}],
		'/revoke http://host/i/Code': ['revoke', { invite: 'Code' }],
		'/uninvite bo': ['uninvite', { room: 'lobby', nick: 'bo' }],
		'/accept http://host/i/Code': ['accept', { invite: 'Code' }],
		'/audit': ['audit', {}]
	};

	test('as they are sent', async (t) => {
		const asked = [];
		const { server } = await startFake(t, () => {}, (socket) =>
		    socket.onAny((name, arg, ack) => {
			if (name === 'join')
				return;
			asked.push([name, arg]);
			ack({ ok: true, operator: name === 'op', ban: 7,
				path: '/i/x', bans: [], lines: [],
				invitations: [] });
		    }));
		const ours = new Chat(t, ['connect', '--plain', server.url]);

		await until(() => /you are in lobby/.test(ours.out), 'there');
		for (const line of Object.keys(commands))
			ours.write(line + '\n');
		await until(() => asked.length === Object.keys(commands).length,
		    'all of them');
		assert.deepStrictEqual(asked, Object.values(commands));
		await ours.finish();
	});

	test('wrong ones: how they are used', async (t) => {
		const { server } = await startFake(t, () => {});
		const ours = new Chat(t, ['connect', '--plain', server.url]);
		const wrong = { kick: '', ban: '-server', unban: 'bo', mute: '',
			slow: 'fast', moderator: 'bo maybe', owner: '',
			private: 'yes', accept: '', op: 'root', uninvite: '',
			invite: 'bo 3', revoke: 'http://host/i/' };

		await until(() => /you are in lobby/.test(ours.out), 'there');
		for (const [name, args] of Object.entries(wrong))
			ours.write('/' + name + ' ' + args + '\n');
		await until(() => ours.err.split('\n').length >
		    Object.keys(wrong).length, 'all of them');
		assert.deepStrictEqual(
		    ours.err.trim().split('\n').map((line) =>
			/^chat: \/(\w+) [-\w[\]| ]+$/.exec(line)?.[1]),
		    Object.keys(wrong));
		ours.child.stdin.end();
		assert.strictEqual((await ours.end()).code, 0);
	});

	test('what is no time, nor a range: nobody is banned', async (t) => {
		const asked = [];
		const { server } = await startFake(t, () => {}, (socket) =>
		    socket.onAny((name) => asked.push(name)));
		const ours = new Chat(t, ['connect', '--plain', server.url]);
		const wrong = { 'ban -server bo 5 spam': 'time',
			'ban bo 3 times': 'time', 'mute bo 1x': 'time',
			'mute bo 10': 'time', 'invite 3 1y': 'time',
			'ban -server 192.0.2.0/33': 'range',
			'ban 2001:db8::/200 1d': 'range' };

		await until(() => /you are in lobby/.test(ours.out), 'there');
		for (const line of Object.keys(wrong))
			ours.write('/' + line + '\n');
		await until(() => ours.err.split('\n').length >
		    Object.keys(wrong).length, 'all of them');
		assert.deepStrictEqual(
		    ours.err.trim().split('\n').map((line) =>
			/^chat: this is no (time|range)/.exec(line)?.[1]),
		    Object.values(wrong));
		ours.child.stdin.end();
		assert.strictEqual((await ours.end()).code, 0);
		assert.deepStrictEqual(asked, ['join']);
	});

	test('an invitation is told as a URL', async (t) => {
		const { server } = await startFake(t, () => {}, (socket) =>
		    socket.on('invite', (arg, ack) => ack({ ok: true,
			    invite: 'Code', path: '/i/Code' })));

		for (const url of [server.url, server.url + '/']) {
			const ours = new Chat(t, ['connect', '--plain', url]);

			await until(() => /you are in lobby/.test(ours.out),
			    'there');
			ours.write('/invite\n');
			await until(() => ours.out.includes(
			    `invitation: ${server.url}/i/Code\n`), 'the URL');
			await ours.finish();
		}
	});

	test('answers as text', async (t) => {
		const at = Date.UTC(2026, 0, 2, 3, 4);
		const { server } = await startFake(t, () => {}, (socket) => {
			socket.on('bans', (arg, ack) => ack({ ok: true, bans: [
				{ ban: 3, nick: 'bo', room: 'lobby', by: 'ana',
					reason: 'spam' + EVIL, at, until: at },
				{ ban: 4, address: '192.0.2.1', by: EVIL, at },
				{ ban: '5', nick: 5 }, 7, null] }));
			socket.on('invitations', (arg, ack) => ack({ ok: true,
				invitations: [{ invite: 'Code-_', by: 'ana',
					room: 'lobby', uses: 1, at, until: at },
				{ invite: EVIL, by: EVIL, uses: 2, at },
				{ uses: 'x' }, null] }));
			socket.on('audit', (arg, ack) => ack({ ok: true, lines: [
				{ at, by: 'ana', what: 'kick', nick: 'bo',
					room: 'lobby', reason: EVIL },
				{ at: 1e300, what: EVIL }, 'x'] }));
		});
		const ours = new Chat(t, ['connect', '--plain', server.url],
		    { env: { TZ: 'UTC' } });

		await until(() => /you are in lobby/.test(ours.out), 'there');
		ours.write('/bans\n/invites\n/audit\n');
		await until(() => /kick bo/.test(ours.out), 'all');
		assert.match(ours.out, new RegExp('^-- 3  ?bo in lobby until ' +
		    '2026-01-02 03:04: spam.*\\(by ana\\)$', 'm'));
		assert.match(ours.out, /^-- 4  ?192\.0\.2\.1 \(by /m);
		assert.match(ours.out, new RegExp('^-- Code-_ to lobby, ' +
		    '1 use left until 2026-01-02 03:04 \\(by ana\\)$', 'm'));
		assert.match(ours.out, /, 2 uses left \(by /);
		assert.match(ours.out,
		    /^-- 2026-01-02 03:04 ana: kick bo in lobby: /m);
		await ours.finish();
	});
};

together('moderation', groups);
