#include "core/control/metrics_drops.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/control/metrics_value.h"

static const char *home_of(const struct ww_status_container *c)
{
    return c->shares ? c->shares : c->id;
}

/* What was dropped of it, or, audited, would have been. */
static const struct ww_status_count *counts_of(const struct ww_status_container *c, bool audited, size_t *ret_n)
{
    *ret_n = audited ? c->n_would : c->n_drops;
    return audited ? c->would : c->drops;
}

static uint64_t packets_of(const struct ww_status_container *c, bool audited)
{
    uint64_t packets = 0;
    size_t n;
    const struct ww_status_count *counts = counts_of(c, audited, &n);
    for (size_t i = 0; i < n; i++)
        packets += counts[i].packets;
    return packets;
}

/* Those of one home beside each other, its own first. */
static int by_home(const void *a, const void *b)
{
    const struct ww_status_container *x = *(const struct ww_status_container *const *)a;
    const struct ww_status_container *y = *(const struct ww_status_container *const *)b;
    int order = strcmp(home_of(x), home_of(y));
    if (order == 0)
        order = (x->shares != NULL) - (y->shares != NULL);
    return order ? order : strcmp(x->id, y->id);
}

static int by_packets(const void *a, const void *b, void *arg)
{
    const bool *audited = arg;
    const struct ww_status_container *x = *(const struct ww_status_container *const *)a;
    const struct ww_status_container *y = *(const struct ww_status_container *const *)b;
    uint64_t more = packets_of(x, *audited);
    uint64_t less = packets_of(y, *audited);
    return more != less ? (more < less) - (more > less) : strcmp(x->id, y->id);
}

static void write_container(const struct ww_status_container *c, bool audited, struct ww_buf *out)
{
    size_t n;
    const struct ww_status_count *counts = counts_of(c, audited, &n);
    for (size_t i = 0; i < n; i++) {
        ww_buf_fmt(out, "whalewall_%s_packets_total{container=\"", audited ? "audited" : "dropped");
        ww_metrics_value(out, *c->name ? c->name : c->id);
        ww_buf_fmt(out, "\",reason=\"%s\"} %" PRIu64 "\n", counts[i].reason, counts[i].packets);
    }
}

/* Those with drops, one of each home; in the order of their homes. */
static size_t gather(const struct ww_status *s, bool audited, const struct ww_status_container **of)
{
    size_t all = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n_containers; i++)
        if (audited ? s->containers[i].n_would : s->containers[i].n_drops)
            of[all++] = &s->containers[i];
    qsort(of, all, sizeof(*of), by_home);
    for (size_t i = 0; i < all; i++)
        if (n == 0 || strcmp(home_of(of[n - 1]), home_of(of[i])) != 0)
            of[n++] = of[i];
    return n;
}

size_t ww_metrics_drops(const struct ww_status *s, bool audited, struct ww_buf *out)
{
    ww_auto_free const struct ww_status_container **of = calloc(s->n_containers + 1, sizeof(*of));
    if (!of) {
        out->failed = true;
        return 0;
    }
    size_t n = gather(s, audited, of);
    qsort_r(of, n, sizeof(*of), by_packets, &audited);
    size_t shown = n < WW_LIMIT_METRICS_CONTAINERS ? n : WW_LIMIT_METRICS_CONTAINERS;
    for (size_t i = 0; i < shown; i++)
        write_container(of[i], audited, out);
    return n - shown;
}
