/*
 * WebSocket streams and what must come of them, but for those about UTF-8
 * (ws_utf8.h). The notation is read by test_ws.c.
 */
#ifndef CHAT_TESTS_PROTO_WS_CASES_H
#define CHAT_TESTS_PROTO_WS_CASES_H

struct ws_case {
	const char *name, *in, *out;
	int verdict;
};

#define PING_125 "89*125=fe"
#define HELLO "81:Hello,world!"

/* The numbers are those of Autobahn|Testsuite. */
static const struct ws_case framing[] = {
	{ "1.1.1", "81", "81", 0 },
	{ "1.1.2", "81*125=2a", "81*125=2a", 0 },
	{ "1.1.3", "81*126=2a", "81*126=2a", 0 },
	{ "1.1.4", "81*127=2a", "81*127=2a", 0 },
	{ "1.1.5", "81*128=2a", "81*128=2a", 0 },
	{ "1.1.6", "81*65535=2a", "81*65535=2a", 0 },
	{ "1.1.7", "81*65536=2a", "81*65536=2a", 0 },
	{ "1.2.1", "82", "82", 0 },
	{ "1.2.2", "82*125=fe", "82*125=fe", 0 },
	{ "1.2.3", "82*126=fe", "82*126=fe", 0 },
	{ "1.2.6", "82*65535=fe", "82*65535=fe", 0 },
	{ "1.2.7", "82*65536=fe", "82*65536=fe", 0 },
	/* around the size of wslay's buffer */
	{ "4092", "82*4092=0102 81:x", "82*4092=0102 81:x", 0 },
	{ "4096", "82*4096=0102 81:x", "82*4096=0102 81:x", 0 },
	{ "straddling", "82*4085=01 89:ping 82*8190=01 81:x",
	    "82*4085=01 89:ping 82*8190=01 81:x", 0 },
	{ "2.1", "89", "89", 0 },
	{ "2.2", "89:Hello,world!", "89:Hello,world!", 0 },
	{ "2.3", "89=00fffefdfcfb00ff", "89=00fffefdfcfb00ff", 0 },
	{ "2.4", PING_125, PING_125, 0 },
	{ "2.5", "89*126=fe", "", WS_CODE_PROTOCOL },
	{ "2.7", "8a", "8a", 0 },
	{ "2.9", "8a:unsolicited 89:ping", "8a:unsolicited 89:ping", 0 },
	{ "2.10", "89:0 89:1 89:2 89:3 89:4 89:5 89:6 89:7 89:8 89:9",
	    "89:0 89:1 89:2 89:3 89:4 89:5 89:6 89:7 89:8 89:9", 0 },
	{ "3.1", "91:Hello,world!", "", WS_CODE_PROTOCOL },
	{ "3.2", HELLO " a1:Hello,world! 89", HELLO, WS_CODE_PROTOCOL },
	{ "3.3", HELLO " b1:Hello,world! 89", HELLO, WS_CODE_PROTOCOL },
	{ "3.4", HELLO " c1:Hello,world! 89", HELLO, WS_CODE_PROTOCOL },
	{ "3.5", "d2=00fffefdfcfb00ff", "", WS_CODE_PROTOCOL },
	{ "3.6", "e2:Hello,world!", "", WS_CODE_PROTOCOL },
	{ "3.7", "f8", "", WS_CODE_PROTOCOL },
	{ "RSV1, ping", "c9", "", WS_CODE_PROTOCOL },
	{ "RSV1, continuation", "01:a c0:b", "", WS_CODE_PROTOCOL },
	{ "4.1.1", "83", "", WS_CODE_PROTOCOL },
	{ "4.1.2", "84:reserved", "", WS_CODE_PROTOCOL },
	{ "4.1.3", HELLO " 85 89", HELLO, WS_CODE_PROTOCOL },
	{ "4.1.4", HELLO " 86:x 89", HELLO, WS_CODE_PROTOCOL },
	{ "4.1.5", HELLO " 87:x 89", HELLO, WS_CODE_PROTOCOL },
	{ "4.2.1", "8b", "", WS_CODE_PROTOCOL },
	{ "4.2.2", "8c:reserved", "", WS_CODE_PROTOCOL },
	{ "4.2.3", HELLO " 8d 89", HELLO, WS_CODE_PROTOCOL },
	{ "4.2.4", HELLO " 8e:x 89", HELLO, WS_CODE_PROTOCOL },
	{ "4.2.5", HELLO " 8f:x 89", HELLO, WS_CODE_PROTOCOL },
	/* lengths that are not minimal, or have the highest bit */
	{ "125 in 16 bits", "!82fe007d00000000", "", WS_CODE_PROTOCOL },
	{ "65535 in 64 bits", "!82ff000000000000ffff00000000", "",
	    WS_CODE_PROTOCOL },
	{ "2^63", "!82ff800000000000000000000000", "", WS_CODE_PROTOCOL },
};

