/*
 * Labels that look like ours and are none: `whalewall.enable`, `Whalewall.rules`, `whalewall.foo`. They are not obeyed,
 * so their author is to be told. Of all other labels nothing is kept.
 */
#ifndef WW_MODEL_STRAY_H
#define WW_MODEL_STRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/base/limits.h"

enum ww_label_place { WW_LABEL_ON_CONTAINER, WW_LABEL_ON_NETWORK, WW_LABEL_ON_SERVICE };

/* What is to be said of one container's, network's or (swarm) service's labels: each text is one line, in printable
 * ASCII. */
struct ww_strays {
    char *texts[WW_LIMIT_STRAYS + 2]; /* those that are close to one of ours first; room for two lines more */
    size_t n;
    size_t n_near;
    size_t left_out; /* how many have no text */
    bool enabled;    /* one of them is meant to be whalewall.enabled */
};

/*
 * Take note of a label's key. *strays is made with the first one that is a stray; NULL: there is none. A key is one if
 * it is, but for case, for the characters between words, and for two letters, one of ours; if it begins with
 * `whalewall.`, in any case; or if it is ours, but belongs elsewhere, as all do that a service has. -ENOMEM.
 */
int ww_strays_note(struct ww_strays **strays, enum ww_label_place place, const char *key, struct ww_error *err);

/* A container has `whalewall.rules` and does not say whether it is to be managed. -ENOMEM. */
int ww_strays_note_idle_rules(struct ww_strays **strays, struct ww_error *err);

/* A network's `whalewall.accept` is not obeyed: its value is none; enforceable: it is for other networks. -ENOMEM. */
int ww_strays_note_accept(struct ww_strays **strays, const char *value, bool enforceable, struct ww_error *err);

/* That was all: say how many have no text. -ENOMEM. */
int ww_strays_end(struct ww_strays *strays, struct ww_error *err);

void ww_strays_free(struct ww_strays *strays);
bool ww_strays_equal(const struct ww_strays *a, const struct ww_strays *b); /* either may be NULL */

#endif
