/* One container as it is enforced: its state and its rules, for people and for programs. docs/control.md says what each
 * field means to those who read it as JSON. */
#ifndef WW_CONTROL_SHOW_H
#define WW_CONTROL_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/control/status.h"
#include "core/ir/ban.h"
#include "core/ir/ruleset.h"

#define WW_SHOW_FORMAT 1 /* the version of the JSON form, as WW_STATUS_FORMAT is of the status */

/* Everything is borrowed, from whatever filled it in, until that changes; the arrays and the status are its own. */
struct ww_show {
    const char *id;
    const char *name;
    bool managed;
    struct ww_status status;        /* has the container only, or nothing where it is not managed */
    const struct ww_ruleset *rules; /* in force for its addresses; NULL: none */
    const struct ww_ban **bans;
    size_t n_bans;
    /* The name of the container that has this address; NULL: none that is managed. */
    const char *(*name_of)(void *arg, const struct ww_addr *addr);
    void *arg;
};

int ww_show_add_ban(struct ww_show *s, const struct ww_ban *ban); /* -ENOMEM */
void ww_show_done(struct ww_show *s);

/* Append one line: the object of version WW_SHOW_FORMAT. */
void ww_show_write(const struct ww_show *s, struct ww_buf *out);

#endif
