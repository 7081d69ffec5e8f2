#!/bin/sh
# What `chat` says about its options, and the status that it ends with.
# shellcheck disable=SC2016
: "${CHAT:=./chat}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# expect STATUS OUT ERR ARGUMENT...: runs chat. OUT and ERR are patterns of
# grep -E, or '' for nothing at all; what is said on standard error has to be
# one line that begins with "chat: ".
expect()
{
	status=$1 out=$2 err=$3
	shift 3
	XDG_STATE_HOME="$dir/state" "$CHAT" "$@" >"$dir/out" 2>"$dir/err" \
		</dev/null
	got=$?
	why=
	[ "$got" = "$status" ] || why="status $got, not $status"
	if [ -z "$out" ]; then
		[ ! -s "$dir/out" ] || why="something on standard output"
	else
		grep -Eq -e "$out" "$dir/out" || why="no $out on standard output"
	fi
	if [ -z "$err" ]; then
		[ ! -s "$dir/err" ] || why="something on standard error"
	else
		grep -Eq -e "^chat: .*$err" "$dir/err" ||
			why="no $err on standard error"
		[ "$(wc -l <"$dir/err")" = 1 ] || why="not one line of error"
	fi
	[ -n "$why" ] || return
	echo "chat $*: $why"
	cat "$dir/out" "$dir/err"
	failed=1
}

expect 0 '^  serve ' ''
expect 0 '^  serve ' '' --help
expect 0 '^  serve ' '' -h
expect 0 '^  serve ' '' help
expect 0 '^chat [0-9]+\.[0-9]+\.[0-9]+' '' --version
for option in host port origin page no-eio3 deflate no-sandbox log-level \
	log-text help; do
	expect 0 "^ .*--$option" '' serve --help
	expect 0 "^ .*--$option" '' help serve
done
expect 0 '^usage: chat serve' '' serve -h
for option in nick room transport deflate ca namespace timeout \
	help; do
	expect 0 "^ .*--$option" '' connect --help
	expect 0 "^ .*--$option" '' send --help
done
for option in plain json color no-outbox; do
	expect 0 "^ .*--$option" '' connect --help
done
for option in since grep limit format nick transport ca namespace timeout; do
	expect 0 "^ .*--$option" '' history --help
	expect 0 "^ .*--$option" '' help history
done
expect 0 '^usage: chat completion' '' completion --help

# usage: 64
expect 64 '' 'unknown command attic' attic
expect 64 '' 'unknown command attic' help attic
expect 64 '' 'unknown option --attic' --attic
for command in connect send; do
	expect 64 '' 'HOST is missing' $command
	expect 64 '' 'unknown option --attic' $command --attic
	for host in '' 'ho st' http:// ftp://host host:x host:0 host:65536 \
		'[::1' '[::1]x' ::1::2; do
		expect 64 '' ' ' $command --timeout 1 "$host"
	done
	expect 64 '' '--transport: bad value' $command --transport pigeon host
	expect 64 '' '--namespace: bad value' $command --namespace x host
	expect 64 '' '--timeout: .*not a number' $command --timeout 0 host
	expect 66 '' '--ca: .*No such file' $command --ca "$dir/none" host
done
expect 64 '' '--color: bad value' connect --color no host
expect 64 '' 'one HOST' connect host text
expect 64 '' 'unknown option --attic' connect host --attic
expect 64 '' 'one room' send --room a --room b host text
expect 64 '' 'completion takes one of' completion
expect 64 '' 'completion takes one of' completion csh
expect 64 '' 'unknown option --attic' serve --attic
expect 64 '' 'unexpected argument attic' serve attic
expect 64 '' '--port: needs a value' serve --port
for port in '' x -1 65536 3000x ' 3000' 99999999999999999999; do
	expect 64 '' '--port: .*not a number' serve --port "$port"
done
for host in attic 256.1.1.1 ::1::2 '[::1' 127.0.0.1:3000; do
	expect 64 '' '--host: .*not an address' serve --host "$host"
done
for origin in '' example.org http:// http://a/ http://a/path http://a:0 \
	http://a:65536 http://a:x '://a' null 'http://a b' '1http://a' \
	http://a@b '**'; do
	expect 64 '' '--origin: ' serve --origin "$origin"
done
expect 64 '' '--log-level: bad value' serve --log-level loud
expect 64 '' 'no value' serve --no-eio3=yes
for option in host page tls-cert tls-key store password-file operators; do
	expect 64 '' "--$option: the value is empty" serve --$option ''
done
expect 64 '' '--payload: .*"5K": it is BYTES.off, from 65536 to 1073741824' \
	serve --payload 5K
expect 64 '' 'it is debug.info' serve --log-level loud
expect 64 '' '--message: .*--payload' serve --message off
expect 64 '' '--message: .*--payload' serve --message 1M --payload 64K
expect 64 '' '--message: .*--queue ' serve --queue 64K

# a page that cannot be read: 66
expect 66 '' '--page: .*No such file' serve --page "$dir/none"
expect 66 '' '--page: .*directory' serve --page "$dir"
dd if=/dev/zero of="$dir/page" bs=1024 count=1024 2>/dev/null
echo >>"$dir/page"
expect 66 '' '--page: .*larger than 1 MiB' serve --page "$dir/page"

# an address that is not this machine's (RFC 5737): 69
expect 69 '' 'cannot listen on 203\.0\.113\.77' serve --host 203.0.113.77

# a port in use: 69
XDG_STATE_HOME="$dir/first-state" "$CHAT" serve --host 127.0.0.1 --port 0 \
	>"$dir/first" 2>/dev/null &
first=$!
port=
tries=0
while [ -z "$port" ] && [ $tries -lt 600 ]; do
	sleep 0.05
	tries=$((tries + 1))
	port=$(sed -n 's,.*http://127.0.0.1:\([0-9]*\)/.*,\1,p' "$dir/first")
done
grep -q "^  .*chat connect 127.0.0.1:$port\$" "$dir/first" ||
	{ echo "no 'chat connect' in the greeting"; failed=1; }
[ "$(grep -c http: "$dir/first")" = 1 ] ||
	{ echo "more than one URL in the greeting"; failed=1; }
expect 69 '' "port $port is in use" serve --host 127.0.0.1 --port "$port"
kill "$first"
wait "$first" || { echo "status $? after SIGTERM"; failed=1; }
exit $failed
