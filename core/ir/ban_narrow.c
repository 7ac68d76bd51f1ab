/* What a ban leaves of one rule: the rule as it is about the addresses, peers and ports that the ban is not about. */
#include "core/ir/ban.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/span.h"
#include "core/model/protocol.h"

static const struct ww_ports all_ports = {1, UINT16_MAX};

/* One rule and one ban: `own` (NULL: all) are the addresses of the rule that the ban is about. */
struct cut {
    const struct ww_ban *ban;
    const struct ww_ruleset *shell;
    const struct ww_rule *rule;
    struct ww_rule common; /* own and peers that both are about; its ports are not used */
    struct ww_rules *left;
};

/*
 * "output[0] line 3, narrowed by no-mail (p.lua:4)"; each policy's line once, and as many as have room. NULL: out of
 * memory.
 */
static char *narrowed(const char *origin, const char *by)
{
    char *text = NULL;
    ww_auto_free char *added = NULL;
    if (asprintf(&added, ", narrowed by %s", by ? by : "") < 0)
        return NULL;
    size_t len = origin ? strlen(origin) : 0;
    bool told = len + strlen(added) > WW_LIMIT_ORIGIN || (origin && strstr(origin, added));
    return asprintf(&text, "%s%s", origin ? origin : "", told ? "" : added) < 0 ? NULL : text;
}

/* Take the piece over. One that contradicts itself (an edge among the mapped addresses, say) is not missed. */
static int keep(struct cut *cut, struct ww_rule *piece)
{
    struct ww_rules *left = cut->left;
    if (ww_rule_validate(piece, NULL) < 0) {
        ww_rule_done(piece);
        return 0;
    }
    struct ww_rule *items = realloc(left->items, (left->n + 1) * sizeof(*items));
    char *origin = items ? narrowed(piece->origin, cut->ban->rule.origin) : NULL;
    if (items)
        left->items = items;
    if (!origin) {
        ww_rule_done(piece);
        return -ENOMEM;
    }
    free(piece->origin);
    piece->origin = origin;
    items[left->n++] = *piece;
    *piece = (struct ww_rule){0};
    return 0;
}

static void forget(struct ww_ports **list, uint32_t *n)
{
    free(*list);
    *list = NULL;
    *n = 0;
}

/* A copy of the rule without what the caller is about to say anew. */
static int begin(const struct ww_rule *rule, bool own, bool peers, bool ports, struct ww_rule *ret_piece)
{
    struct ww_rule piece;
    if (ww_rule_copy(rule, &piece) < 0)
        return -ENOMEM;
    if (own) {
        free(piece.own);
        piece.own = NULL;
        piece.n_own = 0;
    }
    if (peers) {
        free(piece.peers);
        piece.peers = NULL;
        piece.n_peers = 0;
    }
    if (ports)
        forget(&piece.dports, &piece.n_dports);
    *ret_piece = piece;
    return 0;
}

static bool is_banned_own(const struct ww_rule *ban, const struct ww_addr *addr)
{
    for (size_t i = 0; i < ban->n_own; i++)
        if (ww_addr_cmp(&ban->own[i], addr) == 0)
            return true;
    return false;
}

static int sort_own(const struct cut *cut, const struct ww_addr *addr, struct ww_rule *inside, struct ww_rule *outside)
{
    if (!addr->family)
        return 0;
    return ww_rule_add_own(is_banned_own(&cut->ban->rule, addr) ? inside : outside, addr);
}

/* The rule's own addresses: those that the ban is about, and the others. */
static int split_own(struct cut *cut, struct ww_rule *outside)
{
    const struct ww_rule *rule = cut->rule;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rule->n_own; i++)
        rc = sort_own(cut, &rule->own[i], &cut->common, outside);
    for (size_t i = 0; rc == 0 && rule->n_own == 0 && i < cut->shell->n_endpoints; i++) {
        rc = sort_own(cut, &cut->shell->endpoints[i].ipv4, &cut->common, outside);
        if (rc == 0)
            rc = sort_own(cut, &cut->shell->endpoints[i].ipv6, &cut->common, outside);
    }
    return rc;
}

/* The peers of the rule, as a list of ranges. NULL: the host, as itself. */
static const struct ww_addr_range *ranges_of(const struct ww_rule *rule, size_t *ret_n)
{
    *ret_n = 2;
    if (rule->peer == WW_PEER_HOST || rule->side == WW_LOCALHOST)
        return NULL;
    if (rule->peer == WW_PEER_ANY)
        return ww_span_all_addrs;
    *ret_n = rule->n_peers;
    return rule->peers;
}

