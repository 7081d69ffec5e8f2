unit_tests += %D%/test_history
interop_tests += %D%/completion.sh %D%/manual.sh %D%/options.sh \
	%D%/store.sh
