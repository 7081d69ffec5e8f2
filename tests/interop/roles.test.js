'use strict';
/*
 * Every event of chat-protocol(7) against every role: who may do what, and how
 * who may not is refused. An event of the page that has no row here is a
 * fault. (Attack 33: nobody gets what is not given to the role.)
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { useChat } = require('./chat-server');
const { test } = require('./harness');
const { requests } = require('./page');
const { EVENT, Peer, useChecks } = require('./peer');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-roles-'));
const operators = path.join(folder, 'operators');

fs.writeFileSync(operators, 'root:of root\n', { mode: 0o600 });
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/* In this order in the rows: not in the room, in it as a guest, registered,
 * muted, banned, its moderator, its owner, an operator. */
const roles = ['outsider', 'guest', 'registered', 'muted', 'banned',
	'moderator', 'owner', 'operator'];

/* What each is told; one word for all that are alike. */
const any = () => Array(8).fill('ok');
const read = ['ok', 'ok', 'ok', 'ok', 'banned', 'ok', 'ok', 'ok'];
const say = ['ok', 'ok', 'ok', 'muted', 'banned', 'ok', 'ok', 'ok'];
const own = ['forbidden', 'forbidden', 'forbidden', 'muted', 'banned',
	'forbidden', 'forbidden', 'forbidden'];
const moderators = ['forbidden', 'forbidden', 'forbidden', 'forbidden',
	'banned', 'ok', 'ok', 'ok'];
const owners = ['forbidden', 'forbidden', 'forbidden', 'forbidden', 'banned',
	'forbidden', 'ok', 'ok'];
const onlyOperators = [...Array(7).fill('forbidden'), 'ok'];

/*
 * By event: the argument, of what the stage has, and what each role is told.
 * before: what makes the event possible again, done by the operator.
 */
const rows = {
	[EVENT]: [(s) => ['x', { room: s.room }], say],
	message: [(s) => ['x', { room: s.room }], say],
	join: [(s) => [{ room: s.room }], read],
	leave: [(s) => [{ room: s.room }], read],
	history: [(s) => [{ room: s.room }], read],
	search: [(s) => [{ text: 'x', room: s.room }], read],
	mentions: [() => [{}], any()],
	rooms: [() => [{}], any()],
	who: [(s) => [{ room: s.room }], read],
	whois: [(s) => [{ nick: s.victim.nick }], any()],
	topic: [(s) => [{ room: s.room, topic: 'x' }], say],
	typing: [(s) => [{ room: s.room }], say],
	read: [(s) => [{ room: s.room, id: s.id }], read],
	edit: [(s) => [{ id: s.id, text: 'y' }], own],
	delete: [(s) => [{ id: s.id }], moderators],
	react: [(s) => [{ id: s.id, emoji: 'x' }], say],
	nick: [(s, me) => [{ nick: me.nick }], any()],
	away: [() => [{}], any()],
	/* One that is too short: else a guest would be none any more. */
	register: [() => [{ password: 'x' }], Array(8).fill('bad-password')],
	login: [() => [{ nick: 'nobody at all', password: 'secret' }],
		Array(8).fill('not-registered')],
	op: [() => [], any()],
	kick: [(s) => [{ room: s.room, nick: s.victim.nick }], moderators],
	ban: [(s) => [{ room: s.room, nick: s.victim.nick }], moderators],
	unban: [(s) => [{ ban: s.ban }], ['forbidden', 'forbidden',
		'forbidden', 'forbidden', 'forbidden', 'ok', 'ok', 'ok']],
	bans: [(s) => [{ room: s.room }], moderators],
	mute: [(s) => [{ room: s.room, nick: s.victim.nick }], moderators],
	unmute: [(s) => [{ room: s.room, nick: s.victim.nick }], moderators],
	slow: [(s) => [{ room: s.room, seconds: 0 }], moderators],
	moderator: [(s) => [{ room: s.room, nick: s.victim.nick, on: false }],
		owners],
	owner: [(s) => [{ room: s.room, nick: s.boss.nick }], owners],
	private: [(s) => [{ room: s.room, on: false }], owners],
	invite: [(s) => [{ room: s.room, nick: s.victim.nick }], moderators],
	uninvite: [(s) => [{ room: s.room, nick: s.victim.nick }], moderators],
	invitations: [(s) => [{ room: s.room }], moderators],
	revoke: [(s) => [{ invite: s.invite }], ['forbidden', 'forbidden',
		'forbidden', 'forbidden', 'forbidden', 'ok', 'ok', 'ok']],
	accept: [() => [{ invite: 'x' }], Array(8).fill('bad-invitation')],
	audit: [() => [{}], onlyOperators]
};

