#!/bin/sh
# clang-tidy with the checks of .clang-tidy, with the flags of the build.
: "${CLANG_TIDY:=clang-tidy}" "${CHAT_SOURCE:=$PWD}" "${CHAT_BUILD:=$PWD}"
cd "$CHAT_BUILD" || exit 1

# Flags are words without spaces inside.
# shellcheck disable=SC2016,SC2086
find "$CHAT_SOURCE/src" -name '*.c' | sort |
	xargs -n 4 -P 2 sh -c '
		flags=$1 tidy=$2 config=$3
		shift 3
		exec "$tidy" --quiet --config-file="$config" "$@" -- \
			-std=c11 $flags 2>&1
	' sh "${LINT_CPPFLAGS-}" "$CLANG_TIDY" "$CHAT_SOURCE/.clang-tidy" |
	grep -v '^[0-9]* warnings\{0,1\} generated' |
	awk '{ print } / (error|warning): / { bad = 1 } END { exit bad }'
