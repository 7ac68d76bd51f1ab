/* What is said of flows: the ways, the rules, and what would allow it. The verdicts are the simulator's, which other
 * tests hold against the kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/explain.h"
#include "core/ir/text.h"
#include "helper_agent.h"
#include "spec/unit/addr.h"

#define OWN "198.51.100.1"

static const char *const rulesets[] = {
    "ruleset web \"web\"\nendpoint 198.51.100.119 - -\npublish tcp 80 on 0.0.0.0 port 8080\n"
    "external from any origin \"mapped_ports.external\"\n"
    "output to 198.51.100.100 tcp dport 5432 origin \"output[0] line 3\"\n"
    "output to 192.0.2.77 tcp dport 25 origin \"output[1]\"\n"
    "output to any udp dport 53 chain \"own\" origin \"output[2]\"\n",
    "ruleset db \"db\"\nendpoint 198.51.100.100 - -\n"
    "input consent from 198.51.100.119 tcp dport 5432 origin \"output[0] line 3 of web\"\n",
    "ruleset bad \"bad\" quarantined\nendpoint 198.51.100.98 - -\n",
};

static void put_network(struct ww_agent *a)
{
    helper_attach(a, (const char *[]){"db", "web", "free", "bad", NULL});
}

/* Guarded: `ghost`, which is not known there, is closed. */
static void put_fences(struct ww_agent *a)
{
    struct ww_fence *f = ww_fence_new("net", "net", "br-net");
    struct ww_fence *host = ww_fence_new("host", "host", "");
    struct ww_addr_range subnet = {.lo = addr_of("198.51.100.0"), .hi = addr_of("198.51.100.255")};
    static const struct {
        const char *id;
        const char *ipv4;
        bool managed;
    } known[] = {{"web", "198.51.100.119", true},
                 {"db", "198.51.100.100", true},
                 {"bad", "198.51.100.98", true},
                 {"free", "198.51.100.102", false}};
    struct ww_addr own = addr_of(OWN);
    struct ww_addr outer = addr_of("192.0.2.1");
    assert_non_null(f);
    assert_non_null(host);
    f->guarded = true;
    host->host = true;
    assert_int_equal(ww_fence_add_subnet(f, &subnet), 0);
    assert_int_equal(ww_fence_add_always(f, &own), 0);
    assert_int_equal(ww_fence_add_own(f, &own), 0);
    assert_int_equal(ww_fence_add_own(host, &own), 0);
    assert_int_equal(ww_fence_add_own(host, &outer), 0);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct ww_known k = {.container = (char *)known[i].id, .managed = known[i].managed};
        k.addrs.ipv4 = addr_of(known[i].ipv4);
        assert_int_equal(ww_fence_add_known(f, &k), 0);
    }
    assert_int_equal(ww_fence_seal(f, NULL), 0);
    assert_int_equal(ww_fence_seal(host, NULL), 0);
    assert_int_equal(ww_fences_set(a->fences_applied, f, NULL), 0);
    assert_int_equal(ww_fences_set(a->fences_applied, host, NULL), 0);
    ww_fence_unref(f);
    ww_fence_unref(host);
}

static void put_containers(struct ww_agent *a)
{
    static const char *const names[] = {"web", "db", "free", "bad", "ghost", "side", "hosted"};
    static const char *const modes[] = {"net", "net", "net", "net", "net", "container:web", "host"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ww_container *c = ww_container_new();
        assert_non_null(c);
        c->id = strdup(names[i]);
        c->name = strdup(names[i]);
        c->network_mode = strdup(modes[i]);
        c->state = WW_RUNNING;
        c->service = i < 2 ? strdup("stack") : NULL;
        if (i == 0) {
            c->published = calloc(1, sizeof(*c->published));
            assert_non_null(c->published);
            c->published[c->n_published++] =
                (struct ww_publish){.proto = 6, .cport = 80, .host = addr_of("0.0.0.0"), .hport = 8080};
        }
        assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    }
}

