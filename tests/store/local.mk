unit_tests += \
	%D%/test_act \
	%D%/test_change \
	%D%/test_fault \
	%D%/test_open \
	%D%/test_path \
	%D%/test_power \
	%D%/test_query \
	%D%/test_retention \
	%D%/test_schema \
	%D%/test_store \
	%D%/test_tools
store_stage = %D%/stage.c %D%/stage.h
store_vfs = %D%/vfs.c %D%/vfs.h
%C%_test_act_SOURCES = %D%/test_act.c $(store_stage)
%C%_test_change_SOURCES = %D%/test_change.c $(store_stage)
%C%_test_fault_SOURCES = %D%/test_fault.c $(store_stage) $(store_vfs)
%C%_test_open_SOURCES = %D%/test_open.c $(store_stage)
%C%_test_power_SOURCES = %D%/test_power.c $(store_stage) $(store_vfs)
%C%_test_query_SOURCES = %D%/test_query.c $(store_stage)
%C%_test_retention_SOURCES = %D%/test_retention.c $(store_stage)
%C%_test_schema_SOURCES = %D%/test_schema.c $(store_stage) $(store_vfs)
%C%_test_store_SOURCES = %D%/test_store.c $(store_stage)
%C%_test_tools_SOURCES = %D%/test_tools.c $(store_stage)
