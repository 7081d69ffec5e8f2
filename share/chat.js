/*
 * The page of `chat serve`: one room, over the official Socket.IO client.
 * The protocol is described in chat-protocol(7).
 *
 * Rules kept throughout: what a peer sends becomes text nodes and nothing
 * else; what is typed here stays in the outbox until the server has
 * acknowledged it; what is being read never moves.
 */

const STRINGS = {
	en: {
		yourName: 'Your name',
		save: 'Save',
		messages: 'Messages',
		outbox: 'Not sent yet',
		message: 'Message',
		write: room => `Message to ${room}`,
		send: 'Send',
		tryNow: 'Try now',
		chooseName: 'Choose a name',
		changeName: 'Change',
		nameIs: nick => `Your name is ${nick}. Change it`,
		nowNamed: nick => `You are now ${nick}`,
		empty: 'No messages yet. Yours can be the first.',
		connecting: 'Connecting…',
		connected: 'Connected',
		lost: 'Reconnecting…',
		closed: 'Disconnected',
		lostHelp: 'No connection. What you send is kept and goes out ' +
			'when it is back.',
		kicked: 'The server closed the connection.',
		refused: why => `The server refused the connection: ${why}`,
		noClient: 'Part of this page did not load. Please reload it.',
		kept: n => ` Waiting: ${n}.`,
		waiting: 'waiting',
		failed: 'not sent',
		noAnswer: 'The server does not answer.',
		unknown: 'The server gave no reason.',
		retry: 'Retry',
		discard: 'Discard',
		tooLong: n => `Too long by ${n} bytes.`,
		fresh: n => n === 1 ? '1 new message' : `${n} new messages`,
		missed: n => `Messages missed while disconnected: ${n}`,
		showAll: 'Show all',
		binary: n => `[binary, ${n} bytes]`,
	},
	es: {
		yourName: 'Tu nombre',
		save: 'Guardar',
		messages: 'Mensajes',
		outbox: 'Aún sin enviar',
		message: 'Mensaje',
		write: room => `Mensaje para ${room}`,
		send: 'Enviar',
		tryNow: 'Probar ahora',
		chooseName: 'Elige un nombre',
		changeName: 'Cambiar',
		nameIs: nick => `Tu nombre es ${nick}. Cambiarlo`,
		nowNamed: nick => `Ahora eres ${nick}`,
		empty: 'Aún no hay mensajes. El tuyo puede ser el primero.',
		connecting: 'Conectando…',
		connected: 'Conectado',
		lost: 'Reconectando…',
		closed: 'Desconectado',
		lostHelp: 'Sin conexión. Lo que envíes se guarda y sale ' +
			'cuando vuelva.',
		kicked: 'El servidor ha cerrado la conexión.',
		refused: why => `El servidor rechazó la conexión: ${why}`,
		noClient: 'Falta una parte de la página. Vuelve a cargarla.',
		kept: n => ` En espera: ${n}.`,
		waiting: 'en espera',
		failed: 'sin enviar',
		noAnswer: 'El servidor no responde.',
		unknown: 'El servidor no dio ningún motivo.',
		retry: 'Reintentar',
		discard: 'Descartar',
		tooLong: n => `Sobran ${n} bytes.`,
		fresh: n => n === 1 ? '1 mensaje nuevo' : `${n} mensajes nuevos`,
		missed: n => `Mensajes perdidos sin conexión: ${n}`,
		showAll: 'Mostrar todo',
		binary: n => `[binario, ${n} bytes]`,
	},
};

const EVENT = 'nuevo mensaje';
const GROUP_MS = 5 * 60 * 1000;	/* one heading for messages this close */
const ACK_MS = 15000;
const WELCOME_MS = 2000;	/* without it: a plain Socket.IO server */
const REFUSED_MS = 10000;	/* before asking again after a refusal */
const TRIES = 8;
const KEEP = 2000;		/* messages kept on the page, */
const FORGET = 100;		/* given up in lots of this size */
const COLOURS = 6;

const wanted = navigator.languages || [navigator.language || 'en'];
const locale = wanted.find(tag => /^(en|es)\b/i.test(tag)) || 'en';
const lang = locale.slice(0, 2).toLowerCase();
const t = STRINGS[lang];
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const full = new Intl.DateTimeFormat(locale,
	{ dateStyle: 'full', timeStyle: 'medium' });

