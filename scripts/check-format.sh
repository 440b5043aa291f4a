#!/bin/bash
# Checks the form of the C sources: token spacing as .clang-format says, no tabs, no
# white space at line ends, at most 120 columns, indentation in steps of four where
# a statement begins.
#
# clang-format cannot keep tables, register lists and inline assembly in the shape
# a reader wants, so line breaks and alignment are left to the author: both texts
# are compared with every run of white space folded into one blank.
set -u
cd "$(dirname "$0")/.."
bad=0

complain() { echo "$1"; bad=$((bad + 1)); }

fold() { tr -s '[:space:]\\' ' ' | sed -e 's/ *\([-+*\&:{}()]\) */\1/g'; }

for file in $(git ls-files --cached --others --exclude-standard '*.c' '*.h'); do
    [ -f "$file" ] || continue
    if ! cmp -s <(fold <"$file") <(clang-format "$file" | fold); then
        complain "$file: spacing; clang-format would write:"
        diff <(fold <"$file" | tr ';' '\n') <(clang-format "$file" | fold | tr ';' '\n') | grep '^[<>]' | head -6 | cut -c1-160
    fi
    found=$(grep -nP '\t|[ \t]$|^.{121,}' "$file" | head -3)
    [ -z "$found" ] || complain "$file: a tab, white space at the end, or more than 120 columns: $found"
    [ -z "$(tail -c 1 "$file")" ] || complain "$file: no newline at the end"
    found=$(grep -nE '^( {1,3}| {5,7})(if|for|while|switch|return|break|continue|do) ?[(;{]' "$file" | head -3)
    [ -z "$found" ] || complain "$file: indentation is not a multiple of four: $found"
done
if [ $bad != 0 ]; then
    echo "check-format: $bad complaint(s)"
    exit 1
fi
echo "check-format: ok"
