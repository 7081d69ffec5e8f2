#include "config.h"

#include "client/chat_internal.h"
#include "proto/json.h"

enum { US_PER_S = 1000000, PACE_MOST = 1000000 };

static void
set_held(struct chat *c, struct slice why)
{
	chat_set_line(c->held, why);
}

/* Has on_again called by then. */
static void
wake_in(struct chat *c, uint64_t ms)
{
	uv_timer_t *t = &c->again;

	if (!uv_is_active((uv_handle_t *)t) || uv_timer_get_due_in(t) > ms)
		uv_timer_start(t, chat_on_again, ms, 0);
}

void
chat_try_later(struct chat *c, uint64_t retry)
{
	uint64_t now = loop_now(c->loop);

	if (c->again_at > now)
		return;
	if (c->again_ms == 0)
		c->again_ms = CHAT_AGAIN_MS;
	if (retry == 0)
		retry = c->again_ms;
	c->again_at = now + retry;
	wake_in(c, retry);
	c->again_ms *= 2;
	if (c->again_ms > CHAT_AGAIN_MOST_MS)
		c->again_ms = CHAT_AGAIN_MOST_MS;
}

void
chat_on_again(uv_timer_t *t)
{
	struct chat *c = t->data;

	if (c->status.phase != CHAT_ONLINE)
		return;
	if (c->joins_later && loop_now(c->loop) >= c->again_at) {
		c->joins_later = false;
		chat_rejoin(c);
	}
	if (!c->dead)
		chat_send_waiting(c);
	if (c->dead)
		return;
	if (c->again_at > loop_now(c->loop)) /* it was too early for that */
		wake_in(c, c->again_at - loop_now(c->loop));
	chat_tell_status(c);
}

/* ---- as fast as the server takes them ---- */

void
chat_take_pace(struct chat *c, struct slice limits)
{
	struct slice rate, raw;
	int64_t burst, per_second;

	c->pace_us = 0;
	if (!json_get(limits, "rate", &rate) ||
	    !json_get(rate, "burst", &raw) ||
	    json_int(raw, 1, PACE_MOST, &burst) != 0 ||
	    !json_get(rate, "perSecond", &raw) ||
	    json_int(raw, 1, PACE_MOST, &per_second) != 0)
		return;
	c->pace_us = US_PER_S / (uint64_t)per_second;
	if (burst > CHAT_PACE_MARGIN)
		burst -= CHAT_PACE_MARGIN;
	c->pace_burst = (uint64_t)burst;
}

/* The server has looked at so many messages, just now or before. */
static void
count(struct chat *c, uint64_t n)
{
	uint64_t now = loop_now(c->loop) * 1000;

	if (c->pace_at_us < now)
		c->pace_at_us = now;
	c->pace_at_us += n * c->pace_us;
}

void
chat_counted(struct chat *c, size_t bytes)
{
	count(c, 1 + bytes / CHAT_PACE_BYTES);
}

/*
 * A bucket of so many messages that fills by one in pace_us; at pace_at_us it
 * will be full. What is under way may have been taken out already, or come all
 * at once, later. How many ms there is none in it.
 */
static uint64_t
pace_wait(struct chat *c)
{
	uint64_t now = loop_now(c->loop) * 1000, due = c->pace_at_us;
	uint64_t spare = (c->pace_burst - 1) * c->pace_us;

	if (c->pace_us == 0)
		return 0;
	due = (due > now ? due - now : 0) + c->in_flight * c->pace_us;
	return due <= spare ? 0 : (due - spare) / 1000 + 1;
}

/* ---- one after the other ---- */

/* In slow mode a refused line would be overtaken by the next one. */
static bool
is_under_way(struct chat *c, struct slice room)
{
	const struct outbox_entry *o;

	TAILQ_FOREACH (o, &c->outbox.entries, link)
		if (o->state == CHAT_IN_FLIGHT && slice_eq(o->room, room))
			return true;
	return false;
}

static bool
is_slow(struct chat *c, struct outbox_entry *o)
{
	struct slice name = chat_room_name(c, o->room);
	const struct chat_room *r = chat_room_find(c, name);
	uint64_t now = loop_now(c->loop);

	if (r == NULL || !r->slow)
		return false;
	if (r->slow_until > now) {
		wake_in(c, r->slow_until - now);
		return true;
	}
	return is_under_way(c, o->room);
}

enum chat_turn
chat_turn_of(struct chat *c, struct outbox_entry *o)
{
	uint64_t wait;

	if (is_slow(c, o))
		return CHAT_TURN_OTHERS;
	wait = pace_wait(c);
	if (wait == 0)
		return CHAT_TURN_NOW;
	wake_in(c, wait);
	if (c->held[0] == '\0')
		set_held(c, SLICE("the server takes no more so fast"));
	return CHAT_TURN_LATER;
}

/* ---- refused for now ---- */

/* Its room is; what waits for others is not concerned. */
static void
hold_room(struct chat *c, struct outbox_entry *o, uint64_t retry)
{
	struct chat_room *r = chat_room_get(c, chat_room_name(c, o->room));

	if (r == NULL)
		return;
	r->slow = true;
	r->slow_until = loop_now(c->loop) + retry;
}

void
chat_hold(struct chat *c, struct outbox_entry *o, struct slice code,
    struct slice why, uint64_t retry)
{
	bool is_first = !c->probing;

	o->state = CHAT_IDLE;
	c->in_flight--;
	c->in_flight_bytes -= o->text.len;
	if (retry > CHAT_RETRY_MOST_MS)
		retry = CHAT_RETRY_MOST_MS;
	if (slice_is(code, "slow-mode")) {
		hold_room(c, o, retry > 0 ? retry : CHAT_AGAIN_MS);
		set_held(c, why);
	} else {
		if (slice_is(code, "rate") && retry > 0 && c->pace_us == 0) {
			c->pace_us = retry * 1000;
			c->pace_burst = 1;
		}
		c->probing = true;
		chat_try_later(c, retry);
		if (is_first) /* the reasons of those behind it are its */
			set_held(c, why);
	}
	chat_tell_status(c);
}

void
chat_release(struct chat *c)
{
	c->probing = false;
	c->again_ms = 0;
	if (!c->joins_later)
		c->again_at = 0;
	set_held(c, SLICE(""));
}

bool
chat_is_holding(struct chat *c)
{
	return c->probing &&
	       (c->in_flight > 0 || c->again_at > loop_now(c->loop));
}

void
chat_forget_holding(struct chat *c)
{
	count(c, c->in_flight);
	uv_timer_stop(&c->again);
	c->again_at = 0;
	c->joins_later = false;
	for (unsigned i = 0; i < c->rooms_n; i++) {
		c->rooms[i]->slow = false;
		c->rooms[i]->slow_until = 0;
	}
	set_held(c, SLICE(""));
}