const $ = id => document.getElementById(id);
const scroller = $('scroller'), log = $('log'), outboxList = $('outbox');
const field = $('field');

let room = 'lobby';
let nick = '';
let limits = { message: 65536, nick: 32 };
let outbox = [];		/* { nonce, text, time, reason, … }, in order */
let ready = false;		/* connected, and we know to what */
let plain = false;		/* … to a server without our protocol */
let epoch = 0;			/* counts connections */
let stuck = true;		/* the reader is at the newest message */
let lastTop = 0;		/* where the reader was, or -1 */
let unread = 0, unseen = 0;	/* below the reader; in a hidden tab */
let lastDay = '', lastSeq = 0;
let tail = null;		/* who wrote the last line, and when */
let echoes = [];		/* own texts a plain server will send back */
const seen = new Set();		/* ids shown, oldest first */
const nonces = new Set();	/* nonces of what is shown */

function make(tag, className, text) {
	const node = document.createElement(tag);

	if (className)
		node.className = className;
	if (text !== undefined)
		node.textContent = text;
	return node;
}

/* Storage can be full or forbidden: then it does not outlive the page. */
function save(storage, key, value) {
	try {
		if (value)
			window[storage].setItem(key, value);
		else
			window[storage].removeItem(key);
	} catch (_) { /* see above */ }
}

function load(storage, key) {
	try {
		return window[storage].getItem(key) || '';
	} catch (_) {
		return '';
	}
}

/* randomUUID() exists on HTTPS only; a chat on a local network has none. */
function newNonce() {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)),
		b => b.toString(16).padStart(2, '0')).join('');
}

/* ---- Text ---- */

/* A classic client may send any JSON value, or binary. */
function asText(value) {
	const size = v => v instanceof ArrayBuffer || ArrayBuffer.isView(v) ?
		t.binary(v.byteLength) : v;

	value = size(value);
	if (typeof value === 'string')
		return value;
	if (value === undefined)
		return '';
	try {
		return JSON.stringify(value, (_, v) => size(v));
	} catch (_) {
		return String(value);
	}
}

/* Where a URL ends in running text: before its closing punctuation. */
function urlLength(s) {
	let end = s.length;
	let extra = s.split(')').length - s.split('(').length;

	while (end > 0) {
		const c = s[end - 1];

		if (c === ')' && extra > 0)
			extra--;
		else if (!'.,;:!?…*_~\'"”’»]}'.includes(c))
			break;
		end--;
	}
	return end;
}

/* The URL to link to, or null: web addresses only, nothing disguised. */
function safeUrl(s) {
	try {
		const url = new URL(s);

		return /^https?:$/.test(url.protocol) && !url.username &&
			!url.password ? url.href : null;
	} catch (_) {
		return null;
	}
}

