#include "helper_dropped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_netns.h"

void dropped_open(struct bench *bench)
{
    if (ww_kernel_report_drops(bench->kernel, &bench->err) < 0 || ww_kernel_adopt(bench->kernel, NULL, &bench->err) < 0)
        fail_msg("%s", bench->err.text);
    helper_run("nft 'add chain inet whalewall back'");
}

static int keep_counter(const struct ww_drop_counter *counter, void *arg)
{
    struct counters *c = arg;
    assert_true(c->n < COUNTERS_MAX);
    c->v[c->n++] = *counter;
    return 0;
}

struct counters counters_read(struct bench *bench)
{
    struct counters c = {.n = 0};
    if (ww_kernel_drops(bench->kernel, keep_counter, &c, &bench->err) < 0)
        fail_msg("%s", bench->err.text);
    return c;
}

static void keep_report(const struct ww_drop *drop, void *arg)
{
    struct reports *r = arg;
    if (r->n < REPORTS_MAX)
        r->v[r->n] = *drop;
    r->n++;
}

/* The kernel gathers reports for a tenth of a second. */
struct reports reports_read(struct bench *bench)
{
    struct reports r = {.n = 0};
    usleep(200000);
    if (ww_kernel_drain_drops(bench->kernel, keep_report, &r, &bench->err) < 0)
        fail_msg("%s", bench->err.text);
    return r;
}
