#include "core/agent/derive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/audit.h"
#include "core/agent/cached.h"
#include "core/agent/faults.h"
#include "core/agent/idset.h"
#include "core/agent/managed_container.h"
#include "core/agent/report.h"
#include "core/agent/site.h"
#include "core/agent/start_latency.h"
#include "core/agent/waits.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/model/facts.h"

#define SWITCH_SHOWN 64 /* bytes of a `whalewall.enabled` that is none */

/* Is it the operator's fault (to be quarantined and told), and not ours (to be tried again)? */
static bool derive_is_fault(int rc)
{
    return rc == -EINVAL || rc == -E2BIG || rc == -ECHILD;
}

static int derive_touch(struct ww_agent *a, const char *id, struct ww_error *err)
{
    return ww_idset_add(&a->pending, ww_world_home(a->world, id), err);
}

/* The rulesets of those that this managed container opens depend on it. */
static int derive_touch_targets(struct ww_agent *a, const struct ww_managed_container *s, struct ww_error *err)
{
    for (size_t i = 0; i < s->compiled.n_consents; i++) {
        int rc = derive_touch(a, s->compiled.consents[i].target, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int derive_replace(struct ww_agent *a, struct ww_managed_container *s, struct ww_compiled *compiled,
                          struct ww_error *err)
{
    int rc = derive_touch_targets(a, s, err);
    if (rc == 0)
        rc = ww_managed_container_set_compiled(&a->managed, s, compiled, err);
    if (rc == 0)
        rc = derive_touch_targets(a, s, err);
    ww_compiled_done(compiled);
    return rc;
}

static int derive_quarantine(struct ww_agent *a, struct ww_managed_container *s, const char *why, struct ww_error *err)
{
    struct ww_compiled nothing = {0};
    s->key[0] = '\0';
    int rc = ww_managed_container_set_fault(s, why, err);
    return rc < 0 ? rc : derive_replace(a, s, &nothing, err);
}

/* The policy said that there is something wrong with this container. */
static int derive_fault(struct ww_agent *a, struct ww_managed_container *s, struct ww_error *err)
{
    int rc = err->code == -ECHILD ? ww_idset_add(&a->troubled, s->id, err) : 0;
    return rc < 0 ? rc : derive_quarantine(a, s, err->text, err);
}

static int derive_forget(struct ww_agent *a, struct ww_managed_container *s, struct ww_error *err)
{
    int rc = derive_touch_targets(a, s, err);
    if (rc == 0 && s->head)
        rc = ww_idset_add(&a->pending, s->head, err);
    if (rc < 0)
        return rc;
    ww_world_set_mentions(a->world, s->id, NULL, 0, NULL);
    ww_faults_remove(&a->faults, s->head ? s->head : s->id);
    ww_start_latency_forget(a, s->id);
    ww_idset_remove(&a->troubled, s->id);
    ww_managed_container_remove(&a->managed, s);
    return 0;
}

/* Facts → compiled rules; unchanged facts keep what is there. */
static int derive_from_facts(struct ww_agent *a, struct ww_managed_container *s, const struct ww_facts *facts,
                             struct ww_error *err)
{
    char key[WW_HASH_HEX];
    struct ww_compiled compiled = {0};
    int rc = ww_cached_key(a, facts, key, err);
    if (rc < 0 || strcmp(key, s->key) == 0)
        return rc;
    rc = ww_cached_compile(a, facts, key, &compiled, err);
    if (derive_is_fault(rc))
        return derive_fault(a, s, err);
    if (rc < 0)
        return rc;
    ww_faults_remove(&a->faults, s->head);
    s->key[0] = '\0';
    rc = derive_replace(a, s, &compiled, err);
    if (rc == 0)
        rc = ww_managed_container_set_fault(s, NULL, err);
    if (rc == 0)
        memcpy(s->key, key, sizeof(key)); /* not before all is in place: what failed halfway is done again */
    return rc;
}

/* The names that its rules mention. */
static int derive_names(struct ww_agent *a, const struct ww_container *c, struct ww_names *ret_names,
                        struct ww_error *err)
{
    struct ww_facts facts = {0};
    if (!ww_site_is_there(a))
        return ww_cached_mentions(a, c->label_rules, ret_names, err);
    int rc = ww_facts_collect(a->world, c->id, NULL, 0, a->trust_image_labels, &facts, err);
    if (rc == 0)
        rc = ww_cached_names(a, &facts, ret_names, err);
    ww_facts_done(&facts);
    return rc;
}

static int derive_facts(struct ww_agent *a, const char *id, const struct ww_names *names, struct ww_facts *ret_facts,
                        struct ww_error *err)
{
    return ww_facts_collect(a->world, id, (const char *const *)names->names, names->n, a->trust_image_labels, ret_facts,
                            err);
}

/* What the site's policies make of a container that may not be managed. The cache has it then. */
static int derive_site(struct ww_agent *a, const struct ww_container *c, struct ww_compiled *ret_compiled,
                       struct ww_error *err)
{
    struct ww_names names = {0};
    struct ww_facts facts = {0};
    char key[WW_HASH_HEX];
    int rc = derive_names(a, c, &names, err);
    if (rc == 0)
        rc = derive_facts(a, c->id, &names, &facts, err);
    if (rc == 0)
        rc = ww_cached_key(a, &facts, key, err);
    if (rc == 0)
        rc = ww_cached_compile(a, &facts, key, ret_compiled, err);
    ww_facts_done(&facts);
    ww_names_done(&names);
    return rc;
}

int ww_derive_try(struct ww_agent *a, const struct ww_container *c, struct ww_error *err)
{
    struct ww_compiled compiled = {0};
    if (ww_switch_parse(c->label_enabled) == WW_SWITCH_BAD)
        return 0;
    int rc = derive_site(a, c, &compiled, err);
    ww_compiled_done(&compiled);
    return derive_is_fault(rc) ? 0 : rc;
}

/*
 * Is the container managed? Policies may say so; a policy that fails or denies the container closes it: it is managed
 * then. So is a container that is to be audited, and whose labels say nothing else.
 */
static int derive_decision(struct ww_agent *a, const struct ww_container *c, struct ww_error *err)
{
    static const enum ww_decision decisions[] = {
        [WW_MANAGE_BY_LABEL] = WW_DECIDED_BY_LABEL, [WW_MANAGE_YES] = WW_DECIDED_YES, [WW_MANAGE_NO] = WW_DECIDED_NO};
    enum ww_switch label = ww_switch_parse(c->label_enabled);
    enum ww_decision decision = WW_DECIDED_BY_LABEL;
    struct ww_compiled compiled = {0};
    int rc = 0;
    if (ww_site_is_there(a) && label != WW_SWITCH_BAD) {
        rc = derive_site(a, c, &compiled, err);
        decision = decisions[compiled.manage];
        if (derive_is_fault(rc) && label != WW_SWITCH_ON)
            decision = WW_DECIDED_YES;
        ww_compiled_done(&compiled);
    }
    if (rc < 0 && !derive_is_fault(rc))
        return rc;
    if (decision == WW_DECIDED_BY_LABEL && label == WW_SWITCH_UNSET && (ww_audit_has(a, c) || ww_audit_is_bad(a, c)))
        decision = WW_DECIDED_YES;
    ww_world_decide(a->world, c->id, decision);
    return 0;
}

static int derive_rules(struct ww_agent *a, struct ww_managed_container *s, const struct ww_container *c,
                        struct ww_error *err)
{
    struct ww_names names = {0};
    int rc = derive_names(a, c, &names, err);
    if (derive_is_fault(rc)) {
        ww_world_set_mentions(a->world, s->id, NULL, 0, NULL);
        return derive_fault(a, s, err);
    }
    if (rc < 0)
        return rc;
    struct ww_facts facts = {0};
    rc = ww_world_set_mentions(a->world, s->id, (const char *const *)names.names, names.n, err);
    if (rc == 0)
        rc = derive_facts(a, s->id, &names, &facts, err);
    ww_names_done(&names);
    if (rc < 0)
        return rc;
    rc = derive_from_facts(a, s, &facts, err);
    ww_facts_done(&facts);
    return rc;
}

static int derive_head(struct ww_agent *a, struct ww_managed_container *s, struct ww_error *err)
{
    const char *head = ww_world_home(a->world, s->id);
    if (s->head && strcmp(s->head, head) == 0)
        return 0;
    int rc = s->head ? ww_idset_add(&a->pending, s->head, err) : 0;
    char *copy = strdup(head);
    if (rc < 0 || !copy) {
        free(copy);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    free(s->head);
    s->head = copy;
    return 0;
}

/* What it would say without the quotes around it; BAD: nothing, or there are none. */
static enum ww_switch unquoted(const char *text)
{
    size_t len = strlen(text);
    char inner[sizeof("false")] = "";
    if (len < 3 || len - 2 >= sizeof(inner) || !strchr("\"'", text[0]) || text[len - 1] != text[0])
        return WW_SWITCH_BAD;
    memcpy(inner, text + 1, len - 2);
    return ww_switch_parse(inner);
}

/* A list of labels in YAML is one of texts, in which quotes are characters like any other. */
static void explain_switch(const char *label, const char *verb, const char *value, struct ww_buf *out)
{
    enum ww_switch meant = unquoted(value);
    const char *word = meant == WW_SWITCH_ON ? "true" : "false";
    if (meant != WW_SWITCH_ON && meant != WW_SWITCH_OFF)
        ww_buf_fmt(out, "; write \"true\" to %s the container, \"false\" not to", verb);
    else
        ww_buf_fmt(out,
                   ", for the quotes are part of the value; write %s: \"%s\" where labels are a map, "
                   "and - %s=%s where they are a list",
                   label, word, label, word);
}

static int derive_bad_switch(struct ww_agent *a, struct ww_managed_container *s, const struct ww_container *c,
                             struct ww_error *err)
{
    struct ww_buf text = {0};
    bool enabled = ww_container_managed(c) == WW_MANAGED_BAD;
    const char *label = enabled ? "whalewall.enabled" : "whalewall.audit";
    const char *value = enabled ? c->label_enabled : c->label_audit;
    ww_buf_fmt(&text, "label '%s' line 1 column 1: '", label);
    ww_text_name(&text, value, SWITCH_SHOWN);
    ww_buf_str(&text, "' is not a YAML boolean");
    explain_switch(label, enabled ? "manage" : "audit", value, &text);
    ww_auto_free char *why = ww_buf_take(&text);
    if (!why)
        return ww_fail(err, -ENOMEM, "out of memory");
    return derive_quarantine(a, s, why, err);
}

int ww_derive(struct ww_agent *a, const char *id, struct ww_error *err)
{
    const struct ww_container *c = ww_world_container(a->world, id);
    struct ww_managed_container *s = ww_managed_container_find(&a->managed, id);
    int rc = derive_touch(a, id, err);
    if (rc == 0 && c)
        rc = derive_decision(a, c, err);
    if (rc < 0)
        return rc;
    enum ww_managed managed = c ? ww_container_managed(c) : WW_UNMANAGED;
    if (managed == WW_UNMANAGED)
        return s ? derive_forget(a, s, err) : 0;
    rc = ww_managed_container_make(&a->managed, id, &s, err);
    if (rc == 0)
        rc = derive_head(a, s, err);
    if (rc < 0)
        return rc;
    ww_idset_remove(&a->troubled, id); /* unless it is so again */
    s->audited = ww_audit_has(a, c);
    rc = managed == WW_MANAGED_BAD || ww_audit_is_bad(a, c) ? derive_bad_switch(a, s, c, err)
                                                            : derive_rules(a, s, c, err);
    if (rc == 0) {
        ww_waits_note(a, s);
        ww_report_managed(a, s);
    }
    return rc;
}
