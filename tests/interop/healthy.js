'use strict';
/*
 * A well-behaved client beside the bad ones: after every test it must
 * still be connected and served.
 */
const { afterEach, before, after } = require('node:test');
const { Sio } = require('./raw');

/* To be called inside a describe(), after useServer(). */
function
useHealthy(server)
{
	const healthy = {};

	before(async () => {
		healthy.session = await Sio.open(server);
		healthy.session.keep();
	});
	afterEach(() => healthy.session.assertEcho());
	after(() => healthy.session.ws.close());
	return healthy;
}

module.exports = { useHealthy };
