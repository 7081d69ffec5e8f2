#!/bin/sh
# chat(1) has every command and option that --help tells, every command that
# /help tells, and no others.
# shellcheck disable=SC2016
: "${CHAT:=./chat}" "${CHAT_SOURCE:=.}"
man=$CHAT_SOURCE/man/chat.1
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# compare WHAT: $dir/program and $dir/manual are the same but for the order.
compare()
{
	sort -u "$dir/program" >"$dir/a"
	sort -u "$dir/manual" >"$dir/b"
	if [ ! -s "$dir/a" ]; then
		echo "$1: none at all"
		failed=1
	elif ! diff "$dir/a" "$dir/b" >"$dir/diff"; then
		echo "$1: < only the program has, > only the manual page has"
		cat "$dir/diff"
		failed=1
	fi
}

# The names of options in a --help text.
options()
{
	sed -n 's/^  \(-[a-z],\|   \) --\([a-z0-9-]*\).*/\2/p' |
		grep -v '^help$'
}

# The synopsis of a command: from its name to the next .Nm.
synopsis()
{
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$man" |
		sed -n "/^\.Cm $1\$/,/^\.Nm/p"
}

"$CHAT" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' >"$dir/commands"
{ cat "$dir/commands"; echo help; } >"$dir/program"
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$man" |
	sed -n 's/^\.Cm \([a-z]*\)$/\1/p' >"$dir/manual"
compare commands

: >"$dir/all"
while read -r command; do
	[ "$command" != completion ] || continue
	# The limits have one place for all in the synopsis.
	"$CHAT" "$command" --help >"$dir/help"
	options <"$dir/help" >>"$dir/all"
	sed '/^Limits:$/,$d' "$dir/help" | options >"$dir/program"
	synopsis "$command" | tr ' ' '\n' |
		sed -n 's/^-\([a-z][a-z0-9-]*\)$/\1/p' >"$dir/manual"
	compare "options of $command in the synopsis"
done <"$dir/commands"

# each with a paragraph of its own
cp "$dir/all" "$dir/program"
sed -n 's/^\.It Fl .*-\([a-z][a-z0-9-]*\) \{0,1\}.*/&/p' "$man" |
	tr ' ' '\n' | sed -n 's/^-\([a-z][a-z0-9-]*\)$/\1/p' >"$dir/manual"
compare options

# Without a server there is an answer, too; the end of the input ends it.
echo /help | HOME=$dir "$CHAT" connect --plain --no-outbox 127.0.0.1:1 |
	sed -n 's,^-- */\([a-z]*\).*,\1,p' >"$dir/program"
sed -n 's,^\.It Ic /\([a-z]*\).*,\1,p' "$man" >"$dir/manual"
compare 'commands of the client'
exit $failed
