#include "config.h"

#include <stdio.h>

#include "tui/commands_internal.h"

static const struct command {
	struct commands_row row;
	commands_run run;
} table[] = {
	{ { "accept", "CODE", "use an invitation", { COMPLETE_NOTHING } },
	    commands_accept },
	{ { "audit", "", "what operators and moderators have done",
	      { COMPLETE_NOTHING } },
	    commands_audit },
	{ { "away", "[TEXT]", "tell that you are away, or back",
	      { COMPLETE_NOTHING } },
	    commands_away },
	{ { "ban", "[-server] NICK [TIME] [WHY]",
	      "keep out of the room, or the server",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_ban },
	{ { "bans", "[-server]", "who is banned, with numbers",
	      { COMPLETE_NOTHING } },
	    commands_bans },
	{ { "clear", "", "empty the room's window", { COMPLETE_NOTHING } },
	    commands_do_clear },
	{ { "deop", "", "be no operator any more", { COMPLETE_NOTHING } },
	    commands_deop },
	{ { "help", "[COMMAND]", "all keys and commands, or one command",
	      { COMPLETE_COMMAND, COMPLETE_NOTHING } },
	    commands_do_help },
	{ { "ignore", "[NICK]",
	      "hide what somebody says; without NICK: who is hidden",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_do_ignore },
	{ { "invite", "[-server] [NICK | [USES] [TIME]]",
	      "let in, or make an invitation",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_invite },
	{ { "invites", "[-server]", "invitations that can still be used",
	      { COMPLETE_NOTHING } },
	    commands_invites },
	{ { "join", "ROOM", "come into a room, or go to it",
	      { COMPLETE_ROOM, COMPLETE_NOTHING } },
	    commands_join },
	{ { "kick", "NICK [WHY]", "put somebody out of the room",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_kick },
	{ { "login", "NICK PASSWORD", "be one who is registered",
	      { COMPLETE_NOTHING } },
	    commands_login },
	{ { "me", "TEXT", "tell what you do: /me waves",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_do_me },
	{ { "mentions", "", "messages that mention you, to go to",
	      { COMPLETE_NOTHING } },
	    commands_mentions },
	{ { "moderator", "NICK [off]", "let somebody moderate the room, or not",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_moderator },
	{ { "msg", "NICK [TEXT]", "a private message, or go to those",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_do_msg },
	{ { "mute", "[-server] NICK [TIME] [WHY]", "let somebody read only",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_mute },
	{ { "nick", "[NAME]", "be called otherwise, or how you are called",
	      { COMPLETE_NOTHING } },
	    commands_nick },
	{ { "op", "NAME PASSWORD", "be an operator of the server",
	      { COMPLETE_NOTHING } },
	    commands_op },
	{ { "owner", "NICK", "hand the room on",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_owner },
	{ { "part", "[ROOM]", "leave a room",
	      { COMPLETE_ROOM, COMPLETE_NOTHING } },
	    commands_part },
	{ { "private", "on|off", "the room is for those who are invited only",
	      { COMPLETE_NOTHING } },
	    commands_private },
	{ { "quit", "", "end; what waits is sent at the next start",
	      { COMPLETE_NOTHING } },
	    commands_do_quit },
	{ { "read", "", "all in the room is read", { COMPLETE_NOTHING } },
	    commands_read },
	{ { "reconnect", "", "try to connect now", { COMPLETE_NOTHING } },
	    commands_do_reconnect },
	{ { "register", "PASSWORD [OLD]",
	      "keep your nick by a password, or change that",
	      { COMPLETE_NOTHING } },
	    commands_register },
	{ { "reply", "TEXT", "answer the last message of somebody else",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_do_reply },
	{ { "revoke", "CODE", "take an invitation back; /invites has them",
	      { COMPLETE_NOTHING } },
	    commands_revoke },
	{ { "rooms", "", "the server's rooms, and yours",
	      { COMPLETE_NOTHING } },
	    commands_rooms },
	{ { "search", "WORDS",
	      "find messages, in:ROOM or from:NICK if you like",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_search },
	{ { "set", "[NAME [VALUE]]", "change a setting, or show them",
	      { COMPLETE_SETTING, COMPLETE_VALUE } },
	    commands_do_set },
	{ { "slow", "SECONDS|off", "a message in so many seconds each",
	      { COMPLETE_NOTHING } },
	    commands_slow },
	{ { "topic", "[TEXT]", "set the room's topic, or show it",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_topic },
	{ { "unban", "NUMBER", "lift a ban; /bans has the numbers",
	      { COMPLETE_NOTHING } },
	    commands_unban },
	{ { "unignore", "NICK", "show again what somebody says",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_do_unignore },
	{ { "uninvite", "NICK", "not on the list of the private room any more",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_uninvite },
	{ { "unmute", "[-server] NICK", "let somebody write again",
	      { COMPLETE_NICK, COMPLETE_NICK } },
	    commands_unmute },
	{ { "who", "[ROOM]", "who is in the room",
	      { COMPLETE_ROOM, COMPLETE_NOTHING } },
	    commands_who },
	{ { "whois", "NICK", "what the server knows of somebody",
	      { COMPLETE_NICK, COMPLETE_NOTHING } },
	    commands_whois },
	{ { "window", "NUMBER|ROOM", "go to a room",
	      { COMPLETE_ROOM, COMPLETE_NOTHING } },
	    commands_do_window },
};

enum { N_COMMANDS = sizeof(table) / sizeof(table[0]) };

const struct commands_row *
commands_row(unsigned n)
{
	return n < N_COMMANDS ? &table[n].row : NULL;
}

/* *several: more than one begins so, and none is it. */
static const struct command *
find(struct slice name, bool *several)
{
	const struct command *found = NULL;

	*several = false;
	for (unsigned i = 0; i < N_COMMANDS && name.len > 0; i++) {
		struct slice full = slice_of(table[i].row.name);
		struct slice start = full;

		if (start.len > name.len)
			start.len = name.len;
		if (!slice_eq(start, name))
			continue;
		if (full.len == name.len) {
			*several = false;
			return &table[i];
		}
		*several = found != NULL;
		found = &table[i];
	}
	return *several ? NULL : found;
}

commands_run
commands_find_run(struct slice name, bool *several)
{
	const struct command *found = find(name, several);

	return found ? found->run : NULL;
}

const struct commands_row *
commands_find(struct slice name)
{
	const struct command *found;
	bool several;

	found = find(name, &several);
	return found ? &found->row : NULL;
}

void
commands_help(struct buf *out)
{
	for (unsigned i = 0; i < N_COMMANDS; i++) {
		const struct commands_row *row = &table[i].row;
		char use[48];

		snprintf(use, sizeof(use), "/%s %s", row->name, row->args);
		buf_printf(
		    out, "%s  %-21s %s", i > 0 ? "\n" : "", use, row->help);
	}
}
