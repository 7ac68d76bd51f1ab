#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/model/addr.h"
#include "core/model/endpoint.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct ww_addr_range range_of(const char *text)
{
    struct ww_addr_range range;
    struct ww_error err = {0};
    if (ww_addr_range_parse(text, &range, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return range;
}

static void addresses_become_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int family;
        const char *canonical;
    } cases[] = {
        {"192.0.2.1", AF_INET, "192.0.2.1"},
        {"0.0.0.0", AF_INET, "0.0.0.0"},
        {"2001:db8::1", AF_INET6, "2001:db8::1"},
        {"2001:0DB8:0:0:0:0:0:1", AF_INET6, "2001:db8::1"},
        {"::", AF_INET6, "::"},
        {"::ffff:192.0.2.1", AF_INET, "192.0.2.1"},
        {"::ffff:c000:201", AF_INET, "192.0.2.1"},
        {"64:ff9b::192.0.2.1", AF_INET6, "64:ff9b::c000:201"},
        {"2001:db8:1111:2222:3333:4444:255.255.255.255", AF_INET6, "2001:db8:1111:2222:3333:4444:ffff:ffff"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_addr addr;
        char text[WW_ADDR_TEXT];
        assert_int_equal(ww_addr_parse(cases[i].text, &addr, NULL), 0);
        assert_int_equal(addr.family, cases[i].family);
        assert_int_equal(ww_addr_size(&addr), cases[i].family == AF_INET ? 4 : 16);
        assert_string_equal(ww_addr_text(&addr, text), cases[i].canonical);
    }
}

static void texts_are_those_of_inet_ntop(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int i = 0; i < 100000; i++) {
        struct ww_addr addr = {.family = i % 4 ? AF_INET6 : AF_INET};
        unsigned zeros = seed = seed * 1103515245 + 12345;
        for (unsigned j = 0; j < ww_addr_size(&addr); j++) {
            seed = seed * 1103515245 + 12345;
            addr.bytes[j] = (zeros >> (8 + j / 2)) & 1 ? 0 : (uint8_t)(seed >> (j % 3 ? 16 : 28));
        }
        if (i % 7 == 0)
            addr.bytes[10] = addr.bytes[11] = 0xff;
        char expected[INET6_ADDRSTRLEN];
        char got[WW_ADDR_TEXT];
        assert_string_equal(ww_addr_text(&addr, got), inet_ntop(addr.family, addr.bytes, expected, sizeof(expected)));
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",           "192.0.2",    "192.0.2.256",  "192.0.2.1.1",  "192.0.2.01", "1:2:3",      "2001:db8::g",
        " 192.0.2.1", "192.0.2.1 ", "192.0.2.0/24", "fe80::1%eth0", "localhost",  "3221225985", "::ffff:1.2.3"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_addr addr = {.family = 99};
        struct ww_error err = {0};
        char expected[128] = "'";
        strcat(strcat(expected, cases[i]), "' is not an IPv4 or IPv6 address");
        assert_int_equal(ww_addr_parse(cases[i], &addr, &err), -EINVAL);
        assert_string_equal(err.text, expected);
        assert_int_equal(addr.family, 99);
    }
}

static void the_engine_writes_addresses_with_their_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
    } cases[] = {{"198.51.102.3/26", "198.51.102.3"},
                 {"2001:db8:2::3/64", "2001:db8:2::3"},
                 {"192.0.2.1", "192.0.2.1"},
                 {"", "-"}};
    struct ww_addr addr;
    struct ww_error err = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[WW_ADDR_TEXT];
        assert_int_equal(ww_addr_parse_cidr_host(cases[i].text, &addr, NULL), 0);
        assert_string_equal(ww_addr_text(&addr, text), cases[i].host);
    }
    assert_int_equal(ww_addr_parse_cidr_host("/26", &addr, &err), -EINVAL);
    assert_int_equal(ww_addr_parse_cidr_host("here/26", &addr, &err), -EINVAL);
    assert_string_equal(err.text, "'here' is not an IPv4 or IPv6 address");
}

