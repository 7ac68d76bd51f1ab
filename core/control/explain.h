/* Whether a flow may pass, and which rules say so: plain data, filled in on request. docs/control.md says what each
 * field means to those who read it as JSON. */
#ifndef WW_CONTROL_EXPLAIN_H
#define WW_CONTROL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/model/addr.h"

#define WW_EXPLAIN_FORMAT 1 /* the version of the JSON form, as WW_STATUS_FORMAT is of the status */
#define WW_EXPLAIN_STEPS 6  /* of one way, at most */

/* As it was asked; NULL: not said. */
struct ww_explain_question {
    const char *from;
    const char *to;
    const char *what; /* "tcp/80", "icmp"; NULL or empty: all of them */
};

enum ww_explain_verdict {
    WW_EXPLAIN_ALLOWED,
    WW_EXPLAIN_REFUSED,
    WW_EXPLAIN_UNKNOWN,    /* a user chain or a queue decides */
    WW_EXPLAIN_UNFILTERED, /* such packets do not pass the host's firewall */
    WW_EXPLAIN_PARTLY,     /* of all ways: some pass, and some do not */
};

struct ww_explain_end {
    const char *kind; /* "container", "host", "internet", "address" */
    const char *name; /* the container's, or as it was asked */
    const char *id;   /* the container's; NULL: none */
    bool managed;
};

struct ww_explain_step {
    const char *at;        /* "guard", "sender", "receiver" */
    const char *container; /* its name; NULL: none that is managed */
    bool passes;
    const char *rule; /* where the rule (or the ban) comes from; NULL: no rule decided */
    const char *text;
    char *hint; /* what would allow it, owned; NULL: nothing */
};

/* One way that packets may take. */
struct ww_explain_way {
    const char *network; /* on which both ends are; NULL: none */
    const char *through; /* "host port", "userland proxy"; NULL: straight */
    struct ww_addr source;
    struct ww_addr destination;
    uint16_t port;
    struct ww_addr dialled;
    uint16_t dialled_port;
    enum ww_explain_verdict verdict;
    struct ww_explain_step steps[WW_EXPLAIN_STEPS];
    size_t n_steps;
};

/* Ports (0: the protocol has none) that pass, or may: of all of them the same holds. */
struct ww_explain_range {
    const char *protocol;
    uint16_t first;
    uint16_t last;
    enum ww_explain_verdict verdict;
};

/* Strings are borrowed, from whatever filled it in, until that changes, but for hints and notes. */
struct ww_explanation {
    struct ww_explain_end from;
    struct ww_explain_end to;
    const char *protocol; /* NULL: all were asked for */
    uint16_t port;        /* 0: the protocol has none */
    enum ww_explain_verdict verdict;
    struct ww_explain_way *ways;
    size_t n_ways;
    bool all; /* all was asked for: there are no ways, but ranges, in the order of protocols and ports */
    bool some_refused;
    struct ww_explain_range *ranges;
    size_t n_ranges;
    char **notes; /* what the verdict does not know of */
    size_t n_notes;
};

/* *ret_way is empty, and valid until the next one is added. -ENOMEM. */
int ww_explanation_add_way(struct ww_explanation *e, struct ww_explain_way **ret_way);
int ww_explanation_add_range(struct ww_explanation *e, const char *protocol, uint16_t first, uint16_t last,
                             enum ww_explain_verdict verdict); /* -ENOMEM */
/* Once only, however often it is said. -ENOMEM. */
int ww_explanation_note(struct ww_explanation *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The verdict on all ways. None: nothing leads there, which is WW_EXPLAIN_REFUSED. */
void ww_explanation_sum_up(struct ww_explanation *e);
/* The same on all ranges. */
void ww_explanation_sum_up_ranges(struct ww_explanation *e);
void ww_explanation_done(struct ww_explanation *e);

const char *ww_explain_verdict_text(enum ww_explain_verdict verdict); /* "allowed", … */

/* Append one line: the object of version WW_EXPLAIN_FORMAT. */
void ww_explanation_write(const struct ww_explanation *e, struct ww_buf *out);

#endif
