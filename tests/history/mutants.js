'use strict';
/*
 * Faults that are planted into the server, to see that the history checker
 * finds them. Each is one source file in which texts are replaced, each text
 * being there exactly once; the kinds of violation that tell of it, one of
 * which has to be found; and how: the name of a run in mutants.test.js.
 */
module.exports = [{
	name: 'acknowledges before the commit',
	file: 'src/store/writer.c',
	edits: [[
`	rollback(s); /* one that could not be rolled back before */
`,
`	if (!sqlite3_get_autocommit(s->db.sqlite))
		return STORE_OK;
`], [
`	struct db_stmt st = db_stmt(&s->db, "COMMIT");

	return db_run(&st);
`,
`	struct db_stmt st = db_stmt(&s->db, "COMMIT");
	static unsigned n;

	return ++n % 50 > 0 ? STORE_OK : db_run(&st);
`]],
	kinds: ['lost'],
	run: 'kills'
}, {
	name: 'does not know a nonce again',
	file: 'src/store/post.c',
	edits: [[
`	if (p->nonce.len == 0)
		return STORE_OK;
`,
`	if (p->nonce.len < 1000)
		return STORE_OK;
`], [
`	if (p->nonce.len > 0)
		db_put_text(&st, p->nonce);
`,
`	if (p->nonce.len > 1000)
		db_put_text(&st, p->nonce);
`]],
	kinds: ['doubled'],
	run: 'kills'
}, {
	name: 'gives an id again after a crash',
	file: 'src/store/post.c',
	edits: [[
`	p->id = store_next_id(s);
`,
`	static uint64_t n;
	p->id = (struct msgid){ 1, ++n, 0 };
	(void)s;
`], [
`	    "INSERT INTO messages(`,
`	    "INSERT OR REPLACE INTO messages(`]],
	kinds: ['reused-id'],
	run: 'kills'
}, {
	name: 'leaves a gap between seqs',
	file: 'src/store/post.c',
	edits: [[
`"UPDATE rooms SET seq = seq + 1, last`,
`"UPDATE rooms SET seq = seq + 1 + (seq = 20), last`]],
	kinds: ['seq-gap'],
	run: 'talk'
}, {
	name: 'a join begins with the last that one has',
	file: 'src/store/query.c',
	edits: [[
`		    "WHERE m.room = ? AND m.id > ? AND m.id < ?"
		    " ORDER BY m.id");
`,
`		    "WHERE m.room = ? AND m.id >= ? AND m.id < ?"
		    " ORDER BY m.id");
`]],
	kinds: ['repeated'],
	run: 'kills'
}, {
	name: 'a join reads beside what is written',
	file: 'src/store/query.c',
	edits: [[
`	.run = join_run,
`,
`	.beside = true,
	.run = join_run,
`], [
`	if (!e && is_set(j->after))
		e = take_changed(db, j);
`,
`	if (!e && is_set(j->after))
		e = take_changed(db, j);
	usleep(20000);
`]],
	kinds: ['gap'],
	run: 'kills'
}, {
	name: 'a recovery begins one too late',
	file: 'src/sio/recovery.c',
	edits: [[
`	STAILQ_FOREACH (l, &sock->nsp->log, link)
		if (msgid_cmp(l->id, since) > 0 && target_has(&l->to, sock))
			message_send(&l->m, sock);
`,
`	bool skipped = false;

	STAILQ_FOREACH (l, &sock->nsp->log, link)
		if (msgid_cmp(l->id, since) > 0 && target_has(&l->to, sock)) {
			if (skipped)
				message_send(&l->m, sock);
			skipped = true;
		}
`]],
	kinds: ['gap', 'diverged'],
	run: 'kills'
}, {
	name: 'closing overtakes data',
	file: 'src/net/outq.c',
	edits: [[
`	struct outq_entry *e = append(q, pool);

`,
`	struct outq_entry *e = append(q, pool);

	if (q->n > 2 && (bytes.p[0] & 0xff) == 0x88) {
		struct outq_entry *from = q->last->v +
		    (q->first == q->last ? q->head + 1 : 0);

		for (; e > from; e--)
			*e = e[-1];
	}
`]],
	kinds: ['cut-short'],
	run: 'farewell'
}, {
	name: 'stores what comes behind a refused one',
	file: 'src/store/writer.c',
	edits: [[
`	return op->kind->changes && op->failures != s->failures;
`,
`	return op->kind->changes && op->failures > s->failures;
`]],
	kinds: ['fifo'],
	run: 'flicker'
}, {
	name: 'forgets edits over a restart',
	file: 'src/hub/restore.c',
	edits: [[
`	if (row->edited.ms != 0 && row->deleted.ms == 0) {
`,
`	if (row->edited.ms == 1) {
`]],
	kinds: ['diverged'],
	run: 'kills'
}];