function appendText(node, text) {
	/* No quotes, no controls, no marks that turn the text around. */
	const urls = /\bhttps?:\/\/[^\s<>"`\p{Cc}\p{Cf}]+/giu;
	let at = 0;

	for (const found of text.matchAll(urls)) {
		const s = found[0].slice(0, urlLength(found[0]));
		const href = safeUrl(s);

		if (!href)
			continue;
		const a = make('a', '', s);

		a.href = href;
		a.target = '_blank';
		a.rel = 'noopener noreferrer';
		node.append(text.slice(at, found.index), a);
		at = found.index + s.length;
	}
	node.append(text.slice(at));
}

/* ---- Rows ---- */

function colourOf(name) {
	let h = 7;

	for (const c of name)
		h = (h * 31 + c.codePointAt(0)) % 65521;
	return `c${h % COLOURS}`;
}

/* m: { text, nick, own, cont }; the caller adds time or mark. */
function makeRow(m) {
	const row = make('div', `msg ${colourOf(m.nick)}`);
	const who = make('span', 'who');
	const text = make('div', 'text');

	row.classList.toggle('own', m.own);
	row.classList.toggle('cont', m.cont);
	who.append(make('bdi', '', m.nick));
	who.title = m.nick;
	text.dir = 'auto';
	appendText(text, m.text);
	row.append(who, text);
	if (m.text.length > 3000 || m.text.split('\n', 26).length > 25) {
		const more = make('button', 'more', t.showAll);

		text.classList.add('long');
		more.type = 'button';
		more.onclick = () => {
			stuck = false;
			text.classList.remove('long');
			more.remove();
		};
		row.append(more);
	}
	return row;
}

function follows(before, m) {
	return before !== null && before.nick === m.nick &&
		before.from === m.from && before.own === m.own &&
		m.time - before.time < GROUP_MS &&
		new Date(m.time).toDateString() === before.day;
}

function appendLine(text, className) {
	log.append(make('p', className || 'line', text));
	tail = null;
}

function appendDay(date) {
	const options = { weekday: 'long', day: 'numeric', month: 'long' };

	lastDay = date.toDateString();
	if (date.getFullYear() !== new Date().getFullYear())
		options.year = 'numeric';
	appendLine(date.toLocaleDateString(locale, options), 'day');
}

/* m: { text, nick, from, own, time } joins the log. */
function appendMessage(m) {
	const date = new Date(m.time);

	if (date.toDateString() !== lastDay)
		appendDay(date);
	m.cont = follows(tail, m);

	const row = makeRow(m);
	const time = make('time', '', clock.format(date));

	time.dateTime = date.toISOString();
	time.title = full.format(date);
	row.append(time);
	log.append(row);
	tail = { nick: m.nick, from: m.from, own: m.own, time: m.time,
		day: lastDay };
	if (log.childElementCount > (stuck ? KEEP : 2 * KEEP))
		forgetOldest();
	if (!m.own && !stuck)
		unread++;
	if (!m.own && document.hidden)
		unseen++;
	if (!m.own && (!stuck || document.hidden))
		showCounts();
	drawGroups();
}

function forgetOldest() {
	for (let i = 0; i < FORGET; i++)
		log.firstElementChild.remove();
	log.firstElementChild.classList.remove('cont');
	/* What is left moves up, and not because the reader does. */
	lastTop = -1;
}

function showCounts() {
	$('pill').hidden = unread === 0;
	$('pill').textContent = `${t.fresh(unread)} ↓`;
	document.title = (unseen ? `(${unseen}) ` : '') + `${room} · chat`;
}

function toEnd() {
	stuck = true;
	scroller.scrollTop = scroller.scrollHeight;
}

/* ---- Outbox ---- */

function saveOutbox() {
	const list = outbox.filter(e => !e.acked)
		.map(({ nonce, text, time, reason }) =>
			({ nonce, text, time, reason }));

	save('sessionStorage', 'chat.outbox',
		list.length ? JSON.stringify(list) : '');
	showState();
}

function drawEntry(e) {
	const row = makeRow({ text: e.text, nick, own: true, cont: false });

	row.classList.add('pending');
	if (e.reason) {
		const note = make('p', 'note', e.reason);
		const retry = make('button', '', t.retry);
		const discard = make('button', '', t.discard);

		row.classList.add('failed');
		retry.type = discard.type = 'button';
		retry.onclick = () => retryEntry(e);
		discard.onclick = () => {
			dropEntry(e);
			field.focus();
		};
		note.append(' ', retry, ' ', discard);
		row.append(note);
	}
	row.append(make('span', 'mark', e.reason ? t.failed : t.waiting));
	if (e.row)
		e.row.replaceWith(row);
	else
		outboxList.append(row);
	e.row = row;
	drawGroups();
}

/* The first waiting message goes on under an own heading, if there is one. */
function drawGroups() {
	let cont = tail !== null && tail.own && tail.nick === nick;

	for (const e of outbox) {
		e.row.classList.toggle('cont', cont);
		cont = true;
	}
}

function dropEntry(e) {
	outbox = outbox.filter(other => other !== e);
	clearTimeout(e.timer);
	e.row.remove();
	saveOutbox();
	drawGroups();
}

function addEntry(saved) {
	const e = { ...saved, tries: 0, epoch: 0, acked: false, row: null };

	outbox.push(e);
	drawEntry(e);
	return e;
}

/* A retried message is a new one in the order: it goes to the end. */
function retryEntry(e) {
	dropEntry(e);
	addEntry({ nonce: e.nonce, text: e.text, time: Date.now() });
	saveOutbox();
	flush();
	field.focus();
}

function failEntry(e, reason) {
	e.reason = reason;
	drawEntry(e);
	saveOutbox();
	$('say').textContent = `${t.failed}: ${reason}`;
}

/* e is stored under id; the broadcast was seen, or will not come. */
function settle(e, id) {
	if (!outbox.includes(e))
		return;
	dropEntry(e);
	if (seen.has(id) || nonces.has(e.nonce))
		return;
	remember(seen, id);
	remember(nonces, e.nonce);
	appendMessage({ text: e.text, nick, from: tail && tail.own ?
		tail.from : '', own: true, time: timeOf(id) });
}

function sendEntry(e) {
	const now = epoch;

	if (plain) {
		/* No nonce, no acknowledgement: sent is all there is. */
		socket.emit(EVENT, e.text);
		dropEntry(e);
		echoes.push(e.text);
		appendMessage({ text: e.text, nick: '', from: '', own: true,
			time: Date.now() });
		return;
	}
	e.epoch = epoch;
	e.tries++;
	socket.timeout(ACK_MS).emit(EVENT, e.text, { nonce: e.nonce },
		(err, answer) => {
			if (!outbox.includes(e) || e.acked)
				return;
			if (err) {
				if (e.epoch !== now)
					return;
				e.epoch = 0;
				flush();
			} else if (answer && answer.ok) {
				e.acked = true;
				saveOutbox();
				/* The broadcast is on its way, unless
				   this was the second copy. */
				e.timer = setTimeout(settle, 2000, e,
					String(answer.id));
			} else {
				failEntry(e, reasonOf(answer));
			}
		});
}

function reasonOf(answer) {
	const why = answer && (answer.message || answer.code);

	return why ? String(why) : t.unknown;
}

/* Sends, in order, what has not been sent on this connection. */
function flush() {
	if (!ready || !socket.connected)
		return;
	for (const e of [...outbox]) {
		if (e.reason || e.acked || e.epoch === epoch)
			continue;
		if (e.tries >= TRIES)
			failEntry(e, t.noAnswer);
		else
			sendEntry(e);
	}
}

/* ---- Receiving ---- */

function remember(set, value) {
	set.add(value);
	if (set.size > 2 * KEEP)
		set.delete(set.values().next().value);
}

/* The milliseconds in front of a message's id, or the time now. */
function timeOf(id) {
	const ms = parseInt(id, 10);

	return ms > 0 && ms < 8.64e15 ? ms : Date.now();
}

function onMessage(value, meta) {
	const text = asText(value);
	const m = { text, nick: '', from: '', own: false, time: Date.now() };

	if (meta === null || typeof meta !== 'object') {
		const i = plain ? echoes.indexOf(text) : -1;

		if (i >= 0)
			echoes.splice(i, 1);
		else
			appendMessage(m);
		return;
	}
	if (typeof meta.room === 'string' && meta.room !== room)
		return;
	if (typeof meta.id === 'string') {
		if (seen.has(meta.id))
			return;
		remember(seen, meta.id);
		m.time = timeOf(meta.id);
	}
	if (Number.isInteger(meta.seq)) {
		if (lastSeq > 0 && meta.seq > lastSeq + 1)
			appendLine(t.missed(meta.seq - lastSeq - 1));
		lastSeq = meta.seq;
	}
	if (typeof meta.nonce === 'string') {
		const e = outbox.find(o => o.nonce === meta.nonce);

		if (e) {
			m.own = true;
			dropEntry(e);
		}
		/* Sent again by a client that the server did not know again. */
		if (nonces.has(meta.nonce))
			return;
		remember(nonces, meta.nonce);
	}
	m.nick = typeof meta.nick === 'string' ? meta.nick : '';
	m.from = String(meta.from);
	appendMessage(m);
}

function onWelcome(w) {
	const first = w && w.rooms && w.rooms[0] && w.rooms[0].room;

	if (!w || typeof w !== 'object')
		return;
	if (typeof first === 'string')
		room = first;
	limits = { ...limits, ...w.limits };
	setNick(String(w.nick || ''));
	plain = false;
	setReady();
}

function setReady() {
	ready = true;
	setState('connected');
	$('room').textContent = room;
	field.placeholder = t.write(room);
	showCounts();
	flush();
}

/* ---- Name ---- */

function setNick(name) {
	const guest = !load('localStorage', 'chat.nick');

	nick = name;
	$('nick').textContent = name;
	$('rename').textContent = guest ? t.chooseName : t.changeName;
	$('rename').classList.toggle('guest', guest);
	$('me').hidden = !name || !$('nick-form').hidden;
	$('me').setAttribute('aria-label', t.nameIs(name));
	for (const e of outbox)
		drawEntry(e);
}

function editNick(open) {
	$('nick-form').hidden = !open;
	$('nick-error').textContent = '';
	$('me').hidden = open || !nick;
	if (!open) {
		field.focus();
		return;
	}
	$('nick-field').value = load('localStorage', 'chat.nick');
	$('nick-field').focus();
	$('nick-field').select();
}

function acceptNick(name) {
	save('localStorage', 'chat.nick', name);
	editNick(false);
	setNick(name);
	$('say').textContent = t.nowNamed(name);
}

function submitNick(event) {
	const name = $('nick-field').value.trim();

	event.preventDefault();
	if (!name) {
		editNick(false);
	} else if (!ready) {
		acceptNick(name);	/* told to the server on connecting */
	} else {
		socket.timeout(ACK_MS).emit('nick', { nick: name },
			(err, answer) => {
				if (err)
					$('nick-error').textContent =
						t.noAnswer;
				else if (answer && answer.ok)
					acceptNick(String(answer.nick || name));
				else
					$('nick-error').textContent =
						reasonOf(answer);
			});
	}
}

/* ---- State of the connection ---- */

let help = '';

function setState(state, text) {
	document.body.dataset.state = state;
	$('status').textContent = t[state];
	help = text || '';
	showState();
}

function showState() {
	const n = outbox.filter(e => !e.acked && !e.reason).length;

	$('banner').hidden = !help;
	$('retry').hidden = typeof io === 'undefined';
	$('banner-text').textContent = help && n ? help + t.kept(n) : help;
}

function setLost(state, text) {
	ready = false;
	setState(state, text);
}

/* Opens the connection now instead of when the client next would. */
function reconnectNow() {
	if (socket.connected)
		return;
	socket.disconnect();
	setState('connecting', help);
	socket.connect();
}

function connect() {
	let timer;

	socket.on('connect', () => {
		clearTimeout(timer);
		epoch++;
		timer = setTimeout(() => {
			plain = true;
			setReady();
		}, WELCOME_MS);
	});
	socket.on('welcome', w => {
		clearTimeout(timer);
		onWelcome(w);
	});
	socket.on('disconnect', why => {
		clearTimeout(timer);
		echoes = [];
		if (why === 'io server disconnect')
			setLost('closed', t.kicked);
		else if (why !== 'io client disconnect')
			setLost('lost', t.lostHelp);
	});
	socket.on('connect_error', err => {
		clearTimeout(timer);
		if (socket.active) {
			setLost('lost', t.lostHelp);
			return;
		}
		setLost('closed', t.refused(err.message));
		timer = setTimeout(reconnectNow, REFUSED_MS);
	});
	socket.on(EVENT, onMessage);
	socket.on('notice', n => {
		if (n && typeof n.text === 'string')
			appendLine(n.text);
	});
	window.addEventListener('online', reconnectNow);
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden && document.body.dataset.state === 'lost')
			reconnectNow();
	});
	$('retry').onclick = reconnectNow;
	socket.connect();
}

