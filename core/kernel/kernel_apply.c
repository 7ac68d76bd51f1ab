/* One step, or everything anew: what is wanted is referred to, committed, and kept or rolled back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/drops/drop_counts.h"
#include "core/kernel/groups.h"
#include "core/kernel/handover.h"
#include "core/kernel/kernel_internal.h"
#include "core/kernel/lower/lower.h"
#include "core/kernel/lower/lower_fence.h"
#include "core/kernel/neighbour.h"
#include "core/kernel/table/commit.h"
#include "core/kernel/table/layout.h"

/* One step under way: lowered chains must live until the transaction is sent. */
struct step {
    struct ww_kernel *k;
    struct ww_lowered *lowered;
    size_t n;
    size_t cap;
    struct ww_refusal *refusal;
    struct ww_error *err;
};

static void done(struct step *s)
{
    for (size_t i = 0; i < s->n; i++)
        ww_lowered_done(&s->lowered[i]);
    free(s->lowered);
}

static int reserve_step(struct step *s, size_t cap)
{
    s->lowered = calloc(cap ? cap : 1, sizeof(*s->lowered));
    s->cap = cap;
    return s->lowered ? 0 : ww_fail(s->err, -ENOMEM, "out of memory");
}

static int blame(struct step *s, const char *id, int rc)
{
    if (s->refusal && !s->refusal->id)
        s->refusal->id = strdup(id);
    return rc;
}

/* What was just lowered, at s->lowered[s->n], becomes wishes. */
static int ref_lowered(struct step *s, bool add, const char *id)
{
    struct ww_lowered *lowered = &s->lowered[s->n++];
    int rc = ww_image_refer(&s->k->image, lowered, add, id);
    ww_lowered_keep_chains(lowered);
    return rc < 0 ? ww_fail(s->err, -ENOMEM, "out of memory") : 0;
}

static int ref(struct step *s, const struct ww_ruleset *rs, bool add)
{
    int rc = ww_lower(rs, &s->lowered[s->n], s->err);
    return rc < 0 ? blame(s, rs->id, rc) : ref_lowered(s, add, rs->id);
}

/* The state of a fence, without what it has in common with another state of it. */
static int ref_fence(struct step *s, const struct ww_fence *f, const struct ww_fence *other, bool add)
{
    int rc = ww_lower_fence(f, other, &s->lowered[s->n], s->err);
    return rc < 0 ? blame(s, f->id, rc) : ref_lowered(s, add, f->id);
}

/* Send what the wishes ask for; the image follows the kernel's answer. `put` comes first in the transaction. */
static int send_step(struct step *s, struct ww_batch *batch)
{
    struct ww_after after;
    ww_commit_put(&s->k->image, batch, &s->k->manner, &after);
    int rc = ww_batch_send(batch, s->k->commits, s->refusal, s->err);
    if (rc < 0)
        return rc;
    s->k->image.parts = after.parts;
    s->k->manner.widths = after.widths;
    ww_drop_counts_forget(&s->k->image, s->k->reads, s->k->commits);
    if (ww_image_commit(&s->k->image) == 0)
        return 0;
    s->k->adopted = false; /* what the kernel has is not known any more: it must be read again */
    return ww_fail(s->err, -ENOMEM, "out of memory after the transaction; the table must be read again");
}

static int check_adopted(const struct ww_kernel *k, bool whole, struct ww_error *err)
{
    if (!k->adopted)
        return ww_fail(err, -EINVAL, "the table was not taken over yet");
    if (k->other.tables[WW_INET].exists && !whole)
        return ww_fail(err, -EINVAL, "the table has another layout and must be replaced as a whole first");
    return 0;
}

static int ref_fences(struct step *s, const struct ww_fence_diff *fences)
{
    int rc = 0;
    for (size_t i = 0; fences && i < fences->n && rc == 0; i++)
        if (fences->changes[i].from)
            rc = ref_fence(s, fences->changes[i].from, fences->changes[i].to, false);
    for (size_t i = 0; fences && i < fences->n && rc == 0; i++)
        if (fences->changes[i].to)
            rc = ref_fence(s, fences->changes[i].to, fences->changes[i].from, true);
    return rc;
}

