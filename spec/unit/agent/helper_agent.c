#include "helper_agent.h"

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

#include "core/agent/assemble.h"
#include "core/agent/derive.h"
#include "core/model/facts.h"

static int fake_mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    (void)self;
    (void)label;
    (void)err;
    *ret_names = (struct ww_names){0};
    return 0;
}

static int fake_compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                        struct ww_error *err)
{
    int *unread = self;
    struct ww_compiled compiled = {0};
    char target[64];
    if (facts->label_rules && !strncmp(facts->label_rules, "unread", 6) && unread && *unread > 0) {
        --*unread;
        return ww_fail(err, -ECHILD, "the process that reads the label died of it");
    }
    if (facts->label_rules && !strcmp(facts->label_rules, "gone"))
        return ww_fail(err, -EPIPE, "the process that forks the readers of labels is gone");
    if (facts->label_rules && !strcmp(facts->label_rules, "faulty"))
        return ww_fail(err, -EINVAL, "a faulty label");
    if (facts->label_rules && sscanf(facts->label_rules, "opens %63s", target) == 1) {
        struct ww_rule rule = {.side = WW_INPUT, .consent = true, .proto = IPPROTO_TCP, .origin = strdup("output[0]")};
        assert_non_null(rule.origin);
        assert_int_equal(ww_rule_add_dport(&rule, 80, 80), 0);
        assert_int_equal(ww_compiled_add_consent(&compiled, target, &rule), 0);
    }
    if (facts->label_rules && sscanf(facts->label_rules, "jumps %63s", target) == 1) {
        struct ww_rule rule = {.side = WW_OUTPUT, .verdict = {.kind = WW_CHAIN, .chain = strdup(target)}};
        rule.origin = strdup("output[0]");
        assert_non_null(rule.origin);
        assert_non_null(rule.verdict.chain);
        assert_int_equal(ww_compiled_add_rule(&compiled, &rule), 0);
    }
    *ret_compiled = compiled;
    return 0;
}

static const char *fake_version(void *self)
{
    (void)self;
    return "1";
}

const struct ww_policy_ops helper_policy = {
    .mentions = fake_mentions, .compile = fake_compile, .version = fake_version};

void helper_put(struct ww_agent *a, const char *id, const char *mode, const char *rules)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup(id);
    c->name = strdup(id);
    c->network_mode = strdup(mode);
    c->state = WW_RUNNING;
    c->label_enabled = rules ? strdup("true") : NULL;
    c->label_rules = rules ? strdup(rules) : NULL;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
}

static struct ww_network *make_network(const char *id)
{
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup(id);
    n->name = strdup(id);
    n->driver = strdup("bridge");
    n->endpoints = calloc(8, sizeof(*n->endpoints));
    assert_non_null(n->endpoints);
    return n;
}

static void add_endpoint(struct ww_network *n, const char *container, const char *ipv4)
{
    struct ww_endpoint *e = &n->endpoints[n->n_endpoints++];
    e->container_id = strdup(container);
    assert_int_equal(ww_addr_parse(ipv4, &e->addrs.ipv4, NULL), 0);
}

void helper_attach(struct ww_agent *a, const char *const *ids)
{
    struct ww_network *n = make_network("net");
    for (; *ids; ids++) {
        char text[32];
        snprintf(text, sizeof(text), "198.51.100.%u", (unsigned)(*ids)[0]);
        add_endpoint(n, *ids, text);
    }
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
}

void helper_attach_at(struct ww_agent *a, const char *net, const char *id, const char *ipv4)
{
    struct ww_network *n = make_network(net);
    add_endpoint(n, id, ipv4);
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
}

void helper_settle(struct ww_agent *a)
{
    char **ids = NULL;
    size_t n = 0;
    int64_t since;
    struct ww_error err = {0};
    assert_int_equal(ww_world_take_dirty(a->world, &ids, &n, &since, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ww_derive(a, ids[i], &err), 0);
        free(ids[i]);
    }
    free(ids);
    n = ww_idset_count(&a->pending);
    const char **heads = ww_idset_array(&a->pending);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ww_assemble(a, heads[i], &err), 0);
    free(heads);
    ww_idset_done(&a->pending);
}
