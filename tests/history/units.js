'use strict';
/*
 * The programs of the unit tests, one test at a time, again and again; in each
 * of these lives another allocation, or another call of I/O, fails, once
 * (sweep.c, unit.c). The test may pass, or may say what failed; no memory and
 * no descriptor may be left behind where it passes, and the program may not
 * crash, hang, or end by itself.
 *
 * Exhausted memory may end it, as it may end the server (sweep.js), when it
 * says so.
 *
 *	[JOBS=n] [DUMP=1] node units.js memory|io... [PROGRAM[:TEST]...]
 */
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { BLOCKS_KEPT, EXHAUSTED } = require('./sweep');
const { slow } = require('./world');

const build = path.resolve(process.env.CHAT_BUILD ||
    path.join(__dirname, '..', '..'));
const source = path.resolve(process.env.CHAT_SOURCE || build);
const OUTPUT_MAX = 65536;

/* Where a test is looked for: "base/test_buf", in order. */
const programs = () => fs.readdirSync(path.join(build, 'tests'))
    .filter((name) => /^[a-z]+$/.test(name)).sort()
    .flatMap((name) => fs.readdirSync(path.join(build, 'tests', name))
	.filter((file) => /^test_[a-z0-9_]+$/.test(file)).sort()
	.map((file) => name + '/' + file));

class Units {
	constructor(kind) {
		const [cc, ...flags] = (process.env.CC || 'cc').split(' ');

		this.kind = kind;
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-units-'));
		this.library = path.join(this.dir, 'sweep.so');
		this.lives = 0;
		this.seen = new Map(); /* ways, by program */
		execFileSync(cc, [...flags, '-shared', '-fPIC', '-O1',
			...(kind === 'memory' ? ['-DSWEEP_MEMORY'] : []),
			'-o', this.library, path.join(__dirname, 'sweep.c'),
			path.join(__dirname, 'unit.c')]);
	}

	end() {
		fs.rmSync(this.dir, { recursive: true, force: true });
	}

	/* { code, signal, output } of one life. */
	start(program, env, limit) {
		const child = spawn(path.join(build, 'tests', program), [], {
			cwd: this.dir,
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, CMOCKA_MESSAGE_OUTPUT: 'TAP',
				CHAT_BUILD: build, CHAT_SOURCE: source,
				LD_PRELOAD: this.library,
				CHAT_SWEEP: this.kind, ...env,
				/* A sanitizer wants to be the first. */
				ASAN_OPTIONS: (process.env.ASAN_OPTIONS || '') +
				    ':verify_asan_link_order=0' }
		});
		let output = '';
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			child.kill('SIGKILL');
		}, limit);
		const take = (data) => {
			output = (output + data).slice(-OUTPUT_MAX);
		};

		child.stdout.on('data', take);
		child.stderr.on('data', take);
		return new Promise((resolve) => child.on('close',
		    (code, signal) => {
			clearTimeout(timer);
			resolve({ code, signal, output, late });
		}));
	}

	/* The names of a program's tests. */
	async tests(program) {
		const { code, output } = await this.start(program,
		    { CHAT_SWEEP_N: '0', CHAT_SWEEP_OUT: '/dev/null' },
		    60000 * slow);
		const names = [...output.matchAll(/^test (\S+)$/mg)]
		    .map(([, name]) => name);

		if (code !== 0 || names.length === 0)
			throw new Error(program + ' has no tests: ' + output);
		return [...new Set(names)];
	}

	/* One life of a test in which the n-th fails; 0: none. */
	async run(program, test, n, limit) {
		const name = path.join(this.dir, 'life-' + ++this.lives);
		const life = await this.start(program, {
			CHAT_SWEEP_TEST: test, CHAT_SWEEP_N: String(n),
			CHAT_SWEEP_OUT: name + '.out',
			CHAT_SWEEP_WAYS: name + '.ways' }, limit);
		const read = (file) => {
			try {
				return fs.readFileSync(file, 'utf8');
			} catch {
				return '';
			} finally {
				fs.rmSync(file, { force: true });
			}
		};

		life.ways = read(name + '.ways').split('\n').filter((line) => {
			const made = /^made (\/tmp\/\S+)$/.exec(line);

			if (made)
				fs.rmSync(made[1],
				    { recursive: true, force: true });
			return !made && line !== '';
		});
		[life.count, life.blocks, , life.fds] = read(name + '.out')
		    .split(' ').map(Number);
		return life;
	}

	/*
	 * A test as it is: { numbers: which are to fail, judge's usual }. What
	 * an earlier test of the program has done in the same way is not among
	 * them.
	 */
	async measure(program, test) {
		const began = Date.now();
		const usual = await this.run(program, test, 0, 300000 * slow);

		if (usual.code !== 0 || !/^ok 1/m.test(usual.output))
			throw new Error(program + ' ' + test + ' fails: ' +
			    usual.output);
		/* A store that can't remove what is old tries again in a minute. */
		usual.limit = 90000 * slow + 20 * (Date.now() - began);
		usual.numbers = this.choose(program, usual.ways);
		return usual;
	}

	choose(program, ways) {
		const before = this.seen.get(program) || new Set();
		const pairs = ways.map((line) => line.split(' '));
		const numbers = new Set(pairs
		    .filter(([, way]) => !before.has(way))
		    .map(([n]) => Number(n)));

		this.seen.set(program, new Set([...before,
			...pairs.map(([, way]) => way)]));
		return [...numbers].sort((a, b) => a - b);
	}

	/* What is wrong with a life, if anything; planted: whether it failed. */
	judge(life, usual) {
		const { code, signal, output, late } = life;

		life.planted = life.ways.length > 0;
		life.policy = this.kind === 'memory' && signal === 'SIGABRT' &&
		    output.endsWith(EXHAUSTED);
		if (late)
			return 'hangs';
		if (life.policy)
			return undefined;
		if (signal || /exception: |Sanitizer|runtime error/.test(output))
			return 'ends with ' + (signal || 'an exception');
		if (code !== 0)
			return /\bnot ok \d|could not run|^scene: /im.test(output)
			    ? undefined : 'ends with ' + code;
		if (!/^ok 1/m.test(output))
			return 'does not tell what it has tested';
		if (life.blocks > usual.blocks + BLOCKS_KEPT)
			return life.blocks + ' blocks left, not ' + usual.blocks;
		if (life.fds > usual.fds)
			return life.fds + ' descriptors, not ' + usual.fds;
		return undefined;
	}
}