static void ranges_have_one_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *lo;
        const char *hi;
        const char *canonical;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"},
        {"192.0.2.1/32", "192.0.2.1", "192.0.2.1", "192.0.2.1"},
        {"192.0.2.1-192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"},
        {"192.0.2.0/24", "192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
        {"192.0.2.77/24", "192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
        {"192.0.2.77/25", "192.0.2.0", "192.0.2.127", "192.0.2.0/25"},
        {"192.0.2.200/31", "192.0.2.200", "192.0.2.201", "192.0.2.200/31"},
        {"1.2.3.4/0", "0.0.0.0", "255.255.255.255", "0.0.0.0/0"},
        {"192.0.2.0-192.0.2.255", "192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
        {"192.0.2.1-192.0.2.4", "192.0.2.1", "192.0.2.4", "192.0.2.1-192.0.2.4"},
        {"192.0.2.0-192.0.2.2", "192.0.2.0", "192.0.2.2", "192.0.2.0-192.0.2.2"},
        {"192.0.2.254-192.0.3.1", "192.0.2.254", "192.0.3.1", "192.0.2.254-192.0.3.1"},
        {"2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"},
        {"2001:db8::1234/127", "2001:db8::1234", "2001:db8::1235", "2001:db8::1234/127"},
        {"2001:db8::1/128", "2001:db8::1", "2001:db8::1", "2001:db8::1"},
        {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
        {"2001:db8::1-2001:db8::ff", "2001:db8::1", "2001:db8::ff", "2001:db8::1-2001:db8::ff"},
        {"::ffff:192.0.2.9/120", "192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
        {"::ffff:192.0.2.1-192.0.2.3", "192.0.2.1", "192.0.2.3", "192.0.2.1-192.0.2.3"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_addr_range range = range_of(cases[i].text);
        char text[WW_RANGE_TEXT];
        char addr[WW_ADDR_TEXT];
        assert_string_equal(ww_addr_text(&range.lo, addr), cases[i].lo);
        assert_string_equal(ww_addr_text(&range.hi, addr), cases[i].hi);
        assert_string_equal(ww_addr_range_text(&range, text), cases[i].canonical);
        struct ww_addr_range again = range_of(text);
        assert_int_equal(ww_addr_range_cmp(&range, &again), 0);
        assert_int_equal(ww_addr_range_is_single(&range), strcmp(cases[i].lo, cases[i].hi) == 0);
    }
}

/* Each prefix as its own text, in order. */
static void a_range_is_a_row_of_prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *range;
        const char *prefixes;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7/32 "},
        {"192.0.2.0/24", "192.0.2.0/24 "},
        {"0.0.0.0/0", "0.0.0.0/0 "},
        {"203.0.113.1-203.0.113.9", "203.0.113.1/32 203.0.113.2/31 203.0.113.4/30 203.0.113.8/31 "},
        {"192.0.2.255-192.0.3.0", "192.0.2.255/32 192.0.3.0/32 "},
        {"255.255.255.254-255.255.255.255", "255.255.255.254/31 "},
        {"0.0.0.0-128.0.0.0", "0.0.0.0/1 128.0.0.0/32 "},
        {"2001:db8::/48", "2001:db8::/48 "},
        {"::/0", "::/0 "},
        {"2001:db8::ffff-2001:db8::1:0", "2001:db8::ffff/128 2001:db8::1:0/128 "},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127 "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_addr_range rest = range_of(cases[i].range);
        struct ww_addr net;
        unsigned len;
        char got[512] = "";
        char addr[WW_ADDR_TEXT];
        while (ww_addr_range_take(&rest, &net, &len))
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s/%u ", ww_addr_text(&net, addr), len);
        assert_string_equal(got, cases[i].prefixes);
    }
}

static void bad_ranges_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"192.0.2.0/33", "'192.0.2.0/33': the length after '/' must be 0 to 32"},
        {"2001:db8::/129", "'2001:db8::/129': the length after '/' must be 0 to 128"},
        {"::ffff:192.0.2.0/24", "'::ffff:192.0.2.0/24': the length after '/' must be 96 to 128"},
        {"192.0.2.0/", "'192.0.2.0/': the length after '/' is not a number"},
        {"192.0.2.0/-1", "'192.0.2.0/-1': the length after '/' is not a number"},
        {"192.0.2.0/+1", "'192.0.2.0/+1': the length after '/' is not a number"},
        {"192.0.2.0/24 ", "'192.0.2.0/24 ': the length after '/' is not a number"},
        {"192.0.2.0/0024", "'192.0.2.0/0024': the length after '/' is not a number"},
        {"192.0.2.0/24/8", "'192.0.2.0/24/8': the length after '/' is not a number"},
        {"192.0.2.0/255.255.255.0", "'192.0.2.0/255.255.255.0': the length after '/' is not a number"},
        {"/24", "'' is not an IPv4 or IPv6 address"},
        {"web/24", "'web' is not an IPv4 or IPv6 address"},
        {"192.0.2.9-192.0.2.1", "'192.0.2.9-192.0.2.1': the range's start is greater than its end"},
        {"192.0.2.9-2001:db8::1", "'192.0.2.9-2001:db8::1': the range's ends are of two families"},
        {"192.0.2.1-", "'' is not an IPv4 or IPv6 address"},
        {"-192.0.2.1", "'' is not an IPv4 or IPv6 address"},
        {"192.0.2.1-9", "'9' is not an IPv4 or IPv6 address"},
        {"192.0.2.1 - 192.0.2.9", "'192.0.2.1 ' is not an IPv4 or IPv6 address"},
        {"192.0.2.1-192.0.2.2-192.0.2.3", "'192.0.2.2-192.0.2.3' is not an IPv4 or IPv6 address"},
        {"any", "'any' is not an IPv4 or IPv6 address"},
        {"", "'' is not an IPv4 or IPv6 address"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_addr_range range;
        struct ww_error err = {0};
        assert_int_equal(ww_addr_range_parse(cases[i].text, &range, &err), -EINVAL);
        assert_string_equal(err.text, cases[i].message);
    }
}

