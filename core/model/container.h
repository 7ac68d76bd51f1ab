/* A container as the engine describes it, reduced to what a firewall needs. */
#ifndef WW_MODEL_CONTAINER_H
#define WW_MODEL_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/endpoint.h"
#include "core/model/labels.h"
#include "core/model/stray.h"

enum ww_container_state {
    WW_CREATED,
    WW_RUNNING,
    WW_PAUSED,
    WW_RESTARTING,
    WW_EXITED, /* also dead and removing */
};

enum ww_managed {
    WW_UNMANAGED,
    WW_MANAGED,
    WW_MANAGED_BAD, /* `whalewall.enabled` is not a boolean: managed, and quarantined */
};

/* What a site policy decided of it, whatever its label says. */
enum ww_decision { WW_DECIDED_BY_LABEL, WW_DECIDED_YES, WW_DECIDED_NO };

/* Strings are owned, NULL when the engine did not say. Labels are kept as they are, unchecked. */
struct ww_container {
    char *id;
    char *name;     /* without the leading slash */
    char *image_id; /* "sha256:…" */
    char *image;    /* as it was asked for ("nginx:1.27"); kept only while a site policy reads it */
    enum ww_container_state state;
    char *network_mode;       /* "bridge", "host", "none", "container:<id>", a network's name */
    char *label_enabled;      /* whalewall.enabled */
    char *label_rules;        /* whalewall.rules */
    char *label_audit;        /* whalewall.audit */
    struct ww_strays *strays; /* labels that look like ours and are none; NULL: there are none */
    char *project;            /* com.docker.compose.project */
    char *service;            /* com.docker.compose.service */
    char *swarm_service;      /* com.docker.swarm.service.name */
    struct ww_labels labels;  /* all of them, sorted; kept only while a site policy reads them */
    enum ww_decision decided; /* no part of what is compared */
    char **networks;          /* names of the networks it is configured for, sorted */
    size_t n_networks;
    struct ww_publish *published; /* sorted */
    size_t n_published;
    int64_t
        started_at_ns; /* when its process was started last, the engine's clock since 1970; 0: the engine did not say */
    int64_t pid; /* of its first process, in the engine's pid namespace; 0: it has none, or the engine has not said */
    bool net_admin;      /* an inspect said that it has the capability NET_ADMIN; no part of what is compared */
    int64_t pid_told_ns; /* asked for then, ww_clock_mono(); 0: no answer says so, for lists do not */
};

struct ww_container *ww_container_new(void); /* all empty; NULL when out of memory */
void ww_container_free(struct ww_container *c);

/* Sort networks and published ports, drop doubles: equal containers then compare equal field by field. When they were
 * started, and their process, do not count: no rule depends on that. */
void ww_container_normalize(struct ww_container *c);
bool ww_container_equal(const struct ww_container *a, const struct ww_container *b);

/* What a label that is a YAML boolean says; any case, blanks around it do not count. */
enum ww_switch {
    WW_SWITCH_UNSET, /* missing or empty */
    WW_SWITCH_ON,    /* true, yes, on, y */
    WW_SWITCH_OFF,   /* false, no, off, n */
    WW_SWITCH_BAD,
};

enum ww_switch ww_switch_parse(const char *text); /* text NULL: missing */

/* Whether the labels opt in, unless a site policy decided: true, yes, on, y in any case; false, no, off, n, "" or
 * missing do not; anything else is BAD. */
enum ww_managed ww_container_managed(const struct ww_container *c);

/* The id of the container whose network namespace it shares, else NULL. Borrowed. */
const char *ww_container_netns_of(const struct ww_container *c);

/* Running, paused or restarting: it has, or is about to have, processes. */
bool ww_container_is_up(const struct ww_container *c);

#endif
