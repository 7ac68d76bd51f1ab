/* Rules for what was seen: as few as say it, by names, and as narrow as rules can be. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/suggest.h"
#include "spec/unit/addr.h"

#define FLOWS 8

/* peer: "network/name" (behind a >: whose own rule opens it), "host", "any", or an address. */
struct row {
    const char *what;
    uint16_t published[3]; /* tcp ports of the container; of the host, 8000 more */
    struct {
        enum ww_seen_side side;
        const char *peer;
        uint8_t proto;
        uint16_t port;
    } seen[FLOWS];
    const char *rules;
};

static const struct row rows[] = {
    {"nothing", {80}, {{WW_SEEN_OUTPUT, NULL, 0, 0}}, ""},
    {"names, ports in a row, and ports that are none",
     {0},
     {{WW_SEEN_OUTPUT, "default/db", IPPROTO_TCP, 5432},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_TCP, 82},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_TCP, 80},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_TCP, 81},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_TCP, 84},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_TCP, 85},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_UDP, 80},
      {WW_SEEN_OUTPUT, "default/cache", IPPROTO_ICMP, 0}},
     "output:\n"
     "  - {network: default, container: cache, proto: icmp}\n"
     "  - {network: default, container: cache, proto: tcp, dst_ports: [80-82, 84, 85]}\n"
     "  - {network: default, container: cache, proto: udp, dst_ports: [80]}\n"
     "  - {network: default, container: db, proto: tcp, dst_ports: [5432]}\n"},
    {"a name that is more than a name is quoted as a whole",
     {0},
     {{WW_SEEN_OUTPUT, "n/x\"}\n  - {proto: tcp", IPPROTO_TCP, 80}},
     "output:\n  - {network: \"n\", container: \"x\\\"}\\n  - {proto: tcp\", proto: tcp, dst_ports: [80]}\n"},
    {"addresses of the same ports are one rule",
     {0},
     {{WW_SEEN_OUTPUT, "192.0.2.2", IPPROTO_UDP, 53},
      {WW_SEEN_OUTPUT, "2001:db8::1", IPPROTO_UDP, 53},
      {WW_SEEN_OUTPUT, "192.0.2.1", IPPROTO_UDP, 53},
      {WW_SEEN_OUTPUT, "192.0.2.3", IPPROTO_UDP, 53},
      {WW_SEEN_OUTPUT, "192.0.2.3", IPPROTO_UDP, 123},
      {WW_SEEN_OUTPUT, "host", IPPROTO_TCP, 3128}},
     "output:\n"
     "  - {host: true, proto: tcp, dst_ports: [3128]}\n"
     "  - {ips: [\"192.0.2.1\", \"192.0.2.2\", \"2001:db8::1\"], proto: udp, dst_ports: [53]}\n"
     "  - {ips: [\"192.0.2.3\"], proto: udp, dst_ports: [53, 123]}\n"},
    {"the same clients of all published ports",
     {80, 443},
     {{WW_SEEN_EXTERNAL, "192.0.2.1", IPPROTO_TCP, 80},
      {WW_SEEN_EXTERNAL, "192.0.2.1", IPPROTO_TCP, 443},
      {WW_SEEN_LOCALHOST, "host", IPPROTO_TCP, 80},
      {WW_SEEN_LOCALHOST, "host", IPPROTO_TCP, 443}},
     "mapped_ports:\n  localhost:\n    allow: true\n  external:\n    allow: true\n    ips: [\"192.0.2.1\"]\n"},
    {"not all of them",
     {80, 443},
     {{WW_SEEN_EXTERNAL, "192.0.2.1", IPPROTO_TCP, 80},
      {WW_SEEN_EXTERNAL, "192.0.2.2", IPPROTO_TCP, 80},
      {WW_SEEN_LOCALHOST, "host", IPPROTO_TCP, 443}},
     "input:\n  - {host: true, proto: tcp, dst_ports: [443]}\n"
     "  - {ips: [\"192.0.2.1\", \"192.0.2.2\"], proto: tcp, dst_ports: [80]}\n"},
    {"other clients of each",
     {80, 443},
     {{WW_SEEN_EXTERNAL, "192.0.2.1", IPPROTO_TCP, 80}, {WW_SEEN_EXTERNAL, "192.0.2.2", IPPROTO_TCP, 443}},
     "input:\n  - {ips: [\"192.0.2.2\"], proto: tcp, dst_ports: [443]}\n"
     "  - {ips: [\"192.0.2.1\"], proto: tcp, dst_ports: [80]}\n"},
    {"too many clients",
     {80},
     {{WW_SEEN_EXTERNAL, "192.0.2.1", IPPROTO_TCP, 80}, {WW_SEEN_EXTERNAL, "any", IPPROTO_TCP, 80}},
     "mapped_ports:\n  external:\n    allow: true\n"},
    {"too many of one of two ports",
     {80, 443},
     {{WW_SEEN_EXTERNAL, "192.0.2.1", IPPROTO_TCP, 80}, {WW_SEEN_EXTERNAL, "any", IPPROTO_TCP, 80}},
     "input:\n  - {proto: tcp, dst_ports: [80]}\n"},
    {"a sender whose own rule opens it, and one whose does not",
     {0},
     {{WW_SEEN_INPUT, ">default/web", IPPROTO_TCP, 80},
      {WW_SEEN_INPUT, "default/free", IPPROTO_TCP, 80},
      {WW_SEEN_INPUT, "192.0.2.1", IPPROTO_ICMP, 0}},
     "input:\n  - {network: default, container: free, proto: tcp, dst_ports: [80]}\n"
     "  - {ips: [\"192.0.2.1\"], proto: icmp}\n"},
    {"names that YAML would not read as texts",
     {0},
     {{WW_SEEN_OUTPUT, "on/12", IPPROTO_TCP, 80}},
     "output:\n  - {network: \"on\", container: \"12\", proto: tcp, dst_ports: [80]}\n"},
    {"a protocol that rules cannot name",
     {0},
     {{WW_SEEN_OUTPUT, "192.0.2.1", IPPROTO_GRE, 0}},
     "# protocol 47 to 192.0.2.1: rules cannot name it; one with nothing but 'ips' allows it\n"},
    {"a port that rules cannot name",
     {80},
     {{WW_SEEN_OUTPUT, "192.0.2.1", IPPROTO_TCP, 0},
      {WW_SEEN_EXTERNAL, "192.0.2.2", IPPROTO_UDP, 0},
      {WW_SEEN_OUTPUT, "192.0.2.1", IPPROTO_TCP, 80}},
     "output:\n  - {ips: [\"192.0.2.1\"], proto: tcp, dst_ports: [80]}\n"
     "# protocol udp port 0 from 192.0.2.2: rules cannot name it; one with nothing but 'ips' allows it\n"
     "# protocol tcp port 0 to 192.0.2.1: rules cannot name it; one with nothing but 'ips' allows it\n"},
};

