#include "helper_bound.h"

#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_heads.h"
#include "helper_netns.h"

#define ALL_OPEN                                                                                                       \
    "input from any udp dport 80 origin \"input[0]\"\n"                                                                \
    "output to any udp dport 80 origin \"output[0]\"\n"
#define C0 C0_HEAD ALL_OPEN
#define C1 C1_HEAD ALL_OPEN

struct stage stage;
char stage_gateway[WW_MAC_TEXT];
struct ww_fences *stage_fences;

int stage_open(void **state)
{
    stage_set(&stage, true);
    ww_plan_free(stage.bench.plan);
    stage.bench.plan = bench_plan(C0, C1, NULL);
    stage_fences = ww_fences_new();
    helper_run(
        "ip link set br0 address 02:5e:00:53:00:00"); /* as an engine does; else it is that of one of its ports */
    char *mac = helper_output("ip -br link show br0 | tr -s ' ' | cut -d' ' -f3 | tr -d '\n'");
    strncpy(stage_gateway, mac, sizeof(stage_gateway) - 1);
    free(mac);
    *state = &stage;
    return 0;
}

int stage_close(void **state)
{
    (void)state;
    ww_fences_free(stage_fences);
    stage_strike(&stage);
    return 0;
}

/* Of an interface of this namespace. */
static struct ww_mac mac_of(const char *name)
{
    struct ifreq question = {0};
    struct ww_mac mac;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strncpy(question.ifr_name, name, sizeof(question.ifr_name) - 1);
    assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &question), 0);
    memcpy(mac.bytes, question.ifr_hwaddr.sa_data, sizeof(mac.bytes));
    close(fd);
    return mac;
}

static void add(struct ww_fence *f, unsigned n, bool managed, const char *port,
                int (*fn)(struct ww_fence *f, const struct ww_known *known))
{
    char text[64];
    struct ww_known k = {.managed = managed, .container = text, .port = port ? if_nametoindex(port) : 0};
    if (port && strcmp(port, STAGE_NOWHERE) == 0)
        k.port = WW_PORT_NOWHERE;
    else if (port)
        k.port_mac = mac_of(port);
    snprintf(text, sizeof(text), "198.51.100.%u", 2 + n);
    assert_int_equal(ww_addr_parse(text, &k.addrs.ipv4, NULL), 0);
    snprintf(text, sizeof(text), "2001:db8:100::%u", 2 + n);
    assert_int_equal(ww_addr_parse(text, &k.addrs.ipv6, NULL), 0);
    snprintf(text, sizeof(text), "02:42:00:00:00:%02x", n);
    assert_int_equal(ww_mac_parse(text, &k.addrs.mac, NULL), 0);
    struct ww_addr sources[] = {k.addrs.ipv4, k.addrs.ipv6};
    k.sources = managed ? sources : NULL;
    k.n_sources = managed ? 2 : 0;
    snprintf(text, sizeof(text), "c%u-0123456789abcdef", n);
    assert_int_equal(fn(f, &k), 0);
}

void stage_add(struct ww_fence *f, unsigned n, bool managed, const char *port)
{
    add(f, n, managed, port, ww_fence_add_known);
}

void stage_stand_by_at(struct ww_fence *f, unsigned n, const char *port)
{
    add(f, n, false, port, ww_fence_add_bystander);
}

void stage_stand_by_in(struct ww_fence *f)
{
    stage_stand_by_at(f, 2, "v2-0");
    stage_stand_by_at(f, 3, "v3-0");
}

void stage_stand_by(void)
{
    struct ww_fence *f = stage_fence(false);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, "v1-0");
    stage_stand_by_in(f);
    stage_move(f);
}

struct ww_fence *stage_fence(bool guarded)
{
    struct ww_addr_range range;
    struct ww_fence *f = ww_fence_new("n0", "front", "br0");
    f->guarded = guarded;
    assert_int_equal(ww_addr_range_parse("198.51.100.0/24", &range, NULL), 0);
    assert_int_equal(ww_fence_add_subnet(f, &range), 0);
    assert_int_equal(ww_addr_range_parse("2001:db8:100::/64", &range, NULL), 0);
    assert_int_equal(ww_fence_add_subnet(f, &range), 0);
    return f;
}

static void put_fence(struct ww_fences *to, struct ww_fence *f)
{
    struct bench *b = &stage.bench;
    if (f && (ww_fence_seal(f, &b->err) < 0 || ww_fences_set(to, f, &b->err) < 0))
        fail_msg("%s", b->err.text);
    ww_fence_unref(f);
}

void stage_move(struct ww_fence *f)
{
    stage_move_both(f, NULL);
}

/* The rulesets are those of the plan, the fences are to be these. */
void stage_move_both(struct ww_fence *f, struct ww_fence *other)
{
    struct bench *b = &stage.bench;
    struct ww_fences *to = ww_fences_new();
    struct ww_fence_diff fences = {0};
    struct ww_diff diff = {0};
    struct ww_plan *none = ww_plan_new();
    bool any = f;
    put_fence(to, f);
    put_fence(to, other);
    assert_int_equal(ww_fences_diff(stage_fences, to, NULL, 0, &fences, NULL), 0);
    assert_int_equal(ww_plan_diff(any ? none : b->plan, any ? b->plan : none, NULL, 0, &diff, NULL), 0);
    if (ww_kernel_apply(b->kernel, &diff, &fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_diff_done(&diff);
    ww_fence_diff_done(&fences);
    ww_fences_free(stage_fences);
    ww_plan_free(none);
    stage_fences = to;
}

/* c0 and c1 are managed and bound; c2 and c3 are not managed, and bound only where the network is guarded. */
void stage_bind(bool guarded)
{
    struct ww_fence *f = stage_fence(guarded);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, "v1-0");
    if (guarded) {
        stage_add(f, 2, false, "v2-0");
        stage_add(f, 3, false, "v3-0");
    }
    stage_move(f);
}

void stage_start_with(int ipv4, int ipv6)
{
    struct bench *b = &stage.bench;
    struct ww_plan *none = ww_plan_new();
    struct ww_fences *no_fences = ww_fences_new();
    helper_run("cd /proc/sys/net/bridge && echo %d >bridge-nf-call-iptables && echo %d >bridge-nf-call-ip6tables", ipv4,
               ipv6);
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0 ||
        ww_kernel_apply_all(b->kernel, none, no_fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_plan_free(none);
    ww_fences_free(stage_fences);
    stage_fences = no_fences;
}

void stage_start_past_the_ip_hooks(void)
{
    stage_start_with(0, 0);
    if (ww_kernel_sees_bridged(stage.bench.kernel, AF_INET))
        return;
    print_message("this kernel does not track connections within bridges (CONFIG_NF_CONNTRACK_BRIDGE)\n");
    stage_start_with(1, 1);
    skip();
}

bool stage_arrives(int from, int to, const char *src, const char *dst, uint16_t sport, uint16_t dport)
{
    return stage_send(&stage, from, to, src, dst, sport, dport).delivered;
}

bool stage_arrives_at_last(int from, int to, const char *src, const char *dst, uint16_t sport, uint16_t dport)
{
    for (int i = 0; i < BOUND_TRIES; i++)
        if (stage_arrives(from, to, src, dst, sport, dport))
            return true;
    return false;
}

void stage_begin_flow(int from, int to, const char *src, const char *dst, uint16_t sport)
{
    assert_true(stage_arrives_at_last(from, to, src, dst, sport, 80));
    assert_true(stage_arrives_at_last(to, from, dst, src, 80, sport));
}
