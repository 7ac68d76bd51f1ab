/* What the log says of dropped packets: of which container, its other end, why, and not too often. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/drop_view.h"
#include "core/agent/drops.h"
#include "core/base/clock.h"
#include "core/ir/text.h"
#include "helper_agent.h"
#include "spec/unit/kernel/helper_netns.h"

#define WEB                                                                                                            \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000001 \"web\"\n"                               \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:02\n"                                                        \
    "publish tcp 80 on 0.0.0.0 port 8080\npublish tcp 80 on 192.0.2.1 port 8081\n"
#define SHUT                                                                                                           \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000003 \"shut\" quarantined\n"                  \
    "endpoint 198.51.100.3 - 02:42:00:00:00:03\n"

struct stage {
    struct ww_agent a;
    char log[64];
    char kernel_log[64];
};

static void put(struct ww_plan *plan, const char *text)
{
    struct ww_error err = {0};
    struct ww_ruleset *rs = NULL;
    if (ww_ruleset_read(text, &rs, &err) < 0 || ww_ruleset_seal(rs, &err) < 0 || ww_plan_set(plan, rs, &err) < 0)
        fail_msg("%s", err.text);
    ww_ruleset_unref(rs);
}

/* An unmanaged container on the network, at 198.51.100.102 ('f'). */
static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    struct ww_error err = {0};
    assert_non_null(s);
    if (!helper_netns_enter())
        fail_msg("this test needs root: it works in a network namespace of its own");
    snprintf(s->log, sizeof(s->log), "/tmp/ww-drops-log-XXXXXX");
    snprintf(s->kernel_log, sizeof(s->kernel_log), "/tmp/ww-drops-kernel-XXXXXX");
    close(mkstemp(s->log));
    close(mkstemp(s->kernel_log));
    s->a.world = ww_world_new();
    s->a.applied = ww_plan_new();
    helper_put(&s->a, "free", "net", NULL);
    helper_attach(&s->a, (const char *[]){"free", NULL});
    put(s->a.applied, WEB);
    put(s->a.applied, SHUT);
    if (ww_log_new(s->log, WW_INFO, &s->a.log, &err) < 0 || ww_kernel_new(&s->a.kernel, &err) < 0 ||
        ww_drops_open(&s->a, s->kernel_log, &err) < 0)
        fail_msg("%s", err.text);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    ww_drops_free(s->a.drops);
    ww_kernel_free(s->a.kernel);
    ww_log_free(s->a.log);
    ww_plan_free(s->a.applied);
    ww_managed_containers_done(&s->a.managed);
    ww_world_free(s->a.world);
    unlink(s->log);
    unlink(s->kernel_log);
    free(s);
    return 0;
}

struct row {
    const char *title;
    enum ww_drop_reason reason;
    const char *src;
    const char *dst;
    uint8_t proto;
    uint16_t sport;
    uint16_t dport;
    uint32_t in;
    uint32_t out;
    uint8_t mac; /* the last byte; the others as above */
    /* expected */
    const char *container; /* NULL: none */
    bool sent;
    const char *peer;
    const char *peer_name; /* NULL: none */
    uint16_t port;
    const char *why; /* part of it */
};