static int set_up(void **state)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    assert_non_null(a);
    a->world = ww_world_new();
    a->desired = ww_plan_new();
    a->applied = ww_plan_new();
    a->fences_applied = ww_fences_new();
    a->ready = true;
    put_containers(a);
    put_network(a);
    put_fences(a);
    for (size_t i = 0; i < sizeof(rulesets) / sizeof(rulesets[0]); i++) {
        struct ww_ruleset *rs = NULL;
        struct ww_error err = {0};
        if (ww_ruleset_read(rulesets[i], &rs, &err) < 0 || ww_ruleset_seal(rs, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(ww_plan_set(a->applied, rs, NULL), 0);
        assert_int_equal(ww_plan_set(a->desired, rs, NULL), 0);
        ww_ruleset_unref(rs);
    }
    *state = a;
    return 0;
}

static int tear_down(void **state)
{
    struct ww_agent *a = *state;
    ww_managed_containers_done(&a->managed);
    ww_faults_done(&a->faults);
    ww_idset_done(&a->deferred);
    ww_world_free(a->world);
    ww_plan_free(a->desired);
    ww_plan_free(a->applied);
    ww_fences_free(a->fences_applied);
    free(a);
    return 0;
}

/* All that is said, a step a line, notes at the end. */
static char *ask(const struct ww_agent *a, const char *from, const char *to, const char *what)
{
    struct ww_explain_question question = {.from = from, .to = to, .what = what};
    struct ww_explanation e = {0};
    struct ww_error err = {0};
    struct ww_buf out = {0};
    if (ww_agent_explain(a, &question, &e, &err) < 0)
        ww_buf_fmt(&out, "%d: %s", err.code, err.text);
    else
        ww_explanation_write(&e, &out);
    ww_explanation_done(&e);
    assert_true(ww_buf_ok(&out));
    return ww_buf_take(&out);
}

static const struct {
    const char *from;
    const char *to;
    const char *what;
    const char *verdict;
    const char *part;
} rows[] = {
    {"web", "db", "tcp/5432", "allowed", "\"container\":\"db\",\"passes\":true,\"rule\":\"output[0] line 3 of web\""},
    {"/web", "198.51.100.100", "tcp/5432", "allowed", "\"network\":\"net\",\"through\":null"},
    {"web", "db", "tcp/80", "refused",
     "\"hint\":\"in whalewall.rules of web: output: [{network: net, container: db, proto: tcp, dst_ports: [80]}]\""},
    {"web", "db", "icmp", "refused", "output: [{network: net, container: db, proto: icmp}]"},
    {"free", "db", "tcp/5432", "refused",
     "\"hint\":\"in whalewall.rules of db: input: [{network: net, container: free, proto: tcp, dst_ports: [5432]}]\""},
    {"host", "db", "udp/53", "refused", "\"hint\":\"in whalewall.rules of db: input: [{host: true, proto: udp, "},
    {"db", "host", "udp/53", "refused", "of db: output: [{host: true, proto: udp, dst_ports: [53]}]"},
    {"host", "web", "tcp/80", "allowed", "cannot be told from what the userland proxy passes on"},
    {"host", "host", "tcp/8080", "refused", "of web: mapped_ports: {localhost: {allow: true}}"},
    {"internet", "web", "tcp/80", "allowed", "\"through\":\"host port\",\"source\":"},
    {"internet", "host", "tcp/8080", "allowed",
     "\"destination\":\"198.51.100.119\",\"destination_port\":80,"
     "\"dialled\":\"192.0.2.1\",\"dialled_port\":8080"},
    {"internet", "db", "tcp/5432", "refused", "no port of the host leads there"},
    {"192.0.2.9", "db", "tcp/5432", "refused", "input: [{ips: [\\\"192.0.2.9\\\"], proto: tcp, dst_ports: [5432]}]"},
    {"web", "internet", "tcp/25", "refused", "of web: output: [{proto: tcp, dst_ports: [25]}]"},
    {"web", "192.0.2.77", "tcp/25", "allowed", "output[1]"},
    {"web", "internet", "udp/53", "unknown", "goes to a chain of the user's"},
    {"db", "web", "tcp/80", "refused", "\"text\":\"no output rule of the sender matches\""},
    {"free", "web", "tcp/80", "allowed", "mapped_ports.external"},
    {"free", "internet", "tcp/80", "allowed", "where no end is managed"},
    {"free", "198.51.100.7", "tcp/80", "refused", "\"at\":\"guard\",\"container\":null,\"passes\":false"},
    {"ghost", "db", "tcp/80", "refused", "'ghost' has no address"},
    {"bad", "db", "tcp/80", "refused", "\"container\":\"bad\",\"passes\":false,\"rule\":null,\"text\":\"the label\""},
    {"web", "side", "tcp/80", "unfiltered", "both are in one network namespace"},
    {"side", "db", "tcp/5432", "allowed", "'side' shares the network of container web"},
    {"hosted", "db", "tcp/80", "refused", "'hosted' is on the host's network"},
    {"stack", "free", "tcp/80", "refused", "2 containers go by 'stack'"},
    {"host", "internet", "tcp/80", "unfiltered", "no container is at an end"},
    {"host", "host", "tcp/80", "unfiltered", "no container is at an end"},
};

static void each_flow_is_explained(void **state)
{
    struct ww_agent *a = *state;
    assert_int_equal(ww_faults_set(&a->faults, "bad", "the label", NULL), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char verdict[64];
        char *text = ask(a, rows[i].from, rows[i].to, rows[i].what);
        snprintf(verdict, sizeof(verdict), "\"verdict\":\"%s\",\"ways\"", rows[i].verdict);
        if (!strstr(text, verdict) || !strstr(text, rows[i].part))
            fail_msg("%s -> %s %s: wanted %s, %s\n%s", rows[i].from, rows[i].to, rows[i].what, rows[i].verdict,
                     rows[i].part, text);
        free(text);
    }
}

static const char *const ends[] = {"web",  "db",       "free",      "bad",        "ghost",        "side",     "hosted",
                                   "host", "internet", "192.0.2.9", "192.0.2.77", "198.51.100.7", "192.0.2.1"};

/* What the answer about all ports says of one: "refused", where no range has it. */
static const char *verdict_in(const struct ww_explanation *all, const char *protocol, uint16_t port)
{
    for (size_t i = 0; i < all->n_ranges; i++)
        if (strcmp(all->ranges[i].protocol, protocol) == 0 && all->ranges[i].first <= port &&
            port <= all->ranges[i].last)
            return ww_explain_verdict_text(all->ranges[i].verdict);
    return "refused";
}

static void compare(struct ww_agent *a, const char *from, const char *to, const struct ww_explanation *all,
                    const char *protocol, uint16_t port)
{
    char what[32];
    struct ww_explanation one = {0};
    struct ww_error err = {0};
    snprintf(what, sizeof(what), port ? "%s/%u" : "%s", protocol, port);
    struct ww_explain_question question = {.from = from, .to = to, .what = what};
    if (ww_agent_explain(a, &question, &one, &err) < 0)
        fail_msg("%s", err.text);
    if (strcmp(verdict_in(all, protocol, port), ww_explain_verdict_text(one.verdict)) != 0)
        fail_msg("%s -> %s %s: %s, but all ports say %s", from, to, what, ww_explain_verdict_text(one.verdict),
                 verdict_in(all, protocol, port));
    ww_explanation_done(&one);
}

/* Ports that rules name, their neighbours, and published ones. */
static void all_ports_say_what_each_one_says(void **state)
{
    static const uint16_t ports[] = {1,  24,  25,   26,   52,   53,   54,   79,   80,
                                     81, 443, 5431, 5432, 5433, 8079, 8080, 8081, 65535};
    static const char *const protocols[] = {"tcp", "udp", "sctp"};
    size_t n = sizeof(ends) / sizeof(ends[0]);
    size_t passing = 0;
    for (size_t i = 0; i < n * n; i++) {
        const char *from = ends[i / n];
        const char *to = ends[i % n];
        struct ww_explanation all = {0};
        struct ww_explain_question question = {.from = from, .to = to, .what = i % 2 ? NULL : ""};
        struct ww_error err = {0};
        if (ww_agent_explain(*state, &question, &all, &err) < 0)
            fail_msg("%s -> %s: %s", from, to, err.text);
        for (size_t k = 0; k < 3; k++)
            for (size_t p = 0; p < sizeof(ports) / sizeof(ports[0]); p++)
                compare(*state, from, to, &all, protocols[k], ports[p]);
        compare(*state, from, to, &all, "icmp", 0);
        passing += all.verdict == WW_EXPLAIN_PARTLY;
        ww_explanation_done(&all);
    }
    assert_true(passing > 5);
}

static void all_ports_are_told_as_ranges(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *part;
    } told[] = {
        {"web", "db",
         "\"protocol\":null,\"port\":0,\"verdict\":\"partly\",\"ways\":[],\"ranges\":["
         "{\"protocol\":\"tcp\",\"first_port\":5432,\"last_port\":5432,\"verdict\":\"allowed\"}]"},
        {"internet", "host", "{\"protocol\":\"tcp\",\"first_port\":1,\"last_port\":65535,\"verdict\":\"allowed\"}"},
        {"web", "internet", "[{\"protocol\":\"udp\",\"first_port\":53,\"last_port\":53,\"verdict\":\"unknown\"}]"},
        {"bad", "db", "\"verdict\":\"refused\",\"ways\":[],\"ranges\":[]"},
        {"web", "side",
         "\"verdict\":\"unfiltered\",\"ways\":[],\"ranges\":[{\"protocol\":\"tcp\",\"first_port\":1,\"last_port\":"
         "65535,"},
        {"internet", "db", "no port of the host leads there"},
    };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        char *text = ask(*state, told[i].from, told[i].to, NULL);
        if (!strstr(text, told[i].part))
            fail_msg("%s -> %s: wanted %s\n%s", told[i].from, told[i].to, told[i].part, text);
        free(text);
    }
}

