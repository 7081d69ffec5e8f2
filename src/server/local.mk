libchat_a_SOURCES += \
	%D%/asset.h \
	%D%/banner.c %D%/banner.h \
	%D%/certificate.c %D%/certificate.h \
	%D%/negotiate.c %D%/negotiate.h \
	%D%/options.c %D%/options.h \
	%D%/origin.c %D%/origin.h \
	%D%/qr.c %D%/qr.h \
	%D%/room_http.c %D%/room_http.h \
	%D%/routes.c %D%/routes.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/serve.c %D%/serve.h \
	%D%/supervisor.c %D%/supervisor.h