static const struct row rows[] = {
    {"out, to the world", WW_REASON_OUT, "198.51.100.2", "203.0.113.5", IPPROTO_UDP, 40000, 53, 5, 6, 2, "web", true,
     "203.0.113.5", NULL, 53, "no output rule"},
    {"out, to one that is not managed", WW_REASON_OUT, "198.51.100.2", "198.51.100.102", IPPROTO_TCP, 40000, 80, 5, 6,
     2, "web", true, "198.51.100.102", "free", 80, "no output rule"},
    {"out, to one that is", WW_REASON_OUT, "198.51.100.2", "198.51.100.3", IPPROTO_TCP, 40000, 80, 5, 6, 2, "web", true,
     "198.51.100.3", "shut", 80, "no output rule"},
    {"out, to the host", WW_REASON_OUT, "198.51.100.2", "198.51.100.1", IPPROTO_TCP, 40000, 80, 5, 0, 2, "web", true,
     "198.51.100.1", "host", 80, "no output rule"},
    {"out, of one that is quarantined", WW_REASON_OUT, "198.51.100.3", "203.0.113.5", IPPROTO_TCP, 40000, 80, 5, 6, 3,
     "shut", true, "203.0.113.5", NULL, 80, "quarantined"},
    {"in, IPv6", WW_REASON_IN, "2001:db8:ffff::5", "2001:db8:100::2", IPPROTO_TCP, 40000, 80, 6, 5, 9, "web", false,
     "2001:db8:ffff::5", NULL, 80, "mapped_ports.external"},
    {"in, to its link-local address", WW_REASON_IN, "fe80::1", "fe80::42:ff:fe00:2", IPPROTO_UDP, 40000, 80, 5, 5, 9,
     "web", false, "fe80::1", NULL, 80, "neither an input rule"},
    {"from the host", WW_REASON_HOST, "198.51.100.1", "198.51.100.2", IPPROTO_TCP, 40000, 80, 0, 5, 0, "web", false,
     "198.51.100.1", "host", 80, "mapped_ports.localhost"},
    {"at a port, from outside", WW_REASON_PORT, "203.0.113.5", "192.0.2.7", IPPROTO_TCP, 40000, 8080, 6, 0, 9, "web",
     false, "203.0.113.5", NULL, 8080, "mapped_ports.external"},
    {"at a port of one address, from the host itself", WW_REASON_PORT, "192.0.2.1", "192.0.2.1", IPPROTO_TCP, 40000,
     8081, 1, 0, 0, "web", false, "192.0.2.1", "host", 8081, "mapped_ports.localhost"},
    {"from a port", WW_REASON_STALE, "192.0.2.7", "203.0.113.5", IPPROTO_TCP, 8080, 40000, 0, 6, 0, "web", true,
     "203.0.113.5", NULL, 8080, "answers nothing: its flow was removed, has ended, or was idle"},
    {"spoofed", WW_REASON_SPOOF, "198.51.100.102", "203.0.113.5", IPPROTO_UDP, 1, 2, 5, 6, 2, "web", true,
     "203.0.113.5", NULL, 2, "not its own"},
    {"an error about another container's flow", WW_REASON_SPOOF, "198.51.100.2", "203.0.113.5", IPPROTO_ICMP, 0, 0, 5,
     6, 2, "web", true, "203.0.113.5", NULL, 0, "ICMP error"},
    {"forged", WW_REASON_FORGED, "198.51.100.2", "203.0.113.5", IPPROTO_UDP, 1, 2, 5, 6, 9, "web", true, "203.0.113.5",
     NULL, 2, "another sender"},
    {"invalid, sent", WW_REASON_INVALID, "198.51.100.2", "203.0.113.5", IPPROTO_TCP, 1, 2, 5, 6, 2, "web", true,
     "203.0.113.5", NULL, 2, "than the kernel tracks it; connect again, and let the application send keep-alives"},
    {"invalid, received", WW_REASON_INVALID, "203.0.113.5", "198.51.100.2", IPPROTO_TCP, 1, 2, 6, 5, 9, "web", false,
     "203.0.113.5", NULL, 2, "idle for longer than the kernel tracks it"},
    {"guarded, from an unknown address", WW_REASON_GUARD, "198.51.100.77", "198.51.100.102", IPPROTO_TCP, 1, 2, 5, 5, 9,
     NULL, false, "198.51.100.77", NULL, 2, "not known"},
    {"to a group, at the port of no known endpoint", WW_REASON_BRIDGE, "198.51.100.102", "224.0.0.251", IPPROTO_UDP, 1,
     2, 5, 6, 9, NULL, false, "198.51.100.102", "free", 2, "broadcast and multicast"},
    {"to an address that is not its", WW_REASON_BRIDGE, "198.51.100.102", "198.51.100.77", IPPROTO_UDP, 1, 2, 5, 6, 9,
     NULL, false, "198.51.100.102", "free", 2, "not for an address"},
    {"returned by a chain", WW_REASON_CHAIN, "203.0.113.5", "198.51.100.2", IPPROTO_TCP, 1, 2, 6, 5, 9, "web", false,
     "203.0.113.5", NULL, 2, "chain returned it"},
};

static struct ww_drop drop_of(const struct row *row)
{
    struct ww_drop d = {.reason = row->reason, .proto = row->proto, .in = row->in, .out = row->out};
    assert_int_equal(ww_addr_parse(row->src, &d.src, NULL), 0);
    assert_int_equal(ww_addr_parse(row->dst, &d.dst, NULL), 0);
    d.has_icmp = row->proto == IPPROTO_ICMP;
    d.icmp_type = d.has_icmp ? 3 : 0;
    d.has_ports = !d.has_icmp;
    d.sport = row->sport;
    d.dport = row->dport;
    if (row->mac)
        d.mac = (struct ww_mac){{0x02, 0x42, 0, 0, 0, row->mac}};
    return d;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void a_packet_is_its_containers_with_peer_port_and_reason(void **state)
{
    struct stage *s = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char peer[WW_ADDR_TEXT];
        struct ww_drop_view v;
        struct ww_drop d = drop_of(&rows[i]);
        ww_drop_view(s->a.applied, s->a.world, NULL, &d, &v);
        if (!same(v.rs ? v.rs->name : NULL, rows[i].container) || v.out != rows[i].sent ||
            strcmp(ww_addr_text(v.peer, peer), rows[i].peer) != 0 || !same(v.peer_name, rows[i].peer_name) ||
            v.port != rows[i].port || !strstr(v.why, rows[i].why))
            fail_msg("%s: container %s, %s, peer %s (%s), port %u: %s", rows[i].title, v.rs ? v.rs->name : "-",
                     v.out ? "out" : "in", peer, v.peer_name ? v.peer_name : "-", v.port, v.why);
    }
}

