#!/bin/sh
# From a clone to a build: autogen.sh [--deps] [TARGET...]
#
# Makes configure, configures and builds in the source tree, then hands every
# TARGET to make. --deps first installs what is missing (Debian's packages; as
# root or by sudo). CONFIGURE_FLAGS, if set, go to configure.
set -eu
cd "$(dirname "$0")"

usage() {
	echo "usage: $0 [--deps] [TARGET...]"
}

deps=no
case ${1-} in
--deps)
	deps=yes
	shift
	;;
--help)
	usage
	exit 0
	;;
esac
for target; do
	case $target in
	-*)
		usage >&2
		exit 64
		;;
	esac
done

have_command() {
	command -v "$1" > /dev/null 2>&1
}

# have_file PATTERN...: does one of them exist?
have_file() {
	for f; do
		[ ! -e "$f" ] || return 0
	done
	return 1
}

# Not /usr/include/*/: nodejs brings a uv.h there that is not for us.
have_header() {
	have_file "/usr/include/$1" /usr/include/*-linux-*/"$1" \
		"/usr/local/include/$1"
}

have_python() {
	/usr/bin/python3 -c "import $1" > /dev/null 2>&1
}

# need PACKAGE TEST...: wants PACKAGE unless TEST succeeds. Looking for what is
# used, not for packages, leaves alone a node that came from somewhere else.
missing=
need() {
	package=$1
	shift
	"$@" || missing="$missing $package"
}

need_to_build() {
	need autoconf have_command autoconf
	need automake have_command automake
	need gcc have_command cc
	need libc6-dev have_header stdio.h
	need make have_command make
	need pkg-config have_command pkg-config
	need libuv1-dev have_header uv.h
	need libwslay-dev have_header wslay/wslay.h
	need libcjson-dev have_header cjson/cJSON.h
	need node-llhttp have_file /usr/share/llhttp/llhttp.c \
		/usr/include/llhttp.h /usr/local/include/llhttp.h
	need libssl-dev have_header openssl/ssl.h
	need libncurses-dev have_header ncurses.h
	need libutf8proc-dev have_header utf8proc.h
	need libtermkey-dev have_header termkey.h
	need libqrencode-dev have_header qrencode.h
	need libsqlite3-dev have_header sqlite3.h
	need zlib1g-dev have_header zlib.h
	need libseccomp-dev have_header seccomp.h
	need libcrypt-dev have_header crypt.h
	need uthash-dev have_header uthash.h
	need nodejs have_command node
	need npm have_command npm
	need ca-certificates have_file /etc/ssl/certs/ca-certificates.crt
}

need_to_check() {
	need libcmocka-dev have_header cmocka.h
	need python3 have_file /usr/bin/python3
	need python3-socketio have_python socketio
	need python3-aiohttp have_python aiohttp
	need python3-websocket have_python websocket
	need python3-requests have_python requests
	need chromium have_command chromium
	need valgrind have_command valgrind
	need clang-format-14 have_command clang-format-14
	need clang-tidy-14 have_command clang-tidy-14
	need cppcheck have_command cppcheck
	need shellcheck have_command shellcheck
	need mandoc have_command mandoc
	need tmux have_command tmux
	need systemd have_command systemd-analyze
	need git have_command git
	need openssl have_command openssl
	need xz-utils have_command xz
}

install_missing() {
	[ -n "$missing" ] || return 0
	if ! have_command apt-get; then
		echo "$0: no apt-get here: install by hand what Debian calls" \
			"$missing" >&2
		exit 69
	fi
	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		if ! have_command sudo; then
			echo "$0: run --deps as root; missing:$missing" >&2
			exit 77
		fi
		as_root=sudo
	fi
	echo "$0: installing$missing"
	log=$(mktemp)
	# A list of words, and no variable where apt-get needs no sudo.
	# shellcheck disable=SC2086
	if ! $as_root apt-get -q update > "$log" 2>&1 ||
	   ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy install \
	   --no-install-recommends $missing >> "$log" 2>&1 < /dev/null; then
		cat "$log" >&2
		rm -f "$log"
		exit 69
	fi
	rm -f "$log"
}

if [ $deps = yes ]; then
	need_to_build
	case " $* " in
	*check* | *attack*) need_to_check ;;
	esac
	case " $* " in
	*attack*) need slowhttptest have_command slowhttptest ;;
	esac
	install_missing
fi

jobs=$(nproc 2> /dev/null || echo 1)
autoreconf -i
# shellcheck disable=SC2086
./configure ${CONFIGURE_FLAGS-}
make -j"$jobs"

# The log of a failed test is of use at once.
VERBOSE=1
export VERBOSE
for target; do
	shift
	# The last one takes the shell's place, so that serve gets the signals.
	[ $# -gt 0 ] || exec make "$target"
	make "$target"
done
