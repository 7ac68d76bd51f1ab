/* Which part of a transaction the kernel refused. */
#ifndef WW_KERNEL_REFUSAL_H
#define WW_KERNEL_REFUSAL_H

struct ww_refusal {
    char *id;     /* the container's id, NULL if it was none of theirs */
    char *origin; /* the rule's origin, NULL if it was not one rule */
};

void ww_refusal_done(struct ww_refusal *r);

#endif
