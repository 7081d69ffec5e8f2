chat_SOURCES += %D%/main.c

include man/local.mk
