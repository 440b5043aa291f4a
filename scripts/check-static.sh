#!/bin/bash
# Static analysis of umbra and the host tool.
set -eu
cd "$(dirname "$0")/.."
# gcc shifts signed numbers arithmetically (its manual says so), and we rely on it.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --include=scripts/cppcheck.h \
    -Isrc --suppress=missingIncludeSystem --suppress=shiftTooManyBitsSigned -j2 src tools
echo "check-static: ok"
