/* The library's world: facts as an engine tells them become rules, and packets are judged by them, without an engine.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/lib/whalewall.h"

/* Ids are of 64 digits, as an engine makes them. */
#define ID(digit) digit digit digit digit digit digit digit digit
#define AA ID("aaaaaaaa")
#define BB ID("bbbbbbbb")
#define CC ID("cccccccc")
#define RULES "output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"

static void add_container(struct whalewall_world *w, const char *id, const char *name, const char *labels)
{
    char json[1024];
    struct whalewall_error error = {0};
    snprintf(json, sizeof(json),
             "[{\"Id\":\"%s\",\"Name\":\"/%s\",\"Image\":\"sha256:aa\",\"State\":{\"Status\":\"running\",\"Pid\":7},"
             "\"Config\":{\"Labels\":{%s}},\"HostConfig\":{\"NetworkMode\":\"front\"},"
             "\"NetworkSettings\":{\"Networks\":{\"front\":{}}}}]",
             id, name, labels);
    if (whalewall_world_add_containers(w, json, strlen(json), &error) < 0)
        fail_msg("%s", error.text);
}

static void add_network(struct whalewall_world *w)
{
    static const char json[] =
        "{\"Id\":\"ff\",\"Name\":\"front\",\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{\"Subnet\":\"203.0.113.0/24\","
        "\"Gateway\":\"203.0.113.1\"}]},\"Containers\":{\"" AA "\":{\"IPv4Address\":\"203.0.113.3/24\"},\"" BB
        "\":{\"IPv4Address\":\"203.0.113.2/24\"},\"" CC "\":{\"IPv4Address\":\"203.0.113.4/24\"}}}";
    struct whalewall_error error = {0};
    if (whalewall_world_add_networks(w, json, sizeof(json) - 1, &error) < 0)
        fail_msg("%s", error.text);
}

static int open_world(void **state)
{
    struct whalewall_world *w = NULL;
    struct whalewall_error error = {0};
    if (whalewall_world_new(NULL, &w, &error) < 0)
        fail_msg("%s", error.text);
    add_container(w, AA, "web", "\"whalewall.enabled\":\"true\",\"whalewall.rules\":\"" RULES "\"");
    add_container(w, BB, "db", "\"whalewall.enabled\":\"true\"");
    add_network(w);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    whalewall_world_free(*state);
    return 0;
}

static struct whalewall_verdict judge(struct whalewall_world *w, const char *from, const char *to, uint16_t port)
{
    struct whalewall_packet packet = {.size = sizeof(packet),
                                      .protocol = "tcp",
                                      .source = from,
                                      .destination = to,
                                      .source_port = 40000,
                                      .port = port};
    struct whalewall_verdict verdict = WHALEWALL_VERDICT;
    struct whalewall_error error = {0};
    if (whalewall_world_evaluate(w, &packet, &verdict, &error) < 0)
        fail_msg("%s", error.text);
    return verdict;
}

static void a_packet_passes_by_the_rules_of_both_ends(void **state)
{
    struct whalewall_verdict passes = judge(*state, "203.0.113.3", "203.0.113.2", 5432);
    assert_true(passes.allowed);
    assert_string_equal(passes.sender, "output[0] line 1");
    assert_string_equal(passes.receiver, "output[0] line 1 of web");
    struct whalewall_verdict drops = judge(*state, "203.0.113.3", "203.0.113.2", 80);
    assert_false(drops.allowed);
    assert_string_equal(drops.refused_by, "web");
    assert_false(judge(*state, "203.0.113.2", "203.0.113.3", 5432).allowed);
}

/* What is added later counts from the next question on. */
static void facts_can_be_added_and_replaced(void **state)
{
    struct whalewall_world *w = *state;
    assert_int_equal(whalewall_world_compile(w, NULL), 0);
    add_container(w, AA, "web", "\"whalewall.enabled\":\"true\"");
    assert_false(judge(w, "203.0.113.3", "203.0.113.2", 5432).allowed);
    add_container(w, CC, "bad", "\"whalewall.enabled\":\"true\",\"whalewall.rules\":\"outptu: []\"");
    assert_int_equal(whalewall_world_compile(w, NULL), 1);
}