static void a_huge_text_gives_a_short_message(void **state)
{
    (void)state;
    static char text[70000];
    memset(text, 'x', sizeof(text) - 1);
    struct ww_addr_range range;
    struct ww_error err = {0};
    for (const char *mark = " /-"; *mark; mark++) {
        text[60000] = *mark;
        assert_int_equal(ww_addr_range_parse(text, &range, &err), -EINVAL);
        assert_true(strlen(err.text) < 200);
    }
}

static void order_is_by_family_then_bytes(void **state)
{
    (void)state;
    static const char *const sorted[] = {"0.0.0.0", "1.0.0.0", "192.0.2.1", "255.255.255.255",
                                         "::",      "::1",     "2001:db8::"};
    for (size_t i = 0; i < COUNT(sorted); i++)
        for (size_t j = 0; j < COUNT(sorted); j++) {
            struct ww_addr a = range_of(sorted[i]).lo;
            struct ww_addr b = range_of(sorted[j]).lo;
            assert_int_equal(ww_addr_cmp(&a, &b), (i > j) - (i < j));
        }
}

static void ranges_contain_and_overlap(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool contains; /* a contains the first of b */
        bool overlaps;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0", true, true},
        {"192.0.2.0/24", "192.0.2.255", true, true},
        {"192.0.2.0/24", "192.0.3.0", false, false},
        {"192.0.2.0/24", "192.0.1.255-192.0.2.0", false, true},
        {"192.0.2.0/24", "192.0.0.0/16", false, true},
        {"192.0.2.0/25", "192.0.2.128/25", false, false},
        {"0.0.0.0/0", "::", false, false},
        {"::/0", "192.0.2.1", false, false},
        {"2001:db8::/32", "2001:db8:ffff::1", true, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_addr_range a = range_of(cases[i].a);
        struct ww_addr_range b = range_of(cases[i].b);
        assert_int_equal(ww_addr_range_contains(&a, &b.lo), cases[i].contains);
        assert_int_equal(ww_addr_range_overlaps(&a, &b), cases[i].overlaps);
        assert_int_equal(ww_addr_range_overlaps(&b, &a), cases[i].overlaps);
    }
}

static void some_addresses_are_special(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool any;
        bool loopback;
    } cases[] = {{"0.0.0.0", true, false},   {"::", true, false},
                 {"127.0.0.1", false, true}, {"127.255.0.9", false, true},
                 {"::1", false, true},       {"128.0.0.1", false, false},
                 {"::2", false, false},      {"::ffff:127.0.0.1", false, true},
                 {"192.0.2.1", false, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_addr addr = range_of(cases[i].text).lo;
        assert_int_equal(ww_addr_is_any(&addr), cases[i].any);
        assert_int_equal(ww_addr_is_loopback(&addr), cases[i].loopback);
    }
    struct ww_addr none = {0};
    char text[WW_ADDR_TEXT];
    assert_false(ww_addr_is_any(&none));
    assert_false(ww_addr_is_loopback(&none));
    assert_int_equal(ww_addr_size(&none), 0);
    assert_string_equal(ww_addr_text(&none, text), "-");
}

