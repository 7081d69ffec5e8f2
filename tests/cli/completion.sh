#!/bin/sh
# `chat completion`: the script for bash completes in a bash, and those for the
# other shells know every command and every option that --help tells.
: "${CHAT:=./chat}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

complain()
{
	echo "$*"
	failed=1
}

for shell in bash zsh fish; do
	"$CHAT" completion $shell >"$dir/$shell" 2>"$dir/err" ||
		complain "completion $shell: status $?"
	[ -s "$dir/$shell" ] || complain "completion $shell: nothing"
	[ ! -s "$dir/err" ] || complain "completion $shell: $(cat "$dir/err")"
done
bash -n "$dir/bash" || complain 'not a script of bash'

for shell in '' csh bash/; do
	"$CHAT" completion "$shell" >"$dir/out" 2>"$dir/err"
	status=$?
	[ $status = 64 ] || complain "completion '$shell': status $status"
	[ ! -s "$dir/out" ] || complain "completion '$shell': an output"
	grep -q '^chat: ' "$dir/err" || complain "completion '$shell': no error"
done

# where bash has hosts from
echo '192.0.2.1 known.example' >"$dir/hosts"
HOSTFILE=$dir/hosts
export HOSTFILE

# try WANT WORD...: what bash offers for the last word, sorted, is WANT.
try()
{
	want=$1
	shift
	got=$(bash -c '
		. "$1"
		shift
		complete -p chat >/dev/null || exit 1
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_chat
		[ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"
		' bash "$dir/bash" "$@" | LC_ALL=C sort | tr '\n' ' ')
	[ "$got" = "${want:+$want }" ] || complain "$*: $got, not $want"
}

commands=$("$CHAT" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p')
[ -n "$commands" ] || complain 'no commands in --help'
for command in $commands; do
	try "$command" chat "$command"
	try "$command" chat help "$command"
	grep -Eq "^	$command\)$" "$dir/zsh" || complain "zsh: no $command"
	grep -q " -a $command " "$dir/fish" || complain "fish: no $command"
	case $command in
	completion | help) continue ;;
	esac
	options=$("$CHAT" "$command" --help |
		sed -n 's/^  \(-[a-z],\|   \) --\([a-z0-9-]*\).*/\2/p')
	[ -n "$options" ] || complain "no options in $command --help"
	for option in $options; do
		# and those that begin with it
		try "$(echo "$options" | grep "^$option" | LC_ALL=C sort |
			sed 's/.*/--&/' | paste -s -d ' ')" \
			chat "$command" "--$option"
		sed -n "/^	$command)/,/;;/p" "$dir/zsh" |
			grep -q -e "--${option}[='},]" ||
			complain "zsh: no $command --$option"
		grep -q -e "from $command' .*-l $option " "$dir/fish" ||
			complain "fish: no $command --$option"
	done
done

try 'send serve' chat se
try '--help --version' chat --
try '' chat attic ''
try '' chat attic --
# a value, in every way to write it
all='auto polling upgrade websocket'
try "$all" chat connect --transport ''
try "$all" chat connect --transport =
try 'websocket' chat connect --transport w
try 'websocket' chat connect --transport = w
try '' chat connect --transport x
try 'debug' chat serve --log-text --log-level d
try 'never' chat connect --nick Ana --color n
# a value is not completed as an option, and doesn't hide the next one
try '' chat connect --nick --
try '--timeout' chat connect --nick --plain --ti
try '--timeout' chat connect --nick = Ana --ti
try '--timeout' chat connect -r ops --ti
# nothing behind HOST but what is written there
try '' chat connect host ''
try '' chat connect host --
try '' chat connect --transport auto host --
try 'known.example' chat connect kno
try 'known.example' chat send -r ops kno
try 'bash fish zsh' chat completion ''
try 'zsh' chat completion z
exit $failed
