'use strict';
/*
 * `chat connect --json` for the history checker: it keeps its outbox itself,
 * and is killed at any moment, to be started again with the same state.
 */
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { Client } = require('./clients');

class Outbox extends Client {
	/* dir: for its state, empty at first. */
	constructor(world, name, rooms, dir) {
		super(world, name, rooms);
		this.dir = dir;
		this.kills = 0;
		fs.mkdirSync(dir, { recursive: true });
		this.run();
	}

	run() {
		const { world } = this;
		const child = spawn(world.program, ['connect', '--json', '--nick',
			this.name, ...this.rooms.flatMap((room) =>
			    ['--room', room]), '127.0.0.1:' + world.port()], {
			stdio: ['pipe', 'pipe', 'pipe'],
			env: { ...process.env, HOME: this.dir,
				XDG_STATE_HOME: this.dir,
				XDG_CONFIG_HOME: this.dir, LC_ALL: 'C.UTF-8' }
		});
		let rest = '';

		this.child = child;
		for (const room of this.rooms)
			this.start(room, undefined, { own: false });
		child.stdin.on('error', () => {});
		child.stderr.on('data', (data) => this.world.complain(
		    this.name + ': ' + data));
		child.stdout.setEncoding('utf8');
		child.stdout.on('data', (data) => {
			const lines = (rest + data).split('\n');

			rest = lines.pop();
			/* what is still in the pipe of a dead one does count */
			lines.forEach((line) => this.line(JSON.parse(line)));
		});
		this.gone = new Promise((resolve) => {
			child.on('error', (error) => {
				this.world.complain(this.name + ': ' + error);
				resolve();
			});
			child.on('close', (code, signal) => {
				if (signal !== 'SIGKILL')
					this.world.complain(this.name +
					    ' has ended: ' + (signal || code));
				resolve();
			});
		});
	}

	line(one) {
		if (one.type === 'message')
			this.received({ room: one.room, id: one.id,
				seq: one.seq, text: one.text,
				deleted: one.text === '' });
		else if (one.type === 'status')
			this.status(one);
		else if (one.type === 'entry')
			this.entry(one);
	}

	/* What is restored is told before it is online: what is not was
	 * delivered when it was killed, and could not tell. */
	status({ phase, problem }) {
		this.log('status', { phase, problem });
		if (phase !== 'online')
			return;
		for (const [key, { kept, run }] of this.outbox)
			if (kept && run < this.kills)
				this.outbox.delete(key);
	}

	entry({ state, text, id, code }) {
		const key = text.split(' ', 1)[0];

		if (state === 'waiting') {
			this.log('kept', { key });
			Object.assign(this.outbox.get(key) || {},
			    { kept: true, run: this.kills });
		} else if (state === 'delivered') {
			this.acked(key, id);
		} else if (state === 'failed') {
			this.log('refused', { key, code });
			this.outbox.delete(key);
		}
	}

	post(key) {
		const { room, text } = this.outbox.get(key);

		this.child.stdin.write(JSON.stringify({ type: 'message', room,
			text }) + '\n');
	}

	async kill() {
		this.kills++;
		this.child.kill('SIGKILL');
		await this.gone;
		/* What it had not read yet was never typed. */
		for (const [key, { kept }] of this.outbox)
			if (!kept)
				this.outbox.delete(key);
		if (!this.closed)
			this.run();
	}

	async close() {
		this.closed = true;
		await this.kill();
	}
}

module.exports = { Outbox };
