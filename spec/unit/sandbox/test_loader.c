/* A site's policies in workers say what they say in the process, and what they do to a worker no other container meets.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bindings/policy_files.h"
#include "bindings/policy_lua.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/names.h"
#include "core/sandbox/jailed.h"
#include "spec/unit/bindings/helper_scene.h"
#include "spec/unit/sandbox/helper_procs.h"

#define HEAD "return {\n  apiversion = 1,\n  name = \"site\",\n"

/* The policy's file, and its configuration. */
struct text {
    const char *policy;
    const char *config;
};

static const struct text tier = {
    HEAD
    "  reads = { \"labels\", \"image\", \"network_labels\" },\n"
    "  schema = { { \"net\", \"addresses\" } },\n"
    "  handler = function(container, options)\n"
    "    if container.labels.tier == \"closed\" then container:deny \"closed\" end\n"
    "    if container.labels.tier == \"left\" then container:manage(false) end\n"
    "    if container.labels.tier == \"db\" then\n"
    "      container:manage(true)\n"
    "      container:allow { output = { { network = \"default\", container = \"db\", proto = \"tcp\" } } }\n"
    "    end\n"
    "    container:warn(container.image .. \" \" .. container.networks[1].labels.zone)\n"
    "    container:refuse({ output = { { ips = options.net, proto = \"tcp\", dst_ports = { 5000 } } } }, \"moved\")\n"
    "  end,\n}\n",
    "site: {net: [192.0.2.0/24, 10.1.0.3]}\n"};

static int load(void *arg, const char *bytes, size_t n, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                struct ww_error *err)
{
    struct ww_policy_sources sources;
    (void)arg;
    int rc = ww_policy_sources_read(bytes, n, &sources, err);
    return rc < 0 ? rc : ww_policy_lua_load(&sources, ret_policy, ret_wanted, err);
}

static void set_sources(const struct text *text, struct ww_policy_sources *ret_sources)
{
    *ret_sources = (struct ww_policy_sources){.policies = calloc(1, sizeof(*ret_sources->policies)), .n = 1};
    assert_non_null(ret_sources->policies);
    ret_sources->policies[0] = (struct ww_policy_file){.path = strdup("site.lua"), .text = strdup(text->policy)};
    if (text->config) {
        ret_sources->config_path = strdup("site.yaml");
        ret_sources->config = strdup(text->config);
    }
}

/* One zygote, of which every loader is. */
struct site {
    struct ww_worker worker;
    struct ww_zygote *zygote;
};

static void start_with(struct site *s, struct ww_worker_site how)
{
    struct ww_error err = {0};
    *s = (struct site){.worker = {.site = how}};
    if (ww_jailed_start(&s->worker, &s->zygote, &err) < 0)
        fail_msg("%s", err.text);
}

static void start(struct site *s)
{
    start_with(s, (struct ww_worker_site){.load = load});
}

static int open_loader(const struct site *s, struct ww_buf *bytes, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct ww_loader *loader;
    struct ww_jail_report report;
    struct ww_names wanted;
    int rc = ww_loader_new(s->zygote, &loader, &report, err);
    if (rc < 0)
        fail_msg("%s", err->text);
    rc = ww_loader_load_policies(loader, bytes, &wanted, err);
    assert_int_equal(wanted.n, 0);
    if (rc == 0)
        return ww_jailed_new_site(loader, "version", ret_policy, err);
    ww_loader_free(loader);
    return rc;
}

static int open_text(const struct site *s, const struct text *text, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct ww_policy_sources sources;
    struct ww_buf bytes = {0};
    set_sources(text, &sources);
    ww_policy_sources_write(&sources, &bytes);
    ww_policy_sources_done(&sources);
    return open_loader(s, &bytes, ret_policy, err);
}

static struct ww_policy must_open(const struct site *s, const struct text *text)
{
    struct ww_policy p;
    struct ww_error err = {0};
    if (open_text(s, text, &p, &err) < 0)
        fail_msg("%s", err.text);
    return p;
}

