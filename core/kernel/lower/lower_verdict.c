/* A rule's verdict (user chain or queue): its number, its chain, and how its log begins. */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/ir/text.h"
#include "core/kernel/lower/lower_internal.h"
#include "core/kernel/lower/pairing.h"

#define STATE_NEW (1 << (IP_CT_NEW + 1))

const char *ww_dir_name(enum ww_dir dir)
{
    static const char *const names[WW_DIRS] = {"out", "in", "host", "pub"};
    return names[dir];
}

/* Whatever a name or a prefix has in it: it stays in its line of the kernel's log, and in its quotes in nft(8)'s list.
 */
const char *ww_lower_log_prefix(struct ww_lowering *l, const struct ww_rule *rule)
{
    size_t len = strlen(rule->log);
    bool ended = len >= 2 && !strcmp(rule->log + len - 2, ": ");
    char *text =
        ww_arena_fmt(&l->out->arena, "whalewall-%s-%.12s %s%s", l->rs->name, l->rs->id, rule->log, ended ? "" : ": ");
    if (text && strlen(text) > WW_LIMIT_LOG_PREFIX)
        text[WW_LIMIT_LOG_PREFIX] = '\0';
    for (char *c = text; c && *c; c++)
        if (*c < ' ' || *c > '~' || *c == '"')
            *c = '_';
    return text;
}

/* A hash of what was decided, so that a flow keeps its meaning when the program starts anew. */
uint64_t ww_lower_verdict_number(const struct ww_lowering *l, size_t i, enum ww_dir dir)
{
    struct ww_buf text = {0};
    char hex[WW_HASH_HEX];
    uint64_t number = 0;
    ww_buf_fmt(&text, "%s %s %zu ", l->rs->id, ww_dir_name(dir), i);
    ww_rule_write(&l->rs->rules[i], &text);
    if (ww_buf_ok(&text)) {
        ww_hash_hex(text.data, text.len, hex);
        hex[16] = '\0';
        number = strtoull(hex, NULL, 16);
    } else
        l->out->arena.failed = true;
    ww_buf_done(&text);
    return number ? number : 1;
}

static struct ww_term field_is(enum ww_field field, uint32_t value)
{
    return (struct ww_term){.kind = WW_T_IS, .field = field, .value = value};
}

static struct ww_term is_new(void)
{
    return (struct ww_term){.kind = WW_T_BITS, .field = WW_F_CT_STATE, .value = STATE_NEW};
}

static struct ww_term queue_or_accept(uint16_t queue)
{
    if (queue)
        return (struct ww_term){.kind = WW_T_QUEUE, .value = queue};
    return (struct ww_term){.kind = WW_T_ACCEPT};
}

static void push(struct ww_lowering *l, struct ww_stmts *list, struct ww_stmt stmt, struct ww_term a, struct ww_term b)
{
    if (a.kind != WW_T_END)
        ww_stmt_add(&stmt, a);
    ww_stmt_add(&stmt, b);
    ww_lower_push(l, list, &stmt);
}

/* Under the conditions that `stmt` has: what the rule says is to happen to a packet of its flow. */
static void push_verdict(struct ww_lowering *l, const struct ww_rule *r, enum ww_dir dir, const struct ww_stmt *stmt,
                         struct ww_stmts *list)
{
    static const struct ww_term none = {0};
    uint32_t inbound = dir == WW_DIR_OUT ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL;
    switch (r->verdict.kind) {
    case WW_ACCEPT:
        push(l, list, *stmt, none, (struct ww_term){.kind = WW_T_ACCEPT});
        break;
    case WW_CHAIN:
        push(l, list, *stmt, none, (struct ww_term){.kind = WW_T_JUMP, .text = r->verdict.chain});
        break;
    case WW_QUEUE:
        push(l, list, *stmt, is_new(), queue_or_accept(r->verdict.queue));
        push(l, list, *stmt, field_is(WW_F_CT_DIRECTION, inbound), queue_or_accept(r->verdict.est_in));
        push(l, list, *stmt, none, queue_or_accept(r->verdict.est_out));
        break;
    }
}

/* A later rule, for a packet that returned from the user's chain. */
static void push_later(struct ww_lowering *l, size_t i, enum ww_dir dir, struct ww_stmts *list)
{
    const struct ww_rule *r = &l->rs->rules[i];
    struct ww_stmts match = {0};
    ww_lower_match(l, r, dir, &ww_view_flow, &match);
    for (size_t j = 0; j < match.n; j++) {
        if (r->log)
            push(l, list, match.v[j], is_new(), (struct ww_term){.kind = WW_T_LOG, .text = ww_lower_log_prefix(l, r)});
        push_verdict(l, r, dir, &match.v[j], list);
    }
}

static void push_proxy(struct ww_lowering *l, size_t i, struct ww_stmts *list)
{
    struct ww_stmts match = {0};
    ww_lower_match_proxy(l, &l->rs->rules[i], &ww_view_flow, &match);
    for (size_t j = 0; j < match.n; j++)
        push(l, list, match.v[j], (struct ww_term){0}, (struct ww_term){.kind = WW_T_ACCEPT});
}

/* All that comes after rule `first`, as far as it can be about the same packets. */
static void push_rest(struct ww_lowering *l, size_t first, enum ww_dir dir, struct ww_stmts *list)
{
    const struct ww_ruleset *rs = l->rs;
    for (size_t i = first; i < rs->n_rules; i++) {
        const struct ww_rule *r = &rs->rules[i];
        if (i > first && ww_rule_applies(r, dir) && ww_rule_overlaps(rs, &rs->rules[first], r, dir))
            push_later(l, i, dir, list);
        if (dir == WW_DIR_HOST && ww_rule_for_proxy(r))
            push_proxy(l, i, list);
    }
}

void ww_lower_verdict(struct ww_lowering *l, size_t i, enum ww_dir dir)
{
    const struct ww_rule *r = &l->rs->rules[i];
    struct ww_stmt stmt = {.origin = r->origin};
    struct ww_stmts list = {0};
    push_verdict(l, r, dir, &stmt, &list);
    if (r->verdict.kind == WW_CHAIN) {
        push_rest(l, i, dir, &list);
        push(l, &list, (struct ww_stmt){0}, (struct ww_term){0},
             (struct ww_term){.kind = WW_T_GOTO, .text = dir == WW_DIR_OUT ? "drop-sender" : "drop-receiver"});
    }
    const char *name = ww_arena_fmt(&l->out->arena, "verdict-%s-%s-%zu", ww_dir_name(dir), l->tag, i);
    if (!name)
        return;
    ww_lower_chain(l, name, &list);
    uint64_t halves[2] = {0};
    halves[dir != WW_DIR_OUT] = ww_lower_verdict_number(l, i, dir);
    struct ww_key key = {0};
    ww_key_add(&key, halves, sizeof(halves));
    ww_lower_put(l, dir == WW_DIR_OUT ? WW_VERDICT_S : WW_VERDICT_R, 0, &key, name, r->origin);
}
