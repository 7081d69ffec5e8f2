#!/bin/sh
cd "${CHAT_SOURCE:-.}" || exit 1
exec shellcheck autogen.sh .ci/run tests/*.sh tests/*/*.sh
