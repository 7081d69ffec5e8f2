#!/bin/sh
# Manual pages without anything that mandoc warns about.
cd "${CHAT_SOURCE:-.}" || exit 1
exec mandoc -T lint -W warning man/*.[1-9]