/* ---- Field ---- */

/* Bytes over the limit of a message; 0 or less is fine. */
function excess(text) {
	return new TextEncoder().encode(text).length - limits.message;
}

function fit() {
	field.style.height = 'auto';
	field.style.height = `${field.scrollHeight + 2}px`;
	$('send').disabled = !field.value.trim();
	$('hint').textContent = '';
	save('sessionStorage', 'chat.draft', field.value);
}

function submit() {
	/* Half a surrogate pair or a NUL is no text to any server. */
	const text = field.value.replace(/[\p{Cs}\0]/gu, '\ufffd')
		.replace(/^(\s*\n)+|\s+$/g, '');
	const over = excess(text);

	if (!text)
		return;
	if (over > 0) {
		$('hint').textContent = t.tooLong(over);
		return;
	}
	field.value = '';
	fit();
	addEntry({ nonce: newNonce(), text, time: Date.now() });
	saveOutbox();
	toEnd();
	flush();
}

function onFieldKey(event) {
	/* While composing, Enter picks a candidate of the input method. */
	if (event.key !== 'Enter' || event.shiftKey || event.isComposing ||
	    event.keyCode === 229)
		return;
	event.preventDefault();
	submit();
}

/* Typing anywhere writes in the field. */
function onPageKey(event) {
	if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey &&
	    !event.metaKey && !event.altKey &&
	    (event.target === document.body || event.target === scroller))
		field.focus();
}

