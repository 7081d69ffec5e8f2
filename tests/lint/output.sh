#!/bin/sh
# What a peer has said passes the cleaner of where it goes: base/clean for the
# terminal, base/log for the log, text nodes for the page. So the places that
# write are few, and listed: who adds one looks at what it writes. Run on
# planted files first, so that a check that has stopped seeing fails.

# those below src/ that write to a terminal, a file or a pipe
writers='
base/clock.c base/log.c base/mem.c base/opt.c base/secret.c
cli/completion.c cli/connect.c cli/headless.c cli/history.c cli/input.c
cli/main.c cli/password.c cli/plain_tell.c cli/send.c cli/store.c cli/usage.c
client/outbox_file.c client/token.c
server/certificate.c server/options.c server/serve.c
store/file.c store/tools.c
tui/app.c tui/extedit.c tui/opener.c tui/term.c
'

# check SRC PAGE: prints what is wrong with these folders, and fails then.
check() {
	bad=0
	for f in $(cd "$1" && grep -rlE --include='*.c' \
	    '(^|[^a-z_])(v?f?printf|vdprintf|dprintf|f?puts|f?putc|putchar|perror|fwrite|pwritev?|writev?|syslog) ?\(' .); do
		case " $(echo "$writers" | tr '\n' ' ') " in
		*" ${f#./} "*) ;;
		*)	echo "src/${f#./}: writes, and is not listed"
			bad=1 ;;
		esac
	done
	if grep -rnE --include='*.js' --include='*.html' \
	    'innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write|DOMParser|srcdoc|[^a-z]eval ?\(|new Function' "$2"; then
		echo "$2: HTML out of text"
		bad=1
	fi
	return $bad
}

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# plant SRC-LINE PAGE-LINE: has to be told.
plant() {
	rm -rf "$tmp/src" "$tmp/page"
	mkdir -p "$tmp/src/hub" "$tmp/src/cli" "$tmp/page"
	echo 'printf("%s", text); buf_printf(b, "x"); fputs(a, f);' \
		> "$tmp/src/cli/main.c"
	echo "$1" > "$tmp/src/hub/x.c"
	echo "$2" > "$tmp/page/x.js"
	if check "$tmp/src" "$tmp/page" > "$tmp/out"; then
		echo "output.sh is blind: $1 $2"
		exit 1
	fi
}

plant '	fprintf(stderr, "%s", text);' ''
plant 'puts(text);' ''
plant '	n = write(fd, p, len);' ''
plant '' 'row.innerHTML = text;'
plant '' 'document.write(text)'
plant '' 'return eval(text);'

cd "${CHAT_SOURCE:-.}" || exit 1
check src share/page