static void take_peer(struct ww_seen *seen, char *peer)
{
    char *name = strchr(peer, '/');
    seen->peer = name                        ? WW_SEEN_CONTAINER
                 : strcmp(peer, "host") == 0 ? WW_SEEN_HOST
                 : strcmp(peer, "any") == 0  ? WW_SEEN_ANY
                                             : WW_SEEN_ADDRESS;
    if (seen->peer == WW_SEEN_ADDRESS)
        seen->addr = addr_of(peer);
    if (!name)
        return;
    *name++ = '\0';
    seen->network = peer;
    seen->name = name;
}

static void check(const struct row *row)
{
    struct ww_publish published[3] = {0};
    char peers[FLOWS][32];
    struct ww_suggestion s = {.published = published, .seen = calloc(FLOWS, sizeof(*s.seen))};
    struct ww_buf out = {0};
    assert_non_null(s.seen);
    for (; row->published[s.n_published]; s.n_published++)
        published[s.n_published] = (struct ww_publish){.proto = IPPROTO_TCP,
                                                       .cport = row->published[s.n_published],
                                                       .hport = (uint16_t)(8000 + row->published[s.n_published]),
                                                       .host = addr_of("0.0.0.0")};
    for (; s.n < FLOWS && row->seen[s.n].peer; s.n++) {
        s.seen[s.n] =
            (struct ww_seen){.side = row->seen[s.n].side, .proto = row->seen[s.n].proto, .port = row->seen[s.n].port};
        s.seen[s.n].opened = row->seen[s.n].peer[0] == '>';
        snprintf(peers[s.n], sizeof(peers[0]), "%s", row->seen[s.n].peer + s.seen[s.n].opened);
        take_peer(&s.seen[s.n], peers[s.n]);
    }
    ww_suggestion_sort(&s);
    ww_buf_str(&out, "");
    ww_suggestion_rules(&s, &out);
    assert_true(ww_buf_ok(&out));
    if (strcmp(out.data, row->rules) != 0)
        fail_msg("%s:\n%s", row->what, out.data);
    ww_buf_done(&out);
    ww_suggestion_done(&s);
}

