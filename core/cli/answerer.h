/* The process that answers at a control socket: could it be whalewall? */
#ifndef WW_CLI_ANSWERER_H
#define WW_CLI_ANSWERER_H

#include <sys/socket.h>

#include "core/base/error.h"

/*
 * In a data directory of another user another process may listen, and say that all is well. answerer: of SO_PEERCRED.
 * Taken are root's processes, the own user's, and those that may change the rules of this machine, for such a one could
 * be whalewall; and what cannot be looked at. Else -EPERM, with a text that says which process it is.
 */
int ww_answerer_check(const struct ucred *answerer, const char *data_dir, struct ww_error *err);

#endif
