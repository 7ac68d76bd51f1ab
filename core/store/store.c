#include "core/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/store/file.h"
#include "core/store/former.h"
#include "core/store/store_internal.h"

#define RETRY_NS (30 * WW_NS_PER_S)
#define MAX_SET_ASIDES 5

#define CONSEQUENCE "rules stay enforced, but will not be remembered over a reboot until it can be written again"

/* Everything the store knows by itself, into a database that is new to it. */
static int store_write_known(struct ww_store *s, struct ww_error *err)
{
    int64_t last = 0;
    int r = ww_db_run(&s->db, WW_STMT_BEGIN, err, "");
    if (r == 0)
        r = ww_store_write_applied(s, err);
    if (r == 0)
        r = ww_store_write_fences(s, err);
    if (r == 0 && s->last_event)
        r = ww_db_run(&s->db, WW_STMT_META_PUT, err, "ti", "last_event", s->last_event);
    if (r == 0)
        r = ww_db_run(&s->db, WW_STMT_CACHE_LAST, err, "");
    if (r > 0) {
        last = ww_db_number(&s->db, WW_STMT_CACHE_LAST, 0);
        ww_db_reset(&s->db, WW_STMT_CACHE_LAST);
        r = ww_db_run(&s->db, WW_STMT_COMMIT, err, "");
    }
    if (r == 0) {
        s->cache_clock = last;
        s->world_behind = true;
    }
    return r;
}

/* Give the file up for now. -ENOMEM leaves the store without any database: then nothing is kept but s->applied. */
static int store_to_memory(struct ww_store *s, struct ww_error *err)
{
    ww_db_rollback(&s->db);
    ww_db_close(&s->db);
    s->durable = false;
    s->next_try = ww_clock_mono() + RETRY_NS;
    int r = ww_file_open_memory(&s->db, err);
    if (r == 0)
        r = store_write_known(s, err);
    if (r < 0)
        ww_db_close(&s->db);
    return r;
}

/* Say what failed and what that means; goes on in memory. Returns the code of the failure. */
static int store_give_up(struct ww_store *s, int code, struct ww_error *err)
{
    char why[WW_ERROR_TEXT / 2];
    snprintf(why, sizeof(why), "%.*s", (int)sizeof(why) - 1, err->text);
    int r = store_to_memory(s, err);
    if (r < 0)
        return ww_context(err, "database '%s' failed, and memory for another", s->path);
    return ww_fail(err, code, "database '%.200s': %s: " CONSEQUENCE, s->path, why);
}

/* Try the file again. Quiet: that it does not work has been said, and is_durable tells when it does. */
static void store_retry(struct ww_store *s)
{
    if (s->durable || ww_clock_mono() < s->next_try)
        return;
    s->next_try = ww_clock_mono() + RETRY_NS;
    struct ww_error err = {0};
    struct ww_db db;
    if (s->set_asides >= MAX_SET_ASIDES || ww_file_open(s->path, &db, &err) < 0)
        return;
    s->set_asides += err.code != 0;
    struct ww_db old = s->db;
    s->db = db;
    if (store_write_known(s, &err) < 0) {
        ww_db_rollback(&s->db);
        ww_db_close(&s->db);
        s->db = old;
        return;
    }
    ww_db_close(&old);
    s->durable = true;
}

int ww_store_try(struct ww_store *s, ww_store_step step, const void *arg, struct ww_error *err)
{
    if (!s->db.handle)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (s->durable && ww_file_is_gone(&s->db))
        return ww_fail(err, -ENOENT, "the file was deleted or replaced");
    int r = ww_db_run(&s->db, WW_STMT_BEGIN, err, "");
    if (r == 0)
        r = step(s, arg, err);
    if (r == 0)
        r = ww_db_run(&s->db, WW_STMT_COMMIT, err, "");
    if (r < 0)
        ww_db_rollback(&s->db);
    return r;
}

int ww_store_write(struct ww_store *s, ww_store_step step, const void *arg, struct ww_error *err)
{
    struct ww_error local = {0};
    store_retry(s);
    int r = ww_store_try(s, step, arg, &local);
    if (r < 0 && s->durable) {
        int gone = r == -ENOENT;
        r = store_give_up(s, r, &local);
        if (gone) /* a deleted file needs no patience: the next save makes a new one */
            s->next_try = 0;
        if (s->db.handle)
            ww_store_try(s, step, arg, NULL);
    }
    if (r < 0 && err)
        *err = local;
    return r;
}

int ww_store_read_failed(struct ww_store *s, int code, struct ww_error *err)
{
    return s->durable ? store_give_up(s, code, err) : code;
}

/* What a file that cannot be written still tells: better old rules than none. Failing is no news, the trouble is said.
 */
