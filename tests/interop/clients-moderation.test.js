'use strict';
/* The clients at a `chat serve` that moderates, from end to end. */
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const clients = require('./clients');
const { test } = require('./harness');
const { Chat, Json, folder, join, official, startClassic, startOurs, together } =
    require('./client');

const groups = {};

/* A file that only its owner may read. */
function
secret(t, text)
{
	const file = path.join(folder(t), 'secret');

	fs.writeFileSync(file, text, { mode: 0o600 });
	return file;
}

function
nicked(t, server, nick)
{
	return join(t, server.url, { args: ['--nick', nick] });
}

/* ana owns the room dev, bo is in it. */
async function
inDev(t, ...args)
{
	const server = await startOurs(t, ...args);
	const ana = await nicked(t, server, 'ana');
	const bo = await nicked(t, server, 'bo');

	assert.ok((await ana.ask({ type: 'register',
		password: 'secret1' })).ok);
	for (const one of [ana, bo])
		assert.ok((await one.ask({ type: 'join', room: 'dev' })).ok);
	await ana.until(() => ana.of('room').some(({ room, role }) =>
	    room === 'dev' && role === 'owner'), 'owner of dev');
	return { server, ana, bo };
}

/* The acknowledgement of an official client's event. */
async function
asked({ socket }, ...args)
{
	return (await clients.call(socket, ...args))[0];
}

async function
granted(client, request)
{
	const answer = await client.ask(request);

	assert.ok(answer.ok, JSON.stringify(answer));
	return answer.data;
}

groups['rooms'] = () => {
	test('kick, ban, mute', async (t) => {
		const { ana, bo } = await inDev(t);
		const about = { room: 'dev', nick: 'bo', reason: 'why not' };

		await granted(ana, { type: 'mute', ...about });
		await bo.until(() => bo.of('muted').length, 'muted');
		bo.send({ type: 'message', room: 'dev', text: 'hola' });
		await bo.until(() => bo.count('failed') === 1, 'refused');
		assert.strictEqual([...bo.entries.values()][0].at(-1).code,
		    'muted');
		await granted(ana, { type: 'unmute', ...about });
		await bo.until(() => bo.of('unmuted').length, 'unmuted');

		await granted(ana, { type: 'kick', ...about });
		await bo.until(() => bo.of('kicked').length, 'kicked');
		assert.deepStrictEqual(
		    (({ room, by, reason }) => ({ room, by, reason }))(
			bo.of('kicked')[0]),
		    { room: 'dev', by: 'ana', reason: 'why not' });
		await ana.until(() => ana.of('left').some(({ reason }) =>
		    reason === 'kicked'), 'told');
		await granted(bo, { type: 'join', room: 'dev' });

		const { ban } = await granted(ana, { type: 'ban', ...about });
		await bo.until(() => bo.of('banned').length, 'banned');
		assert.strictEqual(bo.of('banned')[0].room, 'dev');
		assert.strictEqual(
		    (await bo.ask({ type: 'join', room: 'dev' })).ok, false);
		const { bans } = await granted(ana, { type: 'bans',
			room: 'dev' });

		assert.strictEqual(bans[0].ban, ban);
		await granted(ana, { type: 'unban', ban });
		await granted(bo, { type: 'join', room: 'dev' });
		await bo.finish({ code: 77, err: '' });
	});

	test('slow mode: all arrive, in order', async (t) => {
		const { ana, bo } = await inDev(t);

		await granted(ana, { type: 'slow', room: 'dev', seconds: 1 });
		await bo.until(() => bo.of('slow').length, 'slow');
		for (const text of ['uno', 'dos', 'tres'])
			bo.send({ type: 'message', room: 'dev', text });
		bo.send({ type: 'message', text: 'elsewhere' });
		await bo.delivered(4);
		await ana.until(() => ana.of('message').length === 4, 'all');
		const texts = ana.of('message').map(({ text }) => text);

		assert.deepStrictEqual(texts.filter((text) =>
		    text !== 'elsewhere'), ['uno', 'dos', 'tres']);
		assert.ok(texts.indexOf('elsewhere') < 3);
	});
};

