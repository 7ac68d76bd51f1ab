/* What tests with real packets stand on: places with probes in them, and a kernel side in the host's namespace. */
#ifndef WW_SPEC_HELPER_STAGE_H
#define WW_SPEC_HELPER_STAGE_H

#include "helper_kernel.h"
#include "helper_probe.h"

struct stage {
    struct lab lab;
    struct probe_kit kit;
    struct bench bench;
    uint16_t port; /* a free one */
};

/* Nothing is applied; `shared` as in struct bench. Fails the test without the right to. */
void stage_set(struct stage *stage, bool shared);
void stage_strike(struct stage *stage);

/* One datagram, and what came of it. sport 0: from a free port. */
struct probe stage_send(struct stage *stage, int from, int to, const char *src, const char *dst, uint16_t sport,
                        uint16_t dport);

#endif