/* ---- Scrolling and size ---- */

/*
 * Only the reader leaves the end, by moving up. That the end has moved away
 * because messages came in must not count.
 */
function onScroll() {
	const top = scroller.scrollTop;

	if (scroller.scrollHeight - top - scroller.clientHeight < 8)
		stuck = true;
	else if (top < lastTop)
		stuck = false;
	lastTop = top;
	if (stuck && unread) {
		unread = 0;
		showCounts();
	}
}

function watchSize() {
	const view = window.visualViewport;
	const sizes = new ResizeObserver(() => {
		if (stuck)
			toEnd();
		lastTop = scroller.scrollTop;
	});

	sizes.observe(scroller);
	sizes.observe(log);
	sizes.observe(outboxList);
	if (!view)
		return;
	/* Where the keyboard covers the page instead of shrinking it. */
	view.addEventListener('resize', () => {
		if (Math.abs(view.scale - 1) > .01)
			return;
		document.documentElement.style.setProperty('--height',
			`${view.height}px`);
		window.scrollTo(0, 0);
	});
}

/* ---- Start ---- */

function restoreOutbox() {
	let list = [];

	try {
		list = JSON.parse(load('sessionStorage', 'chat.outbox') || '[]');
	} catch (_) { /* not ours: nothing to restore */ }
	for (const e of Array.isArray(list) ? list : []) {
		if (e && typeof e.text === 'string' &&
		    typeof e.nonce === 'string')
			addEntry({ nonce: e.nonce, text: e.text,
				time: Number(e.time), reason: e.reason });
	}
}