/* The scene, as policies of the site see it. */
struct seen {
    struct scene scene;
    struct ww_facts_label label;
    struct ww_label zone;
    struct ww_labels zones;
};

static void set_seen(struct seen *s, const char *tier_label, const char *label, bool opted_in)
{
    set_scene(&s->scene);
    s->label = (struct ww_facts_label){.key = "tier", .value = tier_label};
    s->zone = (struct ww_label){.key = "zone", .value = "front"};
    s->zones = (struct ww_labels){.items = &s->zone, .n = 1};
    s->scene.own.network.labels = &s->zones;
    s->scene.facts.reads = 15;
    s->scene.facts.opted_in = opted_in;
    s->scene.facts.image = "web:1";
    s->scene.facts.labels = &s->label;
    s->scene.facts.n_labels = 1;
    s->scene.facts.label_rules = label;
}

static const char *const labels[] = {
    NULL,
    "output:\n- network: default\n  container: db\n  proto: tcp\n  dst_ports: [5432, 5000]\n",
    "output:\n- ips: [192.0.2.0/25]\n  proto: tcp\n  dst_ports: [4999-5001]\n",
    "output: 7\n",
};
static const char *const tiers[] = {"", "closed", "left", "db"};

/* What came of one container, as text. */
static void say(const struct ww_policy *p, const struct ww_facts *facts, struct ww_buf *out)
{
    struct ww_error err = {0};
    struct ww_names names = {0};
    struct ww_compiled compiled = {0};
    int rc = p->ops->names(p->self, facts, &names, &err);
    ww_buf_fmt(out, "%d %s\n", rc, err.text);
    for (size_t i = 0; i < names.n; i++)
        ww_buf_fmt(out, "name %s\n", names.names[i]);
    rc = p->ops->compile(p->self, facts, &compiled, &err);
    ww_buf_fmt(out, "%d %s\n", rc, err.text);
    ww_compiled_write(&compiled, out);
    ww_compiled_done(&compiled);
    ww_names_done(&names);
}

