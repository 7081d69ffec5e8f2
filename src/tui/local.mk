libchat_a_SOURCES +=