/* The peers that both are about: false when there are none. */
static int common_peers(struct cut *cut, bool *ret_any)
{
    const struct ww_rule *ban = &cut->ban->rule;
    size_t n;
    const struct ww_addr_range *ranges = ranges_of(cut->rule, &n);
    int rc = 0;
    cut->common.peer = cut->rule->side == WW_LOCALHOST ? WW_PEER_HOST : cut->rule->peer;
    if (!ranges || (ban->peer == WW_PEER_ANY && cut->rule->peer == WW_PEER_ANY)) {
        *ret_any = ban->peer == WW_PEER_ANY;
        return 0;
    }
    cut->common.peer = WW_PEER_ADDRS;
    if (ban->peer == WW_PEER_ANY)
        rc = ww_span_addrs_common(ranges, n, ww_span_all_addrs, 2, &cut->common);
    else
        rc = ww_span_addrs_common(ranges, n, ban->peers, ban->n_peers, &cut->common);
    *ret_any = cut->common.n_peers > 0;
    return rc;
}

/* Does the ban name a port that the rule has? */
static bool ports_meet(const struct ww_rule *rule, const struct ww_rule *ban)
{
    if (rule->proto != ban->proto)
        return !rule->proto || !ban->proto;
    return !rule->n_dports || !ban->n_dports ||
           ww_span_ports_meet(rule->dports, rule->n_dports, ban->dports, ban->n_dports);
}

static bool is_banned_port(const struct ww_rule *ban, const struct ww_publish *p)
{
    const struct ww_ports port = {p->cport, p->cport};
    if (ban->proto == 0 || (ban->proto == p->proto && ban->n_dports == 0))
        return true;
    return ban->proto == p->proto && ww_span_ports_meet(&port, 1, ban->dports, ban->n_dports);
}

static bool is_mapped(const struct ww_rule *rule)
{
    return rule->side == WW_LOCALHOST || rule->side == WW_EXTERNAL;
}

static bool mapped_meet(const struct cut *cut)
{
    for (size_t i = 0; i < cut->shell->n_published; i++)
        if (is_banned_port(&cut->ban->rule, &cut->shell->published[i]))
            return true;
    return false;
}

/* The own addresses that the ban is not about keep the rule as it is. */
static int keep_other_own(struct cut *cut, struct ww_rule *outside)
{
    struct ww_rule piece;
    if (!outside->n_own)
        return 0;
    if (begin(cut->rule, true, false, false, &piece) < 0)
        return -ENOMEM;
    piece.own = ww_take(outside->own);
    piece.n_own = outside->n_own;
    return keep(cut, &piece);
}

static int add_common_own(const struct cut *cut, struct ww_rule *piece)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cut->common.n_own; i++)
        rc = ww_rule_add_own(piece, &cut->common.own[i]);
    return rc;
}

static int add_common_peers(const struct cut *cut, struct ww_rule *piece)
{
    int rc = 0;
    piece->peer = cut->common.peer;
    for (size_t i = 0; rc == 0 && i < cut->common.n_peers; i++)
        rc = ww_rule_add_peer(piece, &cut->common.peers[i]);
    return rc;
}

/* The peers that the ban is not about. */
static int keep_other_peers(struct cut *cut)
{
    const struct ww_rule *ban = &cut->ban->rule;
    struct ww_rule piece;
    size_t n;
    const struct ww_addr_range *ranges = ranges_of(cut->rule, &n);
    if (!ranges || ban->peer == WW_PEER_ANY)
        return 0;
    if (begin(cut->rule, true, true, false, &piece) < 0)
        return -ENOMEM;
    piece.peer = WW_PEER_ADDRS;
    int rc = ww_span_addrs_without(ranges, n, ban->peers, ban->n_peers, &piece);
    if (rc == 0)
        rc = add_common_own(cut, &piece);
    if (rc == 0)
        return keep(cut, &piece);
    ww_rule_done(&piece);
    return rc;
}

/* A piece about the common addresses, a protocol, and what the ban leaves of its ports. */
static int keep_proto(struct cut *cut, uint8_t proto, const struct ww_ports *ports, size_t n)
{
    const struct ww_rule *ban = &cut->ban->rule;
    struct ww_rule piece;
    if (begin(cut->rule, true, true, true, &piece) < 0)
        return -ENOMEM;
    piece.proto = proto;
    int rc = add_common_own(cut, &piece);
    if (rc == 0)
        rc = add_common_peers(cut, &piece);
    if (rc == 0 && n)
        rc = ww_span_ports_without(ports, n, ban->dports, ban->n_dports, &piece);
    if (rc == 0 && (!n || piece.n_dports))
        return keep(cut, &piece);
    ww_rule_done(&piece);
    return rc;
}

