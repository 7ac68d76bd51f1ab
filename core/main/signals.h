/* The signals that the program takes, for its loop: SIGTERM and SIGINT stop it, SIGHUP has it read everything anew. */
#ifndef WW_MAIN_SIGNALS_H
#define WW_MAIN_SIGNALS_H

#include "core/base/error.h"

/* From now on they come by this descriptor, to whichever thread: before there is another one. -errno. */
int ww_signals_open(struct ww_error *err);

/* The next one; 0: there is none. */
int ww_signals_next(int fd);

#endif
