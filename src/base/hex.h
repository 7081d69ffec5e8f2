/* Hexadecimal digits. */
#ifndef CHAT_BASE_HEX_H
#define CHAT_BASE_HEX_H

/* 0 to 15 for a digit of either case, else -1. */
int
hex_value(char c);

#endif
