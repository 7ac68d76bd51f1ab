/* What `whalewall doctor` makes of what it is told. */
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/doctor_internal.h"

static const struct ww_finding *find(const struct ww_findings *f, const char *code)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->items[i].code, code) == 0)
            return &f->items[i];
    return NULL;
}

static void firewalls_are_known_by_their_chains(void **state)
{
    (void)state;
    static const struct {
        const char *table;
        const char *chain;
        const char *code; /* NULL: none */
    } rows[] = {
        {"filter", "ufw-before-forward", "ufw"},
        {"filter", "ufw6-user-input", "ufw"},
        {"firewalld", "filter_FORWARD", "firewalld"},
        {"filter", "f2b-sshd", "fail2ban"},
        {"f2b-table", "f2b-chain", "fail2ban"},
        {"crowdsec6", "crowdsec6-chain-input", "crowdsec"},
        {"filter", "CROWDSEC_CHAIN", "crowdsec"},
        {"nat", "KUBE-SERVICES", "kubernetes"},
        {"filter", "LIBVIRT_FWO", "libvirt"},
        {"filter", "ts-forward", "tailscale"},
        {"docker-bridges", "filter-FORWARD", "docker_rules"},
        {"filter", "FORWARD", "docker_rules"},
        {"site", "input", NULL},
        {"whalewall", "ufw-x", NULL},
        {"filter", "my-ufw-", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_findings found = {0};
        struct ww_doctor_chains *c = ww_doctor_chains_new();
        const struct ww_foreign_chain chain = {
            .family = NFPROTO_IPV4, .table = rows[i].table, .name = rows[i].chain, .type = "", .hook = -1};
        assert_non_null(c);
        ww_doctor_chains_add(&chain, c);
        ww_doctor_chains_tell(c, &found);
        if (found.n != (rows[i].code != NULL) || (rows[i].code && !find(&found, rows[i].code)))
            fail_msg("%s %s: %zu findings, %s", rows[i].table, rows[i].chain, found.n,
                     found.n ? found.items[0].code : "");
        ww_doctor_chains_free(c);
        ww_findings_done(&found);
    }
}

static void chains_are_told_in_the_order_of_packets(void **state)
{
    (void)state;
    static const struct ww_foreign_chain chains[] = {
        {NFPROTO_IPV4, "filter", "FORWARD", "filter", NF_INET_FORWARD, 0, true},
        {NFPROTO_INET, "whalewall", "forward", "filter", NF_INET_FORWARD, -10, false},
        {NFPROTO_INET, "site", "early", "filter", NF_INET_FORWARD, -300, true},
        {NFPROTO_INET, "site", "input", "filter", NF_INET_LOCAL_IN, 0, true},
        {NFPROTO_BRIDGE, "b", "forward", "filter", NF_INET_FORWARD, -5, true},
        {NFPROTO_IPV6, "site", "plain", "", -1, 0, false},
    };
    struct ww_findings found = {0};
    struct ww_doctor_chains *c = ww_doctor_chains_new();
    assert_non_null(c);
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
        ww_doctor_chains_add(&chains[i], c);
    ww_doctor_chains_tell(c, &found);
    assert_non_null(find(&found, "hooks"));
    assert_non_null(
        strstr(find(&found, "hooks")->text,
               ": inet site early (-300, drops what is left), inet whalewall forward (-10), ip filter FORWARD "
               "(0, drops what is left)"));
    assert_non_null(find(&found, "hook_before"));
    assert_non_null(strstr(find(&found, "hook_before")->text, "chain early of table site"));
    assert_true(ww_findings_are_well(&found));
    ww_doctor_chains_free(c);
    ww_findings_done(&found);
}

static const char list[] =
    "[{\"Id\":\"a\",\"Names\":[\"/"
    "open\"],\"Labels\":{},\"Ports\":[{\"IP\":\"0.0.0.0\",\"PublicPort\":8080,\"Type\":\"tcp\"},"
    "{\"IP\":\"::\",\"PublicPort\":8080,\"Type\":\"tcp\"},{\"IP\":\"192.0.2.1\",\"PublicPort\":53,\"Type\":\"udp\"},"
    "{\"PrivatePort\":9,\"Type\":\"tcp\"}]},"
    "{\"Id\":\"b\",\"Names\":[\"/"
    "local\"],\"Labels\":{},\"Ports\":[{\"IP\":\"127.0.0.1\",\"PublicPort\":5432,\"Type\":\"tcp\"},"
    "{\"IP\":\"::1\",\"PublicPort\":5432,\"Type\":\"tcp\"}]},"
    "{\"Id\":\"c\",\"Names\":[\"/managed\"],\"Labels\":{\"whalewall.enabled\":\"true\"},"
    "\"Ports\":[{\"IP\":\"0.0.0.0\",\"PublicPort\":443,\"Type\":\"tcp\"}]}]";

/* With a program that follows the engine, it says what is managed, whatever the labels are; else the labels do, too. */
static void ports_that_are_open_to_the_world_are_found(void **state)
{
    (void)state;
    static const char *const statuses[] = {NULL,
                                           "{\"containers\":[{\"id\":\"c\"}]}",
                                           "{\"containers\":[{\"id\":\"a\"}]}",
                                           "{\"containers\":[{\"id\":\"a\"},{\"id\":\"c\"}]}",
                                           "{\"engine\":{\"state\":\"away\"},\"containers\":[]}",
                                           "{\"engine\":{\"state\":\"synced\"},\"containers\":[{\"id\":\"a\"}]}"};
    static const char *const wanted[] = {
        "container 'open' is not managed, and open to every sender that reaches this host: "
        "8080/tcp, 53/udp",
        "container 'open'",
        "container 'managed'",
        "no container",
        "container 'open'",
        "container 'managed'"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct ww_doctor d = {.containers = cJSON_Parse(list), .status = statuses[i] ? cJSON_Parse(statuses[i]) : NULL};
        assert_non_null(d.containers);
        ww_doctor_ports(&d);
        assert_int_equal(d.found.n, 1);
        assert_int_equal(strncmp(d.found.items[0].text, wanted[i], strlen(wanted[i])), 0);
        assert_int_equal(ww_findings_are_well(&d.found), i == 3);
        ww_findings_done(&d.found);
        cJSON_Delete(d.containers);
        cJSON_Delete(d.status);
    }
}

static void how_early_rules_were_depends_on_the_engine(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        const char *info;
        const char *code; /* NULL: nothing is known */
        enum ww_finding_level level;
    } rows[] = {
        {"{\"containers\":[{\"active_before_start_ms\":312}]}", "{\"ServerVersion\":\"20.10.24+dfsg1\"}", "starts",
         WW_FINDING_OK},
        {"{\"containers\":[{\"active_before_start_ms\":-4}]}", "{\"ServerVersion\":\"20.10.24+dfsg1\"}", "starts_late",
         WW_FINDING_WARNING},
        {"{\"containers\":[{\"active_before_start_ms\":-4}]}", "{\"ServerVersion\":\"28.3.1\"}", "starts",
         WW_FINDING_NOTE},
        {"{\"containers\":[{\"active_before_start_ms\":-4}]}", NULL, "starts_late", WW_FINDING_WARNING},
        {"{\"containers\":[{\"active_before_start_ms\":null}]}", NULL, NULL, WW_FINDING_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_doctor d = {.status = cJSON_Parse(rows[i].status),
                              .info = rows[i].info ? cJSON_Parse(rows[i].info) : NULL};
        ww_doctor_starts(&d);
        assert_int_equal(d.found.n, rows[i].code != NULL);
        if (rows[i].code) {
            assert_string_equal(d.found.items[0].code, rows[i].code);
            assert_int_equal(d.found.items[0].level, rows[i].level);
        }
        ww_findings_done(&d.found);
        cJSON_Delete(d.status);
        cJSON_Delete(d.info);
    }
}

static void findings_are_shown_the_worst_first(void **state)
{
    (void)state;
    struct ww_findings f = {0};
    char *text = NULL;
    size_t len = 0;
    ww_findings_add(&f, WW_FINDING_OK, "engine", NULL, "engine %d", 28);
    assert_true(ww_findings_are_well(&f));
    ww_findings_add(&f, WW_FINDING_WARNING, "open_ports", "label it", "a \x1b\"port\"");
    ww_findings_add(&f, WW_FINDING_WRONG, "engine_away", NULL, "away");
    assert_false(ww_findings_are_well(&f));
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    ww_findings_show(&f, false, out);
    ww_findings_json(&f, out);
    fclose(out);
    assert_string_equal(
        text,
        "wrong    engine_away: away\n"
        "warning  open_ports: a  \"port\"\n         → label it\n"
        "ok       engine: engine 28\n"
        "{\"format\":1,\"ok\":false,\"findings\":["
        "{\"level\":\"ok\",\"code\":\"engine\",\"text\":\"engine 28\",\"advice\":null},"
        "{\"level\":\"warning\",\"code\":\"open_ports\",\"text\":\"a \\u001b\\\"port\\\"\",\"advice\":\"label it\"},"
        "{\"level\":\"wrong\",\"code\":\"engine_away\",\"text\":\"away\",\"advice\":null}]}\n");
    free(text);
    ww_findings_done(&f);
}

static void containers_are_counted_once_the_engine_has_listed_them(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        const char *said;
    } rows[] = {
        {"{\"engine\":{\"state\":\"synced\"},\"containers\":[],\"problems\":[]}", "it manages 0 containers"},
        {"{\"engine\":{\"state\":\"synced\"},\"containers\":[{}],\"problems\":[]}", "it manages 1 container"},
        {"{\"engine\":{\"state\":\"away\"},\"containers\":[{},{}],\"problems\":[]}", "it manages 2 containers"},
        {"{\"engine\":{\"state\":\"away\"},\"containers\":[],\"problems\":[]}", "known with the engine's first list"},
        {"{\"engine\":{\"state\":\"listing\"},\"containers\":[],\"problems\":[]}",
         "known with the engine's first list"},
        {"{\"engine\":{\"state\":\"synced\"},\"containers\":[],\"problems\":[{\"code\":\"engine_listing\"}]}",
         "known with the engine's first list"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_doctor d = {.status = cJSON_Parse(rows[i].status)};
        assert_non_null(d.status);
        ww_doctor_program_tell(&d);
        const struct ww_finding *found = find(&d.found, "program");
        assert_non_null(found);
        if (!strstr(found->text, rows[i].said))
            fail_msg("%s: %s", rows[i].status, found->text);
        ww_findings_done(&d.found);
        cJSON_Delete(d.status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firewalls_are_known_by_their_chains),
        cmocka_unit_test(chains_are_told_in_the_order_of_packets),
        cmocka_unit_test(ports_that_are_open_to_the_world_are_found),
        cmocka_unit_test(how_early_rules_were_depends_on_the_engine),
        cmocka_unit_test(findings_are_shown_the_worst_first),
        cmocka_unit_test(containers_are_counted_once_the_engine_has_listed_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
