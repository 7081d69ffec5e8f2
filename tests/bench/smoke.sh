#!/bin/sh
# The benchmark's clients, a few of them for a moment, over each transport:
# every message comes to everybody it is for, whole, once and in order. No
# figures.
: "${CHAT_BUILD:=$PWD}"
cd "$CHAT_BUILD" || exit 99
exec ./tests/bench/ratios smoke
