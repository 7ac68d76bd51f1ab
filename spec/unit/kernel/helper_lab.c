#include "helper_lab.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_netns.h"
#include "spec/unit/ir/helper_generate.h"

/* All that is routed and answered, with no limits on errors and no checks of where a source may come from. */
static void set_sysctls(bool router)
{
    helper_run("cd /proc/sys/net && for f in ipv4/conf/*/rp_filter ipv4/conf/*/send_redirects; do echo 0 >$f; done && "
               "echo 0 >ipv4/icmp_ratelimit && echo 0 >ipv6/icmp/ratelimit && echo %d >ipv4/ip_forward && "
               "echo %d >ipv6/conf/all/forwarding",
               router, router);
    if (router)
        helper_run("cd /proc/sys/net/bridge && echo 1 >bridge-nf-call-iptables && echo 1 >bridge-nf-call-ip6tables");
}

static int fresh_namespace(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        return -1;
    /* Without waiting for duplicates: neighbours are looked for from link-local addresses. */
    helper_run(
        "ip link set lo up && cd /proc/sys/net/ipv6/conf && echo 0 >default/accept_dad && echo 0 >all/accept_dad");
    return open("/proc/self/ns/net", O_RDONLY); /* not CLOEXEC: ip(8) reaches it by its number */
}

void lab_enter(const struct lab *lab, int place)
{
    assert_int_equal(setns(lab->ns[place], CLONE_NEWNET), 0);
}

/* Also tells the kernel's own ways of choosing a source address where to go: each network answers for itself. */
static void attach_container(const struct lab *lab, unsigned n, unsigned network)
{
    char ipv4[WW_ADDR_TEXT], ipv6[WW_ADDR_TEXT], mac[WW_MAC_TEXT];
    struct ww_endpoint_addrs e = gen_endpoint(n, network);
    unsigned subnet = 100 + network;
    ww_addr_text(&e.ipv4, ipv4);
    ww_addr_text(&e.ipv6, ipv6);
    ww_mac_text(&e.mac, mac);
    lab_enter(lab, LAB_HOST);
    helper_ip("link add v%u-%u type veth peer name eth%u address %s netns /proc/%d/fd/%d\n"
              "link set v%u-%u master br%u up",
              n, network, network, mac, getpid(), lab->ns[n], n, network, network);
    lab_enter(lab, (int)n);
    helper_ip("addr add %s/24 dev eth%u\naddr add %s/64 dev eth%u nodad\nlink set eth%u up\n"
              "route add 198.51.%u.0/24 dev eth%u table %u\nroute add default via 198.51.%u.1 dev eth%u table %u\n"
              "rule add from 198.51.%u.0/24 table %u\nroute add 2001:db8:%u::/64 dev eth%u table %u\n"
              "route add default via 2001:db8:%u::1 dev eth%u table %u",
              ipv4, network, ipv6, network, network, subnet, network, subnet, subnet, network, subnet, subnet, subnet,
              subnet, network, subnet, subnet, network, subnet);
    helper_run("ip -6 rule add from 2001:db8:%u::/64 table %u", subnet, subnet); /* a batch takes it for IPv4 */
}

static void make_host(const struct lab *lab)
{
    lab_enter(lab, LAB_HOST);
    for (unsigned network = 0; network < 2; network++)
        helper_ip("link add br%u type bridge\nlink set br%u up\naddr add 198.51.%u.1/24 dev br%u\n"
                  "addr add 2001:db8:%u::1/64 dev br%u nodad",
                  network, network, 100 + network, network, 100 + network, network);
    helper_ip("link add ext type veth peer name eth0 netns /proc/%d/fd/%d\naddr add 192.0.2.1/24 dev ext\n"
              "addr add 2001:db8::1/64 dev ext nodad\nlink set ext up",
              getpid(), lab->ns[LAB_OUTSIDE]);
    lab_enter(lab, LAB_OUTSIDE);
    helper_ip("link set eth0 up\naddr add 192.0.2.200/24 dev eth0\naddr add 203.0.113.5/32 dev eth0\n"
              "addr add 203.0.113.77/32 dev eth0\naddr add 203.0.113.128/32 dev eth0\n"
              "addr add 2001:db8::200/64 dev eth0 nodad\naddr add 2001:db8:ffff::5/128 dev eth0 nodad\n"
              "addr add 2001:db8:ffff::77/128 dev eth0 nodad\naddr add 2001:db8:fffe::1/128 dev eth0 nodad\n"
              "addr add 2001:db8:ffff:1::/128 dev eth0 nodad\nroute add default via 192.0.2.1\n"
              "route add default via 2001:db8::1");
    lab_enter(lab, LAB_HOST);
    helper_ip("route add 203.0.113.0/24 via 192.0.2.200\nroute add 2001:db8:fffe::/47 via 2001:db8::200");
}

bool lab_open(struct lab *lab)
{
    for (int i = 0; i < LAB_PLACES; i++) {
        lab->ns[i] = fresh_namespace();
        if (lab->ns[i] < 0)
            return false;
    }
    make_host(lab);
    for (unsigned n = 0; n < LAB_CONTAINERS; n++)
        for (unsigned network = 0; network < 2; network++)
            attach_container(lab, n, network);
    for (int i = 0; i < LAB_PLACES; i++) {
        lab_enter(lab, i);
        set_sysctls(i == LAB_HOST);
    }
    lab_enter(lab, LAB_HOST);
    return true;
}

void lab_close(struct lab *lab)
{
    for (int i = 0; i < LAB_PLACES; i++)
        close(lab->ns[i]);
}

static bool is_host(const struct ww_addr *addr)
{
    static const char *const texts[] = {"192.0.2.1",   "198.51.100.1",    "198.51.101.1",
                                        "2001:db8::1", "2001:db8:100::1", "2001:db8:101::1"};
    struct ww_addr host;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!ww_addr_parse(texts[i], &host, NULL) && !ww_addr_cmp(&host, addr))
            return true;
    return ww_addr_is_loopback(addr);
}

int lab_place_of(const struct ww_addr *addr)
{
    for (unsigned n = 0; n < LAB_CONTAINERS; n++) {
        for (unsigned network = 0; network < 2; network++) {
            struct ww_endpoint_addrs e = gen_endpoint(n, network);
            if (!ww_addr_cmp(&e.ipv4, addr) || !ww_addr_cmp(&e.ipv6, addr))
                return (int)n;
        }
    }
    return is_host(addr) ? LAB_HOST : LAB_OUTSIDE;
}
