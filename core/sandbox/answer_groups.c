#include "core/sandbox/answer_groups.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/world.h"
#include "core/sandbox/wire.h"

#define READS_KNOWN (WW_READS_FACTS | WW_READS_LABELS | WW_READS_IMAGE | WW_READS_NETWORK_LABELS)
#define LEAST_GROUP 8  /* a name and the number of its ranges */
#define LEAST_RANGE 34 /* two addresses */

void ww_answer_loaded_write(unsigned reads, const struct ww_groups *groups, struct ww_buf *out)
{
    struct ww_wire w = {.out = out};
    uint32_t what = reads;
    void *none;
    ww_wire_bytes(&w, &what, sizeof(what));
    ww_wire_list(&w, groups ? groups->n : 0, LEAST_GROUP, 0, &none);
    for (size_t i = 0; groups && i < groups->n; i++) {
        const struct ww_group *g = &groups->list[i];
        const char *name = g->name;
        ww_wire_text(&w, &name);
        ww_wire_list(&w, g->n, LEAST_RANGE, 0, &none);
        for (size_t j = 0; j < g->n; j++) {
            struct ww_addr_range range = g->ranges[j];
            ww_wire_addr(&w, &range.lo);
            ww_wire_addr(&w, &range.hi);
        }
    }
}

static int read_group(struct ww_wire *w, struct ww_group *ret_group)
{
    const char *name;
    void *room;
    ww_wire_text(w, &name);
    ret_group->n = ww_wire_list(w, 0, LEAST_RANGE, sizeof(*ret_group->ranges), &room);
    ret_group->ranges = room;
    for (size_t i = 0; i < ret_group->n; i++) {
        ww_wire_addr(w, &ret_group->ranges[i].lo);
        ww_wire_addr(w, &ret_group->ranges[i].hi);
    }
    w->bad = w->bad || !name;
    ret_group->name = w->bad ? NULL : strdup(name);
    return w->bad || ret_group->name ? 0 : -ENOMEM;
}

static int read_groups(struct ww_wire *w, struct ww_groups *groups)
{
    void *room;
    int rc = 0;
    size_t n = ww_wire_list(w, 0, LEAST_GROUP, sizeof(*groups->list), &room);
    groups->list = room;
    for (; groups->n < n && !w->bad && rc == 0; groups->n++)
        rc = read_group(w, &groups->list[groups->n]);
    return rc < 0 ? rc : ww_wire_end(w);
}

int ww_answer_loaded_read(const char *bytes, size_t n, unsigned *ret_reads, struct ww_groups *ret_groups,
                          struct ww_error *err)
{
    struct ww_wire w = {.at = bytes, .end = bytes + n};
    struct ww_groups groups = {0};
    uint32_t reads;
    ww_wire_bytes(&w, &reads, sizeof(reads));
    int rc = read_groups(&w, &groups);
    if (rc < 0)
        ww_fail(err, rc, rc == -ENOMEM ? "out of memory" : "not a list of groups");
    else if (!(reads & WW_READS_FACTS) || reads & ~(uint32_t)READS_KNOWN)
        rc = ww_fail(err, -EINVAL, "unknown facts are read");
    else
        rc = ww_groups_check(&groups, err);
    if (rc < 0) {
        ww_groups_done(&groups);
        return rc;
    }
    *ret_reads = reads;
    *ret_groups = groups;
    return 0;
}
