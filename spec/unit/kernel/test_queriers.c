/*
 * What makes a bridge take its sender for a router of groups: it would send groups' packets to that port only, and take
 * its word for who listens. No managed endpoint does it, whatever its rules allow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_frame.h"
#include "helper_letter.h"
#include "helper_netns.h"

#define M0 "02:42:00:00:00:00"
#define M2 "02:42:00:00:00:02"
#define A0 "198.51.100.2"
#define A2 "198.51.100.4"
#define B0 "2001:db8:100::2"
#define B2 "2001:db8:100::4"
#define GROUP4 "01:00:5e:00:00:01"
#define GROUP6 "33:33:00:00:00:6a"
#define SYSTEMS "224.0.0.1"
#define SNOOPERS "ff02::6a"
#define ALL_OPEN                                                                                                       \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"                                \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"                                                        \
    "output to any origin \"output[0]\"\n"

/* From c0, which is managed, or c2, which is not. */
static const struct row {
    const char *name;
    int from;
    bool passes;
    struct letter letter;
} rows[] = {
    {"a query", 0, false, {.kind = LETTER_IGMP, M0, GROUP4, A0, SYSTEMS, .type = 0x11}},
    {"an advertisement", 0, false, {.kind = LETTER_IGMP, M0, GROUP4, A0, SYSTEMS, .type = 0x30}},
    {"a router's hello", 0, false, {.kind = LETTER_PIM, M0, GROUP4, A0, SYSTEMS}},
    {"an advertisement, IPv6", 0, false, {.kind = LETTER_FOUND, M0, GROUP6, B0, SNOOPERS}},
    {"a listener's report", 0, true, {.kind = LETTER_IGMP, M0, GROUP4, A0, SYSTEMS, .type = 0x16}},
    {"a datagram, IPv6", 0, true, {.kind = LETTER_DATA, M0, GROUP6, B0, SNOOPERS}},
    {"another's query", 2, true, {.kind = LETTER_IGMP, M2, GROUP4, A2, SYSTEMS, .type = 0x11}},
    {"another's hello", 2, true, {.kind = LETTER_PIM, M2, GROUP4, A2, SYSTEMS}},
    {"another's advertisement, IPv6", 2, true, {.kind = LETTER_FOUND, M2, GROUP6, B2, SNOOPERS}},
};

static bool comes(const struct row *row, bool must)
{
    bool seen = false;
    int tap = frame_tap(&stage.lab, 3);
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        letter_send(&stage.lab, row->from, &row->letter);
        seen = letter_comes(tap, &row->letter);
    }
    close(tap);
    return seen;
}

static void a_managed_endpoint_is_no_router_of_groups(void **state)
{
    (void)state;
    struct ww_fence *f = stage_fence(false);
    stage_add(f, 0, true, "v0-0");
    stage_stand_by_in(f);
    stage_move(f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (comes(&rows[i], rows[i].passes) != rows[i].passes)
            fail_msg("%s %s", rows[i].name, rows[i].passes ? "does not pass" : "passes");
    stage_move(NULL);
}

/* c0 may send anything to any address, and the bridge sends what is for a group to all ports. */
static int open_all(void **state)
{
    int rc = stage_open(state);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = bench_plan(ALL_OPEN, NULL);
    helper_run("ip link set br0 type bridge mcast_snooping 0");
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_managed_endpoint_is_no_router_of_groups),
    };
    return cmocka_run_group_tests(tests, open_all, stage_close);
}
