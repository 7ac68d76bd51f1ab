/* Compiled rules by the hash of all that went into them. `used` is a counter, so that a wrong clock does no harm. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/store/store_internal.h"

/* A row that was used this recently is not written again for every use. */
#define FRESH (WW_LIMIT_CACHE_ROWS / 16)
/* Trimming reads the whole table. */
#define TRIM_EVERY 512
#define TRIM_EVERY_BYTES (WW_LIMIT_CACHE_BYTES / 8)

static int step_use(struct ww_store *s, const void *arg, struct ww_error *err)
{
    return ww_db_run(&s->db, WW_STMT_CACHE_USE, err, "ti", arg, ++s->cache_clock);
}

static int cache_read(struct ww_store *s, const char *key, char **ret_text, int64_t *ret_used, struct ww_error *err)
{
    int r = ww_db_run(&s->db, WW_STMT_CACHE_GET, err, "t", key);
    if (r == 0)
        return ww_fail(err, -ENOENT, "no compiled rules under '%s'", key);
    if (r < 0) /* no reason to give the file up: rules can be compiled again, and saving them will show what it is */
        return ww_context(err, "database '%.200s'", s->path);
    char *text = strdup(ww_db_text(&s->db, WW_STMT_CACHE_GET, 0));
    *ret_used = ww_db_number(&s->db, WW_STMT_CACHE_GET, 1);
    ww_db_reset(&s->db, WW_STMT_CACHE_GET);
    if (!text)
        return ww_fail(err, -ENOMEM, "out of memory");
    *ret_text = text;
    return 0;
}

/* The latest that was put under the key and is not written yet; NULL: none. */
static const char *unsaved(const struct ww_store *s, const char *key)
{
    for (size_t i = s->n_unsaved; i-- > 0;)
        if (strcmp(s->unsaved[i].key, key) == 0)
            return s->unsaved[i].text;
    return NULL;
}

int ww_store_cache_get(struct ww_store *s, const char *key, char **ret_text, struct ww_error *err)
{
    struct ww_error local = {0};
    int64_t used = 0;
    const char *text = unsaved(s, key);
    if (text) {
        char *copy = strdup(text);
        if (!copy)
            return ww_fail(err, -ENOMEM, "out of memory");
        *ret_text = copy;
        return 0;
    }
    if (!s->db.handle)
        return ww_fail(err, -ENOENT, "no database");
    int r = cache_read(s, key, ret_text, &used, &local);
    if (r < 0 && err)
        *err = local;
    /* It was found, so the caller has what it wants; a failing disk is reported by the next save. */
    if (r == 0 && s->cache_clock - used > FRESH)
        ww_store_try(s, step_use, key, NULL);
    return r;
}

static int step_trim(struct ww_store *s, const void *arg, struct ww_error *err)
{
    (void)arg;
    s->cache_bytes = 0;
    return ww_db_run(&s->db, WW_STMT_CACHE_TRIM, err, "ii", (int64_t)WW_LIMIT_CACHE_ROWS,
                     (int64_t)WW_LIMIT_CACHE_BYTES);
}

static int step_put(struct ww_store *s, const struct ww_cached *c, struct ww_error *err)
{
    int r = ww_db_run(&s->db, WW_STMT_CACHE_PUT, err, "tti", c->key, c->text, ++s->cache_clock);
    s->cache_bytes += strlen(c->text);
    if (r == 0 && (s->cache_puts++ % TRIM_EVERY == 0 || s->cache_bytes > TRIM_EVERY_BYTES))
        r = step_trim(s, NULL, err);
    return r;
}

static int step_save(struct ww_store *s, const void *arg, struct ww_error *err)
{
    (void)arg;
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->n_unsaved; i++)
        r = step_put(s, &s->unsaved[i], err);
    return r;
}

void ww_store_cache_drop_unsaved(struct ww_store *s)
{
    for (size_t i = 0; i < s->n_unsaved; i++) {
        free(s->unsaved[i].key);
        free(s->unsaved[i].text);
    }
    s->n_unsaved = 0;
    s->unsaved_bytes = 0;
}

/* What cannot be written is no loss: it can be compiled again. */
int ww_store_cache_save(struct ww_store *s, struct ww_error *err)
{
    int r = s->n_unsaved ? ww_store_write(s, step_save, NULL, err) : 0;
    ww_store_cache_drop_unsaved(s);
    return r;
}

int ww_store_cache_put(struct ww_store *s, const char *key, const char *text, struct ww_error *err)
{
    size_t bytes = strlen(text);
    if (bytes > WW_LIMIT_CACHE_ROW_BYTES)
        return 0;
    bool full = s->n_unsaved == WW_STORE_UNSAVED || s->unsaved_bytes + bytes > WW_STORE_UNSAVED_BYTES;
    int r = full ? ww_store_cache_save(s, err) : 0;
    struct ww_cached c = {.key = strdup(key), .text = strdup(text)};
    if (!c.key || !c.text) {
        free(c.key);
        free(c.text);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    s->unsaved[s->n_unsaved++] = c;
    s->unsaved_bytes += bytes;
    return r;
}

int ww_store_cache_trim(struct ww_store *s, struct ww_error *err)
{
    int r = ww_store_cache_save(s, err);
    return r < 0 ? r : ww_store_write(s, step_trim, NULL, err);
}