static char *text_of(const char *path)
{
    char command[128];
    snprintf(command, sizeof(command), "cat %s", path);
    return helper_output(command);
}

static void a_line_has_it_all(void **state)
{
    struct stage *s = *state;
    struct ww_drop d = drop_of(&rows[1]);
    ww_drops_log(&d, &s->a);
    d = drop_of(&rows[12]);
    ww_drops_log(&d, &s->a);
    d = drop_of(&rows[0]);
    d.orig_dst = d.dst;
    d.orig_dport = d.dport; /* not translated */
    ww_drops_log(&d, &s->a);
    assert_int_equal(ww_addr_parse("192.0.2.1", &d.orig_dst, NULL), 0);
    d.orig_dport = 8053;
    ww_drops_log(&d, &s->a);
    char *text = text_of(s->log);
    assert_non_null(strstr(text, "\"port\":53,\"drop\":\"out\""));
    assert_non_null(strstr(text, "\"port\":53,\"dialled\":\"192.0.2.1\",\"dialled.port\":8053,\"drop\":\"out\""));
    assert_non_null(strstr(text,
                           "\"msg\":\"packet dropped\",\"container.id\":\"000000000000\",\"container.name\":\"web\","
                           "\"direction\":\"out\",\"address\":\"198.51.100.2\",\"peer\":\"198.51.100.102\","
                           "\"peer.name\":\"free\",\"proto\":\"tcp\",\"port\":80,\"drop\":\"out\","
                           "\"reason\":\"no output rule of this container allows it\"}"));
    assert_non_null(strstr(text, "\"proto\":\"icmp\",\"icmp.type\":3,\"icmp.code\":0,\"mac\":\"02:42:00:00:00:02\","
                                 "\"drop\":\"spoof\""));
    free(text);
    text = text_of(s->kernel_log);
    assert_string_equal(text, "<6>whalewall-web-000000000000 drop: out SRC=198.51.100.2 DST=198.51.100.102 PROTO=tcp "
                              "SPT=40000 DPT=80\n"
                              "<6>whalewall-web-000000000000 drop: spoof SRC=198.51.100.2 DST=203.0.113.5 PROTO=icmp "
                              "TYPE=3 CODE=0\n"
                              "<6>whalewall-web-000000000000 drop: out SRC=198.51.100.2 DST=203.0.113.5 PROTO=udp "
                              "SPT=40000 DPT=53\n"
                              "<6>whalewall-web-000000000000 drop: out SRC=198.51.100.2 DST=203.0.113.5 PROTO=udp "
                              "SPT=40000 DPT=53\n");
    free(text);
}

