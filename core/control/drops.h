/* What was dropped of late, flow by flow, as far as the kernel reported it. docs/control.md says what each field means
 * to those who read it as JSON. */
#ifndef WW_CONTROL_DROPS_H
#define WW_CONTROL_DROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/model/addr.h"

#define WW_DROPS_FORMAT 1 /* the version of the JSON form, as WW_STATUS_FORMAT is of the status */

/* Packets that differ in nothing that is told here. */
struct ww_dropped {
    uint64_t seq; /* grows with every report: a client that asks for newer ones gets the entries that changed */
    int64_t first_ns;
    int64_t last_ns;
    uint64_t reports;      /* how many of them were reported: of many, few */
    const char *id;        /* the container's; NULL: no managed one's */
    const char *name;      /* its name */
    bool out;              /* it was on its way from the container */
    struct ww_addr own;    /* this end */
    struct ww_addr peer;   /* the other one */
    const char *peer_name; /* its container, or "host"; NULL: neither */
    uint8_t proto;
    uint16_t port; /* 0: none */
    bool audited;  /* it passed all the same */
    const char *reason;
    const char *text;
    const char *policy; /* that refuses it; NULL: none */
    bool counted;       /* is the next one known? */
    uint64_t packets;   /* of this container for this reason, as the kernel counts them, since the container came */
};

/* Strings are borrowed, from whatever filled it in, until that changes; the array is its own. */
struct ww_drops_answer {
    uint64_t next;            /* to ask with for what comes after this */
    uint64_t left_out;        /* flows that were reported and are not told: too many at once */
    struct ww_dropped *drops; /* in the order of seq */
    size_t n;
};

int ww_drops_answer_add(struct ww_drops_answer *a, const struct ww_dropped *drop); /* -ENOMEM */
void ww_drops_answer_done(struct ww_drops_answer *a);

/* Append one line: the object of version WW_DROPS_FORMAT. */
void ww_drops_answer_write(const struct ww_drops_answer *a, struct ww_buf *out);

#endif