/* 1000 rules with 30 ports each, of either side: the loop does not go through that. */
static void too_many_ports_are_not_gone_through(void **state)
{
    struct ww_agent *a = *state;
    struct ww_buf text = {0};
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    ww_buf_str(&text, "ruleset db \"db\"\nendpoint 198.51.100.100 - -\n");
    for (int i = 0; i < 1000; i++) {
        ww_buf_str(&text, "input from any tcp dport ");
        for (int k = 0; k < 30; k++)
            ww_buf_fmt(&text, "%s%d", k ? "," : "", 1 + 2 * ((i * 30 + k) % 32000));
        ww_buf_fmt(&text, " origin \"input[%d]\"\n", i);
    }
    if (ww_ruleset_read(text.data, &rs, &err) < 0 || ww_plan_set(a->applied, rs, &err) < 0)
        fail_msg("%s", err.text);
    ww_ruleset_unref(rs);
    ww_buf_done(&text);
    char *answer = ask(a, "web", "db", NULL);
    assert_int_equal(strncmp(answer, "-22: ", 5), 0);
    assert_non_null(strstr(answer, "name too many ports between 'web' and 'db'"));
    free(answer);
}

static void what_is_no_question_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *what;
        int code;
        const char *part;
    } wrong[] = {
        {NULL, "db", "tcp/80", -EINVAL, "two ends"},
        {"web", "", "tcp/80", -EINVAL, "two ends"},
        {"web", "db", "ipx", -EINVAL, "'ipx' is no protocol"},
        {"web", "db", "averylongprotocol/1", -EINVAL, "write the protocol"},
        {"web", "db", "tcp", -EINVAL, "tcp needs a port"},
        {"web", "db", "icmp/8", -EINVAL, "icmp has no ports"},
        {"web", "db", "tcp/", -EINVAL, "is no port"},
        {"web", "db", "tcp/0", -EINVAL, "is no port"},
        {"web", "db", "tcp/+1", -EINVAL, "is no port"},
        {"web", "db", "tcp/80x", -EINVAL, "is no port"},
        {"web", "db", "tcp/65536", -EINVAL, "is no port"},
        {"nobody", "db", "tcp/80", -ENOENT, "'nobody' is no container, no service and no address"},
        {"web", "198.51.100", "tcp/80", -ENOENT, "'198.51.100' is no container"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char code[16];
        char *text = ask(*state, wrong[i].from, wrong[i].to, wrong[i].what);
        snprintf(code, sizeof(code), "%d: ", wrong[i].code);
        if (strncmp(text, code, strlen(code)) != 0 || !strstr(text, wrong[i].part))
            fail_msg("wanted %s%s, got %s", code, wrong[i].part, text);
        free(text);
    }
}