static void rules_allow_what_was_seen_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

/* "name range range …" of a group of the site's */
static void add_group(struct ww_groups *groups, const char *text)
{
    char copy[256];
    snprintf(copy, sizeof(copy), "%s", text);
    char *rest = copy;
    struct ww_group *g = &groups->list[groups->n++];
    *g = (struct ww_group){.name = strdup(strsep(&rest, " ")), .ranges = calloc(8, sizeof(*g->ranges))};
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
        assert_int_equal(ww_addr_range_parse(word, &g->ranges[g->n++], NULL), 0);
}

static void a_group_takes_the_place_of_addresses_that_are_all_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *groups[4];
        const char *seen; /* of UDP port 53 */
        const char *output;
    } grouped[] = {
        {"all of its addresses",
         {"ns 192.0.2.1 2001:db8::1"},
         "192.0.2.1 2001:db8::1 192.0.2.7",
         "  - {ips: [\"@ns\", \"192.0.2.7\"], proto: udp, dst_ports: [53]}\n"},
        {"a range of which each address was seen",
         {"ns 192.0.2.0/31"},
         "192.0.2.0 192.0.2.1",
         "  - {ips: [\"@ns\"], proto: udp, dst_ports: [53]}\n"},
        {"one was not seen",
         {"ns 192.0.2.1 192.0.2.2"},
         "192.0.2.1 192.0.2.7",
         "  # \"@ns\" has 192.0.2.1, and addresses that were not seen\n"
         "  - {ips: [\"192.0.2.1\", \"192.0.2.7\"], proto: udp, dst_ports: [53]}\n"},
        {"the largest first, and no other for what it stands for",
         {"a 192.0.2.1", "b 192.0.2.1 192.0.2.2", "c 192.0.2.3", "d 192.0.2.0/24"},
         "192.0.2.1 192.0.2.2 192.0.2.3",
         "  - {ips: [\"@b\", \"@c\"], proto: udp, dst_ports: [53]}\n"},
        {"of those that have more the ones with most, and few of them",
         {"a 192.0.2.0/24", "b 192.0.2.2 192.0.3.3", "c 192.0.2.2 192.0.3.4", "d 198.51.100.1"},
         "192.0.2.1 192.0.2.2",
         "  # \"@a\" has 2 of these, and addresses that were not seen\n"
         "  # \"@b\" has 192.0.2.2, and addresses that were not seen\n"
         "  - {ips: [\"192.0.2.1\", \"192.0.2.2\"], proto: udp, dst_ports: [53]}\n"},
    };
    for (size_t i = 0; i < sizeof(grouped) / sizeof(grouped[0]); i++) {
        struct ww_groups groups = {.list = calloc(4, sizeof(*groups.list))};
        struct ww_seen seen[FLOWS] = {0};
        struct ww_suggestion s = {.groups = &groups, .seen = seen};
        struct ww_buf out = {0};
        char copy[128];
        char *rest = copy;
        snprintf(copy, sizeof(copy), "%s", grouped[i].seen);
        for (size_t j = 0; j < 4 && grouped[i].groups[j]; j++)
            add_group(&groups, grouped[i].groups[j]);
        for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
            seen[s.n++] = (struct ww_seen){.side = WW_SEEN_OUTPUT,
                                           .peer = WW_SEEN_ADDRESS,
                                           .addr = addr_of(word),
                                           .proto = IPPROTO_UDP,
                                           .port = 53};
        ww_suggestion_rules(&s, &out);
        assert_true(ww_buf_ok(&out));
        if (strncmp(out.data, "output:\n", 8) != 0 || strcmp(out.data + 8, grouped[i].output) != 0)
            fail_msg("%s:\n%s", grouped[i].what, out.data);
        ww_buf_done(&out);
        ww_groups_done(&groups);
    }
}

