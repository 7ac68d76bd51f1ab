/* The option docker_user: "allowed by whalewall" shall win over Docker's own drops. */
#include <errno.h>

#include "core/agent/internal.h"

/* What of an earlier start with the option is still there goes; else nothing of Docker's is touched. */
static void take_away(struct ww_agent *a)
{
    struct ww_error err = {0};
    int n = ww_kernel_docker_user(a->kernel, &err);
    if (n < 0)
        ww_log(a->log, WW_ERROR,
               "cannot see whether DOCKER-USER still accepts what is allowed; `iptables -S "
               "DOCKER-USER` shows it",
               WW_S("error", err.text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "DOCKER-USER no longer accepts what is allowed", WW_I("rules", n));
}

static void put(struct ww_agent *a)
{
    struct ww_error err = {0};
    int n = ww_kernel_docker_user(a->kernel, &err);
    bool engine_is_up = ww_source_generation(a->source) > 0;
    if (n == a->docker_user_tables || (n == -ENOENT && !engine_is_up))
        return; /* before the engine's first start there is no such chain */
    a->docker_user_tables = n;
    if (n < 0)
        ww_log(a->log, WW_ERROR, "what is allowed is marked, but Docker's own rules may drop it",
               WW_S("error", err.text));
    else
        ww_log(a->log, WW_INFO, "DOCKER-USER accepts what is allowed", WW_I("tables", n),
               WW_S("mark", WW_ALLOWED_MARK_TEXT));
}

void ww_docker_user_start(struct ww_agent *a)
{
    if (a->docker_user)
        put(a);
    else
        take_away(a);
}

void ww_docker_user_follow(struct ww_agent *a)
{
    uint64_t generation = ww_source_generation(a->source);
    if (!a->docker_user || generation == a->docker_user_seen)
        return;
    a->docker_user_seen = generation;
    put(a);
}
