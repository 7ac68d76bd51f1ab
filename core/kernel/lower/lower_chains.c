/* A container's own chains: the rules that need order, and the plain rules that those overlap. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/kernel/lower/lower_internal.h"
#include "core/kernel/lower/pairing.h"

/* Flags of TCP: of FIN, SYN, RST, ACK only SYN begins a flow. */
#define UNTRACKED 64 /* NF_CT_STATE_UNTRACKED_BIT, as `ct state untracked` */
#define TCP_BEGIN 0x17
#define TCP_SYN 0x02

/* The sets of input rules are looked up for what the host sends, too: a rule is in them for both or for neither. */
bool ww_lower_needs_chain(const struct ww_ruleset *rs, size_t i, enum ww_dir dir)
{
    const struct ww_rule *r = &rs->rules[i];
    if (!ww_rule_applies(r, dir) || !ww_rule_owns_any(rs, r))
        return false;
    if (!ww_rule_is_exact(rs, r))
        return true;
    if (r->side == WW_INPUT && r->peer != WW_PEER_HOST && dir != WW_DIR_PUB)
        return ww_rule_is_overlapped(rs, i, r, WW_DIR_IN) || ww_rule_is_overlapped(rs, i, r, WW_DIR_HOST);
    return ww_rule_is_overlapped(rs, i, r, dir);
}

/* Behind the sets of CIDRs no chain for output is tried: base_rules_nets.c. */
bool ww_lower_in_chain(const struct ww_lowering *l, size_t i, enum ww_dir dir)
{
    const struct ww_rule *r = &l->rs->rules[i];
    if (dir == WW_DIR_OUT && l->out_chain && ww_rule_has_nets(r))
        return ww_rule_applies(r, dir) && ww_rule_owns_any(l->rs, r);
    return ww_lower_needs_chain(l->rs, i, dir);
}

/* What lets the proxy through must not let the host past a special rule, the rule itself included. */
bool ww_lower_proxy_in_chain(const struct ww_ruleset *rs, size_t i)
{
    struct ww_rule from_host = rs->rules[i];
    from_host.peer = WW_PEER_HOST;
    from_host.n_peers = 0;
    from_host.n_sports = 0;
    return ww_rule_for_proxy(&rs->rules[i]) && ww_rule_is_overlapped(rs, i + 1, &from_host, WW_DIR_HOST);
}

/* Segments of no flow come to the chains of inbound rules, too, for a sender that may reach the port is told: see chain
 * pass-new.
 */
static struct ww_term end_of(enum ww_dir dir)
{
    if (dir == WW_DIR_OUT)
        return (struct ww_term){.kind = WW_T_RETURN};
    if (dir == WW_DIR_PUB)
        return (struct ww_term){.kind = WW_T_ACCEPT};
    return (struct ww_term){.kind = WW_T_GOTO, .text = "pass-new"};
}

/* What happens to a new packet that a rule matches. A verdict is only noted: both sides are judged before it counts. */
static void finish(struct ww_lowering *l, size_t i, enum ww_dir dir, struct ww_stmt *stmt)
{
    const struct ww_rule *r = &l->rs->rules[i];
    if (r->verdict.kind != WW_ACCEPT) /* its label needs a flow that is tracked: multicast is not */
        ww_stmt_add(stmt,
                    (struct ww_term){.kind = WW_T_BITS, .field = WW_F_CT_STATE, .value = UNTRACKED, .negate = true});
    if (r->log)
        ww_stmt_add(stmt, (struct ww_term){.kind = WW_T_LOG, .text = ww_lower_log_prefix(l, r)});
    if (r->verdict.kind != WW_ACCEPT)
        ww_stmt_add(stmt, (struct ww_term){.kind = WW_T_LABEL,
                                           .negate = dir != WW_DIR_OUT,
                                           .number = ww_lower_verdict_number(l, i, dir)});
    ww_stmt_add(stmt, end_of(dir));
}

static void add_rule(struct ww_lowering *l, size_t i, enum ww_dir dir, struct ww_stmts *list)
{
    size_t from = list->n;
    ww_lower_match(l, &l->rs->rules[i], dir, &ww_view_packet, list);
    for (size_t j = from; j < list->n; j++)
        finish(l, i, dir, &list->v[j]);
    if (l->rs->rules[i].verdict.kind != WW_ACCEPT && list->n > from)
        ww_lower_verdict(l, i, dir);
}

static void add_proxy(struct ww_lowering *l, size_t i, struct ww_stmts *list)
{
    size_t from = list->n;
    ww_lower_match_proxy(l, &l->rs->rules[i], &ww_view_packet, list);
    for (size_t j = from; j < list->n; j++)
        ww_stmt_add(&list->v[j], end_of(WW_DIR_HOST));
}

static void map_addresses(struct ww_lowering *l, enum ww_stem stem, const char *chain)
{
    const struct ww_addr *addr;
    for (size_t i = 0; (addr = ww_ruleset_addr(l->rs, i)); i++) {
        struct ww_key key = {0};
        ww_key_addr(&key, addr);
        if (addr->family)
            ww_lower_put(l, stem, addr->family, &key, chain, NULL);
    }
}