static void clients_of_published_ports_can_be_a_group(void **state)
{
    (void)state;
    struct ww_publish published = {.proto = IPPROTO_TCP, .cport = 80, .hport = 8080, .host = addr_of("0.0.0.0")};
    struct ww_groups groups = {.list = calloc(2, sizeof(*groups.list))};
    struct ww_seen seen[] = {{.addr = addr_of("192.0.2.1")}, {.addr = addr_of("192.0.2.2")}};
    struct ww_suggestion s = {.published = &published, .n_published = 1, .groups = &groups, .seen = seen, .n = 2};
    struct ww_buf out = {0};
    add_group(&groups, "lan 192.0.2.0/24");
    add_group(&groups, "office 192.0.2.1");
    for (size_t i = 0; i < 2; i++) {
        seen[i].side = WW_SEEN_EXTERNAL;
        seen[i].peer = WW_SEEN_ADDRESS;
        seen[i].proto = IPPROTO_TCP;
        seen[i].port = 80;
    }
    ww_suggestion_rules(&s, &out);
    assert_string_equal(out.data, "mapped_ports:\n  external:\n    allow: true\n"
                                  "    # \"@lan\" has 192.0.2.2, and addresses that were not seen\n"
                                  "    ips: [\"@office\", \"192.0.2.2\"]\n");
    ww_buf_done(&out);
    ww_groups_done(&groups);
}

static void a_port_at_a_loopback_address_is_for_the_host_only(void **state)
{
    (void)state;
    struct ww_publish published[] = {{.proto = IPPROTO_TCP, .cport = 80, .hport = 8080, .host = addr_of("0.0.0.0")},
                                     {.proto = IPPROTO_TCP, .cport = 81, .hport = 8081, .host = addr_of("127.0.0.1")}};
    struct ww_seen seen = {.side = WW_SEEN_EXTERNAL,
                           .peer = WW_SEEN_ADDRESS,
                           .addr = addr_of("192.0.2.1"),
                           .proto = IPPROTO_TCP,
                           .port = 80};
    struct ww_suggestion s = {.published = published, .n_published = 2, .seen = &seen, .n = 1};
    struct ww_buf out = {0};
    ww_suggestion_rules(&s, &out);
    assert_string_equal(out.data, "mapped_ports:\n  external:\n    allow: true\n    ips: [\"192.0.2.1\"]\n");
    ww_buf_done(&out);
}

static void a_suggestion_is_written_whole(void **state)
{
    (void)state;
    struct ww_seen seen = {.side = WW_SEEN_OUTPUT,
                           .peer = WW_SEEN_CONTAINER,
                           .network = "front",
                           .name = "db",
                           .addr = addr_of("198.51.100.3"),
                           .proto = IPPROTO_TCP,
                           .port = 5432,
                           .reports = 2,
                           .first_ns = 1795468477870409939,
                           .last_ns = 1795468479000000000,
                           .audited = true};
    struct ww_suggestion s = {.id = "0123", .name = "web", .audited = true, .left_out = 4, .seen = &seen, .n = 1};
    struct ww_buf out = {0};
    ww_suggestion_write(&s, &out);
    assert_true(ww_buf_ok(&out));
    assert_string_equal(
        out.data,
        "{\"format\":1,\"id\":\"0123\",\"name\":\"web\",\"project\":null,\"service\":null,\"audited\":true,"
        "\"labelled\":false,\"since\":null,\"left_out\":4,"
        "\"rules\":\"output:\\n  - {network: front, container: db, proto: tcp, dst_ports: [5432]}\\n\",\"flows\":["
        "{\"side\":\"output\",\"peer\":\"container\",\"network\":\"front\",\"name\":\"db\",\"address\":\"198.51.100."
        "3\",\"protocol\":\"tcp\",\"port\":5432,\"reports\":2,\"first\":\"2026-11-23T21:14:37.870409939Z\","
        "\"last\":\"2026-11-23T21:14:39.000000000Z\",\"audited\":true,\"opened\":false}]}\n");
    ww_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_allow_what_was_seen_and_no_more),
        cmocka_unit_test(a_group_takes_the_place_of_addresses_that_are_all_of_it),
        cmocka_unit_test(clients_of_published_ports_can_be_a_group),
        cmocka_unit_test(a_port_at_a_loopback_address_is_for_the_host_only),
        cmocka_unit_test(a_suggestion_is_written_whole),
    };
    return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