static void before_the_first_list_no_name_is_known(void **state)
{
    struct ww_agent *a = *state;
    a->ready = false;
    char *text = ask(a, "shop", "db", "tcp/80");
    assert_non_null(strstr(text, "'shop' is no container, no service and no address that is known before the engine's "
                                 "first list"));
    free(text);
}

static void what_is_closed_for_now_says_so(void **state)
{
    struct ww_agent *a = *state;
    assert_int_equal(ww_idset_add(&a->deferred, "db", NULL), 0);
    char *text = ask(a, "free", "db", "tcp/80");
    assert_non_null(strstr(text, "closed at an address until the tracked flows of its former holder are gone"));
    free(text);
    ww_plan_remove(a->desired, "db");
    text = ask(a, "free", "db", "tcp/80");
    assert_non_null(strstr(text, "the rules of 'db' are just changing"));
    free(text);
}

static void a_rule_that_waits_and_a_ban_are_named(void **state)
{
    struct ww_agent *a = *state;
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = {0};
    assert_int_equal(ww_managed_container_make(&a->managed, "web", &s, NULL), 0);
    assert_int_equal(
        ww_compiled_read("ban \"no mail\" output to any tcp dport 25 origin \"p.lua:4\"\n", &compiled, NULL), 0);
    assert_int_equal(ww_compiled_add_note(&compiled, true, "output[9]", "no 'late'"), 0);
    assert_int_equal(ww_managed_container_set_compiled(&a->managed, s, &compiled, NULL), 0);
    char *text = ask(a, "web", "free", "tcp/25");
    assert_non_null(strstr(text, "\"rule\":\"p.lua:4\",\"text\":\"no mail\",\"hint\":null"));
    free(text);
    text = ask(a, "web", "free", "tcp/26");
    assert_non_null(strstr(text, "\"hint\":\"output[9] waits: no 'late'\""));
    free(text);
}

