#!/bin/sh
# Every source is listed in its folder's local.mk, or by its whole path in
# another's (what isn't is neither run nor distributed), none is too long, and
# lock files name no place to download from.
cd "${CHAT_SOURCE:-.}" || exit 1
bad=0

complain() {
	echo "$*"
	bad=1
}

sources() {
	find src tests -name node_modules -prune -o \
		\( -name '*.[ch]' -o -name '*.js' -o -name '*.py' \
			-o -name '*.sh' \) -print
}

n=0
for f in $(sources); do
	n=$((n + 1))
	case $f in
	*/test_*.c | tests/bench/*.c) name=${f%.c} ;;
	*) name=$f ;;
	esac
	grep -Eqs "%D%/${name##*/}(\.c)?( |\$)" "${f%/*}/local.mk" ||
		grep -Eqs "[ 	]$name( |\$)" tests/local.mk tests/*/local.mk ||
		complain "$f: not listed in ${f%/*}/local.mk"
	[ "$(wc -l < "$f")" -le 800 ] || complain "$f: over 800 lines"
done
[ $n -gt 0 ] || complain 'no sources found'

for f in share/package-lock.json tests/*/package-lock.json; do
	if grep -n '"resolved"' "$f"; then
		complain "$f: names a registry (omit-lockfile-registry-resolved)"
	fi
done

exit $bad