static void a_faulty_label_closes_its_container(void **state)
{
    struct whalewall_world *w = *state;
    struct whalewall_container c = WHALEWALL_CONTAINER;
    add_container(w, CC, "bad", "\"whalewall.enabled\":\"true\",\"whalewall.rules\":\"outptu: []\"");
    assert_int_equal(whalewall_world_container(w, 2, &c, NULL), 1);
    assert_string_equal(c.name, "bad");
    assert_non_null(strstr(c.fault, "did you mean 'output'"));
    assert_int_equal(whalewall_world_container(w, 3, &c, NULL), 0);
    assert_false(judge(w, "203.0.113.4", "203.0.113.2", 5432).allowed);
}

static void a_container_is_shown_as_the_program_shows_it(void **state)
{
    static const char *const parts[] = {"\"format\":1", "\"state\":\"enforced\"", "\"name\":\"web\"",
                                        "\"peers\":[{\"address\":\"203.0.113.2\",\"container\":\"db\"}]"};
    char *json = NULL;
    struct whalewall_error error = {0};
    assert_int_equal(whalewall_world_show(*state, "web", &json, &error), 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!strstr(json, parts[i]))
            fail_msg("no %s in %s", parts[i], json);
    whalewall_free(json);
    assert_int_equal(whalewall_world_show(*state, "nobody", &json, &error), -ENOENT);
    assert_non_null(strstr(error.text, "'nobody' is no container"));
}

static void a_flow_is_explained_with_what_would_allow_it(void **state)
{
    char *json = NULL;
    struct whalewall_error error = {0};
    assert_int_equal(whalewall_world_explain(*state, "web", "db", "tcp/80", &json, &error), 0);
    assert_non_null(strstr(json, "\"verdict\":\"refused\""));
    assert_non_null(strstr(json, "in whalewall.rules of web: output: [{network: front, container: db, proto: tcp, "
                                 "dst_ports: [80]}]"));
    whalewall_free(json);
    assert_int_equal(whalewall_world_explain(*state, "web", "db", "tcp", &json, &error), -EINVAL);
    assert_non_null(strstr(error.text, "tcp needs a port"));
}

static void labels_of_an_image_open_nothing(void **state)
{
    static const char image[] = "{\"Id\":\"sha256:aa\",\"Config\":{\"Labels\":{\"whalewall.rules\":\"" RULES "\"}}}";
    struct whalewall_error error = {0};
    assert_true(judge(*state, "203.0.113.3", "203.0.113.2", 5432).allowed);
    assert_int_equal(whalewall_world_add_images(*state, image, sizeof(image) - 1, &error), 0);
    assert_false(judge(*state, "203.0.113.3", "203.0.113.2", 5432).allowed);
}

/* … as by the program: both ends are to be, or to have a rule, and an image cannot ask for it. */
static void of_an_audited_container_nothing_is_dropped(void **state)
{
    static const char image[] = "{\"Id\":\"sha256:aa\",\"Config\":{\"Labels\":{\"whalewall.audit\":\"true\"}}}";
    struct whalewall_world *w = *state;
    struct whalewall_error error = {0};
    char *json = NULL;
    add_container(w, CC, "new", "\"whalewall.audit\":\"true\"");
    assert_true(judge(w, "203.0.113.4", "192.0.2.1", 80).allowed);
    assert_false(judge(w, "203.0.113.4", "203.0.113.2", 80).allowed);
    add_container(w, BB, "db", "\"whalewall.enabled\":\"true\",\"whalewall.audit\":\"true\"");
    struct whalewall_verdict passes = judge(w, "203.0.113.4", "203.0.113.2", 80);
    assert_true(passes.allowed);
    assert_string_equal(passes.reason, "no rule allows it, but it is audited");
    assert_false(judge(w, "203.0.113.3", "203.0.113.2", 80).allowed);
    assert_int_equal(whalewall_world_show(w, "db", &json, &error), 0);
    assert_non_null(strstr(json, "\"audited\":true"));
    whalewall_free(json);
    add_container(w, CC, "new", "\"whalewall.audit\":\"ja\"");
    assert_int_equal(whalewall_world_compile(w, NULL), 1);
    assert_int_equal(whalewall_world_add_images(w, image, sizeof(image) - 1, &error), 0);
    assert_false(judge(w, "203.0.113.2", "203.0.113.3", 80).allowed);
    assert_false(judge(w, "203.0.113.2", "192.0.2.1", 80).allowed);
}

