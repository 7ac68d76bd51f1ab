/* Arbitrary bytes as a label: parsed, checked, and, when they pass, compiled against a container's facts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/policy_lua.h"
#include "core/base/mem.h"
#include "core/model/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ww_policy policy; /* a Lua state for each input would be most of the time */

static void die(const char *what, const struct ww_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->text);
    abort();
}

static void compile(const char *label)
{
    const struct ww_facts_network net = {
        .id = "n1", .name = "app_default", .project = "app", .compose_network = "default"};
    struct ww_facts_endpoint own = {.network = net};
    struct ww_facts_endpoint other = {.network = net};
    struct ww_facts_target db = {.id = "b", .name = "db", .endpoints = &other, .n_endpoints = 1};
    struct ww_facts facts = {.id = "a",
                             .name = "web",
                             .project = "app",
                             .label_rules = label,
                             .endpoints = &own,
                             .n_endpoints = 1,
                             .networks = &own.network,
                             .n_networks = 1,
                             .targets = &db,
                             .n_targets = 1};
    struct ww_compiled compiled = {0};
    struct ww_error err = {0};

    ww_addr_parse("10.1.0.2", &own.addrs.ipv4, NULL);
    ww_addr_parse("10.1.0.3", &other.addrs.ipv4, NULL);
    if (policy.ops->compile(policy.self, &facts, &compiled, &err) < 0)
        die("what was checked is not compiled", &err);
    ww_compiled_done(&compiled);
}

static void names_done(struct ww_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    free(names->names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_names names = {0};
    struct ww_error err = {0};

    if (!policy.ops && ww_policy_lua_new(&policy, &err) < 0)
        die("no policy", &err);
    ww_auto_free char *label = malloc(size + 1);
    if (!label)
        return 0;
    memcpy(label, data, size);
    label[size] = '\0';
    if (policy.ops->mentions(policy.self, label, &names, &err) == 0)
        compile(label);
    else if (strncmp(err.text, "label 'whalewall.rules' ", 24) != 0)
        die("a fault that is not the label's", &err); /* a bug in our Lua, or a budget overrun */
    names_done(&names);
    return 0;
}
