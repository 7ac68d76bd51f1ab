/* What the log says of containers, networks and the program itself; each thing once. */
#ifndef WW_AGENT_REPORT_H
#define WW_AGENT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/agent/faults.h"
#include "core/agent/idset.h"
#include "core/base/error.h"

struct ww_agent;
struct ww_kernel_found;
struct ww_step;
struct ww_managed_container;

/* What the log has said, so that it is not said again. All zero: nothing. */
struct ww_said {
    struct ww_faults faults;   /* of containers whose rules the kernel refuses: they are tried again and again */
    struct ww_faults left_out; /* of those whose openers there is no room for; the status has it, too */
    struct ww_idset strays;    /* containers and networks of which it was said what is wrong: ww_report_is_news */
    struct ww_faults services; /* of strays of the swarm's services, by id */
    bool store_lost;           /* that nothing is remembered */
    char store_trouble[WW_ERROR_TEXT];
};

void ww_said_done(struct ww_said *said);

void ww_report_managed(struct ww_agent *a, struct ww_managed_container *s);
/* The kernel cannot have a container's rules; rule: which one it refused, NULL: they were not tried. */
void ww_report_kernel_fault(struct ww_agent *a, const char *id, const char *rule, const char *text);
/* So many containers' rules open nothing at this one, as there is no room for them. */
void ww_report_left_out(struct ww_agent *a, const char *id, size_t containers);
/* After a commit: what is no fault any more is news when it comes again. */
void ww_report_faults_over(struct ww_agent *a);
void ww_report_waits(struct ww_agent *a, const struct ww_managed_container *s);
/* Is it to be said that what `key` names is wrong (any)? Once, until it is not wrong any more, or is gone. */
bool ww_report_is_news(struct ww_agent *a, const char *key, bool any);
/* Labels of a container (network), by id, that look like ours and are none; also of one that is gone. */
void ww_report_container_strays(struct ww_agent *a, const char *id);
void ww_report_network_strays(struct ww_agent *a, const char *id);
void ww_report_services(struct ww_agent *a); /* the same of the swarm's services, if they have changed */
void ww_report_commit(struct ww_agent *a, const struct ww_step *step, int64_t since);
void ww_report_stop(struct ww_agent *a);
void ww_report_store(struct ww_agent *a, int rc, const struct ww_error *err);
void ww_report_start(struct ww_agent *a, const struct ww_kernel_found *found);

#endif
