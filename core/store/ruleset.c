/* The rulesets that are in force: by container, in their text form. */
#include <errno.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/ir/text.h"
#include "core/store/store_internal.h"

static void ruleset_done(struct ww_ruleset **rs)
{
    ww_ruleset_unref(*rs);
}

/* The present row; -EBADMSG when it is not what was written. */
static int ruleset_from_row(struct ww_db *db, struct ww_plan *plan, struct ww_error *err)
{
    struct ww_ruleset *rs ww_auto(ruleset_done) = NULL;
    int r = ww_ruleset_read(ww_db_text(db, WW_STMT_RULESET_ALL, 2), &rs, err);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || strcmp(rs->id, ww_db_text(db, WW_STMT_RULESET_ALL, 0)) != 0 ||
        strcmp(rs->hash, ww_db_text(db, WW_STMT_RULESET_ALL, 1)) != 0)
        return -EBADMSG;
    return ww_plan_set(plan, rs, err);
}

int ww_store_read_plan(struct ww_db *db, struct ww_plan *plan, size_t *ret_bad, struct ww_error *err)
{
    int n = 0;
    size_t bad = 0;
    int r = ww_db_run(db, WW_STMT_RULESET_ALL, err, "");
    while (r > 0) {
        int row = ruleset_from_row(db, plan, err);
        if (row == -ENOMEM) {
            ww_db_reset(db, WW_STMT_RULESET_ALL);
            return ww_fail(err, -ENOMEM, "out of memory");
        }
        n += row == 0;
        bad += row < 0;
        r = ww_db_next(db, WW_STMT_RULESET_ALL, err);
    }
    if (r < 0)
        return r;
    *ret_bad = bad;
    return n;
}

static int applied_add(struct ww_ruleset *rs, void *arg)
{
    return ww_plan_set(arg, rs, NULL);
}

static int step_applied(struct ww_store *s, const void *arg, struct ww_error *err)
{
    (void)arg;
    return ww_store_write_applied(s, err);
}

int ww_store_load_plan(struct ww_store *s, struct ww_plan *plan, size_t *ret_bad, struct ww_error *err)
{
    struct ww_error local = {0};
    size_t bad = 0;
    if (!s->db.handle)
        return ww_fail(err, -ENOMEM, "out of memory");
    int n = ww_store_read_plan(&s->db, plan, &bad, &local);
    if (n < 0 && n != -ENOMEM)
        n = ww_store_read_failed(s, n, &local);
    if (n < 0) {
        if (err)
            *err = local;
        return n;
    }
    if (ww_plan_each(plan, applied_add, s->applied) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (bad) /* else they would be counted at every start */
        ww_store_try(s, step_applied, NULL, NULL);
    if (ret_bad)
        *ret_bad = bad;
    return n;
}

static int ruleset_put(struct ww_store *s, const struct ww_ruleset *rs, struct ww_error *err)
{
    struct ww_buf text ww_auto(ww_buf_done) = {0};
    ww_ruleset_write(rs, &text);
    if (!ww_buf_ok(&text))
        return ww_fail(err, -ENOMEM, "out of memory");
    return ww_db_run(&s->db, WW_STMT_RULESET_PUT, err, "ttt", rs->id, rs->hash, text.data);
}

struct put_args {
    struct ww_store *s;
    struct ww_error *err;
};

static int applied_put(struct ww_ruleset *rs, void *arg)
{
    struct put_args *a = arg;
    return ruleset_put(a->s, rs, a->err);
}

int ww_store_write_applied(struct ww_store *s, struct ww_error *err)
{
    int r = ww_db_run(&s->db, WW_STMT_RULESET_CLEAR, err, "");
    return r < 0 ? r : ww_plan_each(s->applied, applied_put, &(struct put_args){s, err});
}

static int step_diff(struct ww_store *s, const void *arg, struct ww_error *err)
{
    const struct ww_diff *diff = arg;
    int r = 0;
    for (size_t i = 0; r == 0 && i < diff->n; i++) {
        const struct ww_change *c = &diff->changes[i];
        r = c->to ? ruleset_put(s, c->to, err) : ww_db_run(&s->db, WW_STMT_RULESET_DROP, err, "t", c->from->id);
    }
    return r;
}

int ww_store_save_diff(struct ww_store *s, const struct ww_diff *diff, struct ww_error *err)
{
    for (size_t i = 0; i < diff->n; i++) {
        const struct ww_change *c = &diff->changes[i];
        int r = 0;
        if (c->to)
            r = ww_plan_set(s->applied, c->to, err);
        else
            ww_plan_remove(s->applied, c->from->id);
        if (r < 0)
            return r;
    }
    return diff->n ? ww_store_write(s, step_diff, diff, err) : 0;
}