static void store_salvage(struct ww_store *s)
{
    struct ww_db db ww_auto(ww_db_close) = {0};
    struct ww_error err;
    size_t bad;
    if (ww_file_open_readonly(s->path, &db, &err) < 0)
        return;
    ww_store_read_plan(&db, s->applied, &bad, &err);
    ww_store_read_fences(&db, s->fences, &bad, &err);
    ww_store_read_last_event(&db, &s->last_event, &err);
}

static int store_open_file(struct ww_store *s, struct ww_error *ret_trouble)
{
    int r = ww_file_open(s->path, &s->db, ret_trouble);
    if (r == 0) {
        s->durable = true;
        if (ret_trouble->code)
            ww_context(ret_trouble, "database '%.200s'", s->path);
        struct ww_error err = {0};
        r = ww_store_read_last_event(&s->db, &s->last_event, &err);
        if (r == 0 && ww_db_run(&s->db, WW_STMT_CACHE_LAST, &err, "") > 0) {
            s->cache_clock = ww_db_number(&s->db, WW_STMT_CACHE_LAST, 0);
            ww_db_reset(&s->db, WW_STMT_CACHE_LAST);
        }
        return 0;
    }
    if (r != -EBUSY && r != -ENOMEM && r != -ELOOP) /* what a link leads to is not ours */
        store_salvage(s);
    r = store_give_up(s, r, ret_trouble);
    return s->db.handle ? 0 : r;
}

/* Where it is: under its own name, or, if it cannot be moved there yet, where an earlier version had it. */
static char *store_find(const char *dir)
{
    struct ww_buf path ww_auto(ww_buf_done) = {0}, former ww_auto(ww_buf_done) = {0};
    ww_buf_fmt(&path, "%s/" WW_STORE_FILE, dir);
    ww_buf_fmt(&former, "%s/" WW_STORE_FORMER_FILE, dir);
    if (!ww_buf_ok(&path) || !ww_buf_ok(&former))
        return NULL;
    return ww_buf_take(ww_former_move(former.data, path.data) < 0 ? &former : &path);
}

int ww_store_open(const char *dir, struct ww_store **ret_store, struct ww_error *ret_trouble)
{
    struct ww_error trouble = {0};
    struct ww_store *s = calloc(1, sizeof(*s));
    char *text = store_find(dir);
    if (!s || !text || !(s->applied = ww_plan_new_plain()) || !(s->fences = ww_fences_new())) {
        free(text);
        ww_store_close(s);
        return ww_fail(ret_trouble, -ENOMEM, "out of memory");
    }
    s->path = text;
    s->world_behind = true;
    mkdir(dir, 0700); /* where it fails, opening the file tells why */
    int r = store_open_file(s, &trouble);
    if (ret_trouble)
        *ret_trouble = trouble;
    if (r < 0) {
        ww_store_close(s);
        return r;
    }
    *ret_store = s;
    return 0;
}

void ww_store_close(struct ww_store *s)
{
    if (!s)
        return;
    if (s->db.handle)
        ww_store_cache_save(s, NULL);
    ww_store_cache_drop_unsaved(s);
    ww_db_close(&s->db);
    ww_plan_free(s->applied);
    ww_fences_free(s->fences);
    free(s->path);
    free(s);
}

const char *ww_store_path(const struct ww_store *s)
{
    return s->path;
}

static bool has_file(const char *dir, const char *name)
{
    struct stat info;
    struct ww_buf path ww_auto(ww_buf_done) = {0};
    ww_buf_fmt(&path, "%s/%s", dir, name);
    return !ww_buf_ok(&path) || lstat(path.data, &info) == 0;
}

bool ww_store_is_there(const char *dir)
{
    return has_file(dir, WW_STORE_FILE) || has_file(dir, WW_STORE_FORMER_FILE);
}

bool ww_store_is_durable(const struct ww_store *s)
{
    return s->durable;
}

void ww_store_trim(struct ww_store *s)
{
    if (s->db.handle)
        sqlite3_db_release_memory(s->db.handle);
}

int ww_store_read_last_event(struct ww_db *db, int64_t *ret_ns, struct ww_error *err)
{
    int r = ww_db_run(db, WW_STMT_META_GET, err, "t", "last_event");
    if (r > 0) {
        *ret_ns = ww_db_number(db, WW_STMT_META_GET, 0);
        ww_db_reset(db, WW_STMT_META_GET);
    }
    return r < 0 ? r : 0;
}

int64_t ww_store_last_event(struct ww_store *s)
{
    return s->last_event;
}

static int step_last_event(struct ww_store *s, const void *arg, struct ww_error *err)
{
    (void)arg;
    return ww_db_run(&s->db, WW_STMT_META_PUT, err, "ti", "last_event", s->last_event);
}

int ww_store_set_last_event(struct ww_store *s, int64_t ns, struct ww_error *err)
{
    s->last_event = ns;
    return ww_store_write(s, step_last_event, NULL, err);
}