static int ref_diff(struct step *s, const struct ww_diff *diff)
{
    int rc = 0;
    for (size_t i = 0; i < diff->n && rc == 0; i++)
        if (diff->changes[i].from)
            rc = ref(s, diff->changes[i].from, false);
    for (size_t i = 0; i < diff->n && rc == 0; i++)
        if (diff->changes[i].to)
            rc = ref(s, diff->changes[i].to, true);
    return rc;
}

int ww_kernel_apply(struct ww_kernel *k, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                    struct ww_refusal *ret_refusal, struct ww_error *err)
{
    __attribute__((cleanup(done))) struct step s = {.k = k, .refusal = ret_refusal, .err = err};
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    if (ret_refusal)
        *ret_refusal = (struct ww_refusal){0};
    int rc = check_adopted(k, false, err);
    if (rc == 0)
        rc = reserve_step(&s, 2 * (diff->n + (fences ? fences->n : 0)));
    if (rc == 0)
        rc = ref_diff(&s, diff);
    if (rc == 0)
        rc = ref_fences(&s, fences);
    if (rc == 0)
        rc = send_step(&s, &batch);
    if (rc < 0)
        ww_image_rollback(&k->image);
    return rc;
}

static int ref_ruleset(struct ww_ruleset *rs, void *arg)
{
    return ref(arg, rs, true);
}

static int ref_whole_fence(struct ww_fence *f, void *arg)
{
    return ref_fence(arg, f, NULL, true);
}

static int claim_all(struct step *s, const struct ww_plan *plan, const struct ww_fences *fences)
{
    int rc = reserve_step(s, ww_plan_count(plan) + (fences ? ww_fences_count(fences) : 0));
    if (rc == 0 && ww_image_unref_all(&s->k->image) < 0)
        rc = ww_fail(s->err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = ww_plan_each(plan, ref_ruleset, s);
    return rc < 0 || !fences ? rc : ww_fences_each(fences, ref_whole_fence, s);
}

static void replace_layout(struct ww_kernel *k, struct ww_batch *batch)
{
    ww_layout_purge(batch, &k->other, true);
    k->image.parts = ww_kernel_base_parts(k);
    k->manner.reports = k->nflog != NULL;
    k->manner.widths = (struct ww_widths){0};
    ww_layout_put(batch, &k->manner, k->image.parts);
}

int ww_kernel_apply_all(struct ww_kernel *k, const struct ww_plan *plan, const struct ww_fences *fences,
                        struct ww_refusal *ret_refusal, struct ww_error *err)
{
    __attribute__((cleanup(done))) struct step s = {.k = k, .refusal = ret_refusal, .err = err};
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    if (ret_refusal)
        *ret_refusal = (struct ww_refusal){0};
    int rc = check_adopted(k, true, err);
    if (rc == 0)
        rc = claim_all(&s, plan, fences);
    bool handover = rc == 0 && k->handover;
    if (handover)
        rc = ww_handover_begin(k, &batch, ret_refusal, err);
    else if (rc == 0 && k->other.tables[WW_INET].exists)
        replace_layout(k, &batch);
    if (rc == 0)
        rc = send_step(&s, &batch);
    if (handover)
        ww_handover_end(k, rc == 0);
    if (rc < 0)
        ww_image_rollback(&k->image);
    else {
        ww_table_done(&k->other);
        ww_image_done(&k->kept);
    }
    return rc;
}

int ww_kernel_lockdown_more(struct ww_kernel *k, const struct ww_plan *plan, const struct ww_fences *fences,
                            struct ww_error *err)
{
    __attribute__((cleanup(done))) struct step s = {.k = k, .err = err};
    int rc = claim_all(&s, plan, fences);
    if (rc == 0)
        rc = ww_kernel_lockdown(k, err);
    ww_image_rollback(&k->image);
    return rc;
}

int ww_kernel_forget_neighbours(struct ww_kernel *k, const struct ww_fence_diff *fences, struct ww_error *err)
{
    (void)k; /* the tables are those of the thread's network namespace */
    return ww_neighbours_forget(fences, err);
}

int ww_kernel_bridge_groups(struct ww_kernel *k, const struct ww_fence_diff *fences, struct ww_error *err)
{
    (void)k;
    return ww_groups_bridge(fences, err);
}
