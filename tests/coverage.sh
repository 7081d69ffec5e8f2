#!/bin/sh
# coverage.sh FOLDER PERCENT: what the tests that have run have covered of the
# lines of src/FOLDER, by what is in .coverage; fails below so many percent.
folder=$1 percent=$2
cd .coverage || exit 1
for f in src/"$folder"/*.gcno; do
	${GCOV:-gcov} -n "$f" 2> /dev/null
done | awk -v folder="src/$folder/" -v percent="$percent" '
	/^File / { name = substr($2, 2, length($2) - 2); next }
	/^Lines executed:/ && index(name, folder) && name ~ /\.c$/ {
		split($2, part, /[:%]/)
		lines = $NF
		hit = int(part[2] * lines / 100 + 0.5)
		sub(/.*\//, "", name)
		printf "%6.2f %%  %4d lines  %s\n", part[2], lines, name
		total += lines
		covered += hit
		name = ""
	}
	END {
		if (!total) {
			print "coverage: nothing has run"
			exit 1
		}
		share = 100 * covered / total
		printf "%6.2f %%  %4d lines  %s\n", share, total, folder
		exit share < percent
	}'
