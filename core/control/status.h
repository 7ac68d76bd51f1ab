/* What the program knows of itself and of what it enforces, for people and for monitoring: plain data, filled in on
 * request. docs/status.md says what each field means to a reader of the JSON. */
#ifndef WW_CONTROL_STATUS_H
#define WW_CONTROL_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/endpoint.h"

/* The version of the JSON form. It grows when a field changes its meaning or goes; new fields alone do not count. */
#define WW_STATUS_FORMAT 1

/* What the kernel (or the host) can, as far as it is known. */
enum ww_ability { WW_ABILITY_UNKNOWN, WW_ABILITY_NO, WW_ABILITY_YES };

/* The worst that is true of a container, the worst last. */
enum ww_status_state {
    WW_STATUS_DOWN,     /* it has no addresses: nothing to enforce */
    WW_STATUS_ENFORCED, /* all its rules are in the kernel */
    WW_STATUS_WAITING,  /* … but for some that name what is not there yet */
    WW_STATUS_AUDITED,  /* nothing of it is dropped */
    WW_STATUS_PENDING,  /* the kernel has other rules for it than it should: a change is under way, or refused */
    WW_STATUS_UNENFORCEABLE,
    WW_STATUS_QUARANTINED,
    WW_STATUS_STATES,
};

/* A rule or a network, and what is to be said of it. */
struct ww_status_note {
    const char *what;
    const char *text;
    bool accepted; /* of networks: its label says that this is known, so it is no problem */
};

/* Something that is wrong, and that the operator should look at. */
struct ww_status_problem {
    const char *code;    /* "quarantined", …: docs/status.md lists them */
    const char *subject; /* name of the container or network; NULL: no single one */
    char *text;          /* owned */
};

struct ww_status_address {
    const char *network; /* its name */
    struct ww_endpoint_addrs addrs;
};

struct ww_status_count {
    const char *reason;
    uint64_t packets;
};

struct ww_status_container {
    const char *id;     /* the full one */
    const char *name;   /* "" when it is not known */
    const char *shares; /* id of the container whose addresses it has; NULL: its own */
    enum ww_status_state state;
    const char *quarantine;         /* why; NULL: it is not */
    struct ww_status_note *waiting; /* rules that wait, and for what */
    size_t n_waiting;
    struct ww_status_note *notes; /* what else is to be said of rules ("": of the whole label): what they do not do, or
                                   * what policies narrowed or refused */
    size_t n_notes;
    struct ww_status_note *unenforceable; /* networks, and why */
    size_t n_unenforceable;
    struct ww_status_address *addresses;
    size_t n_addresses;
    size_t rules; /* in force for these addresses */
    bool start_latency_known;
    int64_t before_start_ms; /* by which its rules were active before its process was started; negative: late */
    bool counted;            /* whether the next one is known */
    struct ww_status_count *drops;
    size_t n_drops;
    bool audited;                  /* in the kernel now */
    struct ww_status_count *would; /* what would have been dropped */
    size_t n_would;
};

/* A bridge network. */
struct ww_status_network {
    const char *id;
    const char *name;
    const char *bridge; /* the bridge's interface name */
    const char *guard;  /* why it is guarded, or not: "auto", … */
    bool guarded;       /* in the kernel now */
    size_t known;       /* endpoints that may talk there, or that are managed */
    size_t bound;       /* of these, those that are bound to their bridge port */
};

/* Strings are borrowed, from whatever filled it in, until that changes; the arrays are its own. */
struct ww_status {
    const char *version;
    int64_t pid;
    int64_t now_ns;       /* when this was filled in, since 1970 */
    int64_t started_ns;   /* when the program started */
    bool audit;           /* -audit is given */
    bool sandbox;         /* labels are read in processes of their own */
    int64_t system_calls; /* that are left to the program; 0: all */

    struct ww_status_problem *problems; /* all that is wrong; none: all is well */
    size_t n_problems;

    struct {
        const char *state;     /* "away", "listing", "synced" */
        const char *version;   /* "" while away */
        int64_t since_ns;      /* when it came into that state */
        int64_t last_event_ns; /* 0: none yet */
    } engine;

    struct {
        const char *release;   /* of the kernel */
        enum ww_ability owner; /* can tables have an owner that outlives a crash? */
        enum ww_ability queue;
        enum ww_ability bind;         /* can endpoints be bound to their bridge ports? */
        enum ww_ability name;         /* can rules name the bridge that a port belongs to? */
        enum ww_ability bridged_ipv4; /* is traffic within one bridge seen? */
        enum ww_ability bridged_ipv6;
    } kernel;

    struct {
        bool owned;  /* no other program can change it */
        bool shared; /* it is to have no owner */
    } table;

    struct {
        bool wanted;
        enum ww_ability ipv4; /* is the rule in DOCKER-USER? unknown: there is no such chain */
        enum ww_ability ipv6;
    } docker_user;

    struct {
        const char *path;
        bool durable;
        const char *trouble; /* what is wrong with it; NULL: nothing */
    } database;

    int64_t last_error_ns; /* 0: none */
    const char *last_error;

    struct ww_status_network *networks;
    size_t n_networks;
    struct ww_status_container *containers; /* the managed ones */
    size_t n_containers;
};

/* Append to one of the arrays. The reserve grows by doubling, so adding is cheap. Strings are borrowed, and stay as
 * long as the status does; a problem's text is copied, for it may be made up for it. -ENOMEM. */
int ww_status_add_problem(struct ww_status *s, const char *code, const char *subject, const char *text);
int ww_status_add_note(struct ww_status_note **notes, size_t *n, const char *what, const char *text);
int ww_status_add_address(struct ww_status_container *c, const char *network, const struct ww_endpoint_addrs *addrs);
int ww_status_add_count(struct ww_status_count **counts, size_t *n, const char *reason, uint64_t packets);
int ww_status_add_network(struct ww_status *s, const struct ww_status_network *network);
/* *ret_container is empty, and valid until the next one is added. */
int ww_status_add_container(struct ww_status *s, struct ww_status_container **ret_container);
void ww_status_done(struct ww_status *s);

const char *ww_status_state_text(enum ww_status_state state); /* "enforced", … */

#endif
