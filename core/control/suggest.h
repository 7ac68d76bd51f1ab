/*
 * Rules that a container lacks, by what was seen of it: flows that were dropped, or would have been, but it is audited.
 * docs/audit.md says what each field means to those who read it as JSON.
 */
#ifndef WW_CONTROL_SUGGEST_H
#define WW_CONTROL_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/ir/groups.h"
#include "core/model/addr.h"
#include "core/model/endpoint.h"

#define WW_SUGGEST_FORMAT 1 /* the version of the JSON form, as WW_STATUS_FORMAT is of the status */

/* Which part of the rules it is a matter of. */
enum ww_seen_side { WW_SEEN_LOCALHOST, WW_SEEN_EXTERNAL, WW_SEEN_INPUT, WW_SEEN_OUTPUT };

enum ww_seen_peer {
    WW_SEEN_CONTAINER,
    WW_SEEN_HOST,
    WW_SEEN_ADDRESS,
    WW_SEEN_ANY, /* clients of a published port that are too many to be told */
};

/* Flows that differ in nothing that rules look at. */
struct ww_seen {
    enum ww_seen_side side;
    enum ww_seen_peer peer;
    const char *network; /* CONTAINER: as rules of this container call the network on which both are, … */
    const char *name;    /* … and the other end */
    struct ww_addr addr; /* of the other end, when it was seen first */
    uint8_t proto;       /* as rules have it: ICMP in IPv6, too */
    uint16_t port;       /* of the receiver's container, or as it was dialled (OUTPUT, HOST); 0: none */
    uint64_t reports;
    int64_t first_ns;
    int64_t last_ns;
    bool audited; /* some of it passed, for it is audited; else all was dropped */
    bool opened;  /* INPUT: a rule that is suggested for the sender names this container, and opens it here */
};

/* Strings are borrowed, from whatever filled it in, until that changes; `seen` is its own. */
struct ww_suggestion {
    const char *id;
    const char *name;
    const char *project; /* of Compose; NULL: none */
    const char *service;
    bool labelled; /* it has whalewall.rules already, which allow more than was seen here */
    bool audited;
    int64_t since_ns;  /* from when on it was looked at: the program's start */
    uint64_t left_out; /* reports that are not among these, for there were too many flows */
    const struct ww_publish *published;
    size_t n_published;
    const struct ww_groups *groups; /* of the site's policies; NULL: there are none */
    struct ww_seen *seen;           /* sorted by ww_suggestion_sort */
    size_t n;
};

void ww_suggestion_done(struct ww_suggestion *s);
void ww_suggestion_sort(struct ww_suggestion *s);

/* suggest_rules.c: append the text of a whalewall.rules that allows what was seen, and as little else as rules can say;
 * nothing where nothing is lacking. */
void ww_suggestion_rules(const struct ww_suggestion *s, struct ww_buf *out);

/* Append one line: the object of version WW_SUGGEST_FORMAT. */
void ww_suggestion_write(const struct ww_suggestion *s, struct ww_buf *out);

#endif
