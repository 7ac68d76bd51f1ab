/*
 * TCP segments of no connection: none of them begins a flow, and their sender is told by a reset where it may reach the
 * port that it sends to, by each kind of rule alone.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_heads.h"
#include "helper_netns.h"

#define QUIET_MS 100
#define PUBLISHED C1_HEAD "publish tcp 80 on 0.0.0.0 port 8080\npublish tcp 80 on :: port 8080\n"
#define NETS "203.0.113.64/26,2001:db8:ffff::/48"
#define HOST_NETS "198.51.100.0/30,2001:db8:100::/64"
#define COOKIE_ECHO 10 /* SCTP */

static int open_plain(void **state)
{
    stage_set(&stage, true);
    *state = &stage;
    return 0;
}

static int close_plain(void **state)
{
    (void)state;
    stage_strike(&stage);
    return 0;
}

enum fate { TOLD, SILENT, DELIVERED };

struct row {
    const char *name;
    const char *rules; /* of c1, with its head; of c0 where that sends */
    int from;
    int to;
    const char *src;
    const char *dst;
    uint16_t dport;
    enum fate fate;
};

#define FROM(addr, port) "input from " addr " tcp dport " port " origin \"input[0]\"\n"
#define RANGE(peer) "input from " peer " tcp dport 80-90 origin \"input[0]\"\n"
#define LOGGED "input from any tcp dport 80 log \"seen\" origin \"input[0]\"\n"
#define EXTERNAL(addr) PUBLISHED "external from " addr " origin \"mapped_ports.external\"\n"

static const struct row inbound[] = {
    {"an external address", EXTERNAL("203.0.113.5"), LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 80, TOLD},
    {"another address", EXTERNAL("203.0.113.5"), LAB_OUTSIDE, 1, "203.0.113.77", "198.51.100.3", 80, SILENT},
    {"any external address", EXTERNAL("any"), LAB_OUTSIDE, 1, "203.0.113.77", "198.51.100.3", 80, TOLD},
    {"a peer, and a port", C1_HEAD FROM("198.51.100.4", "80"), 2, 1, "198.51.100.4", "198.51.100.3", 80, TOLD},
    {"any peer, and a port", C1_HEAD FROM("any", "80"), 2, 1, "198.51.100.4", "198.51.100.3", 80, TOLD},
    {"the same, IPv6", C1_HEAD FROM("any", "80"), 2, 1, "2001:db8:100::4", "2001:db8:100::3", 80, TOLD},
    {"another port", C1_HEAD FROM("any", "80"), 2, 1, "198.51.100.4", "198.51.100.3", 81, SILENT},
    {"a peer, and any port", C1_HEAD "input from 198.51.100.4 origin \"input[0]\"\n", 2, 1, "198.51.100.4",
     "198.51.100.3", 80, TOLD},
    {"a network, and a port", C1_HEAD FROM(NETS, "80"), LAB_OUTSIDE, 1, "203.0.113.77", "198.51.100.3", 80, TOLD},
    {"the same, IPv6", C1_HEAD FROM(NETS, "80"), LAB_OUTSIDE, 1, "2001:db8:ffff::77", "2001:db8:100::3", 80, TOLD},
    {"a network, and any port", C1_HEAD "input from " NETS " origin \"input[0]\"\n", LAB_OUTSIDE, 1, "203.0.113.77",
     "198.51.100.3", 80, TOLD},
    {"the same, IPv6", C1_HEAD "input from " NETS " origin \"input[0]\"\n", LAB_OUTSIDE, 1, "2001:db8:ffff::77",
     "2001:db8:100::3", 80, TOLD},
    {"an external network", EXTERNAL(NETS), LAB_OUTSIDE, 1, "203.0.113.77", "198.51.100.3", 80, TOLD},
    {"the same, IPv6", EXTERNAL(NETS), LAB_OUTSIDE, 1, "2001:db8:ffff::77", "2001:db8:100::3", 80, TOLD},
    {"a range of ports, in a chain", C1_HEAD RANGE("any"), LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 80, TOLD},
    {"a chain that logs", C1_HEAD LOGGED, LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 80, SILENT},
    {"no rule", C1_HEAD, LAB_OUTSIDE, 1, "203.0.113.5", "198.51.100.3", 80, SILENT},
};

