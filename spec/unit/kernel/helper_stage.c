#include "helper_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <netinet/in.h>

#define QUIET_MS 100 /* without an arrival: what has not come by then does not come */

void stage_set(struct stage *stage, bool shared)
{
    if (!lab_open(&stage->lab))
        fail_msg("this test needs root: it works in network namespaces of its own");
    probe_open(&stage->kit, &stage->lab);
    stage->bench.shared = shared;
    bench_restart(&stage->bench, NULL);
    stage->bench.plan = ww_plan_new();
    assert_non_null(stage->bench.plan);
    stage->port = 42000;
}

struct probe stage_send(struct stage *stage, int from, int to, const char *src, const char *dst, uint16_t sport,
                        uint16_t dport)
{
    struct probe p = {.from = from, .to = to};
    p.flow = (struct ww_flow){.proto = IPPROTO_UDP, .dport = dport, .orig_dport = dport};
    p.flow.sport = sport ? sport : stage->port++;
    assert_int_equal(ww_addr_parse(src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    probe_run(&stage->kit, &p, 1, QUIET_MS);
    return p;
}

void stage_strike(struct stage *stage)
{
    ww_kernel_free(stage->bench.kernel);
    ww_plan_free(stage->bench.plan);
    probe_close(&stage->kit);
    lab_close(&stage->lab);
}