static void wait_for_next_second(void)
{
    int64_t second = ww_clock_mono() / WW_NS_PER_S;
    while (ww_clock_mono() / WW_NS_PER_S == second)
        usleep(1000);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

#define WEB_ID "0000000000000000000000000000000000000000000000000000000000000001"
#define SHUT_ID "0000000000000000000000000000000000000000000000000000000000000003"

static void note(struct stage *s, const char *id, bool waiting, const char *origin, const char *text)
{
    struct ww_managed_container *managed = NULL;
    assert_int_equal(ww_managed_container_make(&s->a.managed, id, &managed, NULL), 0);
    assert_int_equal(ww_compiled_add_note(&managed->compiled, waiting, origin, text), 0);
}

static void log_row(struct stage *s, size_t number)
{
    struct ww_drop d = drop_of(&rows[number]);
    ww_drops_log(&d, &s->a);
}

static void a_rule_that_waits_is_told_where_it_might_allow_the_packet(void **state)
{
    enum { OUT = 0, OF_CLOSED = 4, IN = 5, SPOOFED = 11, INVALID = 14 };
    struct stage *s = *state;
    wait_for_next_second();
    note(s, WEB_ID, false, "output[0]", "not a wait");
    note(s, SHUT_ID, true, "output[0]", "of a closed one");
    log_row(s, OUT);
    log_row(s, OF_CLOSED);
    note(s, WEB_ID, true, "output[1]", "no 'db'");
    note(s, WEB_ID, true, "output[2]", "no 'web'");
    log_row(s, IN);
    log_row(s, SPOOFED);
    log_row(s, INVALID);
    char *text = text_of(s->log);
    assert_int_equal(count(text, "packet dropped"), 5);
    assert_null(strstr(text, "\"waiting\""));
    free(text);
    wait_for_next_second();
    note(s, WEB_ID, true, "input[4]", "no network 'x'");
    log_row(s, OUT);
    log_row(s, IN);
    text = text_of(s->log);
    assert_int_equal(count(text, "\"waiting\""), 2);
    assert_non_null(strstr(text, "\"drop\":\"out\",\"reason\":\"no output rule of this container allows it\","
                                 "\"waiting\":\"output[1]: no 'db'\"}"));
    assert_non_null(strstr(text, "\"waiting\":\"input[4]: no network 'x'\"}"));
    free(text);
}

static void a_rule_of_one_in_the_same_network_namespace_is_told_too(void **state)
{
    struct stage *s = *state;
    helper_put(&s->a, WEB_ID, "net", "x");
    helper_put(&s->a, "side", "container:" WEB_ID, "x");
    note(s, "side", true, "output[0]", "no 'db'");
    log_row(s, 0);
    char *text = text_of(s->log);
    assert_int_equal(count(text, "\"waiting\":\"output[0]: no 'db'\"}"), 1);
    free(text);
}

/* At the bridge it is nowhere, so what it sends itself is taken for another container's. */
static void a_container_closed_for_a_while_is_told_so_and_is_no_attacker(void **state)
{
    struct stage *s = *state;
    struct ww_drop d = drop_of(&rows[0]);
    d.reason = WW_REASON_FORGED;
    wait_for_next_second();
    assert_int_equal(ww_idset_add(&s->a.deferred, ww_plan_by_addr(s->a.applied, &d.src)->id, NULL), 0);
    ww_drops_log(&d, &s->a);
    ww_idset_done(&s->a.deferred);
    ww_drops_log(&d, &s->a);
    char *text = text_of(s->log);
    assert_int_equal(count(text, "\"level\":\"info\""), 1);
    assert_int_equal(count(text, "until the tracked flows of its former holder are gone"), 1);
    assert_int_equal(count(text, "another sender used"), 1);
    free(text);
}

/* The other container's line is logged in the midst of it. */
static void many_are_few_lines_and_the_next_says_how_many_were_left_out(void **state)
{
    struct stage *s = *state;
    struct ww_drop web = drop_of(&rows[0]);
    struct ww_drop lockdown = drop_of(&rows[4]);
    wait_for_next_second();
    for (int i = 0; i < 100; i++)
        ww_drops_log(&web, &s->a);
    ww_drops_log(&lockdown, &s->a);
    wait_for_next_second();
    ww_drops_log(&web, &s->a);
    char *text = text_of(s->log);
    assert_int_equal(count(text, "\"container.name\":\"web\""), 5);
    assert_int_equal(count(text, "\"container.name\":\"shut\""), 1);
    assert_int_equal(count(text, "left_out"), 1);
    assert_non_null(strstr(text, "\"left_out\":96}"));
    free(text);
}

static void a_kernel_log_that_cannot_be_opened_is_a_warning(void **state)
{
    struct stage *s = *state;
    struct ww_error err = {0};
    ww_drops_free(s->a.drops);
    assert_int_equal(ww_drops_open(&s->a, "/proc/no/such/file", &err), 0);
    struct ww_drop d = drop_of(&rows[0]);
    ww_drops_log(&d, &s->a);
    char *text = text_of(s->log);
    assert_non_null(strstr(text, "\"level\":\"warn\""));
    assert_non_null(strstr(text, "dropped packets cannot be written to the kernel's log"));
    assert_non_null(strstr(text, "packet dropped"));
    free(text);
}

static void a_group_that_is_taken_is_a_warning(void **state)
{
    struct stage *s = *state;
    struct ww_agent other = {.log = s->a.log};
    struct ww_error err = {0};
    assert_int_equal(ww_kernel_new(&other.kernel, &err), 0);
    assert_int_equal(ww_drops_open(&other, NULL, &err), 0);
    char *text = text_of(s->log);
    assert_non_null(strstr(text, "dropped packets cannot be reported; they are dropped and counted all the same"));
    assert_non_null(strstr(text, "another program listens to NFLOG group 30583"));
    free(text);
    ww_drops_free(other.drops);
    ww_kernel_free(other.kernel);
}

#define test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_packet_is_its_containers_with_peer_port_and_reason),
        test(a_line_has_it_all),
        test(a_rule_that_waits_is_told_where_it_might_allow_the_packet),
        test(a_rule_of_one_in_the_same_network_namespace_is_told_too),
        test(a_container_closed_for_a_while_is_told_so_and_is_no_attacker),
        test(many_are_few_lines_and_the_next_says_how_many_were_left_out),
        test(a_kernel_log_that_cannot_be_opened_is_a_warning),
        test(a_group_that_is_taken_is_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
