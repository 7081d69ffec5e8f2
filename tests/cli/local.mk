interop_tests += %D%/options.sh
