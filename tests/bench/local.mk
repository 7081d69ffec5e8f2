bench_programs += %D%/scrollback %D%/store
