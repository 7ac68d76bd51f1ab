/* What is in force, container by container, so that a client can ask the simulator of it what it wants. docs/control.md
 * says what each field means to those who read it as JSON. */
#ifndef WW_CONTROL_ENFORCED_H
#define WW_CONTROL_ENFORCED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/ir/ruleset.h"
#include "core/model/container.h"
#include "core/model/network.h"

#define WW_ENFORCED_FORMAT 1 /* the version of the JSON form, as WW_STATUS_FORMAT is of the status */

struct ww_enforced_endpoint {
    const struct ww_network *network;
    const struct ww_endpoint_addrs *addrs;
};

struct ww_enforced_container {
    const struct ww_container *container;
    const char *home; /* id of the container whose addresses it has; its own, mostly */
    bool managed;
    const char *fault;              /* why it is quarantined; NULL: it is not */
    bool image_ignored;             /* its rules are the image's own, which are not obeyed */
    const struct ww_ruleset *rules; /* in force for its addresses; NULL: none, or they are of its home */
    struct ww_enforced_endpoint *endpoints;
    size_t n_endpoints;
};

/* Everything is borrowed, from whatever filled it in, until that changes; the arrays are its own. */
struct ww_enforced {
    const struct ww_network **networks;
    size_t n_networks;
    struct ww_enforced_container *containers; /* in the order of ids */
    size_t n_containers;
    const char *next; /* ask with `after` and this for those that come after; NULL: there are none */
};

/* Append. *ret_container is empty, and valid until the next one is added. -ENOMEM. */
int ww_enforced_add_network(struct ww_enforced *e, const struct ww_network *network);
int ww_enforced_add_container(struct ww_enforced *e, struct ww_enforced_container **ret_container);
int ww_enforced_add_endpoint(struct ww_enforced_container *c, const struct ww_enforced_endpoint *endpoint);
void ww_enforced_done(struct ww_enforced *e);

/* Append one line: the object of version WW_ENFORCED_FORMAT. */
void ww_enforced_write(const struct ww_enforced *e, struct ww_buf *out);

#endif
