unit_tests += \
	%D%/test_commands \
	%D%/test_complete \
	%D%/test_editor \
	%D%/test_hostile \
	%D%/test_keymap \
	%D%/test_keys \
	%D%/test_mention \
	%D%/test_model \
	%D%/test_screen \
	%D%/test_scrollback \
	%D%/test_text \
	%D%/test_ui \
	%D%/test_ui_history \
	%D%/test_view \
	%D%/test_view_scroll
%C%_test_commands_SOURCES = \
	%D%/test_commands.c \
	%D%/fake_chat.c \
	%D%/fake_chat.h
%C%_test_ui_SOURCES = \
	%D%/test_ui.c \
	%D%/ui_stage.c \
	%D%/ui_stage.h \
	%D%/fake_chat.c \
	%D%/fake_chat.h
%C%_test_ui_history_SOURCES = \
	%D%/test_ui_history.c \
	%D%/ui_stage.c \
	%D%/ui_stage.h \
	%D%/fake_chat.c \
	%D%/fake_chat.h
%C%_test_hostile_SOURCES = \
	%D%/test_hostile.c \
	%D%/emulator.c \
	%D%/emulator.h \
	%D%/hostile.c \
	%D%/hostile.h \
	%D%/scene.c \
	%D%/scene.h \
	%D%/world.c \
	%D%/world.h
%C%_test_screen_SOURCES = \
	%D%/test_screen.c \
	%D%/emulator.c \
	%D%/emulator.h \
	%D%/scene.c \
	%D%/scene.h \
	%D%/world.c \
	%D%/world.h
%C%_test_view_SOURCES = \
	%D%/test_view.c \
	%D%/scene.c \
	%D%/scene.h

test_programs += %D%/show
%C%_show_SOURCES = \
	%D%/show.c \
	%D%/scene.c \
	%D%/scene.h

tui_tests += %D%/connect.test.js %D%/moderation.test.js %D%/screen.test.js

test_files += \
	%D%/harness.js \
	%D%/screens/changes.scene \
	%D%/screens/changes.txt \
	%D%/screens/crowd.scene \
	%D%/screens/crowd.txt \
	%D%/screens/input.scene \
	%D%/screens/input.txt \
	%D%/screens/looks.color.txt \
	%D%/screens/looks.mono.txt \
	%D%/screens/looks.scene \
	%D%/screens/looks.txt \
	%D%/screens/page.scene \
	%D%/screens/page.txt \
	%D%/screens/scroll.scene \
	%D%/screens/scroll.txt \
	%D%/screens/talk.scene \
	%D%/screens/talk.txt \
	%D%/screens/unread.scene \
	%D%/screens/unread.txt
