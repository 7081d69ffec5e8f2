// A reporter for node:test that writes one flat list in TAP, which is what
// automake's driver counts: one line per test, none per group of tests.
'use strict';

function comment(text) {
	return text.replace(/^/gm, '# ') + '\n';
}

module.exports = async function* tap(source) {
	let count = 0;
	for await (const { type, data } of source) {
		if (type === 'test:diagnostic' && data.nesting > 0)
			yield comment(data.message);
		if (type !== 'test:pass' && type !== 'test:fail')
			continue;
		const { error, type: kind } = data.details;
		// A group fails with its tests, which are told already, or by
		// itself, as when a hook throws.
		const own = error && error.failureType !== 'subtestsFailed';
		if (kind === 'suite' && !own)
			continue;
		const ok = type === 'test:pass' ? 'ok' : 'not ok';
		const name = data.name.replace(/[\\#]/g, '\\$&');
		const directive = data.skip !== undefined ? ' # SKIP'
			: data.todo !== undefined ? ' # TODO' : '';
		yield `${ok} ${++count} - ${name}${directive}\n`;
		if (error) {
			const cause = error.cause || error;
			yield comment(String(cause.stack || cause));
		}
	}
	yield `1..${count}\n`;
};
