// Answers "!echo TEXT" and "!count", each once: node bot.js URL ROOM [FILE]
const fs = require('node:fs');
const { io } = require('socket.io-client');
const [url, room, file = 'bot.json'] = process.argv.slice(2);
const state = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : {};
const auth = (give) => give({ nick: 'bot', rooms: [], token: state.token });
const socket = io(url, { auth });
function save(news) {
	fs.writeFileSync(file + '~', JSON.stringify(Object.assign(state, news)));
	fs.renameSync(file + '~', file);
}
const ask = (...args) => socket.timeout(10000).emitWithAck(...args)
    .then((ack) => ack.ok ? ack : Promise.reject(new Error(ack.code)));
async function catchUp() {
	const ack = await ask('join', { room, after: state.after });
	for (const [text, { id, from, seq }] of state.after ? ack.messages : []) {
		const [command, echo] = /^!count$|^!echo (.+)/s.exec(text) || [];
		if (command && from !== state.from)
			await ask('nuevo mensaje', echo || `${seq} messages`,
			    { room, reply: id, nonce: `${state.from} ${id}` });
		save({ after: id });
	}
	save({ after: state.after || ack.last || '0-0' });
	if (!ack.joined) await catchUp();
}
let work = Promise.resolve();
const ring = () => (work =
    work.then(catchUp).catch(() => setTimeout(ring, 1000)));
// What comes live only rings the bell: nothing is dealt with twice so.
socket.on('welcome', save).on('welcome', ring).on('nuevo mensaje', ring);