static const struct row from_the_host[] = {
    {"a port for the host", PUBLISHED "localhost from host origin \"mapped_ports.localhost\"\n", LAB_HOST, 1,
     "198.51.100.1", "198.51.100.3", 80, TOLD},
    {"any port for the host", C1_HEAD "input from host origin \"input[0]\"\n", LAB_HOST, 1, "198.51.100.1",
     "198.51.100.3", 80, TOLD},
    {"the way of the userland proxy", EXTERNAL("any"), LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 80, TOLD},
    {"the host's address, and a port", C1_HEAD FROM("198.51.100.1", "80"), LAB_HOST, 1, "198.51.100.1", "198.51.100.3",
     80, TOLD},
    {"any peer, and a port", C1_HEAD FROM("any", "80"), LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 80, TOLD},
    {"the same, IPv6", C1_HEAD FROM("any", "80"), LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", 80, TOLD},
    {"the host's address", C1_HEAD "input from 198.51.100.1 origin \"input[0]\"\n", LAB_HOST, 1, "198.51.100.1",
     "198.51.100.3", 80, TOLD},
    {"a network, and a port", C1_HEAD FROM(HOST_NETS, "80"), LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 80, TOLD},
    {"the same, IPv6", C1_HEAD FROM(HOST_NETS, "80"), LAB_HOST, 1, "2001:db8:100::1", "2001:db8:100::3", 80, TOLD},
    {"a network, and any port", C1_HEAD "input from " HOST_NETS " origin \"input[0]\"\n", LAB_HOST, 1, "198.51.100.1",
     "198.51.100.3", 80, TOLD},
    {"the same, IPv6", C1_HEAD "input from " HOST_NETS " origin \"input[0]\"\n", LAB_HOST, 1, "2001:db8:100::1",
     "2001:db8:100::3", 80, TOLD},
    {"a range of ports, in a chain", C1_HEAD RANGE("host"), LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 80, TOLD},
    {"no rule", C1_HEAD, LAB_HOST, 1, "198.51.100.1", "198.51.100.3", 80, SILENT},
};

static const struct row outbound[] = {
    {"to the outside", C0_HEAD "output to any tcp dport 80 origin \"output[0]\"\n", 0, LAB_OUTSIDE, "198.51.100.2",
     "203.0.113.5", 80, TOLD},
    {"to the host", C0_HEAD "output to host tcp dport 80 origin \"output[0]\"\n", 0, LAB_HOST, "198.51.100.2",
     "198.51.100.1", 80, TOLD},
    {"not managed", C0_HEAD, 2, LAB_OUTSIDE, "198.51.100.4", "203.0.113.5", 80, DELIVERED},
};

static struct probe segment(const struct row *row, uint16_t sport)
{
    struct probe p = {.from = row->from, .to = row->to, .kind = PROBE_ACK};
    p.flow = (struct ww_flow){.proto = IPPROTO_TCP, .dport = row->dport, .orig_dport = row->dport, .sport = sport};
    assert_int_equal(ww_addr_parse(row->src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(row->dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    return p;
}

static void run(struct probe *p)
{
    probe_run(&stage.kit, p, 1, QUIET_MS);
    if (p->send_error && p->from != LAB_HOST)
        fail_msg("send error %d", p->send_error);
}

static void try_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct row *row = &rows[i];
        struct probe p = segment(row, stage.port++);
        if (i == 0 || strcmp(row->rules, rows[i - 1].rules) != 0)
            bench_go(&stage.bench, bench_plan(row->rules, NULL));
        run(&p);
        if (p.delivered != (row->fate == DELIVERED) || p.answered != (row->fate != SILENT))
            fail_msg("%s: delivered %d, answered %d", row->name, p.delivered, p.answered);
    }
    bench_go(&stage.bench, bench_plan(NULL, NULL));
}

#define TRY(rows) try_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void a_sender_that_may_reach_the_port_is_told(void **state)
{
    (void)state;
    TRY(inbound);
}

static void the_host_is_told_where_it_may_reach_the_port(void **state)
{
    (void)state;
    TRY(from_the_host);
}

static void a_managed_sender_is_always_told(void **state)
{
    (void)state;
    TRY(outbound);
}

/* Its checksum is wrong: conntrack calls it invalid, and would call what follows a flow's. */
static void an_invalid_syn_begins_nothing(void **state)
{
    (void)state;
    struct probe p = segment(&outbound[0], stage.port++);
    bench_go(&stage.bench, bench_plan(outbound[0].rules, NULL));
    p.kind = 0;
    run(&p);
    assert_true(p.delivered && p.answered);
    p.flow.sport = stage.port++;
    p.checksum = 0x1234;
    run(&p);
    assert_false(p.delivered || p.answered);
}

/* Of the host's own, and of another protocol, which has no resets. */
static void a_chunk_of_no_association_begins_nothing(void **state)
{
    (void)state;
    static const struct row row = {"",
                                   C1_HEAD "input from any sctp dport 80 origin \"input[0]\"\n",
                                   LAB_HOST,
                                   1,
                                   "198.51.100.1",
                                   "198.51.100.3",
                                   80,
                                   SILENT};
    struct probe p = segment(&row, stage.port++);
    bench_go(&stage.bench, bench_plan(row.rules, NULL));
    p.flow.proto = IPPROTO_SCTP;
    p.kind = 0;
    run(&p);
    assert_true(p.delivered);
    p.flow.sport = stage.port++;
    p.kind = COOKIE_ECHO;
    run(&p);
    assert_false(p.delivered);
}

/* Any client may be asked from there, so it is not for want of one that the segment is dropped. */
static void a_segment_from_a_published_port_begins_nothing(void **state)
{
    (void)state;
    static const struct row row = {"",          EXTERNAL("any"), LAB_HOST, LAB_OUTSIDE,
                                   "192.0.2.1", "203.0.113.5",   7000,     SILENT};
    struct probe p = segment(&row, 8080);
    bench_go(&stage.bench, bench_plan(row.rules, NULL));
    run(&p);
    assert_false(p.delivered || p.answered);
}

/* More than there are resets for within a second. */
static void what_there_is_no_reset_left_for_is_dropped(void **state)
{
    (void)state;
    static struct probe flood[PROBE_MAX];
    bench_go(&stage.bench, bench_plan(C1_HEAD FROM("any", "80"), NULL));
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < PROBE_MAX; i++)
            flood[i] = segment(&inbound[4], (uint16_t)(10000 + PROBE_MAX * (size_t)round + i));
        probe_run(&stage.kit, flood, PROBE_MAX, round < 3 ? 0 : QUIET_MS);
        for (size_t i = 0; i < PROBE_MAX; i++)
            assert_false(flood[i].delivered);
    }
}

