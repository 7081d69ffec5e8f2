chat_SOURCES += %D%/main.c

