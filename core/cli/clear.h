/* `whalewall -clear`. */
#ifndef WW_CLI_CLEAR_H
#define WW_CLI_CLEAR_H

#include "core/base/error.h"
#include "core/base/log.h"

/*
 * Remove all that the program made from the kernel, what the Go program left, and the remembered rules in `data_dir`:
 * through the program that runs with that data directory, which then stops, or here where none does. What answers there
 * is not believed: where rules are left they are removed here. When a program runs and does not answer, or works in
 * this network namespace with another data directory, nothing is done, for it would put its rules back: -errno.
 */
int ww_clear(const char *data_dir, struct ww_log *log, struct ww_error *err);

#endif