/* stream: TCP's, too. */
static void map_published(struct ww_lowering *l, enum ww_stem all, enum ww_stem one, bool stream, const char *chain)
{
    for (size_t i = 0; i < l->rs->n_published; i++) {
        const struct ww_publish *p = &l->rs->published[i];
        bool any = ww_addr_is_any(&p->host);
        struct ww_key key = {0};
        if (!p->hport || ww_addr_is_loopback(&p->host) || (!stream && p->proto == IPPROTO_TCP))
            continue;
        if (!any)
            ww_key_addr(&key, &p->host);
        ww_key_service(&key, p->proto, p->hport);
        ww_lower_put(l, any ? all : one, p->host.family, &key, chain, NULL);
    }
}

static void map_chain(struct ww_lowering *l, enum ww_dir dir, const char *chain)
{
    static const enum ww_stem stems[WW_DIRS] = {WW_OUT_C, WW_IN_C, WW_HOST_C, WW_PUB_C};
    if (dir == WW_DIR_PUB)
        map_published(l, WW_PUB_C, WW_PUB_HC, true, chain);
    else
        map_addresses(l, stems[dir], chain);
}

/* Nothing is logged of such segments, and no verdict is noted: where a rule would, they end at once, and no end is
 * told. */
static void end_lost(struct ww_lowering *l, enum ww_dir dir, struct ww_stmts *list)
{
    struct ww_stmt stmt = {
        .terms = {{.kind = WW_T_IS, .field = WW_F_PROTO, .value = IPPROTO_TCP},
                  {.kind = WW_T_IS, .field = WW_F_TCP_FLAGS, .mask = TCP_BEGIN, .value = TCP_SYN, .negate = true},
                  {.kind = WW_T_GOTO, .text = "drop-invalid"}}};
    bool special = false;
    if (dir != WW_DIR_IN && dir != WW_DIR_HOST)
        return;
    for (size_t i = 0; i < l->rs->n_rules; i++)
        special = special || (ww_rule_is_special(&l->rs->rules[i]) && ww_lower_in_chain(l, i, dir));
    if (special)
        ww_lower_push(l, list, &stmt);
}

static void make_chain(struct ww_lowering *l, enum ww_dir dir)
{
    static const char *const drops[WW_DIRS] = {"drop-out", "drop-in", "drop-host", "drop-port"};
    struct ww_stmts list = {0};
    end_lost(l, dir, &list);
    for (size_t i = 0; i < l->rs->n_rules; i++) {
        if (ww_lower_in_chain(l, i, dir))
            add_rule(l, i, dir, &list);
        if (dir == WW_DIR_HOST && ww_lower_proxy_in_chain(l->rs, i))
            add_proxy(l, i, &list);
    }
    if (!list.n)
        return;
    struct ww_stmt drop = {.terms = {{.kind = WW_T_GOTO, .text = drops[dir]}}};
    ww_lower_push(l, &list, &drop);
    const char *name = ww_arena_fmt(&l->out->arena, "%s-%s", ww_dir_name(dir), l->tag);
    if (!name)
        return;
    ww_lower_chain(l, name, &list);
    map_chain(l, dir, name);
}

static bool is_about_tcp(const struct ww_stmt *stmt)
{
    for (size_t i = 0; i < ww_stmt_count(stmt); i++)
        if (stmt->terms[i].kind == WW_T_IS && stmt->terms[i].field == WW_F_PROTO && stmt->terms[i].value == IPPROTO_TCP)
            return true;
    return false;
}

/*
 * What the userland proxy sends to a client without being part of a tracked flow (a late answer, or one from another
 * address of the host than was asked) is judged as the question would be. It is not logged, and gets no verdict: that
 * would be the wrong way round. TCP has no such answers: its segments begin no flow.
 */
static void add_answers(struct ww_lowering *l, size_t i, struct ww_stmts *list)
{
    size_t from = list->n;
    size_t kept = from;
    const struct ww_rule *r = &l->rs->rules[i];
    ww_lower_match(l, r, WW_DIR_PUB, &ww_view_answer, list);
    for (size_t j = from; j < list->n; j++)
        if (!is_about_tcp(&list->v[j]))
            list->v[kept++] = list->v[j];
    list->n = kept;
    for (size_t j = from; j < list->n; j++)
        ww_stmt_add(&list->v[j], r->verdict.kind == WW_ACCEPT
                                     ? (struct ww_term){.kind = WW_T_ACCEPT}
                                     : (struct ww_term){.kind = WW_T_GOTO, .text = "drop-stale"});
}

static void make_answers(struct ww_lowering *l)
{
    struct ww_stmts list = {0};
    for (size_t i = 0; i < l->rs->n_rules; i++)
        if (ww_lower_in_chain(l, i, WW_DIR_PUB))
            add_answers(l, i, &list);
    if (!list.n)
        return;
    struct ww_stmt drop = {.terms = {{.kind = WW_T_GOTO, .text = "drop-stale"}}};
    ww_lower_push(l, &list, &drop);
    const char *name = ww_arena_fmt(&l->out->arena, "answer-%s", l->tag);
    if (!name)
        return;
    ww_lower_chain(l, name, &list);
    map_published(l, WW_ANSWER_C, WW_ANSWER_HC, false, name);
}

void ww_lower_chains(struct ww_lowering *l)
{
    if (l->rs->quarantined)
        return;
    for (int dir = 0; dir < WW_DIRS; dir++)
        make_chain(l, (enum ww_dir)dir);
    make_answers(l);
}
