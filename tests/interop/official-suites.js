'use strict';
/*
 * Points the three public protocol test suites of the Socket.IO project
 * at the conformance program and counts what passes.
 *
 * usage: node official-suites.js CHECKOUT [RUNS]
 *
 * CHECKOUT is a clone of the project's repository (socketio/socket.io).
 * Its suites are copied to a temporary folder, with npm's help, and run
 * RUNS times each (10). They expect the server on port 3000, which must
 * be free. The environment is that of harness.js. Ends with status 0 if
 * every test of every run has passed.
 */
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { start } = require('./harness');

/* Those for version 4 demand a server that refuses version 3. */
const suites = [
	{
		name: 'engine.io-protocol/v4-test-suite',
		title: 'Engine.IO 4', args: ['--no-eio3']
	}, {
		name: 'engine.io-protocol/v3-test-suite',
		title: 'Engine.IO 3', args: [], late: true
	}, {
		name: 'socket.io-protocol/v5-test-suite',
		title: 'Socket.IO 5', args: ['--no-eio3']
	}
];

/*
 * The suite for Engine.IO 3 waits for a WebSocket to be open before it
 * listens for messages, and so misses the first one of a server that
 * sends it in the same segment as the response (the official server
 * fails by that as well, at times). For it, messages come a turn later.
 */
const LATER = `
const Original = globalThis.WebSocket;
globalThis.WebSocket = class extends Original {
	emit(name, ...args) {
		if (name === 'open')
			return super.emit(name, ...args);
		setImmediate(() => super.emit(name, ...args));
		return true;
	}
};
`;

/* A copy of a suite, from a work tree or a bare repository. */
function
fetchSuite(checkout, { name, late }, folder)
{
	const inside = path.join('docs', name);
	const tree = path.join(checkout, inside);

	if (fs.existsSync(tree)) {
		fs.cpSync(tree, path.join(folder, inside),
		    { recursive: true });
	} else {
		const archive = path.join(folder, 'suite.tar');

		execFileSync('git', ['-C', checkout, 'archive', '-o',
			archive, 'HEAD', inside], { stdio: 'pipe' });
		execFileSync('tar', ['-xf', archive, '-C', folder]);
	}
	const suite = path.join(folder, inside);
	/* Its lock file may name hosts that are not reachable from here. */
	fs.rmSync(path.join(suite, 'package-lock.json'), { force: true });
	execFileSync('npm', ['install', '--ignore-scripts', '--no-audit',
		'--no-fund'], { cwd: suite, stdio: 'pipe' });
	if (late)
		fs.appendFileSync(path.join(suite, 'node-imports.js'), LATER);
	return suite;
}

/* One run: { passed, failed, pending, failures }. */
async function
runOnce(folder, { args })
{
	const server = await start(['--port', 3000, ...args]);
	const run = spawnSync(path.join(folder, 'node_modules', '.bin',
	    'mocha'), ['--exit', '--reporter', 'json', 'test-suite.js'],
	    { cwd: folder, encoding: 'utf8', timeout: 120000 });

	await server.stop();
	const { stats, failures } =
	    JSON.parse(run.stdout.slice(run.stdout.indexOf('{')));
	return { ...stats, names: failures.map(({ fullTitle, err }) =>
	    fullTitle + ': ' + err.message) };
}

async function
main(checkout, runs)
{
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'suites-'));
	let good = true;

	try {
		for (const suite of suites) {
			const { title } = suite;
			const place = fetchSuite(checkout, suite, folder);

			for (let i = 1; i <= runs; i++) {
				const { passes, failures, pending, names } =
				    await runOnce(place, suite);

				console.log(title + ', run ' + i + ': ' +
				    passes + '/' + (passes + failures) +
				    (pending ? ' (' + pending +
				    ' skipped by itself)' : ''));
				for (const one of names)
					console.log('\tfailed: ' + one);
				good = good && failures === 0 && passes > 0;
			}
		}
	} finally {
		fs.rmSync(folder, { recursive: true });
	}
	return good ? 0 : 1;
}

if (process.argv.length < 3 || process.argv.length > 4) {
	console.error('usage: node official-suites.js CHECKOUT [RUNS]');
	process.exit(64);
}
main(process.argv[2], Number(process.argv[3] || 10)).then((status) => {
	process.exitCode = status;
}, (error) => {
	console.error(error);
	process.exitCode = 1;
});