document.documentElement.lang = lang;
for (const node of document.querySelectorAll('[data-text]'))
	node.textContent = t[node.dataset.text];
for (const node of document.querySelectorAll('[data-label]'))
	node.setAttribute('aria-label', t[node.dataset.label]);
field.placeholder = t.write(room);
scroller.setAttribute('aria-label', t.messages);
field.value = load('sessionStorage', 'chat.draft');

const socket = typeof io === 'undefined' ? null : io({
	autoConnect: false,
	auth: give => {
		const name = load('localStorage', 'chat.nick');

		give(name ? { nick: name } : {});
	},
});

setState('connecting');
restoreOutbox();
setNick(load('localStorage', 'chat.nick'));
fit();
watchSize();

$('form').onsubmit = event => {
	event.preventDefault();
	submit();
};
field.oninput = fit;
field.onkeydown = onFieldKey;
document.addEventListener('keydown', onPageKey);
/* A tap on the button leaves the keyboard of a phone open. */
$('send').onpointerdown = event => event.preventDefault();
$('me').onclick = () => editNick(true);
$('nick-form').onsubmit = submitNick;
$('nick-form').onkeydown = event => {
	if (event.key === 'Escape')
		editNick(false);
};
$('pill').onclick = () => {
	toEnd();
	field.focus();
};
scroller.addEventListener('scroll', onScroll, { passive: true });
document.addEventListener('visibilitychange', () => {
	if (!document.hidden) {
		unseen = 0;
		showCounts();
	}
});
if (window.matchMedia('(pointer: fine)').matches)
	field.focus();
if (socket)
	connect();
else
	setLost('closed', t.noClient);