static void macs_are_read_and_written(void **state)
{
    (void)state;
    struct ww_mac mac;
    char text[WW_MAC_TEXT];
    assert_int_equal(ww_mac_parse("02:42:C6:33:66:0f", &mac, NULL), 0);
    assert_string_equal(ww_mac_text(&mac, text), "02:42:c6:33:66:0f");
    assert_false(ww_mac_is_zero(&mac));
    assert_int_equal(ww_mac_parse("00:00:00:00:00:00", &mac, NULL), 0);
    assert_true(ww_mac_is_zero(&mac));
    static const char *const bad[] = {"",
                                      "02:42:c6:33:66",
                                      "02:42:c6:33:66:0",
                                      "02:42:c6:33:66:0f:00",
                                      "02-42-c6-33-66-0f",
                                      "0g:42:c6:33:66:0f",
                                      "02:42:c6:33:66:0f ",
                                      " 2:42:c6:33:66:0f"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct ww_error err = {0};
        assert_int_equal(ww_mac_parse(bad[i], &mac, &err), -EINVAL);
        assert_non_null(strstr(err.text, "is not a MAC address"));
    }
}

/* RFC 4291 appendix A: the universal/local bit is flipped, ff:fe goes into the middle. */
static void a_mac_has_a_link_local_address(void **state)
{
    (void)state;
    static const struct {
        const char *mac;
        const char *addr;
    } cases[] = {{"02:42:c6:33:66:03", "fe80::42:c6ff:fe33:6603"}, {"34:56:78:9a:bc:de", "fe80::3656:78ff:fe9a:bcde"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_mac mac;
        char text[WW_ADDR_TEXT];
        assert_int_equal(ww_mac_parse(cases[i].mac, &mac, NULL), 0);
        struct ww_addr addr = ww_mac_link_local(&mac);
        assert_string_equal(ww_addr_text(&addr, text), cases[i].addr);
    }
}

static void endpoints_and_published_ports_compare_by_every_field(void **state)
{
    (void)state;
    struct ww_endpoint_addrs e = {.ipv4 = range_of("192.0.2.1").lo};
    struct ww_endpoint_addrs others[3] = {e, e, e};
    others[0].ipv4 = range_of("192.0.2.2").lo;
    others[1].ipv6 = range_of("2001:db8::1").lo;
    others[2].mac.bytes[5] = 1;
    assert_int_equal(ww_endpoint_addrs_cmp(&e, &e), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ww_endpoint_addrs_cmp(&e, &others[i]), -1);
        assert_int_equal(ww_endpoint_addrs_cmp(&others[i], &e), 1);
    }
    struct ww_publish p = {.proto = 6, .cport = 80, .host = range_of("0.0.0.0").lo, .hport = 8080};
    struct ww_publish more[4] = {p, p, p, p};
    more[0].proto = 17;
    more[1].cport = 256;
    more[2].host = range_of("::").lo;
    more[3].hport = 8081;
    assert_int_equal(ww_publish_cmp(&p, &p), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ww_publish_cmp(&p, &more[i]), -1);
        assert_int_equal(ww_publish_cmp(&more[i], &p), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_become_canonical),
        cmocka_unit_test(texts_are_those_of_inet_ntop),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(the_engine_writes_addresses_with_their_length),
        cmocka_unit_test(ranges_have_one_text),
        cmocka_unit_test(a_range_is_a_row_of_prefixes),
        cmocka_unit_test(bad_ranges_say_what_is_wrong),
        cmocka_unit_test(a_huge_text_gives_a_short_message),
        cmocka_unit_test(order_is_by_family_then_bytes),
        cmocka_unit_test(ranges_contain_and_overlap),
        cmocka_unit_test(some_addresses_are_special),
        cmocka_unit_test(macs_are_read_and_written),
        cmocka_unit_test(a_mac_has_a_link_local_address),
        cmocka_unit_test(endpoints_and_published_ports_compare_by_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
