#!/bin/sh
# C sources are as clang-format 14 writes them; another version differs.
cd "${CHAT_SOURCE:-.}" || exit 1
: "${CLANG_FORMAT:=clang-format}"

if ! $CLANG_FORMAT --version | grep 'version 14\.'; then
	echo 'clang-format 14 is needed (Debian: clang-format-14)'
	exit 1
fi
find src tests -name node_modules -prune -o -name '*.[ch]' -print |
	sort | xargs "$CLANG_FORMAT" --dry-run -Werror