groups['the server'] = () => {
	test('an operator bans: why is told, and it ends', async (t) => {
		const { ana, bo } = await inDev(t, '--operators',
		    secret(t, 'root:s3cret word\n'));

		assert.strictEqual((await ana.ask({ type: 'op', name: 'root',
			password: 'wrong' })).ok, false);
		await granted(ana, { type: 'op', name: 'root',
			password: 's3cret word' });
		await ana.reaches('online', { operator: true });
		await granted(ana, { type: 'ban', nick: 'bo', seconds: 3600,
			reason: 'spam' });
		const { code, err } = await bo.end();

		assert.strictEqual(code, 77);
		assert.match(err, /^chat: you are banned until .*: spam\n$/);
		const { lines } = await granted(ana, { type: 'audit' });

		assert.ok(lines.some(({ what, nick }) =>
		    what === 'ban' && nick === 'bo'));
		await granted(ana, { type: 'op' });
		await ana.reaches('online', { operator: false });
	});
};

/* Our client and the official one, either way round. */
groups['private rooms'] = () => {
	test('ours invites, the official one comes in', async (t) => {
		const { server, ana, bo } = await inDev(t);
		const eve = await official(t, server,
		    { auth: { nick: 'eve', rooms: [] } });
		const told = clients.queue(eve.socket, 'invited');

		await granted(ana, { type: 'private', room: 'dev', on: true });
		await bo.until(() => bo.of('kicked').length, 'put out');
		assert.strictEqual((await asked(eve, 'join',
		    { room: 'dev' })).code, 'no-such-room');
		const { invite } = await granted(ana,
		    { type: 'invite', room: 'dev', uses: 1 });
		assert.strictEqual((await asked(eve, 'accept',
		    { invite })).room, 'dev');
		assert.ok((await asked(eve, 'join', { room: 'dev' })).ok);
		eve.say('hola', { room: 'dev' });
		await ana.until(() => ana.of('message').some(({ text, nick }) =>
		    text === 'hola' && nick === 'eve'), 'hola');
		assert.strictEqual((await bo.ask({ type: 'accept',
			invite })).code, 'bad-invitation');

		/* One that is taken back, and one by name. */
		const other = await granted(ana,
		    { type: 'invite', room: 'dev' });
		const { invitations } = await granted(ana,
		    { type: 'invitations', room: 'dev' });
		assert.deepStrictEqual(invitations.map((one) => one.invite),
		    [other.invite]);
		await granted(ana, { type: 'revoke', invite: other.invite });
		assert.strictEqual((await bo.ask({ type: 'accept',
			invite: other.invite })).code, 'bad-invitation');
		await granted(ana,
		    { type: 'uninvite', room: 'dev', nick: 'eve' });
		assert.strictEqual((await asked(eve, 'join',
		    { room: 'dev' })).code, 'no-such-room');
		await granted(ana,
		    { type: 'invite', room: 'dev', nick: 'eve' });
		assert.deepStrictEqual((await told.next())[0],
		    { room: 'dev', by: 'ana' });
		assert.ok((await asked(eve, 'join', { room: 'dev' })).ok);
	});

	test('the official one invites, ours comes in', async (t) => {
		const server = await startOurs(t);
		const eve = await official(t, server,
		    { auth: { nick: 'eve', rooms: [] } });
		const bo = await nicked(t, server, 'bo');

		for (const [name, arg] of [['register',
			{ password: 'secret1' }], ['join', { room: 'den' }],
			['private', { room: 'den', on: true }]])
			assert.ok((await asked(eve, name, arg)).ok, name);
		assert.strictEqual((await bo.ask({ type: 'join',
			room: 'den' })).code, 'no-such-room');
		const { invite } = await asked(eve, 'invite',
		    { room: 'den', seconds: 3600 });
		await granted(bo, { type: 'accept', invite });
		await granted(bo, { type: 'join', room: 'den' });
		bo.send({ type: 'message', room: 'den', text: 'hola' });
		await bo.delivered(1);
		assert.deepStrictEqual(await eve.texts(1), ['hola']);
		assert.ok((await asked(eve, 'uninvite',
		    { room: 'den', nick: 'bo' })).ok);
		await bo.until(() => bo.of('kicked').some(({ room, by }) =>
		    room === 'den' && by === 'eve'), 'put out');
		assert.strictEqual((await bo.ask({ type: 'history',
			room: 'den' })).code, 'no-such-room');
	});
};