/* The same where no room is named, and whom one may not touch. */
const more = {
	'ban from the server': ['ban', (s) => [{ nick: s.victim.nick }],
		onlyOperators],
	'ban of an address': ['ban', () => [{ address: '192.0.2.1' }],
		onlyOperators],
	'ban of an address from a room': ['ban', (s) => [{ room: s.room,
		address: '192.0.2.1' }], ['forbidden', 'forbidden', 'forbidden',
		'forbidden', 'banned', 'forbidden', 'forbidden', 'ok']],
	'all bans': ['bans', () => [], onlyOperators],
	'mute everywhere': ['mute', (s) => [{ nick: s.victim.nick }],
		onlyOperators],
	'unmute everywhere': ['unmute', (s) => [{ nick: s.victim.nick }],
		onlyOperators],
	'kick of oneself': ['kick', (s, me) => [{ room: s.room,
		nick: me.nick }], ['forbidden', 'forbidden', 'forbidden',
		'forbidden', 'banned', 'forbidden', 'forbidden', 'forbidden']],
	'kick of a moderator': ['kick', (s) => [{ room: s.room,
		nick: s.other.nick }], ['forbidden', 'forbidden', 'forbidden',
		'forbidden', 'banned', 'forbidden', 'ok', 'ok']],
	'ban of the owner': ['ban', (s) => [{ room: s.room,
		nick: s.boss.nick }], ['forbidden', 'forbidden', 'forbidden',
		'forbidden', 'banned', 'forbidden', 'forbidden', 'ok']],
	'mute of an operator': ['mute', (s) => [{ room: s.room,
		nick: s.root.nick }], ['forbidden', 'forbidden', 'forbidden',
		'forbidden', 'banned', 'forbidden', 'forbidden', 'forbidden']],
	'an invitation to the room': ['invite', (s) => [{ room: s.room }],
		moderators],
	'all invitations': ['invitations', () => [{}], onlyOperators],
	'an invitation to the server, taken back': ['revoke',
		(s) => [{ invite: s.inviteAll }], onlyOperators],
	'an invitation to the server': ['invite', () => [{}], onlyOperators],
	'making oneself the owner': ['owner', (s, me) => [{ room: s.room,
		nick: me.nick }], ['forbidden', 'forbidden', 'forbidden',
		'forbidden', 'banned', 'forbidden', 'ok', 'not-registered']],
	'making oneself a moderator': ['moderator', (s, me) => [{
		room: s.room, nick: me.nick, on: true }], ['forbidden',
		'forbidden', 'forbidden', 'forbidden', 'banned', 'forbidden',
		'ok', 'not-registered']]
};

/* What leaves all as it was. */
const harmless = new Set([EVENT, 'message', 'history', 'search',
	'mentions', 'rooms', 'who', 'whois', 'topic', 'typing', 'read', 'nick',
	'away', 'bans', 'slow', 'audit', 'invitations']);

describe('every event against every role', () => {
	const server = useChat('--operators', operators);
	let n = 0;

	useChecks();

	const come = (name) => Peer.come(server, { nick: name + '-' + ++n,
		rooms: [] });

	/* A room, somebody in it who is nothing, another moderator, an operator,
	 * and one of each role. */
	async function
	makeStage()
	{
		const s = { room: 'roles-' + ++n, people: {} };
		const boss = await come('boss');
		const { people } = s;

		s.boss = people.owner = boss;
		await boss.ask('register', { password: 'secret' });
		await boss.ask('join', { room: s.room });
		s.root = await come('oper');
		await s.root.ask('op', { name: 'root', password: 'of root' });
		s.other = await come('other');
		await s.other.ask('register', { password: 'secret' });
		await boss.ask('moderator', { room: s.room,
			nick: s.other.nick, on: true });
		for (const role of roles)
			people[role] = people[role] || await come(role);
		for (const role of ['registered', 'moderator'])
			await people[role].ask('register',
			    { password: 'secret' });
		await boss.ask('moderator', { room: s.room,
			nick: people.moderator.nick, on: true });
		await boss.ask('mute', { room: s.room,
			nick: people.muted.nick });
		await boss.ask('ban', { room: s.room,
			nick: people.banned.nick });
		return s;
	}

	/* As it was: what has been done before may have succeeded. */
	async function
	repair(s)
	{
		const { people, room, root } = s;

		if (!s.victim || !s.victim.socket.connected)
			s.victim = await come('victim');
		await people.operator.ask('op',
		    { name: 'root', password: 'of root' });
		for (const { ban, from } of (await root.ask('bans')).bans)
			if (from !== people.banned.from)
				await root.ask('unban', { ban });
		await root.ask('unmute', { nick: s.victim.nick });
		await root.ask('unmute', { room, nick: s.victim.nick });
		await Promise.all([s.victim, s.other, ...roles.filter((role) =>
		    !['outsider', 'banned'].includes(role))
		    .map((role) => people[role])].map((peer) =>
		    peer.ask('join', { room })));
		await people.outsider.ask('leave', { room });
		s.id = (await s.victim.ask(EVENT, 'x', { room })).id;
		s.ban = (await root.ask('ban', { room,
			from: 'zzzzzzzzzzzz' })).ban;
		s.invite = (await root.ask('invite', { room })).invite;
		s.inviteAll = (await root.ask('invite', {})).invite;
	}

	let stage;
	let clean = false; /* nothing has been done since the repair */

	async function
	attempt(name, arg, role, verdict)
	{
		stage = stage || await makeStage();
		if (!clean)
			await repair(stage);
		clean = verdict !== 'ok' || harmless.has(name);
		const me = stage.people[role];
		const args = arg(stage, me);

		if (verdict === 'ok')
			await me.ask(name, ...args);
		else
			await me.refused(verdict, name, ...args);
	}

	test('each event of the page has its row, and each row its event',
	    () => {
		assert.deepStrictEqual(Object.keys(rows).sort(),
		    Object.keys(requests).sort());
		for (const [name, [, verdicts]] of Object.entries(rows))
			assert.strictEqual(verdicts.length, roles.length, name);
	});

	/* In one test, whose end is that of its people. */
	test('who may do what', async () => {
		const all = [...Object.entries(rows).map(([name, row]) =>
		    [name, name, ...row]), ...Object.entries(more)
		    .map(([what, row]) => [what, ...row])];
		const wrong = [];

		for (const [what, name, arg, verdicts] of all)
			for (const [i, role] of roles.entries())
				await attempt(name, arg, role, verdicts[i])
				    .catch((error) => wrong.push([what, role,
				        error.message]));
		assert.deepStrictEqual(wrong, []);
	}, 200);
});
