/* The agent: wires engine, policy, kernel and store together around one event loop. */
#ifndef WW_AGENT_AGENT_H
#define WW_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/agent/guard.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/notify.h"
#include "core/docker/source.h"
#include "core/ir/policy.h"

struct ww_agent;

/* Strings are copied where they are kept. */
struct ww_agent_options {
    const char *data_dir;
    struct ww_source_options source;
    bool trust_image_labels;
    bool audit;                  /* nothing of any container is dropped, but of those whose label says otherwise */
    bool docker_user;            /* mark what is allowed, and have DOCKER-USER accept the mark */
    bool shared_table;           /* do not own the table */
    const char *kernel_drop_log; /* dropped packets are reported there, too: /dev/kmsg; NULL: not */
    enum ww_guard_mode guard;
    /* Read the site's policies anew, with SIGHUP; NULL: there are none. load_from outlives the agent. */
    int (*load_policy)(const void *load_from, struct ww_policy *ret_policy, struct ww_error *err);
    const void *load_from;
    const char *const *watch_paths; /* read them anew when one of these changes */
    size_t n_watch_paths;
    bool sandbox;                    /* the policy is in processes of its own; for the status */
    pid_t go_program;                /* that runs with another directory, 0: none; see go_program.h */
    struct ww_notify_options notify; /* of the service manager */
    int metrics_fd;                  /* a listening socket for metrics, which is taken over; 0: none */
    uint32_t system_calls;           /* that are left to the program; 0: all; for the status */
};

/*
 * Open everything, take the kernel's rules over, and put the last known rules in force if the kernel has none; needs no
 * engine. Takes the policy over, also on failure; the log stays the caller's and must outlive the agent.
 */
int ww_agent_new(const struct ww_agent_options *options, struct ww_policy policy, struct ww_log *log,
                 struct ww_agent **ret_agent, struct ww_error *err);
void ww_agent_free(struct ww_agent *agent);

/* Run until SIGTERM or SIGINT. SIGHUP opens the log anew, reads the site's policies and
 * asks the engine for everything again. The rules stay. */
int ww_agent_run(struct ww_agent *agent, struct ww_error *err);

#endif
