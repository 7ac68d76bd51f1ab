#include "core/agent/suggest.h"

#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/drop_tally.h"
#include "core/agent/drops.h"
#include "core/agent/explain_end.h"
#include "core/agent/site.h"

/* Without the kernel's counts: those of the program alone. */
static void count_left_out(struct ww_agent *a, const struct ww_container *c, struct ww_suggestion *s)
{
    struct ww_drop_tallies tallies = {0};
    struct ww_error err = {0};
    uint64_t any = 0;
    if (ww_drops_tally(a, &tallies, &err) < 0)
        ww_log(a->log, WW_DEBUG, "dropped packets cannot be counted", WW_S("error", err.text));
    (void)ww_drops_left_out(a, c, &tallies, &s->left_out, &any);
    s->left_out += any;
    ww_drop_tallies_done(&tallies);
}

static int gather(struct ww_agent *a, const struct ww_end *end, struct ww_suggestion *s, struct ww_error *err)
{
    const struct ww_container *c = end->container;
    const struct ww_container *head = end->head ? ww_world_container(a->world, end->head) : NULL;
    const struct ww_ruleset *rs = ww_plan_get(a->applied, head ? head->id : c->id);
    s->id = c->id;
    s->name = c->name ? c->name : "";
    s->project = c->project;
    s->service = c->service;
    s->labelled = c->label_rules && *c->label_rules;
    s->audited = rs && rs->audited;
    s->since_ns = a->began_real;
    s->groups = ww_site_groups(a);
    s->published = rs ? rs->published : NULL;
    s->n_published = rs ? rs->n_published : 0;
    count_left_out(a, head ? head : c, s);
    return ww_drops_seen(a, head ? head : c, s) < 0 ? ww_fail(err, -ENOMEM, "out of memory") : 0;
}

int ww_agent_suggest(struct ww_agent *a, const char *container, struct ww_suggestion *ret_suggestion,
                     struct ww_error *err)
{
    struct ww_end end = {0};
    if (!container || !*container)
        return ww_fail(err, -EINVAL, "a container is needed: its name, its id, or its service's name");
    int rc = ww_end_find(a, container, &end, err);
    if (rc == 0)
        rc = end.container ? gather(a, &end, ret_suggestion, err)
                           : ww_fail(err, -ENOENT, "'%.100s' is no container", container);
    ww_end_done(&end);
    return rc;
}
