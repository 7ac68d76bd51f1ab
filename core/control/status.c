#include "core/control/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_RESERVE 4

/* Room for one more of `size` bytes; full are those whose number is a power of two, or 0. NULL when out of memory. */
static void *grow_array(void *array, size_t n, size_t size)
{
    if (n && (n < STATUS_RESERVE || (n & (n - 1))))
        return array;
    return reallocarray(array, n ? n * 2 : STATUS_RESERVE, size);
}

#define STATUS_ADD(array, n, ...)                                                                                      \
    ({                                                                                                                 \
        void *status_more_ = grow_array((array), (n), sizeof(*(array)));                                               \
        if (status_more_) {                                                                                            \
            (array) = status_more_;                                                                                    \
            (array)[(n)++] = (__typeof__(*(array)))__VA_ARGS__;                                                        \
        }                                                                                                              \
        status_more_ ? 0 : -ENOMEM;                                                                                    \
    })

int ww_status_add_problem(struct ww_status *s, const char *code, const char *subject, const char *text)
{
    char *copy = strdup(text);
    int rc = copy ? STATUS_ADD(s->problems, s->n_problems, {.code = code, .subject = subject, .text = copy}) : -ENOMEM;
    if (rc < 0)
        free(copy);
    return rc;
}

int ww_status_add_note(struct ww_status_note **notes, size_t *n, const char *what, const char *text)
{
    return STATUS_ADD(*notes, *n, {.what = what, .text = text});
}

int ww_status_add_address(struct ww_status_container *c, const char *network, const struct ww_endpoint_addrs *addrs)
{
    return STATUS_ADD(c->addresses, c->n_addresses, {.network = network, .addrs = *addrs});
}

int ww_status_add_count(struct ww_status_count **counts, size_t *n, const char *reason, uint64_t packets)
{
    return STATUS_ADD(*counts, *n, {.reason = reason, .packets = packets});
}

int ww_status_add_network(struct ww_status *s, const struct ww_status_network *network)
{
    return STATUS_ADD(s->networks, s->n_networks, *network);
}

int ww_status_add_container(struct ww_status *s, struct ww_status_container **ret_container)
{
    int rc = STATUS_ADD(s->containers, s->n_containers, {0});
    if (rc == 0)
        *ret_container = &s->containers[s->n_containers - 1];
    return rc;
}

void ww_status_done(struct ww_status *s)
{
    for (size_t i = 0; i < s->n_containers; i++) {
        struct ww_status_container *c = &s->containers[i];
        free(c->waiting);
        free(c->notes);
        free(c->unenforceable);
        free(c->addresses);
        free(c->drops);
        free(c->would);
    }
    free(s->containers);
    free(s->networks);
    for (size_t i = 0; i < s->n_problems; i++)
        free(s->problems[i].text);
    free(s->problems);
    *s = (struct ww_status){0};
}

const char *ww_status_state_text(enum ww_status_state state)
{
    static const char *const texts[WW_STATUS_STATES] = {
        [WW_STATUS_DOWN] = "down",
        [WW_STATUS_ENFORCED] = "enforced",
        [WW_STATUS_WAITING] = "waiting",
        [WW_STATUS_AUDITED] = "audited",
        [WW_STATUS_PENDING] = "pending",
        [WW_STATUS_UNENFORCEABLE] = "unenforceable",
        [WW_STATUS_QUARANTINED] = "quarantined",
    };
    return texts[state];
}
