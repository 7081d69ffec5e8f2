#!/bin/sh
# `chat store` on what a server has stored, while it runs and afterwards.
: "${CHAT:=./chat}"
dir=$(mktemp -d) || exit 99
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$dir"' EXIT
HOME=$dir XDG_STATE_HOME=$dir/state
export HOME XDG_STATE_HOME
unset STATE_DIRECTORY
failed=0

# expect STATUS PATTERN ARGUMENT...: chat store ends so and says that.
expect()
{
	status=$1 pattern=$2
	shift 2
	"$CHAT" store "$@" >"$dir/out" 2>&1
	got=$?
	if [ "$got" != "$status" ]; then
		why="status $got, not $status"
	elif ! grep -Eq -e "$pattern" "$dir/out"; then
		why="no $pattern"
	else
		return
	fi
	echo "chat store $*: $why"
	cat "$dir/out"
	failed=1
}

expect 0 '^usage: chat store' --help
expect 64 'takes one of'
expect 64 'takes one of' attic
expect 64 'unexpected argument b' check a b
expect 64 'unexpected argument -c' check -- a -c
expect 64 'unknown option --attic' check --attic
expect 64 'are for export' check --room lobby
expect 64 'are for export' compact --format md
expect 64 '--format: bad value' export --format pdf
for action in check compact export; do
	expect 66 "^chat: $dir/state/chat/chat.db: .*No such file" $action
	expect 66 "^chat: $dir/none: .*No such file" $action "$dir/none"
done
[ ! -e "$dir/state" ] || { echo 'made a folder'; failed=1; }
echo 'no store' >"$dir/text"
for action in check compact export; do
	expect 66 'text is not a database' $action "$dir/text"
done

# a server in the place that is the default
mkfifo "$dir/pipe"
"$CHAT" serve --host 127.0.0.1 --port 0 >"$dir/pipe" 2>"$dir/log" &
server=$!
exec 3<"$dir/pipe"
url=
while [ -z "$url" ] && read -r line <&3; do
	case $line in
	*http://*) url=http://${line##*http://} ;;
	esac
done
[ -n "$url" ] || { cat "$dir/log"; exit 1; }
"$CHAT" send --nick ana "$url" 'hola <mundo>' >"$dir/id" || failed=1
echo 'second one' | "$CHAT" connect --plain --nick bob --room ops "$url" \
	>"$dir/out" || failed=1
id=$(cat "$dir/id")

exports()
{
	expect 0 "^\[\"hola <mundo>\",\{\"id\":\"$id\",\"seq\":1," export
	expect 0 '"room":"ops","from":"[a-z0-9]{12}","nick":"bob"' export
	[ "$(wc -l <"$dir/out")" = 2 ] || { echo 'not two lines'; failed=1; }
	expect 0 '<bob> second one' export --format text --room '#OPS'
	[ "$(wc -l <"$dir/out")" = 1 ] || { echo 'not one line'; failed=1; }
	expect 0 'second one' export -r ops --format=md "$dir/state/chat"
	expect 66 'there is no room attic' export --room attic
}

exports
expect 0 'index of words is not looked at' check
expect 75 "in use by process $server" compact
kill "$server"
wait "$server" || { echo "the server: status $?"; failed=1; }
server=
exports
expect 0 'chat.db is sound$' check
[ "$(wc -l <"$dir/out")" = 1 ] || { echo 'more than that'; failed=1; }
expect 0 'chat.db: [0-9]* kB, [0-9]* kB before$' compact
expect 0 'chat.db is sound$' check "$dir/state/chat/chat.db"
exports
if [ -e /dev/full ]; then
	"$CHAT" store export >/dev/full 2>"$dir/err"
	[ $? = 74 ] || { echo '/dev/full is not full'; failed=1; }
fi

# the last page, where there is something
size=$(wc -c <"$dir/state/chat/chat.db")
dd if=/dev/zero of="$dir/state/chat/chat.db" bs=4096 count=3 conv=notrunc \
	seek=$((size / 4096 - 6)) 2>/dev/null
expect 1 . check
exit $failed
