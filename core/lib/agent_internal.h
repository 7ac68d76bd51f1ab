/* What the files of the library's agent share. */
#ifndef WW_LIB_AGENT_INTERNAL_H
#define WW_LIB_AGENT_INTERNAL_H

#include <stdatomic.h>
#include <sys/types.h>

#include "core/agent/agent.h"
#include "core/lib/line.h"
#include "core/lib/reader.h"
#include "core/lib/whalewall.h"

#define WW_LIB_TEXTS 10 /* options that are texts */

struct whalewall_agent {
    struct whalewall_agent_options options; /* whose texts are in `texts`, and policies */
    char *texts[WW_LIB_TEXTS];
    char **policies;
    char *config_dir; /* NULL: policies are not configured */
    const char **watched;
    struct ww_line_listener listener;
    struct ww_log *log;
    struct ww_reader reader;
    struct ww_policy policy;        /* ops NULL: it is the agent's, or there is none yet */
    struct ww_agent *_Atomic agent; /* NULL: not started */
    atomic_bool stopping;           /* is to stop, also as soon as it was started */
    pid_t go_program;               /* that ran when this was made; 0: none */
    int metrics;                    /* a listening socket, until the agent has it; 0: none */
    int namespace;                  /* -1: the caller's */
};

/* The jail that goes over to the agent, whatever becomes of it: NULL where there is none, or a `size` that has none. */
struct whalewall_jail *ww_lib_agent_jail(const struct whalewall_agent_options *given);

/* Copy what the host gave, with all texts. -EINVAL, -ENOMEM; what was copied is freed with the agent. */
int ww_lib_agent_take_options(struct whalewall_agent *agent, const struct whalewall_agent_options *given,
                              struct ww_error *err);
void ww_lib_agent_drop_options(struct whalewall_agent *agent);

/* The options for inside. */
struct ww_agent_options ww_lib_agent_options(struct whalewall_agent *agent);

#endif
