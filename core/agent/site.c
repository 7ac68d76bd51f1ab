#include "core/agent/site.h"

#include <string.h>

#include "core/agent/agent_internal.h"

static unsigned reads_of(const struct ww_policy *policy)
{
    return policy->ops && policy->ops->reads ? policy->ops->reads(policy->self) : 0;
}

uint64_t ww_site_failures(const struct ww_policy *policy)
{
    return policy->ops && policy->ops->failures ? policy->ops->failures(policy->self) : 0;
}

bool ww_site_is_there(const struct ww_agent *a)
{
    return a->policy.ops->names != NULL;
}

const struct ww_groups *ww_site_groups(const struct ww_agent *a)
{
    return a->policy.ops && a->policy.ops->groups ? a->policy.ops->groups(a->policy.self) : NULL;
}

void ww_site_open(struct ww_agent *a)
{
    ww_world_set_reads(a->world, reads_of(&a->policy));
}

void ww_site_drop(struct ww_policy *policy)
{
    if (policy->ops)
        policy->ops->free(policy->self);
    *policy = (struct ww_policy){0};
}

void ww_site_close(struct ww_agent *a)
{
    ww_site_drop(&a->site.next);
}

/*
 * What the new policies read may not be known yet, so they wait for the engine's next list, which is asked for now.
 * Then all containers are judged by them, and go into one transaction.
 */
bool ww_site_reload(struct ww_agent *a)
{
    struct ww_policy next = {0};
    struct ww_error err = {0};
    if (!a->site.load)
        return false;
    if (a->site.load(a->site.load_from, &next, &err) < 0) {
        ww_log(a->log, WW_ERROR, "the policies cannot be read; those from before stay in force", WW_EVENT("policies"),
               WW_S("error", err.text));
        return false;
    }
    ww_site_drop(&a->site.next);
    if (strcmp(next.ops->version(next.self), a->policy.ops->version(a->policy.self)) == 0) {
        ww_site_drop(&next);
        return false;
    }
    a->site.next = next;
    ww_world_set_reads(a->world, reads_of(&a->policy) | reads_of(&next));
    return true;
}
