bench_programs += %D%/scrollback
