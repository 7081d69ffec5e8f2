interop_tests += %D%/completion.sh %D%/options.sh