/* The first test: in a process that has sorted much already, as comparing does, so have those that it forks. */
static void a_refusal_may_have_many_addresses(void **state)
{
    (void)state;
    struct ww_buf config = {0};
    struct site s;
    struct seen seen;
    struct ww_compiled compiled = {0};
    struct ww_error err = {0};
    ww_buf_str(&config, "site: {net: [");
    for (unsigned i = 1; i < 1000; i += 2)
        ww_buf_fmt(&config, "%s198.18.%u.%u", i > 1 ? ", " : "", i / 250, i % 250);
    ww_buf_str(&config, "]}\n");
    start(&s);
    struct ww_policy p = must_open(&s, &(struct text){tier.policy, config.data});
    set_seen(&seen, "", labels[1], true);
    if (p.ops->compile(p.self, &seen.scene.facts, &compiled, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(compiled.n_bans, 1);
    assert_int_equal(compiled.bans[0].rule.n_peers, 500);
    ww_compiled_done(&compiled);
    ww_buf_done(&config);
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

static void they_give_the_same_rules_names_refusals_and_errors(void **state)
{
    (void)state;
    struct site s;
    start(&s);
    struct ww_policy jailed = must_open(&s, &tier);
    struct ww_policy plain;
    struct ww_policy_sources sources;
    set_sources(&tier, &sources);
    assert_int_equal(ww_policy_lua_new_site(&sources, &plain, NULL), 0);
    assert_int_equal(jailed.ops->reads(jailed.self), plain.ops->reads(plain.self));
    assert_string_equal(jailed.ops->version(jailed.self), "version");
    for (size_t i = 0; i < 2 * 4 * sizeof(labels) / sizeof(labels[0]); i++) {
        struct seen seen;
        struct ww_buf here = {0};
        struct ww_buf there = {0};
        set_seen(&seen, tiers[i / 2 % 4], labels[i / 8], i % 2);
        say(&plain, &seen.scene.facts, &here);
        say(&jailed, &seen.scene.facts, &there);
        assert_string_equal(there.data, here.data);
        ww_buf_done(&here);
        ww_buf_done(&there);
    }
    plain.ops->free(plain.self);
    jailed.ops->free(jailed.self);
    ww_zygote_free(s.zygote);
}

/* As text. */
static void say_groups(const struct ww_policy *p, struct ww_buf *out)
{
    char text[WW_RANGE_TEXT];
    const struct ww_groups *groups = p->ops->groups(p->self);
    ww_buf_str(out, "");
    for (size_t i = 0; i < groups->n; i++) {
        ww_buf_fmt(out, "%s", groups->list[i].name);
        for (size_t j = 0; j < groups->list[i].n; j++)
            ww_buf_fmt(out, " %s", ww_addr_range_text(&groups->list[i].ranges[j], text));
        ww_buf_str(out, "\n");
    }
}

/* What is too large is left out as a whole. */
static void they_tell_their_groups(void **state)
{
    (void)state;
    static const struct {
        const char *lua; /* what the function of groups does */
        const char *begin;
        size_t n;
    } rows[] = {
        {"return { office = { \"192.0.2.7\", \"192.0.2.0/30\", \"192.0.2.2\" }, none = {}, [\"a.b-c_d\"] = { \"::/0\" "
         "} }",
         "a.b-c_d ::/0\noffice 192.0.2.0/30 192.0.2.7\n", 2},
        {"local g = {} for i = 1, 300 do g[\"g\" .. 1000 + i] = { \"192.0.2.1\" } end return g",
         "g1001 192.0.2.1\ng1002 192.0.2.1\n", WW_LIMIT_GROUPS},
        {"local l = {} for i = 1, 1023 do l[i] = \"198.18.\" .. i // 256 .. \".\" .. i % 256 end\n"
         "return { a = l, b = { \"192.0.2.1\", \"192.0.2.3\" }, c = { \"192.0.2.1\" }, [(\"n\"):rep(65)] = { "
         "\"192.0.2.1\" } }",
         "a 198.18.0.1 ", 2},
    };
    struct site s;
    start(&s);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char policy[1024];
        snprintf(policy, sizeof(policy), HEAD "groups = function()\n%s\nend,\n}\n", rows[i].lua);
        struct text text = {policy, NULL};
        struct ww_policy jailed = must_open(&s, &text);
        struct ww_policy plain;
        struct ww_policy_sources sources;
        struct ww_buf here = {0};
        struct ww_buf there = {0};
        set_sources(&text, &sources);
        assert_int_equal(ww_policy_lua_new_site(&sources, &plain, NULL), 0);
        say_groups(&plain, &here);
        say_groups(&jailed, &there);
        assert_string_equal(there.data, here.data);
        if (strncmp(here.data, rows[i].begin, strlen(rows[i].begin)) != 0)
            fail_msg("%zu: %.200s", i, here.data);
        assert_int_equal(plain.ops->groups(plain.self)->n, rows[i].n);
        ww_buf_done(&here);
        ww_buf_done(&there);
        plain.ops->free(plain.self);
        jailed.ops->free(jailed.self);
    }
    ww_zygote_free(s.zygote);
}

static void what_cannot_be_loaded_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        const char *error;
    } rows[] = {
        {{"return {\n  apiversion = 1,\n  name =,\n}\n", NULL}, "site.lua:3: unexpected symbol"},
        {{"return { apiversion = 2 }\n", NULL}, "apiversion: must be 1"},
        {{HEAD "  handler = function() end,\n}\n", "site:\n  x: 1\n"}, "'site.yaml' line 2 column 3"},
        {{"while true do end\n", NULL}, "WW_LIMIT_LUA_"}, /* its time, where the processor is emulated */
    };
    struct site s;
    start(&s);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_policy p;
        struct ww_error err = {0};
        int rc = open_text(&s, &rows[i].text, &p, &err);
        if (rc >= 0 || rc == -ECHILD || !strstr(err.text, rows[i].error))
            fail_msg("%d: %s", rc, err.text);
    }
    struct ww_policy p = must_open(&s, &tier);
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