static void a_label_alone_is_checked(void **state)
{
    struct whalewall_error error = {0};
    assert_int_equal(whalewall_world_check(*state, RULES, &error), 0);
    assert_int_equal(whalewall_world_check(*state, "output: [{proto: tcp, dst_prots: [1]}]", &error), -EINVAL);
    assert_non_null(strstr(error.text, "line 1 column 23"));
}

static void what_is_no_packet_is_refused(void **state)
{
    static const struct {
        const char *protocol;
        const char *source;
        const char *destination;
        uint16_t port;
        const char *text;
    } rows[] = {
        {"tpc", "203.0.113.3", "203.0.113.2", 80, "'tpc' is no protocol"},
        {"tcp", "203.0.113.3", "203.0.113.2", 0, "tcp needs a port"},
        {"icmp", "203.0.113.3", "203.0.113.2", 1, "icmp has no ports"},
        {"tcp", NULL, "203.0.113.2", 80, "the packet has no source"},
        {"tcp", "203.0.113.3", "db", 80, "the packet's destination: "},
        {"tcp", "203.0.113.3", "2001:db8::1", 80, "not all IPv4 or all IPv6"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct whalewall_packet packet = {.size = sizeof(packet),
                                          .protocol = rows[i].protocol,
                                          .source = rows[i].source,
                                          .destination = rows[i].destination,
                                          .port = rows[i].port};
        struct whalewall_verdict verdict = WHALEWALL_VERDICT;
        struct whalewall_error error = {0};
        assert_int_equal(whalewall_world_evaluate(*state, &packet, &verdict, &error), -EINVAL);
        if (!strstr(error.text, rows[i].text))
            fail_msg("'%s' is not in '%s'", rows[i].text, error.text);
    }
}

/* A host that was compiled with an older header, with a newer one, and one that left the size out. */
static void structs_of_other_versions_are_taken_as_far_as_they_are_understood(void **state)
{
    struct {
        struct whalewall_world_options known;
        int unknown;
    } newer = {.known.size = sizeof(newer)};
    struct whalewall_world_options none = {0};
    struct whalewall_world_options older = {.size = offsetof(struct whalewall_world_options, policies),
                                            .n_policies = 1}; /* it has no such field */
    struct whalewall_world *w = NULL;
    struct whalewall_error error = {0};
    (void)state;
    assert_int_equal(whalewall_world_new(&older, &w, &error), 0);
    whalewall_world_free(w);
    assert_int_equal(whalewall_world_new(&newer.known, &w, &error), 0);
    whalewall_world_free(w);
    newer.unknown = 1;
    assert_int_equal(whalewall_world_new(&newer.known, &w, &error), -EINVAL);
    assert_non_null(strstr(error.text, "does not know"));
    assert_int_equal(whalewall_world_new(&none, &w, &error), -EINVAL);
    assert_non_null(strstr(error.text, "'size'"));
}

/* A field of a byte that a newer host has where there were none. */
static void what_is_reserved_must_be_zero(void **state)
{
    struct whalewall_world_options options = WHALEWALL_WORLD_OPTIONS;
    struct whalewall_packet packet = {
        .size = sizeof(packet), .protocol = "tcp", .source = "203.0.113.3", .destination = "203.0.113.2", .port = 80};
    struct whalewall_verdict verdict = WHALEWALL_VERDICT;
    struct whalewall_world *w = NULL;
    struct whalewall_error error = {0};
    options.reserved[0] = 1;
    assert_int_equal(whalewall_world_new(&options, &w, &error), -EINVAL);
    assert_non_null(strstr(error.text, "does not know"));
    assert_int_equal(whalewall_world_evaluate(*state, &packet, &verdict, &error), 0);
    packet.reserved[0] = 1;
    assert_int_equal(whalewall_world_evaluate(*state, &packet, &verdict, &error), -EINVAL);
    assert_non_null(strstr(error.text, "does not know"));
}

/* … of an older host's, of a newer one's, and of one that has no size. */
static void structs_are_filled_in_as_far_as_the_host_has_them(void **state)
{
    struct {
        struct whalewall_container known;
        int unknown;
    } newer = {.known.size = sizeof(newer), .unknown = 7};
    struct whalewall_container older = {.size = offsetof(struct whalewall_container, fault), .managed = false};
    struct whalewall_container none = {0};
    struct whalewall_error error = {0};
    assert_int_equal(whalewall_world_container(*state, 0, &newer.known, &error), 1);
    assert_true(newer.known.managed);
    assert_int_equal(newer.known.size, sizeof(newer));
    assert_int_equal(newer.unknown, 0);
    assert_int_equal(whalewall_world_container(*state, 0, &older, &error), 1);
    assert_string_equal(older.name, "web");
    assert_false(older.managed);
    assert_int_equal(older.size, offsetof(struct whalewall_container, fault));
    assert_int_equal(whalewall_world_container(*state, 0, &none, &error), -EINVAL);
    assert_non_null(strstr(error.text, "'size'"));
}

static void policies_of_a_site_hold(void **state)
{
    static const char *const policies[] = {"deny-metadata"};
    struct whalewall_world_options options = WHALEWALL_WORLD_OPTIONS;
    struct whalewall_world *w = NULL;
    (void)state;
    options.policies = policies;
    options.n_policies = 1;
    assert_int_equal(whalewall_world_new(&options, &w, NULL), 0);
    add_container(w, AA, "web",
                  "\"whalewall.enabled\":\"true\",\"whalewall.rules\":\"output: [{proto: tcp, dst_ports: [80]}]\"");
    add_network(w);
    assert_true(judge(w, "203.0.113.3", "192.0.2.1", 80).allowed);
    struct whalewall_verdict verdict = judge(w, "203.0.113.3", "169.254.169.254", 80);
    assert_false(verdict.allowed);
    assert_non_null(strstr(verdict.reason, "metadata"));
    whalewall_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_packet_passes_by_the_rules_of_both_ends, open_world, close_world),
        cmocka_unit_test_setup_teardown(facts_can_be_added_and_replaced, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_faulty_label_closes_its_container, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_container_is_shown_as_the_program_shows_it, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_flow_is_explained_with_what_would_allow_it, open_world, close_world),
        cmocka_unit_test_setup_teardown(labels_of_an_image_open_nothing, open_world, close_world),
        cmocka_unit_test_setup_teardown(of_an_audited_container_nothing_is_dropped, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_label_alone_is_checked, open_world, close_world),
        cmocka_unit_test_setup_teardown(what_is_no_packet_is_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(what_is_reserved_must_be_zero, open_world, close_world),
        cmocka_unit_test_setup_teardown(structs_are_filled_in_as_far_as_the_host_has_them, open_world, close_world),
        cmocka_unit_test(structs_of_other_versions_are_taken_as_far_as_they_are_understood),
        cmocka_unit_test(policies_of_a_site_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
