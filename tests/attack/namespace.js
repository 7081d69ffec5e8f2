'use strict';
/*
 * Loopback addresses are exempt from what is counted by address: tests of
 * that run in a network of their own, whose one machine has other addresses,
 * too: 192.0.2.1 to 192.0.2.3, 2001:db8:0:1::1 and 2001:db8:0:1::2.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { it } = require('node:test');
const { slow } = require('../interop/harness');

const SETUP = ['ip link set lo up',
	...[1, 2, 3].map((n) => `ip addr add 192.0.2.${n}/32 dev lo`),
	...[1, 2].map((n) => `ip addr add 2001:db8:0:1::${n}/128 dev lo`),
	'echo ready >&2', 'exec "$0" "$@"'].join(' && ');

/* Runs the tests of a file there: define() is called there alone. */
function
inNetwork(file, define)
{
	if (process.env.CHAT_NETWORK) {
		define();
		return;
	}
	it('in a network of its own', { timeout: 120000 * slow }, async (t) => {
		const env = { ...process.env, CHAT_NETWORK: '1' };
		let out = '';
		let err = '';

		delete env.NODE_TEST_CONTEXT;
		const child = spawn('unshare', ['--user', '--map-root-user',
			'--net', 'sh', '-c', SETUP, process.execPath,
			'--test', '--test-reporter=tap', file], { env });
		t.after(() => child.kill('SIGKILL'));
		child.stdout.on('data', (data) => { out += data; });
		child.stderr.on('data', (data) => { err += data; });
		const code = await new Promise((resolve) => {
			child.on('error', (error) => { err += error; });
			child.on('close', resolve);
		});
		if (!/^ready$/m.test(err))
			t.skip('no network of our own: ' + err.trim());
		else
			assert.strictEqual(code, 0, out + err);
	});
}

module.exports = { inNetwork };
