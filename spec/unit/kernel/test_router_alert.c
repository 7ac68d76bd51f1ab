/*
 * An IPv6 packet that alerts routers (an option for each hop) the kernel gives, before it forwards it and asks the hook
 * for that, to a raw socket that wants such, in whatever network namespace. From no container's port does one get that
 * far: not hidden in a fragment, nor with a neighbour's MAC and a destination that is translated.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_bytes.h"
#include "helper_frame.h"
#include "helper_netns.h"
#include "spec/unit/addr.h"

#define QUIET_MS 80
#define TRANSLATED 8080
#define OUTSIDE "2001:db8:ffff::5"
#define HOST "2001:db8:100::1"
#define MARK 6    /* bytes, another each time: what comes late is of no later packet */
#define OPTIONS 8 /* bytes of them, and of a fragment's header */
#define CUT 16

static const char *const macs[] = {"02:42:00:00:00:00", "02:42:00:00:00:01", "02:42:00:00:00:02", "02:42:00:00:00:03"};
static const char *const addrs[] = {"2001:db8:100::2", "2001:db8:100::3", "2001:db8:100::4", "2001:db8:100::5"};
static uint8_t ident;
static char mark[MARK + 1];

struct way {
    const char *name;
    const char *to_mac; /* NULL: the host's */
    const char *dst;
    int from;
    uint16_t dport;
};

static struct bytes datagram(const struct way *w)
{
    static unsigned serial;
    struct bytes b = {0};
    struct ww_addr src = addr_of(addrs[w->from]), dst = addr_of(w->dst);
    snprintf(mark, sizeof(mark), "a%05x", ++serial & 0xfffff);
    put16(&b, stage.port++);
    put16(&b, w->dport);
    put16(&b, 8 + MARK);
    put16(&b, 0);
    put(&b, mark, MARK);
    set_checksum(&b, 6, sum(src.bytes, 16) + sum(dst.bytes, 16) + IPPROTO_UDP + (uint32_t)b.n + sum(b.v, b.n));
    return b;
}

static void send_packet(const struct way *w, uint8_t first, const struct bytes *payload)
{
    const char *to_mac = w->to_mac ? w->to_mac : stage_gateway;
    const struct ipv6_frame f = {macs[w->from], to_mac, addrs[w->from], w->dst, first, 64};
    frame_send_ipv6(&stage.lab, w->from, &f, payload);
}

/* A header of eight bytes, and behind it what follows. */
static struct bytes behind(const uint8_t head[OPTIONS], const struct bytes *rest)
{
    struct bytes b = {0};
    put(&b, head, OPTIONS);
    put(&b, rest->v, rest->n);
    return b;
}

static struct bytes alerting(const struct way *w)
{
    const uint8_t alert[OPTIONS] = {IPPROTO_UDP, 0, 5, 2, 0, 0, 1, 0};
    struct bytes message = datagram(w);
    return behind(alert, &message);
}

/* at: where it begins, and 1 where more follow. */
static struct bytes fragment(uint8_t then, uint8_t at, uint8_t id, const struct bytes *part)
{
    const uint8_t head[OPTIONS] = {then, 0, 0, at, [7] = id};
    return behind(head, part);
}

static void send_at_once(const struct way *w)
{
    struct bytes whole = alerting(w);
    send_packet(w, IPPROTO_HOPOPTS, &whole);
}

/* Behind what would be padding, were the header no longer. */
static void send_late(const struct way *w)
{
    const uint8_t options[2 * OPTIONS] = {IPPROTO_UDP, 1, 1, 4, [8] = 5, 2, 0, 0, 1, 2};
    struct bytes message = datagram(w), whole = {0};
    put(&whole, options, sizeof(options));
    put(&whole, message.v, message.n);
    send_packet(w, IPPROTO_HOPOPTS, &whole);
}

/* Bridge netfilter takes the fragment's header off. */
static void send_in_fragment(const struct way *w)
{
    struct bytes whole = alerting(w);
    struct bytes only = fragment(IPPROTO_HOPOPTS, 0, ++ident, &whole);
    send_packet(w, IPPROTO_FRAGMENT, &only);
}

/*
 * Two fragments, each in one: tracking within bridges takes one header off, bridge netfilter the other. The first ends
 * within a header of options, so that the flow is not tracked before both are off.
 */
static void send_nested(const struct way *w)
{
    const uint8_t options[4 * OPTIONS] = {IPPROTO_DSTOPTS,
                                          0,
                                          5,
                                          2,
                                          0,
                                          0,
                                          1,
                                          0, /* then 16 bytes, then 8 */
                                          IPPROTO_DSTOPTS,
                                          1,
                                          1,
                                          12,
                                          [24] = IPPROTO_UDP,
                                          0,
                                          1,
                                          4};
    struct bytes message = datagram(w), whole = {0};
    uint8_t inner = ++ident;
    put(&whole, options, sizeof(options));
    put(&whole, message.v, message.n);
    for (int last = 0; last < 2; last++) {
        struct bytes part = {.n = last ? whole.n - CUT : CUT};
        memcpy(part.v, whole.v + (last ? CUT : 0), part.n);
        struct bytes in = fragment(IPPROTO_HOPOPTS, last ? CUT : 1, inner, &part);
        struct bytes out = fragment(IPPROTO_FRAGMENT, 0, ++ident, &in);
        send_packet(w, IPPROTO_FRAGMENT, &out);
    }
}

