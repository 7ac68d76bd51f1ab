/* Which bridge port leads to which endpoint. */
#ifndef WW_AGENT_SEATS_H
#define WW_AGENT_SEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/network.h"

struct ww_agent;
struct ww_ruleset;
struct ww_seat_trouble;
struct ww_status;

struct ww_seats {
    bool own_pids;   /* this pid namespace is not the machine's first one: the engine's pids may mean nothing here */
    bool pids_seen;  /* one of them led to a port, so they do mean something */
    bool blind_told; /* the log has said that they do not */
    struct ww_seat_trouble *troubles;
    int64_t lines_since; /* that many lines were logged of them, ww_clock_mono() */
    unsigned lines;
};

/* Listen to the kernel from here on. What it cannot, or what fails, is logged, and done without. */
void ww_seats_open(struct ww_agent *a);

/* Read what the kernel tells; networks whose bridge's ports changed are looked at again. */
void ww_seats_look(struct ww_agent *a);
/* Take in what the engine's answers said of processes; networks where that changes something are looked at again. */
void ww_seats_follow(struct ww_agent *a);

/*
 * Find out which ports of the network's bridge are whose. What a container could have changed itself does not count,
 * but where nothing of it has run yet, or for the moment, until more is known:
 *
 * - A port that leads into the network namespace of a container's process is that container's. The engine says which
 *   process that is; it is asked for where it did not, or where the port is newer than its word.
 * - Before there is a process, a port whose other end has the MAC address that the engine gave the endpoint is its, if
 *   it is the only one that is not another's. The same, for the moment, of a running one whose process is not known
 * yet.
 * - What the kernel's rules have bound in an earlier run stays as it was.
 *
 * A port that was found so stays that container's as long as it is at the bridge, and is not asked for again once the
 * process has confirmed it. Where the process contradicts, it is believed, and the log says so.
 */
void ww_seats_settle(struct ww_agent *a, const struct ww_network *n);

/*
 * The port that leads to this endpoint, WW_PORT_NOWHERE: that is not known; 0: it cannot be known here. One that had a
 * port keeps it when its device is gone: nobody else has its addresses before the engine says so.
 *
 * Engines before 28 make a MAC from the address, so whoever gets the address next has the same, and the engine's word
 * that the former endpoint is gone may be late. So a port is found only by an answer about the network that was asked
 * for after it had appeared at the bridge: engines take an endpoint out of what they tell before they release its
 * address, and give an address before they make the port. Where there is none the engine is asked.
 */
uint32_t ww_seats_port(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e);

/* The ruleset of the managed container behind this port, by the fences and rules in force; NULL: there is none. */
const struct ww_ruleset *ww_seats_ruleset(const struct ww_agent *a, uint32_t port);

/* Can the engine's process ids not be followed from here? */
bool ww_seats_blind(const struct ww_agent *a);

/*
 * seat_trouble.c: who is closed because its port is not known, for the log and the status. Between begin and end, each
 * endpoint of the network that matters is noted; who is not is forgotten.
 */
void ww_seats_begin(struct ww_agent *a, const char *network);
void ww_seats_note(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e, uint32_t port);
void ww_seats_end(struct ww_agent *a, const char *network);
/* The container's process says that this port is its, and another container was taken for it (its id, 12 digits). */
void ww_seats_contradicted(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e, uint32_t port,
                           const char *other);
void ww_seats_blinded(struct ww_agent *a);
/* Time has passed: ask the engine again, and have the networks looked at again, which sets the timer again. */
void ww_seats_retry(struct ww_agent *a);
int ww_seats_problems(const struct ww_agent *a, struct ww_status *s); /* -ENOMEM */
void ww_seats_done(struct ww_seats *seats);

#endif