/* The protocols and ports that the ban is not about. Of a rule about every protocol those that a rule can name. */
static int keep_other_ports(struct cut *cut)
{
    const struct ww_rule *ban = &cut->ban->rule;
    const struct ww_rule *rule = cut->rule;
    if (ban->proto == 0)
        return 0;
    if (rule->proto)
        return !ban->n_dports   ? 0
               : rule->n_dports ? keep_proto(cut, rule->proto, rule->dports, rule->n_dports)
                                : keep_proto(cut, rule->proto, &all_ports, 1);
    size_t n;
    const struct ww_protocol *protocols = ww_protocols(&n);
    int rc = ban->n_dports ? keep_proto(cut, ban->proto, &all_ports, 1) : 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (protocols[i].in_rules && protocols[i].number != ban->proto)
            rc = keep_proto(cut, protocols[i].number, NULL, 0);
    return rc;
}

/* The published ports of one protocol that the ban is not about: an input rule, for only those name ports. */
static int keep_published(struct cut *cut, uint8_t proto)
{
    const struct ww_ruleset *shell = cut->shell;
    struct ww_rule piece;
    if (begin(cut->rule, true, true, true, &piece) < 0)
        return -ENOMEM;
    piece.side = WW_INPUT;
    piece.proto = proto;
    int rc = add_common_own(cut, &piece);
    if (rc == 0)
        rc = add_common_peers(cut, &piece);
    if (rc == 0 && piece.peer == WW_PEER_ANY) { /* `any` would be the host, too */
        piece.peer = WW_PEER_ADDRS;
        rc = ww_span_addrs_common(ww_span_all_addrs, 2, ww_span_all_addrs, 2, &piece);
    }
    for (size_t i = 0; rc == 0 && i < shell->n_published; i++) {
        const struct ww_publish *p = &shell->published[i];
        bool outside = cut->rule->side == WW_LOCALHOST || !ww_addr_is_loopback(&p->host);
        if (p->proto == proto && outside && !is_banned_port(&cut->ban->rule, p))
            rc = ww_rule_add_dport(&piece, p->cport, p->cport);
    }
    if (rc == 0 && piece.n_dports)
        return keep(cut, &piece);
    ww_rule_done(&piece);
    return rc;
}

static int keep_other_published(struct cut *cut)
{
    size_t n;
    const struct ww_protocol *protocols = ww_protocols(&n);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (protocols[i].in_rules && protocols[i].published)
            rc = keep_published(cut, protocols[i].number);
    return rc;
}

static int narrow(struct cut *cut, struct ww_rule *outside)
{
    bool peers = false;
    int rc = cut->ban->rule.n_own ? split_own(cut, outside) : 0;
    if (rc < 0 || (cut->ban->rule.n_own && !cut->common.n_own))
        return rc;
    for (size_t i = 0; rc == 0 && !cut->ban->rule.n_own && i < cut->rule->n_own; i++)
        rc = ww_rule_add_own(&cut->common, &cut->rule->own[i]);
    if (rc == 0) /* last, for there may be many */
        rc = common_peers(cut, &peers);
    if (rc < 0 || !peers)
        return rc;
    rc = keep_other_own(cut, outside);
    if (rc == 0)
        rc = keep_other_peers(cut);
    if (rc == 0)
        rc = is_mapped(cut->rule) ? keep_other_published(cut) : keep_other_ports(cut);
    return rc < 0 ? rc : 1;
}

int ww_ban_narrow(const struct ww_ban *ban, const struct ww_ruleset *shell, const struct ww_rule *rule,
                  struct ww_rules *left)
{
    struct cut cut = {.ban = ban, .shell = shell, .rule = rule, .left = left};
    struct ww_rule outside = {0};
    if ((ban->rule.side == WW_OUTPUT) != (rule->side == WW_OUTPUT))
        return 0;
    if (!(is_mapped(rule) ? mapped_meet(&cut) : ports_meet(rule, &ban->rule))) /* most do not, and it is soon known */
        return 0;
    int rc = narrow(&cut, &outside);
    ww_rule_done(&outside);
    ww_rule_done(&cut.common);
    return rc;
}