/* The same, in one: what has a wrong checksum is not tracked either. */
static void send_nested_wrong(const struct way *w)
{
    struct bytes whole = alerting(w);
    whole.v[OPTIONS + 6] ^= 1;
    struct bytes in = fragment(IPPROTO_HOPOPTS, 0, ++ident, &whole);
    struct bytes out = fragment(IPPROTO_FRAGMENT, 0, ++ident, &in);
    send_packet(w, IPPROTO_FRAGMENT, &out);
}

static void send_padded(const struct way *w)
{
    const uint8_t padding[OPTIONS] = {IPPROTO_UDP, 0, 1, 4};
    struct bytes message = datagram(w);
    struct bytes whole = behind(padding, &message);
    send_packet(w, IPPROTO_HOPOPTS, &whole);
}

static bool mark_comes(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    uint8_t bytes[2048];
    while (poll(&ready, 1, QUIET_MS) > 0) {
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        if (n > 0 && memmem(bytes, (size_t)n, mark, MARK))
            return true;
    }
    return false;
}

typedef void sender(const struct way *w);

static bool is_heard(int fd, const struct way *w, sender *send, bool must)
{
    for (int i = 0; i < (must ? BOUND_TRIES : 2); i++) {
        send(w);
        if (mark_comes(fd))
            return true;
    }
    return false;
}

/* Far from all who send. */
static int router_at(int place)
{
    static const int any = 0;
    lab_enter(&stage.lab, place);
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_ROUTER_ALERT, &any, sizeof(any)), 0);
    lab_enter(&stage.lab, LAB_HOST);
    return fd;
}

/* c0 is managed, c2 is not, or a stranger. */
static const struct way ways[] = {
    {"a managed one's, to the outside", NULL, OUTSIDE, 0, 80},
    {"to the outside", NULL, OUTSIDE, 2, 80},
    {"a managed one's, to a translated port", NULL, HOST, 0, TRANSLATED},
    {"a managed one's, with a neighbour's MAC", "02:42:00:00:00:03", HOST, 0, TRANSLATED},
    {"to a translated port", NULL, HOST, 2, TRANSLATED},
    {"with a neighbour's MAC", "02:42:00:00:00:03", HOST, 2, TRANSLATED},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))
#define NOT_TRANSLATED 2 /* the first of them */

static void expect_silence(sender *send, const char *how, size_t n_ways)
{
    int fd = router_at(1);
    stage_move(NULL); /* whatever became of another test */
    for (size_t i = 0; i < n_ways; i++) {
        if (!is_heard(fd, &ways[i], send, true))
            fail_msg("%s, %s: without rules it is not heard", ways[i].name, how);
        stage_stand_by();
        if (is_heard(fd, &ways[i], send, false))
            fail_msg("%s, %s: it is heard", ways[i].name, how);
        stage_bind(false);
        if (is_heard(fd, &ways[i], send, false))
            fail_msg("a stranger's, %s, %s: it is heard", ways[i].name, how);
        stage_move(NULL);
    }
    close(fd);
}

static void no_router_is_alerted(void **state)
{
    (void)state;
    expect_silence(send_at_once, "at once", WAYS);
    expect_silence(send_late, "late", WAYS);
    expect_silence(send_in_fragment, "in a fragment", WAYS);
}

static void nor_by_fragments_within_fragments(void **state)
{
    (void)state;
    char *tracks =
        helper_output("nft 'table bridge tracked { chain pre { type filter hook prerouting priority 0; ct state "
                      "new; }; }' 2>/dev/null && echo yes || echo no");
    bool can = tracks[0] == 'y';
    free(tracks);
    if (!can) {
        print_message("this kernel does not track connections within bridges (CONFIG_NF_CONNTRACK_BRIDGE)\n");
        skip();
    }
    expect_silence(send_nested, "nested", WAYS);
    expect_silence(send_nested_wrong, "nested, with a wrong checksum", NOT_TRANSLATED);
}

static int untrack(void **state)
{
    (void)state;
    helper_run("nft delete table bridge tracked 2>/dev/null || true");
    return 0;
}

/* c0 may send to port 80 anywhere. */
static void options_that_are_padding_pass(void **state)
{
    (void)state;
    static const struct way to_outside[] = {{"a managed one's", NULL, OUTSIDE, 0, 80},
                                            {"another's", NULL, OUTSIDE, 2, 80}};
    int tap = frame_tap(&stage.lab, LAB_OUTSIDE);
    for (size_t i = 0; i < 2; i++) {
        stage_stand_by();
        if (!is_heard(tap, &to_outside[i], send_padded, true))
            fail_msg("%s does not pass", to_outside[i].name);
        stage_bind(false);
        if (!is_heard(tap, &to_outside[i], send_padded, true))
            fail_msg("a stranger's, %s does not pass", to_outside[i].name);
        stage_move(NULL);
    }
    close(tap);
}

/* As an engine without the userland proxy does; and what is forwarded is tracked, with rules in force or not. */
static int open_translated(void **state)
{
    int rc = stage_open(state);
    helper_run(
        "nft 'table ip6 translated { chain pre { type nat hook prerouting priority -110; ip6 daddr %s udp dport %d "
        "dnat to [%s]:80; }; }'",
        HOST, TRANSLATED, OUTSIDE);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_router_is_alerted),
        cmocka_unit_test_teardown(nor_by_fragments_within_fragments, untrack),
        cmocka_unit_test(options_that_are_padding_pass),
    };
    return cmocka_run_group_tests(tests, open_translated, stage_close);
}
