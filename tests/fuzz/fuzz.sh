#!/bin/sh
# fuzz.sh DIR SECONDS TARGET...: runs .fuzz/fuzz_TARGET on the corpus of DIR,
# each for so many seconds of CPU: on a busy machine that takes longer. What is
# new goes to .fuzz/corpus, findings to .fuzz/findings, and the CPU seconds, runs
# and runs a second of each to standard output.
dir=$1 seconds=$2
shift 2
mkdir -p .fuzz/findings
bad=0
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:quarantine_size_mb=16}
export ASAN_OPTIONS

# Sets $used to the CPU seconds of all that has been run, which are in the last
# line of times, as "1m2.345s 0m0.123s". Not for a subshell: it has none.
count() {
	times > .fuzz/times
	used=$(tail -1 .fuzz/times | tr 'ms' '  ' |
		awk '{ print int($1 * 60 + $2 + $3 * 60 + $4) }')
}

# slice TARGET SECONDS: one run, of so many seconds on the clock.
slice() {
	new=.fuzz/corpus/$1
	mkdir -p "$new"
	dict=
	[ -f "$dir/$1.dict" ] && dict=-dict=$dir/$1.dict
	# shellcheck disable=SC2086
	.fuzz/fuzz_"$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 \
		-max_len=16384 -print_final_stats=1 \
		-artifact_prefix=".fuzz/findings/$1-" $dict \
		"$new" "$dir/corpus/$1" > ".fuzz/$1.log" 2>&1 || {
		echo "fuzz: $1: failed, see .fuzz/$1.log"
		grep -E 'does not hold|ERROR|SUMMARY|Assertion' ".fuzz/$1.log"
		return 1
	}
}

for target in "$@"; do
	count
	start=$used runs=0 cpu=0
	while [ "$cpu" -lt "$seconds" ]; do
		left=$((seconds - cpu))
		[ "$left" -lt 600 ] || left=600
		slice "$target" "$left" || {
			bad=1
			break
		}
		n=$(sed -n 's/^stat::number_of_executed_units: *//p' \
			".fuzz/$target.log")
		count
		runs=$((runs + n)) cpu=$((used - start))
	done
	[ "$cpu" -eq 0 ] ||
		echo "fuzz: $target: $cpu s of CPU, $runs runs, $((runs / cpu))/s"
done
exit $bad
