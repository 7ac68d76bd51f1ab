#include "helper_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

void stage_strike(struct stage *stage)
{
    ww_kernel_free(stage->bench.kernel);
    ww_plan_free(stage->bench.plan);
    probe_close(&stage->kit);
    lab_close(&stage->lab);
}
