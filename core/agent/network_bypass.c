#include "core/agent/network_bypass.h"

#include <stdio.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/report.h"

#define TEXT 512

struct search {
    const char *bridge;
    const struct ww_network *found;
};

static int has_bridge(const struct ww_network *n, void *arg)
{
    struct search *search = arg;
    if (ww_network_is_bridge(n) && strcmp(n->bridge, search->bridge) == 0)
        search->found = n;
    return search->found != NULL;
}

/* The network whose bridge this one hangs on; NULL: there is none. */
static const struct ww_network *find_bypassed(const struct ww_agent *a, const struct ww_network *n)
{
    struct search search = {.bridge = n->parent};
    if (ww_network_has_parent(n))
        (void)ww_world_each_network(a->world, has_bridge, &search);
    return search.found;
}

static const char *name_of(const struct ww_network *n)
{
    return n->name ? n->name : n->id;
}

static const char *describe(const struct ww_network *n, const struct ww_network *bypassed, char text[TEXT])
{
    snprintf(text, TEXT,
             "its parent '%.32s' is the bridge of network '%.128s': containers of the two reach each other past all "
             "rules, and can speak as each other; give it another parent",
             n->parent, name_of(bypassed));
    return text;
}

static bool is_news(struct ww_agent *a, const char *id, bool bypasses)
{
    char key[128];
    snprintf(key, sizeof(key), "bypass %.80s", id);
    return ww_report_is_news(a, key, bypasses);
}

static void report_one(struct ww_agent *a, const struct ww_network *n)
{
    char text[TEXT];
    const struct ww_network *bypassed = find_bypassed(a, n);
    if (is_news(a, n->id, bypassed != NULL) && bypassed)
        ww_log(a->log, WW_ERROR, "a network goes past the ports of another one's bridge", WW_EVENT("network_bypass"),
               WW_S("network", name_of(n)), WW_S("reason", describe(n, bypassed, text)));
}

static int report_hanging(const struct ww_network *n, void *arg)
{
    if (ww_network_has_parent(n))
        report_one(arg, n);
    return 0;
}

/* It hangs on a bridge, or is the bridge that others hang on. */
void ww_network_bypass_report(struct ww_agent *a, const char *id)
{
    const struct ww_network *n = ww_world_network(a->world, id);
    if (n && ww_network_has_parent(n))
        report_one(a, n);
    else
        (void)is_news(a, id, false);
    if (n && ww_network_is_bridge(n))
        (void)ww_world_each_network(a->world, report_hanging, a);
}

int ww_network_bypass_status(const struct ww_agent *a, const struct ww_network *n, struct ww_status *status)
{
    char text[TEXT];
    const struct ww_network *bypassed = find_bypassed(a, n);
    return bypassed ? ww_status_add_problem(status, "network_bypass", name_of(n), describe(n, bypassed, text)) : 0;
}
