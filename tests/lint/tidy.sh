#!/bin/sh
# clang-tidy with the checks of .clang-tidy, with the flags of the build. The
# analyzer's shallow mode takes a third of the time of the deep one.
: "${CLANG_TIDY:=clang-tidy}" "${CHAT_SOURCE:=$PWD}" "${CHAT_BUILD:=$PWD}"
cd "$CHAT_BUILD" || exit 1
"$CLANG_TIDY" --version > /dev/null || exit 1

# Flags are words without spaces inside.
# shellcheck disable=SC2016,SC2086
find "$CHAT_SOURCE/src" -name '*.c' | sort |
	xargs -n 1 -P 2 sh -c '
		flags=$1 tidy=$2 config=$3 file=$4
		"$tidy" --quiet --config-file="$config" "$file" -- \
			-std=c11 $flags -Xclang -analyzer-config \
			-Xclang mode=shallow 2>&1
		echo "checked $file: $?"
	' sh "${LINT_CPPFLAGS-}" "$CLANG_TIDY" "$CHAT_SOURCE/.clang-tidy" |
	awk '
		/^[0-9]+ (warning|error).* generated/ { next }
		/^checked .*: 0$/ { good++; next }
		/^checked / || / (error|warning): / { bad++ }
		{ print }
		END { exit bad || !good }'
