/* The agent of another program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/agent/data_dir.h"
#include "core/agent/go_program.h"
#include "core/control/listen.h"
#include "core/lib/agent_internal.h"
#include "core/lib/failure.h"
#include "core/lib/namespace.h"

/* Rules are enforced without metrics, too. */
static void open_metrics(struct whalewall_agent *a)
{
    struct ww_error err = {0};
    struct ww_listen where = {0};
    if (!a->options.metrics)
        return;
    int fd = ww_listen_parse(a->options.metrics, &where, &err) < 0 ? -EINVAL : ww_listen_open(&where, &err);
    if (fd < 0)
        ww_log(a->log, WW_ERROR, "cannot listen for metrics (-metrics); going on without", WW_S("error", err.text));
    a->metrics = fd > 0 ? fd : 0;
}

static int open_namespace(struct whalewall_agent *a, struct ww_error *err)
{
    if (!a->options.network_namespace)
        return 0;
    a->namespace = fcntl(a->options.network_namespace, F_DUPFD_CLOEXEC, 0);
    return a->namespace < 0
               ? ww_fail(err, -errno, "the option 'network_namespace' is no descriptor: %s", strerror(errno))
               : 0;
}

static int open_inside(struct whalewall_agent *a, struct ww_error *err)
{
    int back;
    int rc = ww_namespace_enter(a->namespace, &back, err);
    if (rc < 0)
        return rc;
    a->go_program = ww_go_program_elsewhere();
    open_metrics(a);
    return ww_namespace_leave(&back, err);
}

static int open_agent(struct whalewall_agent *a, const struct whalewall_agent_options *options, struct ww_error *err)
{
    int rc = ww_lib_agent_take_options(a, options, err);
    if (rc == 0)
        rc = ww_line_log_new(&a->listener, a->options.log_level, &a->log, err);
    if (rc == 0)
        rc = open_namespace(a, err);
    if (rc == 0)
        rc = ww_reader_open(&a->reader, a->log, &a->policy, err);
    if (rc == 0)
        rc = open_inside(a, err);
    return rc < 0 ? rc : ww_data_dir_open(a->options.data_dir, true, err);
}

int whalewall_agent_new(const struct whalewall_agent_options *options, struct whalewall_agent **ret_agent,
                        struct whalewall_error *error)
{
    struct ww_error err = {0};
    struct whalewall_jail *jail = ww_lib_agent_jail(options);
    struct whalewall_agent *a = calloc(1, sizeof(*a));
    if (!a) {
        whalewall_jail_free(jail);
        return ww_failure(error, &(struct ww_error){.code = -ENOMEM, .text = "out of memory"});
    }
    a->namespace = -1;
    a->reader.jail = jail;
    if (open_agent(a, options, &err) < 0) {
        whalewall_agent_free(a);
        return ww_failure(error, &err);
    }
    *ret_agent = a;
    return 0;
}

void whalewall_agent_free(struct whalewall_agent *a)
{
    int back = -1;
    if (!a)
        return;
    bool there = ww_namespace_enter(a->namespace, &back, NULL) == 0;
    ww_agent_free(a->agent);
    if (there)
        ww_namespace_leave(&back, NULL);
    if (a->policy.ops)
        a->policy.ops->free(a->policy.self);
    ww_reader_done(&a->reader);
    ww_log_free(a->log);
    if (a->metrics)
        close(a->metrics);
    if (a->namespace >= 0)
        close(a->namespace);
    ww_lib_agent_drop_options(a);
    free(a);
}

const char *whalewall_agent_file(const struct whalewall_agent *a, size_t index)
{
    return index < a->reader.read.n ? a->reader.read.names[index] : NULL;
}

/* Policy and metrics are taken over, also on failure. */
static int start_agent(struct whalewall_agent *a, struct ww_error *err)
{
    struct ww_agent_options options = ww_lib_agent_options(a);
    struct ww_policy policy = a->policy;
    if (!policy.ops)
        return ww_fail(err, -EALREADY, "the agent was started before");
    a->policy = (struct ww_policy){0};
    a->metrics = 0;
    struct ww_agent *agent = NULL;
    int rc = ww_agent_new(&options, policy, a->log, &agent, err);
    if (rc < 0)
        return rc;
    a->agent = agent;
    ww_agent_start(agent);
    if (a->stopping) /* a signal came meanwhile, say */
        ww_agent_stop(agent);
    return 0;
}

int whalewall_agent_start(struct whalewall_agent *a, struct whalewall_error *error)
{
    struct ww_error err = {0};
    int back;
    int rc = ww_namespace_enter(a->namespace, &back, &err);
    if (rc < 0)
        return ww_failure(error, &err);
    rc = start_agent(a, &err);
    int left = ww_namespace_leave(&back, rc < 0 ? NULL : &err);
    return rc < 0 || left < 0 ? ww_failure(error, &err) : 0;
}

int whalewall_agent_fd(const struct whalewall_agent *a)
{
    return a->agent ? ww_agent_fd(a->agent) : -1;
}

int whalewall_agent_timeout(struct whalewall_agent *a)
{
    return a->agent ? ww_agent_timeout(a->agent) : -1;
}

int whalewall_agent_dispatch(struct whalewall_agent *a, struct whalewall_error *error)
{
    struct ww_error err = {0};
    int back;
    int rc =
        a->agent ? ww_namespace_enter(a->namespace, &back, &err) : ww_fail(&err, -EINVAL, "the agent was not started");
    if (rc < 0)
        return ww_failure(error, &err);
    rc = ww_agent_dispatch(a->agent, &err);
    int left = ww_namespace_leave(&back, rc < 0 ? NULL : &err);
    return rc < 0 || left < 0 ? ww_failure(error, &err) : rc;
}

int whalewall_agent_run(struct whalewall_agent *a, struct whalewall_error *error)
{
    int rc;
    while ((rc = whalewall_agent_dispatch(a, error)) == 0) {
        struct pollfd p = {.fd = whalewall_agent_fd(a), .events = POLLIN};
        poll(&p, 1, whalewall_agent_timeout(a)); /* what interrupts it is looked at, too */
    }
    return rc < 0 ? rc : 0;
}

void whalewall_agent_stop(struct whalewall_agent *a)
{
    if (!a)
        return;
    a->stopping = true;
    if (a->agent)
        ww_agent_stop(a->agent);
}

void whalewall_agent_reload(struct whalewall_agent *a)
{
    if (a && a->agent)
        ww_agent_reload(a->agent);
}
