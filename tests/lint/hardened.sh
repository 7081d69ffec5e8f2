#!/bin/sh
# The program as the linker left it: what makes an error in it hard to use.
: "${CHAT:=${CHAT_BUILD:-.}/chat}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# has WHAT PATTERN FILE, has_not WHAT PATTERN FILE
has()
{
	grep -Eq "$2" "$dir/$3" && return
	echo "$1: missing"
	failed=1
}

has_not()
{
	grep -E "$2" "$dir/$3" || return
	echo "$1"
	failed=1
}

for part in file-header segments dynamic dyn-syms; do
	LC_ALL=C readelf -W --$part "$CHAT" >"$dir/$part" || exit 99
done
if grep -q __asan_init "$dir/dyn-syms"; then
	echo 'A sanitizer does not go together with hardening.'
	exit 77
fi
has 'position-independent' '^ *Type: *DYN' file-header
has 'position-independent, as a program' 'FLAGS_1.*PIE' dynamic
has 'all symbols bound at the start' 'FLAGS_1.*NOW' dynamic
has 'what the loader has written read-only' '^ *GNU_RELRO' segments
has 'a stack of its own kind' '^ *GNU_STACK' segments
has_not 'code on the stack' '^ *GNU_STACK.*RWE' segments
has_not 'code that can be written' '^ *LOAD .*(RWE|WE)' segments
has_not 'libraries from odd places' 'RPATH|RUNPATH' dynamic
has_not 'code changed by the loader' 'TEXTREL' dynamic
has 'guards on the stack' '__stack_chk_fail' dyn-syms
has 'checked copies' '__(memcpy|vsnprintf|snprintf|read|memset)_chk' dyn-syms
exit $failed
