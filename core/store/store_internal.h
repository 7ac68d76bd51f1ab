/* Private to core/store: what a store is made of, and the one way to write to it. */
#ifndef WW_STORE_INTERNAL_H
#define WW_STORE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/store/db.h"
#include "core/store/store.h"

/* So many compiled texts, and so many bytes of them, wait to be written in one transaction. */
#define WW_STORE_UNSAVED 128
#define WW_STORE_UNSAVED_BYTES (4L * 1024 * 1024)

struct ww_cached {
    char *key;
    char *text;
};

/*
 * The file may fail at any time, so what must not be lost is also held here: `applied` shares the rulesets with the
 * agent, and costs little. When the file works again it is written anew from that.
 */
struct ww_store {
    char *path;
    struct ww_db db; /* the file, or a database in memory; closed only when even that could not be had */
    bool durable;
    int64_t next_try;         /* ww_clock_mono() before which the file is not tried again */
    unsigned set_asides;      /* files set aside while running: a bound for a disk that damages every one */
    struct ww_plan *applied;  /* as load and save_diff left it */
    struct ww_fences *fences; /* the same for those that are guarded */
    bool fences_whole;        /* their table was written once, so that nothing of an earlier run is left in it */
    bool world_behind;        /* the tables of the world are not whole: write all of it next time */
    int64_t cache_clock;      /* `used` of the row used last */
    unsigned cache_puts;
    int64_t cache_bytes; /* written since it was trimmed last */
    struct ww_cached unsaved[WW_STORE_UNSAVED];
    size_t n_unsaved;
    size_t unsaved_bytes;
    int64_t last_event;
};

/* One write; runs in a transaction. */
typedef int (*ww_store_step)(struct ww_store *s, const void *arg, struct ww_error *err);

/*
 * Run `step` in a transaction, trying the file again first where it is time. When the file fails the store goes on in
 * memory, and the error says so; in memory it fails with -ENOMEM only.
 */
int ww_store_write(struct ww_store *s, ww_store_step step, const void *arg, struct ww_error *err);

/* The same once, with what is open, and without giving the file up: for what may as well not be written. */
int ww_store_try(struct ww_store *s, ww_store_step step, const void *arg, struct ww_error *err);

/* A read failed with `code`: go on in memory, with an error that says so. Returns `code`. */
int ww_store_read_failed(struct ww_store *s, int code, struct ww_error *err);

/* Fill `plan` from the table; rows that cannot be read are counted. For load, and for what a read-only file still has.
 */
int ww_store_read_plan(struct ww_db *db, struct ww_plan *plan, size_t *ret_bad, struct ww_error *err);

/* The same for the table of guarded networks. */
int ww_store_read_fences(struct ww_db *db, struct ww_fences *fences, size_t *ret_bad, struct ww_error *err);
int ww_store_write_fences(struct ww_store *s, struct ww_error *err);

/* A step: make the table of rulesets equal to s->applied. */
int ww_store_write_applied(struct ww_store *s, struct ww_error *err);

void ww_store_cache_drop_unsaved(struct ww_store *s);

/* The row of `meta` with the time of the last event. */
int ww_store_read_last_event(struct ww_db *db, int64_t *ret_ns, struct ww_error *err);

#endif