static void files_that_the_configuration_names_are_asked_for(void **state)
{
    (void)state;
    static const struct text text = {HEAD "  schema = { { \"list\", \"file\" } },\n  handler = function() end,\n}\n",
                                     "site: {list: some.txt}\n"};
    struct site s;
    struct ww_loader *loader;
    struct ww_jail_report report;
    struct ww_names wanted;
    struct ww_error err = {0};
    struct ww_policy_sources sources;
    struct ww_buf bytes = {0};
    start(&s);
    assert_int_equal(ww_loader_new(s.zygote, &loader, &report, &err), 0);
    set_sources(&text, &sources);
    ww_policy_sources_write(&sources, &bytes);
    assert_int_equal(ww_loader_load_policies(loader, &bytes, &wanted, &err), 0);
    assert_int_equal(wanted.n, 1);
    assert_string_equal(wanted.names[0], "some.txt");
    ww_names_done(&wanted);
    sources.files = calloc(1, sizeof(*sources.files));
    sources.files[0] = (struct ww_policy_file){.path = strdup("some.txt"), .text = strdup("192.0.2.1\n")};
    sources.n_files = 1;
    ww_policy_sources_write(&sources, &bytes);
    assert_int_equal(ww_loader_load_policies(loader, &bytes, &wanted, &err), 0);
    assert_int_equal(wanted.n, 0);
    assert_int_equal(ww_loader_reads(loader), 1);
    ww_policy_sources_done(&sources);
    ww_loader_free(loader);
    ww_zygote_free(s.zygote);
}

/* --- Policies that do something to their process. */

static bool marked;

static void act_out(const char *act)
{
    if (strcmp(act, "die") == 0)
        abort();
    if (strcmp(act, "nonsense") == 0)
        (void)!send(WW_WORKER_FD, "more than an answer may have", 24, MSG_NOSIGNAL);
    if (strcmp(act, "spin") == 0 || strcmp(act, "nonsense") == 0)
        for (volatile unsigned i = 0;; i++)
            continue;
    if (strcmp(act, "open a socket") == 0)
        socket(AF_INET, SOCK_STREAM, 0);
    if (strcmp(act, "fork") == 0 && fork() == 0)
        _exit(0);
    if (strcmp(act, "mark") == 0 && marked)
        abort();
    marked = true;
}

static int acting_names(void *self, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err)
{
    (void)self;
    (void)err;
    *ret_names = (struct ww_names){0};
    if (strncmp(facts->label_rules, "names ", 6) == 0)
        act_out(facts->label_rules + 6);
    return 0;
}

static int acting_compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                          struct ww_error *err)
{
    (void)self;
    (void)err;
    *ret_compiled = (struct ww_compiled){0};
    act_out(facts->label_rules);
    return 0;
}

static int acting_mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    (void)self;
    (void)label;
    (void)err;
    *ret_names = (struct ww_names){0};
    return 0;
}

static unsigned acting_reads(void *self)
{
    (void)self;
    return 1;
}

static const char *acting_version(void *self)
{
    (void)self;
    return "acts";
}

static const struct ww_policy_ops acting = {.mentions = acting_mentions,
                                            .names = acting_names,
                                            .reads = acting_reads,
                                            .compile = acting_compile,
                                            .version = acting_version};

