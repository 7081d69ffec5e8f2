#!/bin/sh
# The floors of src/ (src/local.mk): which folder may include which, and on
# which of them a library of others is at home. Both tables are closed: what
# isn't in them is an error. Run on a planted tree first, so that a check that
# has stopped seeing anything fails.

# folder: the folders that it may include besides itself
floors='
base:
proto: base
net: base proto
eio: base proto net
sio: base proto net eio
store: base net
hub: base proto net sio store
server: base proto net eio sio store hub
client: base proto net sio
tui: base proto net sio client
cli: base proto net eio sio store hub server client tui
'

# header (a pattern of awk): the folders that it may be included in
foreign='
uthash[.]h: base
sys/queue[.]h: base net eio sio store hub server client tui cli
cjson/cJSON[.]h: proto
llhttp[.]h: proto
wslay/.*: proto net
uv[.]h: net
openssl/.*: net hub
zlib[.]h: proto
sqlite3[.]h: store
crypt[.]h: hub
qrencode[.]h: server
seccomp[.]h: server
(linux/landlock|sys/prctl|sys/syscall)[.]h: server
(ncurses|curses)[.]h: tui
utf8proc[.]h: store hub tui
termkey[.]h: tui
'

# The C library. Codecs do without the part that does I/O or tells the time.
pure='assert ctype errno inttypes limits math signal stdalign stdarg stdbool
stddef stdint stdio stdlib stdnoreturn string strings sys/types wchar endian'
impure='arpa/inet dirent fcntl getopt grp ifaddrs langinfo locale malloc net/if
netdb netinet/in netinet/tcp poll pthread pwd sched sys/file sys/ioctl sys/mman
sys/random sys/resource sys/socket sys/stat sys/statvfs sys/time sys/uio sys/un sys/wait
sysexits syslog termios time unistd wordexp'

# check DIR: prints the violations below DIR and fails if there are some.
check() {
	# shellcheck disable=SC2016
	(cd "$1" && find . -name '*.[ch]' | sed 's,^\./,,' | sort |
	FLOORS=$floors FOREIGN=$foreign PURE=$pure IMPURE=$impure \
	xargs awk '
	function bad(why) {
		print "src/" FILENAME ":" FNR ": " why
		failed = 1
	}
	function project(header, to) {
		if (header == "config.h")
			return
		to = header
		if (!sub("/[^/]*$", "", to))
			bad("include \"" header "\" by its path from src/")
		else if (to != from && !((from, to) in may))
			bad(from " must not include " to " (" header ")")
	}
	function library(header, name, i) {
		name = header
		sub("[.]h$", "", name)
		if (name in pure || (name in impure && from != "proto"))
			return
		for (i in home)
			if (header ~ "^" i "$") {
				if (home[i] !~ " " from "( |$)")
					bad(from " must not use <" header ">")
				return
			}
		bad(from " must not use <" header ">: not in the tables")
	}
	BEGIN {
		n = split(ENVIRON["FLOORS"], line, "\n")
		for (i = 1; i <= n; i++) {
			m = split(line[i], word, "[: ]+")
			known[word[1]]
			for (j = 2; j <= m; j++)
				may[word[1], word[j]]
		}
		n = split(ENVIRON["FOREIGN"], line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], word, ":") == 2)
				home[word[1]] = word[2]
		n = split(ENVIRON["PURE"], word, "[ \n]+")
		for (i = 1; i <= n; i++)
			pure[word[i]]
		n = split(ENVIRON["IMPURE"], word, "[ \n]+")
		for (i = 1; i <= n; i++)
			impure[word[i]]
	}
	FNR == 1 {
		from = FILENAME
		sub("/.*", "", from)
		if (!(from in known))
			bad("no such floor: " from)
	}
	/is_server/ {
		bad("roles differ in constructors only")
	}
	/^[ \t]*#[ \t]*include[ \t]*["<]/ {
		header = $0
		sub("^[^\"<]*[\"<]", "", header)
		sub("[\">].*", "", header)
		if (/</)
			library(header)
		else
			project(header)
	}
	END {
		exit failed
	}')
}

# plant NAME LINE: LINE in src/NAME must be told as a violation, on its own.
plant() {
	mkdir -p "$tmp/$(dirname "$1")"
	printf '#include <stdio.h>\n%s\n' "$2" > "$tmp/$1"
	if check "$tmp" > "$tmp/out"; then
		echo "layers.sh is blind: src/$1 with $2"
		exit 1
	fi
	printf '#include <stdio.h>\n' > "$tmp/$1"
	if ! check "$tmp"; then
		echo "layers.sh sees what isn't there: src/$1"
		exit 1
	fi
}

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
plant base/a.h '#include "proto/http.h"'
plant proto/a.c '#include <time.h>'
plant proto/b.c '	#  include <uv.h>'
plant net/a.c '#include <cjson/cJSON.h>'
plant net/b.c '#include "stream.h"'
plant sio/a.c '#include "hub/hub.h"'
plant hub/a.c '#include <foreign.h>'
plant server/a.c '#include "tui/app.h"'
plant tui/a.h '#include "server/server.h"'
plant eio/a.c 'if (s->is_server)'
rm "$tmp"/*/*
mkdir "$tmp/cellar"
echo 'int x;' > "$tmp/cellar/a.c"
if check "$tmp" > "$tmp/out"; then
	echo 'layers.sh is blind: a folder that is no floor'
	exit 1
fi

check "${CHAT_SOURCE:-.}/src"
