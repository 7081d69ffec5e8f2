#!/bin/sh
# fuzz.sh DIR SECONDS TARGET...: runs .fuzz/fuzz_TARGET on the corpus of DIR.
# What is new goes to .fuzz/corpus, findings to .fuzz/findings.
dir=$1 seconds=$2
shift 2
mkdir -p .fuzz/findings
bad=0
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:quarantine_size_mb=16}
export ASAN_OPTIONS
for target in "$@"; do
	new=.fuzz/corpus/$target
	mkdir -p "$new"
	dict=
	[ -f "$dir/$target.dict" ] && dict=-dict=$dir/$target.dict
	echo "fuzz: $target"
	# shellcheck disable=SC2086
	.fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
		-artifact_prefix=".fuzz/findings/$target-" $dict \
		"$new" "$dir/corpus/$target" > ".fuzz/$target.log" 2>&1 ||
		{
			bad=1
			echo "fuzz: $target: failed, see .fuzz/$target.log"
			grep -E 'does not hold|ERROR|SUMMARY|Assertion' \
				".fuzz/$target.log"
		}
	grep -E 'stat::(number_of_executed_units|average_exec_per_sec)' \
		".fuzz/$target.log"
done
exit $bad
