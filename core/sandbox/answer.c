#include "core/sandbox/answer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/elements.h"
#include "core/ir/names.h"
#include "core/sandbox/answer_own.h"
#include "core/sandbox/answer_site.h"
#include "core/sandbox/wire.h"

#define LEAST_NAME 4

void ww_answer_names_write(const struct ww_names *names, struct ww_buf *out)
{
    struct ww_wire w = {.out = out};
    void *none;
    ww_wire_list(&w, names->n, LEAST_NAME, 0, &none);
    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->names[i];
        ww_wire_text(&w, &name);
    }
}

static int read_names(struct ww_wire *w, struct ww_names *names)
{
    const char *before = NULL;
    void *room;
    size_t n = ww_wire_list(w, 0, LEAST_NAME, sizeof(*names->names), &room);
    names->names = room;
    for (size_t i = 0; i < n && !w->bad; i++) {
        const char *name;
        ww_wire_text(w, &name);
        w->bad = w->bad || !name || (before && strcmp(before, name) >= 0);
        names->names[i] = w->bad ? NULL : strdup(name);
        if (!w->bad && !names->names[i])
            return -ENOMEM;
        names->n = i + 1;
        before = name;
    }
    return names->n > WW_LIMIT_YAML_NODES ? -EINVAL : ww_wire_end(w);
}

int ww_answer_names_read(const char *bytes, size_t n, struct ww_names *ret_names, struct ww_error *err)
{
    struct ww_wire w = {.at = bytes, .end = bytes + n};
    struct ww_names names = {0};
    int rc = read_names(&w, &names);
    if (rc < 0) {
        ww_names_done(&names);
        return ww_fail(err, rc, rc == -ENOMEM ? "out of memory" : "not a list of names");
    }
    *ret_names = names;
    return 0;
}

static int check_rules(const struct ww_facts *facts, const struct ww_compiled *c, struct ww_error *err)
{
    if (c->n_rules > WW_LIMIT_RULES)
        return ww_fail(err, -EINVAL, "%zu rules, the limit is %d", c->n_rules, WW_LIMIT_RULES);
    for (size_t i = 0; i < c->n_rules; i++) {
        if (c->rules[i].consent)
            return ww_fail(err, -EINVAL, "a rule of its own that says it is another's");
        int rc = ww_answer_own_check(&c->rules[i], facts->endpoints, facts->n_endpoints, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static const struct ww_facts_target *target_of(const struct ww_facts *facts, const char *id)
{
    for (size_t i = 0; i < facts->n_targets; i++)
        if (facts->targets[i].id && strcmp(facts->targets[i].id, id) == 0)
            return &facts->targets[i];
    return NULL;
}

/* It opens the target for the naming container, which is a list of single addresses, and does nothing else there. */
static int check_consent(const struct ww_facts *facts, const struct ww_consent *consent, struct ww_error *err)
{
    const struct ww_rule *rule = &consent->rule;
    const struct ww_facts_target *target = target_of(facts, consent->target);
    if (!target || strcmp(consent->target, facts->id) == 0)
        return ww_fail(err, -EINVAL, "a container is opened that the label does not name");
    if (rule->log || rule->verdict.kind != WW_ACCEPT)
        return ww_fail(err, -EINVAL, "more than an accept at another container");
    if (rule->n_own == 0)
        return ww_fail(err, -EINVAL, "all addresses of another container are opened");
    if (rule->peer != WW_PEER_ADDRS)
        return ww_fail(err, -EINVAL, "another container is opened for any peer");
    for (size_t i = 0; i < rule->n_peers; i++)
        if (!ww_addr_range_is_single(&rule->peers[i]) ||
            !ww_answer_own_has(facts->endpoints, facts->n_endpoints, &rule->peers[i].lo))
            return ww_fail(err, -EINVAL, "another container is opened for a third");
    return ww_answer_own_check(rule, target->endpoints, target->n_endpoints, err);
}

static int check_consents(const struct ww_facts *facts, const struct ww_compiled *c, struct ww_error *err)
{
    /* each comes of one rule and one target; what is refused of either may have left several of it */
    size_t rules = facts->reads ? WW_LIMIT_RULES : c->n_rules;
    if (c->n_consents > WW_LIMIT_ELEMENTS)
        return ww_fail(err, -EINVAL, "%zu ports of others are opened, the limit is %d (WW_LIMIT_ELEMENTS)",
                       c->n_consents, WW_LIMIT_ELEMENTS);
    if (c->n_consents > rules * facts->n_targets)
        return ww_fail(err, -EINVAL, "%zu ports of others are opened by %zu rules that name %zu", c->n_consents, rules,
                       facts->n_targets);
    for (size_t i = 0; i < c->n_consents; i++) {
        int rc = check_consent(facts, &c->consents[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The loop reads them, the log and the status say them, the database keeps them. */
static int check_notes(const struct ww_compiled *c, struct ww_error *err)
{
    if (c->n_notes > WW_LIMIT_NOTES)
        return ww_fail(err, -EINVAL, "%zu notes, the limit is %d (WW_LIMIT_NOTES)", c->n_notes, WW_LIMIT_NOTES);
    for (size_t i = 0; i < c->n_notes; i++)
        if (strlen(c->notes[i].origin) > WW_LIMIT_ORIGIN || strlen(c->notes[i].text) > WW_LIMIT_ORIGIN)
            return ww_fail(err, -EINVAL, "a note of more than %d bytes (WW_LIMIT_ORIGIN)", WW_LIMIT_ORIGIN);
    return 0;
}

int ww_answer_compiled_read(const char *bytes, size_t n, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                            struct ww_error *err)
{
    struct ww_compiled compiled = {0};
    if (memchr(bytes, '\0', n))
        return ww_fail(err, -EINVAL, "not a text");
    int rc = ww_compiled_read(bytes, &compiled, err);
    if (rc == 0) {
        ww_compiled_normalize(&compiled); /* a worker's own lists may overlap as they like, each with each */
        rc = check_rules(facts, &compiled, err);
    }
    if (rc == 0)
        rc = ww_answer_check_site(facts, &compiled, err);
    if (rc == 0)
        rc = check_consents(facts, &compiled, err);
    if (rc == 0)
        rc = check_notes(&compiled, err);
    if (rc == 0 && ww_compiled_check_elements(&compiled, facts, err) < 0)
        rc = -EINVAL;
    if (rc < 0) {
        ww_compiled_done(&compiled);
        return rc;
    }
    *ret_compiled = compiled;
    return 0;
}

void ww_answer_refusal_write(const struct ww_error *refusal, struct ww_buf *out)
{
    struct ww_wire w = {.out = out};
    int32_t code = refusal->code;
    const char *text = refusal->text;
    ww_wire_bytes(&w, &code, sizeof(code));
    ww_wire_text(&w, &text);
}

int ww_answer_refusal_read(const char *bytes, size_t n, struct ww_error *err)
{
    struct ww_wire w = {.at = bytes, .end = bytes + n};
    int32_t code;
    const char *text;
    ww_wire_bytes(&w, &code, sizeof(code));
    ww_wire_text(&w, &text);
    bool known = code == -EINVAL || code == -E2BIG || code == -ENOMEM;
    if (ww_wire_end(&w) < 0 || !known || !text || !*text)
        return ww_fail(err, -EBADMSG, "a refusal without a reason");
    return ww_fail(err, code, "%s", text);
}
