'use strict';
/* Certificates for tests, by openssl(1). */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after } = require('node:test');

function
openssl(...args)
{
	execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
	'-nodes'];

/*
 * An authority, ca.pem, another one that nobody trusts, stranger.pem, and what
 * the first has signed, all for server.key: good, renewed,
 * elsewhere and expired. Returns what finds them in the folder by name.
 */
function
makeCertificates(dir)
{
	const file = (name) => path.join(dir, name);

	for (const ca of ['ca', 'stranger'])
		makeOwn(dir, ca, '/CN=chat ' + ca);
	openssl('req', ...key, '-subj', '/CN=server', '-keyout',
	    file('server.key'), '-out', file('request.pem'));
	for (const [name, names, days] of [
	    ['good', 'DNS:localhost,IP:127.0.0.1', 2],
	    ['renewed', 'DNS:localhost,IP:127.0.0.1', 2],
	    ['elsewhere', 'DNS:example.org,IP:192.0.2.1', 2],
	    ['expired', 'DNS:localhost,IP:127.0.0.1', -1]]) {
		fs.writeFileSync(file('names'), 'subjectAltName=' + names);
		openssl('x509', '-req', '-in', file('request.pem'),
		    '-CA', file('ca.pem'), '-CAkey', file('ca.key'),
		    '-CAcreateserial', '-days', String(days),
		    '-extfile', file('names'), '-out', file(name + '.pem'));
	}
	fs.writeFileSync(file('empty.pem'), '');
	return file;
}

/* One that is its own authority: NAME.pem and NAME.key. */
function
makeOwn(dir, name, subject, ...args)
{
	openssl('req', '-x509', ...key, '-subj', subject, '-days', '2',
	    '-keyout', path.join(dir, name + '.key'),
	    '-out', path.join(dir, name + '.pem'), ...args);
}

/* The same in a folder that goes with the file's tests. */
function
useCertificates()
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-tls-'));

	after(() => fs.rmSync(dir, { recursive: true, force: true }));
	return makeCertificates(dir);
}

module.exports = { makeCertificates, makeOwn, useCertificates };
