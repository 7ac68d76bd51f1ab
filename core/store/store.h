/*
 * The memory: SQLite in the data directory. A cache and a memory, never a second truth. Whatever happens to the file,
 * enforcement goes on: functions fail with an error that the agent logs, and the store goes on in memory if it must.
 */
#ifndef WW_STORE_STORE_H
#define WW_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/model/world.h"

struct ww_store;

/* In the data directory; SQLite's own files beside it begin with that name. */
#define WW_STORE_FILE "whalewall.sqlite"
#define WW_STORE_FORMER_FILE "db.sqlite" /* of earlier versions, and of the Go program */

/*
 * Open `<dir>/whalewall.sqlite`, migrate it, WAL; `db.sqlite` of an earlier version becomes it, and that of the Go
 * program is left alone. Never fails but for -ENOMEM: a file that is corrupt, or of a newer schema, or of another
 * program is set aside (renamed `whalewall.sqlite.<reason>-<UTC time>`), and a directory that cannot be written gives a
 * store in memory. *ret_trouble says what happened and what it means (code 0: nothing).
 */
int ww_store_open(const char *dir, struct ww_store **ret_store, struct ww_error *ret_trouble);
void ww_store_close(struct ww_store *s);

/* The path of its file; borrowed. */
const char *ww_store_path(const struct ww_store *s);

/* Is there a file of either name? */
bool ww_store_is_there(const char *dir);

/* Is it on disk and working? False after a failure; every save tries again. */
bool ww_store_is_durable(const struct ww_store *s);

/* The last applied rulesets, into an empty plan. Number loaded, or -errno; rows that cannot be read are skipped and
 * counted in *ret_bad. */
int ww_store_load_plan(struct ww_store *s, struct ww_plan *plan, size_t *ret_bad, struct ww_error *err);

/* After the kernel's ack: one transaction with all rulesets that changed. */
int ww_store_save_diff(struct ww_store *s, const struct ww_diff *diff, struct ww_error *err);

/*
 * The networks that were guarded last; load puts them into empty fences, with the endpoints that were known there if
 * the machine was not booted since. Number loaded, or -errno; rows that cannot be read are skipped and counted in
 * *ret_bad. save: after the kernel's ack; the first one, which may be about nothing, replaces all that was there. Which
 * endpoints are on a network is saved with the world.
 */
int ww_store_load_fences(struct ww_store *s, struct ww_fences *fences, size_t *ret_bad, struct ww_error *err);
int ww_store_save_fences(struct ww_store *s, const struct ww_fence_diff *diff, struct ww_error *err);

/* The containers (by id), their names, states and addresses, and all networks, as the world has them. ids NULL: all. */
int ww_store_save_world(struct ww_store *s, const struct ww_world *w, const char *const *ids, size_t n,
                        struct ww_error *err);

/*
 * Compiled text by key (a hash in hex). get: -ENOENT if there is none; *ret_text is the caller's. put keeps it in
 * memory, for a container that starts must not wait for the disk; save writes what was put since the last one, and so
 * do close and a put after many more. They trim now and then.
 */
int ww_store_cache_get(struct ww_store *s, const char *key, char **ret_text, struct ww_error *err);
int ww_store_cache_put(struct ww_store *s, const char *key, const char *text, struct ww_error *err);
int ww_store_cache_save(struct ww_store *s, struct ww_error *err);
/* Forget the least recently used rows above WW_LIMIT_CACHE_ROWS. */
int ww_store_cache_trim(struct ww_store *s, struct ww_error *err);

/* Give back the memory of pages that are only read or written again. */
void ww_store_trim(struct ww_store *s);

/* The engine's time of the last event, to resume from; 0 if unknown. */
int64_t ww_store_last_event(struct ww_store *s);
int ww_store_set_last_event(struct ww_store *s, int64_t ns, struct ww_error *err);

#endif
