dist_man_MANS = %D%/chat.1 %D%/chat-protocol.7
