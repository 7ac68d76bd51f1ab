#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/kernel/foreign/foreign.h"
#include "helper_netns.h"

/* What Docker and other programs have in the table, made with iptables so that it looks like theirs. */
static const char docker[] =
    "iptables -N DOCKER-USER && iptables -N whalewall-mine && iptables -N whalewallx && "
    "iptables -A FORWARD -j DOCKER-USER && iptables -A DOCKER-USER -s 192.0.2.7 -j DROP && "
    "iptables -A DOCKER-USER -j RETURN && iptables -A INPUT -j whalewall-mine && "
    "iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT && iptables -A OUTPUT -o lo -j ACCEPT";

/* What the Go program 0.2 adds: base.go and create.go of its release. */
static const char go[] =
    "table ip filter {\n"
    "  map whalewall-container-addrs { type ipv4_addr : verdict; }\n"
    "  chain whalewall-web-0123456789ab { ip daddr 192.0.2.10 tcp dport 80 ct state new,established accept; "
    "counter log prefix \"WHALEWALL-WEB DROP: \" level info drop; }\n"
    "  chain whalewall-db-1-ba9876543210 { ip saddr 192.0.2.11 accept; counter drop; }\n"
    "  chain whalewall { ip saddr vmap @whalewall-container-addrs; ip daddr vmap @whalewall-container-addrs; }\n"
    "}\n"
    "add element ip filter whalewall-container-addrs { 192.0.2.10 : jump whalewall-web-0123456789ab, 192.0.2.11 : jump "
    "whalewall-db-1-ba9876543210 }\n"
    "insert rule ip filter DOCKER-USER counter jump whalewall\n"
    "insert rule ip filter INPUT counter jump whalewall\n"
    "insert rule ip filter OUTPUT counter jump whalewall\n";
#define GO_OBJECTS (3 + 3 + 1)

static int enter(void **state)
{
    (void)state;
    if (!helper_netns_enter())
        skip();
    return 0;
}

static void load_go(void)
{
    char path[] = "/tmp/whalewall-spec-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs(go, file);
    fclose(file);
    helper_run("nft -f %s", path);
    remove(path);
}

static void nothing_is_found_where_there_is_no_table(void **state)
{
    (void)state;
    struct ww_error err = {0};
    assert_int_equal(ww_foreign_count(&err), 0);
    assert_int_equal(ww_foreign_clear(&err), 0);
}

static void nothing_is_found_among_others_rules(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("%s", docker);
    char *before = helper_output("iptables-save -t filter | grep -v '^#'");
    assert_int_equal(ww_foreign_count(&err), 0);
    assert_int_equal(ww_foreign_clear(&err), 0);
    char *after = helper_output("iptables-save -t filter | grep -v '^#'");
    assert_string_equal(before, after);
    assert_non_null(strstr(before, "-A INPUT -j whalewall-mine"));
    free(before);
    free(after);
}

static void what_the_go_program_left_goes_and_the_rest_stays(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("%s", docker);
    char *before = helper_output("iptables-save -t filter | grep -v '^#'");
    load_go();
    assert_int_equal(ww_foreign_count(&err), GO_OBJECTS);
    assert_true(ww_foreign_is_active());
    int removed = ww_foreign_clear(&err);
    assert_string_equal(err.text, "");
    assert_int_equal(removed, GO_OBJECTS);
    assert_int_equal(ww_foreign_count(&err), 0);
    assert_false(ww_foreign_is_active());
    char *after = helper_output("iptables-save -t filter | grep -v '^#'");
    assert_string_equal(before, after);
    char *rules = helper_output("nft list ruleset");
    assert_null(strstr(rules, "whalewall-container-addrs"));
    free(before);
    free(after);
    free(rules);
}

static void the_set_of_its_first_release_goes_too(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("nft 'add table ip filter; add set ip filter whalewall-ipv4-drop { type ipv4_addr; }; add element ip "
               "filter whalewall-ipv4-drop { 192.0.2.1 }; add chain ip filter whalewall; add rule ip filter whalewall "
               "ip saddr @whalewall-ipv4-drop counter log level info drop'");
    assert_int_equal(ww_foreign_clear(&err), 2);
    assert_int_equal(ww_foreign_count(&err), 0);
}

static void a_map_without_its_chains_goes(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("nft 'add table ip filter; add map ip filter whalewall-container-addrs { type ipv4_addr : verdict; }'");
    assert_int_equal(ww_foreign_count(&err), 1);
    assert_int_equal(ww_foreign_clear(&err), 1);
}

static void other_tables_with_the_same_names_stay(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("nft 'add table ip other; add chain ip other whalewall; add table ip6 filter; add chain ip6 filter "
               "whalewall; add table inet whalewall; add chain inet whalewall whalewall'");
    char *before = helper_output("nft list ruleset");
    assert_false(ww_foreign_is_active());
    assert_int_equal(ww_foreign_clear(&err), 0);
    char *after = helper_output("nft list ruleset");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* A user's own rule that refers to its chain in a way it never did keeps the chain: then nothing at all is changed. */
static void a_refusal_changes_nothing_and_says_why(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("%s", docker);
    load_go();
    helper_run("nft add rule ip filter INPUT ip saddr vmap '{ 192.0.2.99 : jump whalewall }'");
    char *before = helper_output("nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'");
    assert_true(ww_foreign_clear(&err) < 0);
    assert_non_null(strstr(err.text, "ip filter"));
    char *after = helper_output("nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* Beyond one default socket buffer. */
static void a_thousand_containers_go_at_once(void **state)
{
    (void)state;
    struct ww_error err = {0};
    helper_run("nft add table ip filter");
    helper_run("for i in $(seq 1000); do printf 'add chain ip filter whalewall-some-longer-container-name-%%012x\\nadd "
               "rule ip filter whalewall-some-longer-container-name-%%012x drop\\n' $i $i; done | nft -f -");
    assert_int_equal(ww_foreign_count(&err), 1000);
    int removed = ww_foreign_clear(&err);
    assert_string_equal(err.text, "");
    assert_int_equal(removed, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_found_where_there_is_no_table, enter),
        cmocka_unit_test_setup(nothing_is_found_among_others_rules, enter),
        cmocka_unit_test_setup(what_the_go_program_left_goes_and_the_rest_stays, enter),
        cmocka_unit_test_setup(the_set_of_its_first_release_goes_too, enter),
        cmocka_unit_test_setup(a_map_without_its_chains_goes, enter),
        cmocka_unit_test_setup(other_tables_with_the_same_names_stay, enter),
        cmocka_unit_test_setup(a_refusal_changes_nothing_and_says_why, enter),
        cmocka_unit_test_setup(a_thousand_containers_go_at_once, enter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