static const struct ws_case fragments[] = {
	{ "5.1", "09:frag 80:ment", "", WS_CODE_PROTOCOL },
	{ "5.2", "0a:frag 80:ment", "", WS_CODE_PROTOCOL },
	{ "5.3", "01:fragment1 80:fragment2", "81:fragment1fragment2", 0 },
	{ "5.6", "01:fragment1 89:ping 80:fragment2",
	    "89:ping 81:fragment1fragment2", 0 },
	{ "5.6, 125 bytes", "01:fragment1 " PING_125 " 80:fragment2",
	    PING_125 " 81:fragment1fragment2", 0 },
	{ "5.9", "80:non-continuation " HELLO, "", WS_CODE_PROTOCOL },
	{ "5.12", "00:non-continuation " HELLO, "", WS_CODE_PROTOCOL },
	{ "5.15", "01:f1 80:f2 00:f3 81:f4", "81:f1f2", WS_CODE_PROTOCOL },
	{ "5.16", "00:f1 01:f2 80:f3", "", WS_CODE_PROTOCOL },
	{ "5.17", "80:f1 01:f2 80:f3", "", WS_CODE_PROTOCOL },
	{ "5.18", "01:fragment1 81:fragment2", "", WS_CODE_PROTOCOL },
	{ "5.18, first", "01:fragment1 01:fragment2", "", WS_CODE_PROTOCOL },
	{ "5.18, binary", "02:fragment1 82:fragment2", "", WS_CODE_PROTOCOL },
	{ "5.19", "01:f1 00:f2 89:1! 00:f3 00:f4 89:2! 80:f5",
	    "89:1! 89:2! 81:f1f2f3f4f5", 0 },
	{ "a pong between", "02=01 8a:x 80=02", "8a:x 82=0102", 0 },
	{ "6.1.2", "01 00 80", "81", 0 },
	{ "6.1.3", "01 00:middle 80", "81:middle", 0 },
	{ "empty, then whole", "01 00 80:last", "81:last", 0 },
	{ "6.2.2",
	    "01=48656c6c6f2dc2b540c39fc3b6c3a4 "
	    "80=c3bcc3a0c3a12d5554462d382121",
	    "81=48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121",
	    0 },
	{ "6.2.4", "01=ce 00=ba 00=e1 00=bd 00=b9 00=cf 00=83 00=ce 80=bc",
	    "81=cebae1bdb9cf83cebc", 0 },
	{ "6.3.2", "01=ce 00=ba 00=ed 00=a0 00=80 80=65", "", WS_CODE_INVALID },
	/* before the end of the message, or even of the frame */
	{ "6.4.1", "01=cebae1bdb9cf83cebcceb5 00=f4908080", "",
	    WS_CODE_INVALID },
	{ "6.4.2", "01=cebae1bdb9cf83cebcceb5f4 00=90", "", WS_CODE_INVALID },
	{ "6.4.3", "!819500000000cebae1bdb9cf83cebcceb5f490", "",
	    WS_CODE_INVALID },
	{ "a character cut by a ping", "01=c3 89=c3 80=a9", "89=c3 81=c3a9",
	    0 },
	{ "binary is not text", "02=ff 80=fe", "82=fffe", 0 },
	{ "text behind binary", "82=c3 81=a9", "82=c3", WS_CODE_INVALID },
};

static const struct ws_case closing[] = {
	{ "7.1.1", HELLO " 88=03e8", HELLO " 88=03e8", 0 },
	{ "7.1.2", "88=03e8 88", "88=03e8", 0 },
	{ "7.1.3", "88=03e8 89", "88=03e8", 0 },
	{ "7.1.4", "88=03e8 " HELLO, "88=03e8", 0 },
	{ "7.1.5", "01:f1 88=03e8 80:f2", "88=03e8", 0 },
	{ "garbage behind", "88=03e8 ff:x", "88=03e8", 0 },
	{ "7.3.1", "88", "88", 0 },
	{ "7.3.2", "88=61", "", WS_CODE_PROTOCOL },
	{ "7.3.4", "88=03e848656c6c6f", "88=03e848656c6c6f", 0 },
	{ "7.3.5", "88*125=10102a", "88*125=10102a", 0 },
	{ "7.3.5, invalid", "88*125=03ea", "", WS_CODE_INVALID },
	{ "7.3.6", "88*126=03e8", "", WS_CODE_PROTOCOL },
	{ "7.5.1", "88=03e8cebae1bdb9cf83cebcceb5eda080656469746564", "",
	    WS_CODE_INVALID },
	{ "reason cut", "88=03e8c3", "", WS_CODE_INVALID },
	{ "7.7.1", "88=03e8", "88=03e8", 0 },
	{ "7.7.5", "88=03ef", "88=03ef", 0 },
	{ "7.7.10", "88=0bb8", "88=0bb8", 0 },
	{ "7.7.13", "88=1387", "88=1387", 0 },
	{ "1014", "88=03f6", "88=03f6", 0 },
	{ "7.9.1", "88=0000", "", WS_CODE_PROTOCOL },
	{ "7.9.2", "88=03e7", "", WS_CODE_PROTOCOL },
	{ "7.9.3", "88=03ec", "", WS_CODE_PROTOCOL },
	{ "7.9.4", "88=03ed", "", WS_CODE_PROTOCOL },
	{ "7.9.5", "88=03ee", "", WS_CODE_PROTOCOL },
	{ "7.9.6", "88=03f8", "", WS_CODE_PROTOCOL },
	{ "7.9.8", "88=07d0", "", WS_CODE_PROTOCOL },
	{ "7.13.1", "88=1388", "", WS_CODE_PROTOCOL },
	{ "7.13.2", "88=ffff", "", WS_CODE_PROTOCOL },
};

#endif
