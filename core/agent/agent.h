/* The agent: wires engine, policy, kernel and store together around one event loop. */
#ifndef WW_AGENT_AGENT_H
#define WW_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/agent/audit.h"
#include "core/agent/guard.h"
#include "core/agent/state.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/notify.h"
#include "core/control/answer.h"
#include "core/docker/source.h"
#include "core/ir/policy.h"

struct ww_agent;

/* Strings are copied where they are kept. */
struct ww_agent_options {
    const char *data_dir;
    struct ww_source_options source;
    bool trust_image_labels;
    bool audit; /* nothing of any container is dropped, but of those whose label says otherwise */
    enum ww_audit_labels audit_labels;
    bool docker_user;            /* mark what is allowed, and have DOCKER-USER accept the mark */
    bool shared_table;           /* do not own the table */
    const char *kernel_drop_log; /* dropped packets are reported there, too: /dev/kmsg; NULL: not */
    enum ww_guard_mode guard;
    /* Read the site's policies anew; NULL: there are none. load_from outlives the agent. */
    int (*load_policy)(const void *load_from, struct ww_policy *ret_policy, struct ww_error *err);
    const void *load_from;
    const char *const *watch_paths; /* read them anew when one of these changes */
    size_t n_watch_paths;
    bool sandbox;                    /* the policy is in processes of its own; for the status */
    pid_t go_program;                /* that runs with another directory, 0: none; see go_program.h */
    struct ww_notify_options notify; /* of the service manager */
    int metrics_fd;                  /* a listening socket for metrics, which is taken over; 0: none */
    uint32_t system_calls;           /* that are left to the program; 0: all; for the status */
    bool no_control_socket;
    bool trims; /* the process is the agent's alone: pages of all of it are given back after the start */
    void (*on_state)(void *arg, const struct ww_agent_state *state); /* may be NULL; in the loop, once a turn */
    void *on_state_arg;
};

/*
 * Open everything, take the kernel's rules over, and put the last known rules in force if the kernel has none; needs no
 * engine. Takes the policy over, also on failure; the log stays the caller's and must outlive the agent.
 */
int ww_agent_new(const struct ww_agent_options *options, struct ww_policy policy, struct ww_log *log,
                 struct ww_agent **ret_agent, struct ww_error *err);
void ww_agent_free(struct ww_agent *agent);

/* Ask the engine; serve the control socket and metrics. Once. */
void ww_agent_start(struct ww_agent *agent);

/* Turn the loop until it is to stop: 0, or -errno and why it failed. The rules stay. */
int ww_agent_run(struct ww_agent *agent, struct ww_error *err);

/* In a loop around it: dispatch when fd is readable, and after `timeout` ms (-1: not by time). 0; 1: it has stopped;
 * -errno: it failed, and has stopped. */
int ww_agent_fd(const struct ww_agent *agent);
int ww_agent_timeout(const struct ww_agent *agent);
int ww_agent_dispatch(struct ww_agent *agent, struct ww_error *err);

/* From any thread, and within a signal's handler: stop; read the site's policies anew, and ask the engine for
 * everything again. */
void ww_agent_stop(struct ww_agent *agent);
void ww_agent_reload(struct ww_agent *agent);

/* As a client of the control socket asks. */
void ww_agent_ask(struct ww_agent *agent, const struct ww_request *request, struct ww_answer *answer);

#endif
