/* What `whalewall doctor` has found, in the order in which it looked. */
#ifndef WW_CLI_FINDINGS_H
#define WW_CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ww_finding_level {
    WW_FINDING_OK,
    WW_FINDING_NOTE,    /* good to know, and no fault */
    WW_FINDING_WARNING, /* something is open, or not as was meant */
    WW_FINDING_WRONG,   /* nothing (or not all) can be enforced */
};

struct ww_finding {
    enum ww_finding_level level;
    const char *code;   /* docs/doctor.md lists them */
    char *text;         /* owned; what was found, and what it means */
    const char *advice; /* what to do; NULL: nothing */
};

/* All zero is empty. */
struct ww_findings {
    struct ww_finding *items;
    size_t n;
    bool failed; /* out of memory */
};

void ww_findings_add(struct ww_findings *f, enum ww_finding_level level, const char *code, const char *advice,
                     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void ww_findings_done(struct ww_findings *f);

/* Is there nothing that is a warning or wrong? */
bool ww_findings_are_well(const struct ww_findings *f);

/* For people, what is worst first; or as one JSON object. */
void ww_findings_show(const struct ww_findings *f, bool colours, FILE *out);
void ww_findings_json(const struct ww_findings *f, FILE *out);

#endif
