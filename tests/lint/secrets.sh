#!/bin/sh
# How long a comparison takes must not tell where a secret and a guess differ:
# what somebody may not guess is compared by CRYPTO_memcmp and by nothing else
# (tests/attack/timing.c counts what that costs), or looked up in a table whose
# hash has a key. Run on planted lines first, so that a check that has stopped
# seeing fails.

# Words that name such a thing, and what compares.
secret='(token|secret|password|passwd|digest|mac|sid|pid|invitation|credential)'
compares='(^|[^A-Za-z_])((mem|bcmp|str[a-z]*)cmp|slice_(eq|is|is_nocase|starts))'

# A client's own are no secret from itself, and what eio/session.c compares it
# has found by a hash that has a key.
exempt=' sio/csocket.c eio/session.c '

# check SRC: prints the lines that compare a secret otherwise, and fails then.
check() {
	bad=0
	for f in $(cd "$1" && find hub net sio eio store server -name '*.c'); do
		case $exempt in *" $f "*) continue ;; esac
		if sed 's/"[^"]*"//g' "$1/$f" | tr '\n' ' ' |
		    grep -oE "$compares ?\([^;{}]*" | sed 's/) *[=!&|?<>].*//' |
		    grep -E "(^|[^A-Za-z])$secret([^A-Za-z]|\$)"; then
			echo "src/$f: compares a secret"
			bad=1
		fi
	done
	return $bad
}

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# plant LINE: has to be told. CLEAN is not.
clean='if (CRYPTO_memcmp(want, token.p, len) != 0 || slice_is(key, "secret"))
	return strcmp(name, other) == 0 && is_token(token);'
plant() {
	rm -rf "$tmp/src"
	for dir in hub net sio eio store server; do
		mkdir -p "$tmp/src/$dir"
	done
	echo "$clean" > "$tmp/src/hub/x.c"
	check "$tmp/src" || exit 1
	echo "$1" >> "$tmp/src/hub/x.c"
	if check "$tmp/src" > "$tmp/out"; then
		echo "secrets.sh is blind: $1"
		exit 1
	fi
}

plant 'if (memcmp(want, token.p, len) != 0)'
plant 'return strcmp(s->secret, given) == 0;'
plant 'if (slice_eq(given, h->password))'
plant 'ok = slice_is(
	given, sid);'
plant 'x = strncmp(p, w->digest, 32);'

cd "${CHAT_SOURCE:-.}" || exit 1
check src || exit 1
for f in token gate password; do
	if ! grep -q 'CRYPTO_memcmp(' src/hub/$f.c; then
		echo "src/hub/$f.c: compares no secret any more: look here"
		exit 1
	fi
done
