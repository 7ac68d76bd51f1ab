#include "core/kernel/kernel_drops.h"

#include "core/kernel/base_ruleset/numbers.h"
#include "core/kernel/drops/drop_counts.h"
#include "core/kernel/kernel_internal.h"

int ww_kernel_drops(struct ww_kernel *k, int (*fn)(const struct ww_drop_counter *counter, void *arg), void *arg,
                    struct ww_error *err)
{
    return ww_drop_counts_each(k->reads, k->image.parts, fn, arg, err);
}

int ww_kernel_report_drops(struct ww_kernel *k, struct ww_error *err)
{
    return k->nflog ? 0 : ww_nflog_new(WW_DROP_GROUP, &k->nflog, err);
}

int ww_kernel_drop_fd(const struct ww_kernel *k)
{
    return k->nflog ? ww_nflog_fd(k->nflog) : -1;
}

int ww_kernel_drain_drops(struct ww_kernel *k, ww_drop_fn fn, void *arg, struct ww_error *err)
{
    return k->nflog ? ww_nflog_drain(k->nflog, fn, arg, err) : 0;
}