static void where_notes_were_left_out_a_rule_may_wait(void **state)
{
    struct ww_agent *a = *state;
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = {0};
    assert_int_equal(ww_managed_container_make(&a->managed, "web", &s, NULL), 0);
    assert_int_equal(ww_compiled_add_note(&compiled, true, "output[9]", "no 'late'"), 0);
    assert_int_equal(ww_compiled_shorten(&compiled, "WW_LIMIT_TEXTS"), 0);
    assert_int_equal(ww_managed_container_set_compiled(&a->managed, s, &compiled, NULL), 0);
    char *text = ask(a, "web", "free", "tcp/26");
    assert_non_null(strstr(text, "\"hint\":\"a rule may wait: what is said of the rules is cut, and 1 notes are"));
    free(text);
}

static void put_service(struct ww_agent *a, const char *id, const char *project, const char *service,
                        enum ww_container_state state)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup(id);
    c->name = strdup(id);
    c->network_mode = strdup("net");
    c->project = strdup(project);
    c->service = strdup(service);
    c->state = state;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
}

static void a_service_of_several_projects_is_the_one_beside_the_other_end(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *part;
    } asked[] = {
        {"shop-app", "store", "\"to\":{\"kind\":\"container\",\"name\":\"shop-store\""},
        {"blog-app", "store", "\"to\":{\"kind\":\"container\",\"name\":\"blog-store\""},
        {"app", "shop-store", "\"from\":{\"kind\":\"container\",\"name\":\"shop-app\""},
        {"app", "blog-store", "\"from\":{\"kind\":\"container\",\"name\":\"blog-app\""},
        {"app", "store", "\"from\":{\"kind\":\"container\",\"name\":\"blog-app\""},
        {"app", "store", "\"to\":{\"kind\":\"container\",\"name\":\"blog-store\""},
        {"shop-app", "queue", "\"to\":{\"kind\":\"container\",\"name\":\"zeta-queue\""},
        {"shop-app", "store",
         "2 containers go by 'store': this is about 'shop-store'; write another one's name in full"},
    };
    struct ww_agent *a = *state;
    put_service(a, "blog-app", "blog", "app", WW_RUNNING);
    put_service(a, "blog-store", "blog", "store", WW_RUNNING);
    put_service(a, "shop-app", "shop", "app", WW_RUNNING);
    put_service(a, "shop-store", "shop", "store", WW_RUNNING);
    put_service(a, "alpha-queue", "alpha", "queue", WW_RUNNING);
    put_service(a, "zeta-queue", "zeta", "queue", WW_RUNNING);
    helper_attach(a, (const char *[]){"shop-app", "zeta-queue", NULL});
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        char *text = ask(a, asked[i].from, asked[i].to, "tcp/80");
        if (!strstr(text, asked[i].part))
            fail_msg("%s -> %s: wanted %s\n%s", asked[i].from, asked[i].to, asked[i].part, text);
        free(text);
    }
}

