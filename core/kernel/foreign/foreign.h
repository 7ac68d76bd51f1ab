/*
 * What the Go program left in table `ip filter`: its chains, the jumps to them, and its set. Nothing else in that table
 * is touched.
 */
#ifndef WW_KERNEL_FOREIGN_H
#define WW_KERNEL_FOREIGN_H

#include <stdbool.h>

#include "core/base/error.h"

/* How many of its objects (jump rules, chains, sets) are there; 0 also where there is no such table. Or -errno. */
int ww_foreign_count(struct ww_error *err);

/* Is its first chain there, to which everything jumps? One question, whatever else is in the table. */
bool ww_foreign_is_active(void);

/* Remove them in one transaction. Number of objects removed, or -errno: then nothing was changed. */
int ww_foreign_clear(struct ww_error *err);

#endif
