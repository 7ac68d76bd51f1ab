#include "core/agent/commit_latency.h"

#include "core/agent/agent_internal.h"
#include "core/agent/step.h"
#include "core/base/clock.h"

/* What is tried again goes on waiting since the first try. */
void ww_commit_latency_failed(struct ww_agent *a, int64_t since)
{
    a->counts.commits_failed++;
    if (!a->reconciling.since)
        a->reconciling.since = since;
}

/* The first list is no event. */
void ww_commit_latency_done(struct ww_agent *a, const struct ww_step *step, int64_t since)
{
    struct ww_reconciling *r = &a->reconciling;
    int64_t began = r->since ? r->since : since;
    r->since = 0;
    if (!step->rules.n && !step->fences.n)
        return;
    a->counts.commits++;
    if (a->ready)
        ww_histogram_add(&a->counts.commit, ww_clock_mono() - began);
}
