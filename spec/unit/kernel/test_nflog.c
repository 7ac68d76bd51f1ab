/* Reports of dropped packets as bytes: whatever is in them, what is known is right, and what is not stays 0. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/kernel/drops/nflog.h"
#include "core/kernel/drops/packet.h"

#define CORPUS WW_SPEC_DIR "/fuzz/corpus/kernel_nflog/"
#define BYTES 4096

static size_t read_file(const char *name, void *bytes)
{
    char path[512];
    snprintf(path, sizeof(path), CORPUS "%s", name);
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("%s: %s", path, strerror(errno));
    size_t n = fread(bytes, 1, BYTES, f);
    (void)fclose(f);
    return n;
}

struct kept {
    struct ww_drop v[4];
    size_t n;
};

static void keep(const struct ww_drop *drop, void *arg)
{
    struct kept *k = arg;
    assert_true(k->n < 4);
    k->v[k->n++] = *drop;
}

static void write_drop(const struct ww_drop *d, char ret[static 256])
{
    char src[WW_ADDR_TEXT], dst[WW_ADDR_TEXT], mac[WW_MAC_TEXT];
    int n = snprintf(ret, 256, "%s %s > %s proto %u", ww_drop_reason_name(d->reason), ww_addr_text(&d->src, src),
                     ww_addr_text(&d->dst, dst), d->proto);
    if (d->has_ports)
        n += snprintf(ret + n, 256 - (size_t)n, " ports %u %u", d->sport, d->dport);
    if (d->has_icmp)
        n += snprintf(ret + n, 256 - (size_t)n, " icmp %u %u", d->icmp_type, d->icmp_code);
    if (d->orig_dst.family)
        n += snprintf(ret + n, 256 - (size_t)n, " dialled %s %u", ww_addr_text(&d->orig_dst, dst), d->orig_dport);
    snprintf(ret + n, 256 - (size_t)n, " if %u %u mac %s%s", d->in, d->out, ww_mac_text(&d->mac, mac),
             d->sender ? " sender" : "");
}

#define V4 "198.51.100.2 > 203.0.113.5 proto "
#define V6 "2001:db8:100::2 > 2001:db8:ffff::5 proto "
#define REST " if 5 6 mac 02:42:00:00:00:02"

static const struct {
    const char *file;
    const char *drops[2]; /* NULL: no more */
} rows[] = {
    {"v4_udp", {"out " V4 "17 ports 40000 53" REST}},
    {"v4_dialled", {"out " V4 "17 ports 40000 53 dialled 192.0.2.1 8053" REST}},
    {"v6_dialled", {"host " V6 "17 ports 40000 53 dialled 2001:db8:ffff::1 8053" REST}},
    {"v4_dialled_reply", {"out " V4 "17 ports 40000 53" REST}},
    {"v4_tcp_options", {"in " V4 "6 ports 40000 80" REST}},
    {"v4_icmp", {"spoof " V4 "1 icmp 3 1" REST}},
    {"v4_later_fragment", {"out " V4 "17" REST}},
    {"v4_truncated", {"out " V4 "17" REST}},
    {"v4_bad_header_length", {"out " V4 "17" REST}},
    {"v6_udp", {"host " V6 "17 ports 40000 53" REST}},
    {"v6_extensions", {"forged " V6 "6 ports 40000 80" REST}},
    {"v6_first_fragment", {"invalid " V6 "17 ports 40000 53" REST}},
    {"v6_later_fragment", {"invalid " V6 "17" REST}},
    {"v6_many_extensions", {"guard " V6 "0" REST}},
    {"chain", {"chain " V4 "17 ports 40000 53" REST " sender", "chain " V6 "58 icmp 128 0" REST}},
    {"no_packet", {"port - > - proto 0" REST}},
    {"another_prefix", {NULL}},
    {"done", {NULL}},
    {"plain_packet", {NULL}},
};

static void reports_are_decoded_as_far_as_they_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        _Alignas(16) uint8_t bytes[BYTES];
        struct kept kept = {.n = 0};
        size_t len = read_file(rows[i].file, bytes);
        int n = ww_nflog_decode(bytes, len, keep, &kept);
        assert_int_equal(n, kept.n);
        for (size_t j = 0; j < 2; j++) {
            char text[256] = "nothing";
            if (j < kept.n)
                write_drop(&kept.v[j], text);
            if (strcmp(text, rows[i].drops[j] ? rows[i].drops[j] : "nothing") != 0)
                fail_msg("%s: %s", rows[i].file, text);
        }
    }
}

/* Wherever it is cut off: an exact copy on the heap shows any look behind its end to AddressSanitizer. */
static void a_packet_may_end_anywhere(void **state)
{
    (void)state;
    static const char *const files[] = {"v4_tcp_options", "v6_extensions", "v6_first_fragment", "v4_dialled",
                                        "v6_dialled"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        uint8_t bytes[BYTES];
        size_t len = read_file(files[i], bytes);
        for (size_t from = 0; from < len; from += 4) {
            for (size_t n = 0; n <= len - from; n++) {
                struct ww_drop drop = {.reason = WW_REASON_OUT};
                struct kept kept = {.n = 0};
                uint8_t *copy = malloc(n ? n : 1);
                assert_non_null(copy);
                memcpy(copy, bytes + from, n);
                ww_packet_read(copy, n, &drop);
                ww_nflog_decode(copy, n, keep, &kept);
                free(copy);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_decoded_as_far_as_they_go),
        cmocka_unit_test(a_packet_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
