#!/bin/sh
# What systemd says about how exposed the service is: at most 1.2 of 10.
: "${CHAT_BUILD:=.}" "${CHAT_SOURCE:=.}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

if ! command -v systemd-analyze >/dev/null; then
	echo 'systemd-analyze is missing'
	exit 77
fi
cp "$CHAT_BUILD/share/systemd/chat.service" \
	"$CHAT_SOURCE/share/systemd/chat.socket" "$dir" || exit 99
# One that lacks most of it, so that a tool that has become blind is seen.
sed '/^Protect/d; /^Private/d; /^SystemCall/d' "$dir/chat.service" \
	>"$dir/open.service"
exposed()
{
	! systemd-analyze security --offline=true --threshold=12 "$1" \
		>"$dir/out" 2>&1
}
if ! exposed "$dir/open.service"; then
	echo 'open.service is found to be closed'
	exit 1
fi
if exposed "$dir/chat.service"; then
	cat "$dir/out"
	exit 1
fi
grep -q 'exposure level for chat.service: [01]\.' "$dir/out" || exit 1
if grep -q '@[a-z]*@' "$dir/chat.service"; then
	echo 'chat.service has a variable of configure'
	exit 1
fi