/* The sources are the act. */
static int act_load(void *arg, const char *bytes, size_t n, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                    struct ww_error *err)
{
    (void)arg;
    (void)n;
    (void)err;
    *ret_wanted = (struct ww_names){0};
    if (strcmp(bytes, "sleep") == 0)
        ww_frame_receive(WW_WORKER_FD, 1, 0, &(struct ww_frame){0}, &(struct ww_buf){0});
    if (strcmp(bytes, "none") != 0)
        act_out(bytes);
    marked = false;
    *ret_policy = (struct ww_policy){.ops = &acting};
    return 0;
}

static struct ww_policy start_acting(struct site *s)
{
    struct ww_policy p;
    struct ww_error err = {0};
    struct ww_buf bytes = {0};
    start_with(s, (struct ww_worker_site){.load = act_load});
    ww_buf_str(&bytes, "none");
    if (open_loader(s, &bytes, &p, &err) < 0)
        fail_msg("%s", err.text);
    return p;
}

static int ask(const struct ww_policy *p, const char *id, const char *act, struct ww_error *err)
{
    struct seen seen;
    struct ww_names names = {0};
    struct ww_compiled compiled = {0};
    set_seen(&seen, "", act, true);
    seen.scene.facts.id = id;
    int rc = p->ops->names(p->self, &seen.scene.facts, &names, err);
    if (rc == 0)
        rc = p->ops->compile(p->self, &seen.scene.facts, &compiled, err);
    ww_compiled_done(&compiled);
    ww_names_done(&names);
    return rc;
}

static void a_worker_that_dies_costs_its_own_container_only(void **state)
{
    (void)state;
    static const char *const acts[] = {"die", "names die", "open a socket", "names fork", "fork", "spin"};
    struct site s;
    struct ww_policy p = start_acting(&s);
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        struct ww_error err = {0};
        if (ask(&p, "aaa", acts[i], &err) != -ECHILD)
            fail_msg("%s: %s", acts[i], err.text);
        if (ask(&p, "bbb", "nothing", &err) != 0)
            fail_msg("after %s: %s", acts[i], err.text);
    }
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

/* The loop waits for each: a label that silences its worker is not tried with every container that has it. */
static void a_label_that_was_slow_rests_whichever_container_has_it(void **state)
{
    (void)state;
    struct site s;
    struct ww_policy p = start_acting(&s);
    struct ww_error err = {0};
    static const char *const acts[] = {"spin", "nonsense"}; /* and spins on, which nothing ends but its time */
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ask(&p, "aaa", acts[i], &err), -ECHILD);
        assert_int_equal(p.ops->failures(p.self), i + 1);
        assert_int_equal(ask(&p, "bbb", acts[i], &err), -ECHILD);
        assert_int_equal(p.ops->failures(p.self), i + 1);
    }
    assert_int_equal(ask(&p, "bbb", "nothing", &err), 0);
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

/* Also with the same label; and the same container once more. */
static void what_is_left_in_a_worker_no_container_meets(void **state)
{
    (void)state;
    static const char *const ids[] = {"aaa", "bbb", "bbb", "aaa"};
    struct site s;
    struct ww_policy p = start_acting(&s);
    struct ww_error err = {0};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (ask(&p, ids[i], "mark", &err) != 0)
            fail_msg("%zu: %s", i, err.text);
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

static void a_loader_that_dies_of_what_it_loads_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *sources;
        const char *error;
    } rows[] = {
        {"die", "died of them"},
        {"open a socket", "died of them"},
        {"spin", "WW_LIMIT_JAIL_LOADER_MS"},
        {"sleep", "WW_LIMIT_JAIL_LOADER_MS"},
    };
    struct site s;
    start_with(&s, (struct ww_worker_site){.load = act_load});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_policy p;
        struct ww_error err = {0};
        struct ww_buf bytes = {0};
        ww_buf_str(&bytes, rows[i].sources);
        int rc = open_loader(&s, &bytes, &p, &err);
        if (rc != -ECHILD || !strstr(err.text, rows[i].error))
            fail_msg("%s: %d %s", rows[i].sources, rc, err.text);
    }
    ww_zygote_free(s.zygote);
}

