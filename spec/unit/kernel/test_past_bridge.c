/*
 * Frames past the bridge: to groups that no bridge forwards, put together of fragments, or sent through a port's device
 * itself. None of them begins a flow, or joins one.
 */
#include <arpa/inet.h>
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
#include "helper_frame.h"
#include "helper_netns.h"

#define LLDP "01:80:c2:00:00:0e"
#define NEAREST "01:80:c2:00:00:00" /* forwarded where there is no spanning tree */
#define C2_MAC "02:42:00:00:00:02"
#define C2 "198.51.100.4"
#define HOST "198.51.100.1"
#define QUIET_MS 150

static void one_managed(bool guarded)
{
    struct ww_fence *f = stage_fence(guarded);
    assert_int_equal(ww_mac_parse(stage_gateway, &f->own_mac, NULL), 0);
    stage_add(f, 0, true, "v0-0");
    stage_add(f, 1, true, "v1-0");
    if (guarded) {
        stage_add(f, 2, false, "v2-0");
        stage_add(f, 3, false, "v3-0");
    }
    stage_move(f);
}

/* A socket of the host's at this port. */
static int listen_at(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval wait = {.tv_usec = QUIET_MS * 1000};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
    return fd;
}

static bool has_come(int fd)
{
    char bytes[64];
    return recv(fd, bytes, sizeof(bytes), 0) > 0;
}

static bool frame_comes(int fd, const struct frame *frame, bool must)
{
    bool comes = false;
    for (int i = 0; i < (must ? BOUND_TRIES : 1) && !comes; i++) {
        frame_send(&stage.lab, 2, frame);
        comes = has_come(fd);
    }
    return comes;
}

static void a_frame_to_a_reserved_group_neither_begins_nor_joins_a_flow(void **state)
{
    (void)state;
    one_managed(false);
    int fd = listen_at(4321);
    struct frame frame = {C2_MAC, LLDP, C2, HOST, stage.port++, 4321, 0};
    assert_false(frame_comes(fd, &frame, false));
    frame.to_mac = stage_gateway;
    assert_true(frame_comes(fd, &frame, true));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(frame.sport)};
    assert_int_equal(inet_pton(AF_INET, C2, &to.sin_addr), 1);
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1); /* the answer */
    frame.to_mac = LLDP;
    assert_false(frame_comes(fd, &frame, false));
    if (ww_kernel_lockdown(stage.bench.kernel, &stage.bench.err) != 1)
        fail_msg("%s", stage.bench.err.text);
    assert_false(frame_comes(fd, &frame, false));
    frame.to_mac = stage_gateway;
    assert_true(frame_comes(fd, &frame, true));
    close(fd);
    stage_start_with(1, 1);
}

static bool is_forwarded(const struct frame *frame, int to, bool must)
{
    int tap = frame_tap(&stage.lab, to);
    unsigned seen = 0;
    for (int i = 0; i < (must ? BOUND_TRIES : 2) && !seen; i++) {
        frame_send(&stage.lab, 2, frame);
        seen = frame_seen(tap, frame->src, frame->dport);
    }
    close(tap);
    return seen > 0;
}

static void nor_does_one_that_the_bridge_forwards(void **state)
{
    (void)state;
    struct frame frame = {C2_MAC, NEAREST, C2, "198.51.100.3", stage.port++, 80, 0};
    one_managed(false);
    assert_false(is_forwarded(&frame, 1, false));
    frame.to_mac = "02:42:00:00:00:01";
    assert_true(is_forwarded(&frame, 1, true));
    stage_move(NULL);
}

/* Where the IP hooks do not see it. */
static void nor_does_one_that_stays_within_a_bridge(void **state)
{
    (void)state;
    for (int guarded = 0; guarded < 2; guarded++) {
        struct frame frame = {C2_MAC, NEAREST, C2, "198.51.100.5", stage.port++, 81, 0};
        stage_start_with(0, 1);
        one_managed(guarded);
        assert_false(is_forwarded(&frame, 3, false));
        frame.to_mac = "02:42:00:00:00:03";
        assert_true(is_forwarded(&frame, 3, true));
    }
    stage_start_with(1, 1);
}

/* The first goes to the bridge, the second past it, so that the whole comes from the port. */
static bool fragments_come(int fd, uint16_t dport, const char *second)
{
    lab_enter(&stage.lab, 2);
    helper_run("python3 -c \"import socket, struct\n"
               "s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('eth0', 0))\n"
               "mac = lambda text: bytes.fromhex(text.replace(':', ''))\n"
               "addr = socket.inet_aton\n"
               "def ip(fragment, body):\n"
               "    h = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(body), %u, fragment, 64, 17, 0, addr('%s'), "
               "addr('%s'))\n"
               "    t = sum(struct.unpack('!10H', h)); t = (t & 0xffff) + (t >> 16)\n"
               "    return h[:10] + struct.pack('!H', ~t & 0xffff) + h[12:] + body\n"
               "def send(to, fragment, body):\n"
               "    s.send(mac(to) + mac('%s') + b'\\x08\\x00' + ip(fragment, body))\n"
               "send('%s', 0x2000, struct.pack('!HHHH', 4000, %u, 24, 0) + bytes(8))\n"
               "send('%s', 2, bytes(8))\"",
               dport, C2, HOST, C2_MAC, stage_gateway, dport, second);
    lab_enter(&stage.lab, LAB_HOST);
    return has_come(fd);
}

static void see_bridged(bool inet)
{
    helper_run("echo %d >/proc/sys/net/bridge/bridge-nf-call-iptables", inet);
}

static void what_is_put_together_past_the_bridge_begins_no_flow(void **state)
{
    (void)state;
    int fd = listen_at(4322);
    see_bridged(false);
    one_managed(false);
    assert_false(fragments_come(fd, 4322, LLDP));
    assert_true(fragments_come(fd, 4322, stage_gateway));
    stage_move(NULL);
    see_bridged(true);
    close(fd);
}

/* As a program on the host can that names the device: rules of the container let the host in. */
static void the_host_sends_nothing_through_the_device_of_a_port(void **state)
{
    (void)state;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int tap = frame_tap(&stage.lab, 0);
    assert_int_equal(inet_pton(AF_INET, "198.51.100.2", &to.sin_addr), 1);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "v0-0", sizeof("v0-0")), 0);
    helper_run("ip neigh replace 198.51.100.2 lladdr 02:42:00:00:00:00 dev v0-0 nud permanent");
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
    assert_int_equal(frame_seen(tap, HOST, 80) + frame_seen(tap, "192.0.2.1", 80), 1);
    stage_bind(false);
    ssize_t n = sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
    assert_true(n < 0 || frame_seen(tap, HOST, 80) + frame_seen(tap, "192.0.2.1", 80) == 0);
    helper_run("ip neigh del 198.51.100.2 dev v0-0");
    stage_move(NULL);
    close(tap);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_to_a_reserved_group_neither_begins_nor_joins_a_flow),
        cmocka_unit_test(nor_does_one_that_the_bridge_forwards),
        cmocka_unit_test(nor_does_one_that_stays_within_a_bridge),
        cmocka_unit_test(what_is_put_together_past_the_bridge_begins_no_flow),
        cmocka_unit_test(the_host_sends_nothing_through_the_device_of_a_port),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
