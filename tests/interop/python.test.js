'use strict';
/* The Python client (Debian package python3-socketio). */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { describe } = require('node:test');
const { cleanup, pace, sleep, slow, soon, startRelay, test, useServer } =
    require('./harness');

/* The system's Python, where the system's packages are. */
const PYTHON = process.env.PYTHON || '/usr/bin/python3';

const steps = ['connected', 'messages', 'acknowledgements', 'binary',
	'namespaces', 'heartbeat', 'disconnected', 'cut', 'cut', 'cut', 'back'];

describe('python client', () => {
	const server = useServer('--ping-interval', 300 * pace,
	    '--ping-timeout', 20000, '--max-payload', 2000000,
	    '--connect-timeout', 20000);

	for (const transports of ['polling', 'websocket',
	    'polling,websocket'])
		test(transports, async () => {
			const relay = await startRelay(server.port);
			const child = spawn(PYTHON, [
				'-u', path.join(__dirname, 'python_client.py'),
				relay.url, transports, String(20 * slow)
			]);
			let out = '';
			let err = '';

			cleanup(() => child.kill('SIGKILL'));
			child.stdout.on('data', async (data) => {
				out += data;
				/* Not before a request of polling waits. */
				if (/^cut$/m.test(data)) {
					await sleep(100 * pace);
					relay.cut();
				}
			});
			child.stderr.on('data', (data) => { err += data; });
			const code = await soon(new Promise((resolve) => {
				child.on('error', (error) => {
					err += error;
				});
				child.on('close', resolve);
			}), 'end of the Python client\n' + out, 90000);
			assert.deepStrictEqual(
			    { code, out: out.trim().split('\n'), err },
			    { code: 0, out: steps, err: '' });
		}, 100);
});
