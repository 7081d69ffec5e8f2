bench_programs += %D%/scrollback %D%/stalled %D%/store
