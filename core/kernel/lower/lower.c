#include "core/kernel/lower/lower.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/kernel/lower/lower_internal.h"

void ww_lowered_done(struct ww_lowered *lowered)
{
    free(lowered->elements);
    free(lowered->chains);
    ww_arena_done(&lowered->arena);
    *lowered = (struct ww_lowered){0};
}

void ww_lowered_keep_chains(struct ww_lowered *lowered)
{
    free(lowered->elements);
    lowered->elements = NULL;
    lowered->n_elements = lowered->cap_elements = 0;
    if (!lowered->n_chains)
        ww_arena_done(&lowered->arena);
}

static int element_cmp(const void *pa, const void *pb)
{
    const struct ww_element *a = pa;
    const struct ww_element *b = pb;
    if (a->set != b->set)
        return a->set < b->set ? -1 : 1;
    return memcmp(a->key, b->key, a->len);
}

void ww_lowered_sort(struct ww_lowered *out)
{
    if (!out->n_elements)
        return;
    qsort(out->elements, out->n_elements, sizeof(*out->elements), element_cmp);
    size_t last = 0;
    for (size_t i = 1; i < out->n_elements; i++) {
        if (element_cmp(&out->elements[last], &out->elements[i]) != 0)
            out->elements[++last] = out->elements[i];
        else if (out->elements[last].origin != out->elements[i].origin)
            out->elements[last].origin = NULL;
    }
    out->n_elements = last + 1;
}

static const char *make_comment(struct ww_lowering *l)
{
    char *comment = ww_arena_fmt(&l->out->arena, "%.*s", WW_LIMIT_COMMENT, l->rs->name);
    for (char *c = comment; c && *c; c++)
        if (*c == '"')
            *c = '\'';
    return comment;
}

static int check_ruleset(const struct ww_ruleset *rs, struct ww_error *err)
{
    size_t verdicts = 0;
    if (!rs->sealed)
        return ww_fail(err, -EINVAL, "the ruleset of container '%s' is not sealed", rs->name);
    for (size_t i = 0; i < rs->n_rules; i++)
        verdicts += rs->rules[i].verdict.kind != WW_ACCEPT;
    if (verdicts > WW_LIMIT_VERDICTS)
        return ww_fail(err, -E2BIG, "%zu rules with a chain or queue, the limit is %d", verdicts, WW_LIMIT_VERDICTS);
    return 0;
}

int ww_lower(const struct ww_ruleset *rs, struct ww_lowered *ret_lowered, struct ww_error *err)
{
    int rc = check_ruleset(rs, err);
    if (rc < 0)
        return rc;
    __attribute__((cleanup(ww_lowered_done))) struct ww_lowered out = {0};
    struct ww_lowering l = {.rs = rs, .out = &out};
    l.tag = ww_lower_tag(&l, rs->name, rs->id);
    l.comment = make_comment(&l);
    for (size_t i = 0; i < rs->n_rules; i++)
        l.out_chain = l.out_chain || ww_lower_needs_chain(rs, i, WW_DIR_OUT);
    if (l.tag && l.comment) {
        ww_lower_base(&l);
        for (size_t i = 0; i < rs->n_rules && !rs->quarantined; i++)
            ww_lower_rule_elements(&l, i);
        ww_lower_chains(&l);
    }
    if (out.arena.failed)
        return ww_fail(err, -ENOMEM, "out of memory while lowering the rules of container '%s'", rs->name);
    ww_lowered_sort(&out);
    *ret_lowered = out;
    out = (struct ww_lowered){0};
    return 0;
}

static void write_element(const struct ww_element *e, struct ww_buf *out)
{
    char name[WW_SET_NAME];
    enum ww_set_kind kind = ww_set_schema(e->set)->kind;
    ww_buf_fmt(out, "%s { ", ww_set_name(e->set, name));
    ww_key_write(e->set, e->key, out);
    if (kind == WW_SET_NAMED)
        ww_buf_fmt(out, " comment \"%s\"", e->value);
    else if (ww_set_is_map(e->set))
        ww_buf_fmt(out, " : %s %s", kind == WW_SET_GOTO ? "goto" : "jump", e->value);
    ww_buf_str(out, " }\n");
}

int ww_lower_write(const struct ww_ruleset *rs, struct ww_buf *out, struct ww_error *err)
{
    __attribute__((cleanup(ww_lowered_done))) struct ww_lowered lowered = {0};
    int rc = ww_lower(rs, &lowered, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < lowered.n_elements; i++)
        write_element(&lowered.elements[i], out);
    for (size_t i = 0; i < lowered.n_chains; i++) {
        ww_buf_fmt(out, "chain %s {\n", lowered.chains[i].name);
        for (size_t j = 0; j < lowered.chains[i].n; j++) {
            ww_buf_str(out, "    ");
            ww_stmt_write(&lowered.chains[i].stmts[j], out);
            if (lowered.chains[i].stmts[j].origin)
                ww_buf_fmt(out, " comment \"%s\"", lowered.chains[i].stmts[j].origin);
            ww_buf_str(out, "\n");
        }
        ww_buf_str(out, "}\n");
    }
    return ww_buf_ok(out) ? 0 : ww_fail(err, -ENOMEM, "out of memory while writing what was lowered");
}
