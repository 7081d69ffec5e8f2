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

const suites = [
	['engine.io-protocol/v4-test-suite', 'Engine.IO 4'],
	['engine.io-protocol/v3-test-suite', 'Engine.IO 3'],
	['socket.io-protocol/v5-test-suite', 'Socket.IO 5']
];

/* A copy of a suite, from a work tree or a bare repository. */
function
fetchSuite(checkout, name, folder)
{
	const inside = path.join('docs', name);
	const tree = path.join(checkout, inside);

	if (fs.existsSync(tree)) {
		fs.cpSync(tree, path.join(folder, inside),
		    { recursive: true });
	} else {
		const archive = path.join(folder, 'suite.tar');

		execFileSync('git', ['-C', checkout, 'archive', '-o',
			archive, 'HEAD', inside]);
		execFileSync('tar', ['-xf', archive, '-C', folder]);
	}
	const suite = path.join(folder, inside);
	/* Its lock file may name hosts that are not reachable from here. */
	fs.rmSync(path.join(suite, 'package-lock.json'), { force: true });
	execFileSync('npm', ['install', '--ignore-scripts', '--no-audit',
		'--no-fund'], { cwd: suite, stdio: ['ignore', 'ignore',
		'inherit'] });
	return suite;
}

/* One run: { passed, failed, pending, failures }. */
async function
runOnce(suite)
{
	const server = await start(['--port', 3000]);
	const run = spawnSync(path.join(suite, 'node_modules', '.bin',
	    'mocha'), ['--reporter', 'json', 'test-suite.js'],
	    { cwd: suite, encoding: 'utf8', timeout: 120000 });

	await server.stop();
	const { stats, failures } =
	    JSON.parse(run.stdout.slice(run.stdout.indexOf('{')));
	return { ...stats, names: failures.map(({ fullTitle }) =>
	    fullTitle) };
}

async function
main(checkout, runs)
{
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'suites-'));
	let good = true;

	try {
		for (const [name, title] of suites) {
			const suite = fetchSuite(checkout, name, folder);

			for (let i = 1; i <= runs; i++) {
				const { passes, failures, pending, names } =
				    await runOnce(suite);

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