static pid_t loader_of(void)
{
    pid_t children[8];
    assert_int_equal(helper_children(helper_zygote(), children, 8), 1);
    return children[0];
}

static void a_loader_that_was_killed_is_made_anew(void **state)
{
    (void)state;
    struct site s;
    struct ww_error err = {0};
    struct ww_policy p = start_acting(&s);
    assert_int_equal(ask(&p, "aaa", "nothing", &err), 0);
    pid_t all[9] = {loader_of()};
    size_t n = 1 + helper_children(all[0], all + 1, 8);
    kill(all[0], SIGKILL);
    for (size_t i = 0; i < n; i++)
        while (helper_lives(all[i]))
            usleep(1000);
    int rc = -EAGAIN;
    for (int i = 0; i < 500 && rc == -EAGAIN; i++) {
        rc = ask(&p, "bbb", "nothing", &err);
        usleep(10000);
    }
    if (rc != 0)
        fail_msg("%d %s", rc, err.text);
    assert_int_not_equal(loader_of(), all[0]);
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

/* The worker that answered has ended, and the next one is on its way. */
static size_t await_children(pid_t parent, pid_t *pids, size_t max)
{
    size_t n = helper_children(parent, pids, max);
    for (int k = 0; k < 500 && n == 0; k++) {
        usleep(10000);
        n = helper_children(parent, pids, max);
    }
    return n;
}

static void no_worker_outlives_its_loader(void **state)
{
    (void)state;
    struct site s;
    struct ww_error err = {0};
    struct ww_policy p = start_acting(&s);
    pid_t workers[8];
    assert_int_equal(ask(&p, "aaa", "nothing", &err), 0);
    size_t n = await_children(loader_of(), workers, 8);
    assert_true(n >= 1); /* that which waits for the next container */
    p.ops->free(p.self);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 1000 && helper_lives(workers[i]); k++)
            usleep(10000);
    for (size_t i = 0; i < n; i++)
        assert_false(helper_lives(workers[i]));
    ww_zygote_free(s.zygote);
}

static void a_worker_and_its_set_hold_one_socket(void **state)
{
    (void)state;
    struct site s;
    struct ww_error err = {0};
    struct ww_policy p = start_acting(&s);
    pid_t workers[8];
    size_t sockets;
    assert_int_equal(ask(&p, "aaa", "nothing", &err), 0);
    pid_t loader = loader_of();
    for (int k = 0; k < 500 && helper_descriptors(loader, &sockets) != 1; k++)
        usleep(10000); /* while it forks the next worker it has that one's, too */
    assert_int_equal(helper_descriptors(loader, &sockets), 1);
    assert_int_equal(sockets, 1);
    assert_true(await_children(loader, workers, 8) >= 1);
    for (int k = 0; k < 500 && helper_descriptors(workers[0], &sockets) != 1; k++)
        usleep(10000);
    assert_int_equal(helper_descriptors(workers[0], &sockets), 1);
    p.ops->free(p.self);
    ww_zygote_free(s.zygote);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_may_have_many_addresses),
        cmocka_unit_test(they_give_the_same_rules_names_refusals_and_errors),
        cmocka_unit_test(they_tell_their_groups),
        cmocka_unit_test(what_cannot_be_loaded_is_told_with_its_line),
        cmocka_unit_test(files_that_the_configuration_names_are_asked_for),
        cmocka_unit_test(a_worker_that_dies_costs_its_own_container_only),
        cmocka_unit_test(a_label_that_was_slow_rests_whichever_container_has_it),
        cmocka_unit_test(what_is_left_in_a_worker_no_container_meets),
        cmocka_unit_test(a_loader_that_dies_of_what_it_loads_is_told),
        cmocka_unit_test(a_loader_that_was_killed_is_made_anew),
        cmocka_unit_test(no_worker_outlives_its_loader),
        cmocka_unit_test(a_worker_and_its_set_hold_one_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