static int listen_to_segments(int place)
{
    lab_enter(&stage.lab, place);
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    assert_true(fd >= 0);
    lab_enter(&stage.lab, LAB_HOST);
    return fd;
}

static bool has_come(int fd)
{
    char bytes[256];
    return recv(fd, bytes, sizeof(bytes), 0) > 0;
}

/* A segment's source may be made up: no reset goes to an endpoint that a guarded network does not know. */
static void a_reset_goes_to_no_endpoint_that_is_not_known(void **state)
{
    (void)state;
    static const struct row row = {
        "", C1_HEAD FROM("any", "80"), LAB_OUTSIDE, 1, "198.51.100.98", "198.51.100.3", 80, SILENT};
    struct probe p = segment(&row, stage.port++);
    lab_enter(&stage.lab, 2);
    helper_run("ip addr add 198.51.100.98/32 dev eth0");
    lab_enter(&stage.lab, LAB_OUTSIDE);
    helper_run("ip addr add 198.51.100.98/32 dev eth0");
    int c2 = listen_to_segments(2);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = bench_plan(row.rules, NULL);
    stage_fences = ww_fences_new();
    for (int guarded = 0; guarded < 2; guarded++) {
        struct ww_fence *f = stage_fence(guarded);
        stage_add(f, 1, true, NULL);
        stage_move(f);
        p.flow.sport = stage.port++;
        run(&p);
        assert_int_equal(has_come(c2), !guarded);
    }
    stage_move(NULL);
    ww_fences_free(stage_fences);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = ww_plan_new();
    close(c2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_that_may_reach_the_port_is_told),
        cmocka_unit_test(the_host_is_told_where_it_may_reach_the_port),
        cmocka_unit_test(a_managed_sender_is_always_told),
        cmocka_unit_test(an_invalid_syn_begins_nothing),
        cmocka_unit_test(a_chunk_of_no_association_begins_nothing),
        cmocka_unit_test(a_segment_from_a_published_port_begins_nothing),
        cmocka_unit_test(what_there_is_no_reset_left_for_is_dropped),
        cmocka_unit_test(a_reset_goes_to_no_endpoint_that_is_not_known),
    };
    return cmocka_run_group_tests(tests, open_plain, close_plain);
}