async function
sweepTest(units, program, test, sum)
{
	const usual = await units.measure(program, test);

	for (const n of usual.numbers) {
		const life = await units.run(program, test, n, usual.limit);
		const wrong = units.judge(life, usual);

		sum.lives++;
		sum.planted += life.planted ? 1 : 0;
		sum.policy += life.policy ? 1 : 0;
		sum.passed += life.code === 0 ? 1 : 0;
		if (wrong) {
			sum.bad++;
			console.log(units.kind + ' ' + program + ' ' + test +
			    ' ' + n + ': ' + wrong + '\n' +
			    life.ways.join('\n'));
			if (process.env.DUMP)
				console.log(life.output);
		}
	}
}

async function
main(kind, chosen)
{
	const units = new Units(kind);
	const sum = { tests: 0, lives: 0, planted: 0, policy: 0, passed: 0,
		bad: 0 };
	const todo = [];
	const work = async () => {
		for (let next = todo.shift(); next; next = todo.shift())
			await sweepTest(units, ...next, sum);
	};

	try {
		for (const one of chosen.length > 0 ? chosen : programs()) {
			const [program, test] = one.split(':');

			for (const name of test ? [test]
			    : await units.tests(program))
				todo.push([program, name]);
		}
		sum.tests = todo.length;
		await Promise.all(Array.from(
		    { length: Number(process.env.JOBS || 1) }, work));
	} finally {
		units.end();
		console.log(kind + ', ' + sum.tests + ' unit tests: ' + sum.bad +
		    ' bad of ' + sum.lives + ' lives; in ' + sum.planted +
		    ' of them it failed, ' + sum.policy + ' ended for want of ' +
		    'memory and said so, ' + sum.passed + ' passed all the same');
	}
	return sum.bad;
}

module.exports = { Units, build, programs };

if (require.main === module)
	(async () => {
		const is = (arg) => arg === 'memory' || arg === 'io';
		const args = process.argv.slice(2);
		let bad = 0;

		for (const kind of args.filter(is))
			bad += await main(kind, args.filter((arg) => !is(arg)));
		process.exit(bad > 0 ? 1 : 0);
	})();
