#include "core/agent/site_change.h"

#include "core/agent/agent_internal.h"
#include "core/agent/derive.h"
#include "core/agent/reader_watch.h"
#include "core/agent/site.h"

struct trial {
    struct ww_agent *agent;
    struct ww_error *err;
};

static int try_container(const struct ww_container *c, void *arg)
{
    const struct trial *t = arg;
    return ww_derive_try(t->agent, c, t->err);
}

/* What they say of each is remembered, so when they are in force it is there already. */
static int try_all(struct ww_agent *a, struct ww_error *err)
{
    struct trial t = {.agent = a, .err = err};
    ww_site_open(a);
    int rc = ww_world_each_container(a->world, try_container, &t);
    return rc < 0 ? rc : ww_world_mark_all_dirty(a->world);
}

static void exchange(struct ww_agent *a)
{
    struct ww_policy policy = a->policy;
    a->policy = a->site.next;
    a->site.next = policy;
}

void ww_site_listed(struct ww_agent *a)
{
    struct ww_error err = {0};
    if (!a->site.next.ops)
        return;
    exchange(a);
    if (try_all(a, &err) < 0) {
        exchange(a);
        ww_log(a->log, WW_ERROR, "the policies cannot be put in force; those from before stay in force",
               WW_S("error", err.text));
    } else {
        ww_log(a->log, WW_INFO, "the policies were read anew", WW_EVENT("policies"),
               WW_S("version", a->policy.ops->version(a->policy.self)));
    }
    a->counts.workers += ww_site_failures(&a->site.next);
    ww_reader_watch_end(a);
    ww_site_drop(&a->site.next);
    ww_reader_watch_begin(a);
    ww_site_open(a);
}