/* An invitation in the URL: what is said goes into its room, or nowhere. */
groups['invitations in the URL'] = () => {
	/* ana's private room den, with whom watches the lobby. */
	async function
	inDen(t)
	{
		const server = await startOurs(t);
		const lobby = await official(t, server);
		const ana = await official(t, server,
		    { auth: { nick: 'ana', rooms: [] } });

		for (const [name, arg] of [['register',
			{ password: 'secret1' }], ['join', { room: 'den' }],
			['private', { room: 'den', on: true }]])
			assert.ok((await asked(ana, name, arg)).ok, name);
		const url = async (terms) => server.url + (await asked(ana,
		    'invite', { room: 'den', ...terms })).path;

		return { server, lobby, ana, url };
	}

	/* Nobody there has heard a word, nor will. */
	async function
	silent({ lobby })
	{
		lobby.say('the first');
		const [text] = await lobby.heard.next();

		assert.strictEqual(text, 'the first');
	}

	const modes = {
		'send, a text': [['send'], ['hola']],
		'send, from a pipe': [['send'], [], 'hola\n'],
		'send -r': [['send', '-r', 'den'], ['hola']],
		'a pipe': [['connect'], [], 'hola\n'],
		'--plain': [['connect', '--plain'], [], 'hola\n'],
		'--json': [['connect', '--json'], [],
			'{"type":"message","text":"hola"}\n'],
	};

	for (const [name, [before, behind, input = '']] of
	    Object.entries(modes)) {
		test(name, async (t) => {
			const den = await inDen(t);

			for (const terms of [{ uses: 1 }, {}]) {
				const ours = new Chat(t, [...before,
					await den.url(terms), ...behind],
				    { input });

				assert.deepStrictEqual(
				    (({ code, err }) => ({ code, err }))(
					await ours.end()),
				    { code: 0, err: '' });
				assert.deepStrictEqual(await den.ana.texts(1),
				    ['hola']);
			}
			await silent(den);
		});

		test(name + ': one that is good for nothing', async (t) => {
			const den = await inDen(t);
			const classic = await startClassic(t);
			const used = await den.url({ uses: 1 });
			const heard = await official(t, classic);

			await new Chat(t, ['send', used, 'x']).end();
			await den.ana.texts(1);
			for (const [url, why] of [
			    [used, /there is no such invitation/],
			    [classic.url + '/i/abc', /knows no invitations/]]) {
				const { code, err } = await new Chat(t,
				    [...before, url, ...behind],
				    { input }).end();

				assert.strictEqual(code, 77, err);
				assert.match(err, why);
			}
			await silent(den);
			await silent({ lobby: heard });
		});
	}

	test('on the list already, and to a server alone', async (t) => {
		const den = await inDen(t);
		const state = { state: folder(t) };
		const url = await den.url();

		for (const text of ['one', 'two']) {
			const { code, err } = await new Chat(t, ['send', url,
				text], state).end();

			assert.deepStrictEqual([code, err], [0, '']);
			assert.deepStrictEqual(await den.ana.texts(1), [text]);
		}
		const server = await startOurs(t, '--operators', secret(t,
		    'root:of root\n'));
		const root = await official(t, server);

		assert.ok((await asked(root, 'op', { name: 'root',
			password: 'of root' })).ok);
		const { path: invite } = await asked(root, 'invite', {});
		const { code, err } = await new Chat(t, ['send',
			server.url + invite, 'hola']).end();
		assert.deepStrictEqual([code, err], [0, '']);
		assert.deepStrictEqual(await root.texts(1), ['hola']);
	});

	test('is told by whom, and where it goes', async (t) => {
		const den = await inDen(t);
		const ours = new Json(t, [await den.url()]);

		await ours.enters('den');
		assert.deepStrictEqual(ours.of('invited').map(
		    ({ room, by }) => ({ room, by })),
		[{ room: 'den', by: 'ana' }]);
		assert.deepStrictEqual(ours.of('room').filter(({ joined }) =>
		    joined).map(({ room }) => room), ['den']);
		const plain = new Chat(t, ['connect', '--plain',
			await den.url()], { input: 'hola\n' });
		const { out } = await plain.end();

		assert.match(out, /^-- you are invited to den \(by ana\)$/m);
		assert.match(out, /^-- you are in den$/m);
	});
};

together('moderation, end to end', groups);
