/* The networks that are guarded: by id, in their text form, without the endpoints known there. */
#include <errno.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/store/store_internal.h"

static void fence_done(struct ww_fence **f)
{
    ww_fence_unref(*f);
}

static int known_from_row(struct ww_db *db, struct ww_fence *f)
{
    struct ww_known known = {.container = (char *)ww_db_text(db, WW_STMT_FENCE_KNOWN, 0),
                             .managed = ww_db_number(db, WW_STMT_FENCE_KNOWN, 4) != 0};
    if (ww_addr_parse_cidr_host(ww_db_text(db, WW_STMT_FENCE_KNOWN, 1), &known.addrs.ipv4, NULL) < 0 ||
        ww_addr_parse_cidr_host(ww_db_text(db, WW_STMT_FENCE_KNOWN, 2), &known.addrs.ipv6, NULL) < 0 ||
        ww_mac_parse(ww_db_text(db, WW_STMT_FENCE_KNOWN, 3), &known.addrs.mac, NULL) < 0)
        return 0; /* damaged: not known */
    return ww_fence_add_known(f, &known);
}

/* Which endpoints were on the network. */
static int add_known(struct ww_db *db, struct ww_fence *f, struct ww_error *err)
{
    int r = ww_db_run(db, WW_STMT_FENCE_KNOWN, err, "t", f->id);
    while (r > 0) {
        if (known_from_row(db, f) < 0) {
            ww_db_reset(db, WW_STMT_FENCE_KNOWN);
            return ww_fail(err, -ENOMEM, "out of memory");
        }
        r = ww_db_next(db, WW_STMT_FENCE_KNOWN, err);
    }
    return r;
}

/*
 * The present row; -EBADMSG when it is not what was written. What was known is so still, unless the machine was booted
 * since: then addresses are handed out anew, and an endpoint that gets one of them is a stranger.
 */
static int fence_from_row(struct ww_db *db, const char *boot, struct ww_fences *fences, struct ww_error *err)
{
    struct ww_fence *f ww_auto(fence_done) = NULL;
    int r = ww_fence_read(ww_db_text(db, WW_STMT_FENCE_ALL, 2), &f, err);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || strcmp(f->id, ww_db_text(db, WW_STMT_FENCE_ALL, 0)) != 0)
        return -EBADMSG;
    if (*boot && strcmp(boot, ww_db_text(db, WW_STMT_FENCE_ALL, 1)) == 0)
        r = add_known(db, f, err);
    if (r == 0)
        r = ww_fence_seal(f, err);
    return r < 0 ? r : ww_fences_set(fences, f, err);
}

int ww_store_read_fences(struct ww_db *db, struct ww_fences *fences, size_t *ret_bad, struct ww_error *err)
{
    char boot[WW_BOOT_ID];
    int n = 0;
    size_t bad = 0;
    ww_clock_boot(boot);
    int r = ww_db_run(db, WW_STMT_FENCE_ALL, err, "");
    while (r > 0) {
        int row = fence_from_row(db, boot, fences, err);
        if (row == -ENOMEM) {
            ww_db_reset(db, WW_STMT_FENCE_ALL);
            return ww_fail(err, -ENOMEM, "out of memory");
        }
        n += row == 0;
        bad += row < 0;
        r = ww_db_next(db, WW_STMT_FENCE_ALL, err);
    }
    if (r < 0)
        return r;
    *ret_bad = bad;
    return n;
}

int ww_store_load_fences(struct ww_store *s, struct ww_fences *fences, size_t *ret_bad, struct ww_error *err)
{
    struct ww_error local = {0};
    size_t bad = 0;
    if (!s->db.handle)
        return ww_fail(err, -ENOMEM, "out of memory");
    int n = ww_store_read_fences(&s->db, fences, &bad, &local);
    if (n < 0 && n != -ENOMEM)
        n = ww_store_read_failed(s, n, &local);
    if (n < 0) {
        if (err)
            *err = local;
        return n;
    }
    if (ret_bad)
        *ret_bad = bad;
    return n;
}

static int fence_put(struct ww_store *s, const struct ww_fence *f, struct ww_error *err)
{
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    char boot[WW_BOOT_ID];
    ww_fence_write(f, &text);
    if (!ww_buf_ok(&text))
        return ww_fail(err, -ENOMEM, "out of memory");
    return ww_db_run(&s->db, WW_STMT_FENCE_PUT, err, "ttt", f->id, ww_clock_boot(boot), text.data);
}

struct put_args {
    struct ww_store *s;
    struct ww_error *err;
};

static int put_one(struct ww_fence *f, void *arg)
{
    struct put_args *a = arg;
    return fence_put(a->s, f, a->err);
}

int ww_store_write_fences(struct ww_store *s, struct ww_error *err)
{
    int r = ww_db_run(&s->db, WW_STMT_FENCE_CLEAR, err, "");
    return r < 0 ? r : ww_fences_each(s->fences, put_one, &(struct put_args){s, err});
}

/* Endpoints come and go; only what is written of a fence is worth a write. */
static bool is_news(const struct ww_fence *before, const struct ww_fence *now)
{
    struct ww_buf x ww_auto(ww_buf_done) = {0};
    struct ww_buf y ww_auto(ww_buf_done) = {0};
    if (!before || !now)
        return before != now;
    ww_fence_write(before, &x);
    ww_fence_write(now, &y);
    return !ww_buf_ok(&x) || !ww_buf_ok(&y) || strcmp(x.data, y.data) != 0;
}

static int step_all(struct ww_store *s, const void *arg, struct ww_error *err)
{
    (void)arg;
    return ww_store_write_fences(s, err);
}

/* One network on its way to the disk; `now` NULL: it is not guarded any more. */
struct saving {
    const char *id;
    const struct ww_fence *now;
};

static int step_one(struct ww_store *s, const void *arg, struct ww_error *err)
{
    const struct saving *saving = arg;
    return saving->now ? fence_put(s, saving->now, err) : ww_db_run(&s->db, WW_STMT_FENCE_DROP, err, "t", saving->id);
}

static int save_one(struct ww_store *s, const char *id, struct ww_fence *now, struct ww_error *err)
{
    struct saving saving = {.id = id, .now = now};
    bool news = is_news(ww_fences_get(s->fences, id), now);
    int r = 0;
    if (now)
        r = ww_fences_set(s->fences, now, err);
    else
        ww_fences_remove(s->fences, id);
    return r < 0 || !news || !s->fences_whole ? r : ww_store_write(s, step_one, &saving, err);
}

int ww_store_save_fences(struct ww_store *s, const struct ww_fence_diff *diff, struct ww_error *err)
{
    int r = 0;
    for (size_t i = 0; i < diff->n && r == 0; i++) {
        const struct ww_fence_change *c = &diff->changes[i];
        struct ww_fence *now = c->to && c->to->guarded && !c->to->brief ? c->to : NULL;
        r = save_one(s, c->to ? c->to->id : c->from->id, now, err);
    }
    if (r < 0 || s->fences_whole)
        return r;
    s->fences_whole = true;
    return ww_store_write(s, step_all, NULL, err);
}