static void what_has_ended_is_not_counted_beside_what_runs(void **state)
{
    struct ww_agent *a = *state;
    put_service(a, "job-1", "batch", "job", WW_EXITED);
    put_service(a, "job-2", "batch", "job", WW_RUNNING);
    char *text = ask(a, "job", "web", "tcp/80");
    if (!strstr(text, "\"name\":\"job-2\"") || strstr(text, "go by"))
        fail_msg("%s", text);
    free(text);
}

/* As a swarm's task has it: its port of the host leads to its address on the bridge, never into the overlay. */
static void a_published_port_leads_to_no_address_on_an_overlay(void **state)
{
    struct ww_agent *a = *state;
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup("over");
    n->name = strdup("over");
    n->driver = strdup("overlay");
    n->endpoints = calloc(1, sizeof(*n->endpoints));
    assert_non_null(n->endpoints);
    n->endpoints[0].container_id = strdup("web");
    n->endpoints[n->n_endpoints++].addrs.ipv4 = addr_of("203.0.113.9");
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    char *text = ask(a, "internet", "web", "tcp/80");
    if (!strstr(text, "\"verdict\":\"allowed\",\"ways\"") || !strstr(text, "\"destination\":\"198.51.100.119\"") ||
        strstr(text, "203.0.113.9"))
        fail_msg("%s", text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_flow_is_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_ports_say_what_each_one_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_ports_are_told_as_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_ports_are_not_gone_through, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_question_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(before_the_first_list_no_name_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_closed_for_now_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rule_that_waits_and_a_ban_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_notes_were_left_out_a_rule_may_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_service_of_several_projects_is_the_one_beside_the_other_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_has_ended_is_not_counted_beside_what_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_published_port_leads_to_no_address_on_an_overlay, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
