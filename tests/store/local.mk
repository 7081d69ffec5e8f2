unit_tests += \
	%D%/test_change \
	%D%/test_path \
	%D%/test_query \
	%D%/test_store
store_stage = %D%/stage.c %D%/stage.h
%C%_test_change_SOURCES = %D%/test_change.c $(store_stage)
%C%_test_query_SOURCES = %D%/test_query.c $(store_stage)
%C%_test_store_SOURCES = %D%/test_store.c $(store_stage)
