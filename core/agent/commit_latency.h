/* How long it takes from the engine's word about a change until the kernel has acknowledged it, for the metrics. */
#ifndef WW_AGENT_COMMIT_LATENCY_H
#define WW_AGENT_COMMIT_LATENCY_H

#include <stdint.h>

struct ww_agent;
struct ww_step;

/* The kernel refused, or acknowledged, a step whose first change the engine told of then: ww_clock_mono(). */
void ww_commit_latency_failed(struct ww_agent *a, int64_t since);
void ww_commit_latency_done(struct ww_agent *a, const struct ww_step *step, int64_t since);

#endif
