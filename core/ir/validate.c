/* What a rule may be, whichever label or answer it came from. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/limits.h"
#include "core/ir/rule.h"
#include "core/model/protocol.h"

static bool is_family(uint8_t family)
{
    return family == AF_INET || family == AF_INET6;
}

/* In ::ffff:0:0/96. Such an address stands for an IPv4 one and would be read back as one. */
static bool is_mapped(const struct ww_addr *addr)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return addr->family == AF_INET6 && memcmp(addr->bytes, prefix, sizeof(prefix)) == 0;
}

static int validate_own(const struct ww_rule *rule, struct ww_error *err)
{
    for (size_t i = 0; i < rule->n_own; i++) {
        if (!is_family(rule->own[i].family))
            return ww_fail(err, -EINVAL, "one of the container's own addresses is empty");
        if (is_mapped(&rule->own[i]))
            return ww_fail(err, -EINVAL, "one of the container's own addresses is an IPv4-mapped IPv6 address");
    }
    return 0;
}

static int validate_range(const struct ww_addr_range *range, struct ww_error *err)
{
    char lo[WW_ADDR_TEXT];
    char hi[WW_ADDR_TEXT];
    if (!is_family(range->lo.family) || !is_family(range->hi.family))
        return ww_fail(err, -EINVAL, "a peer's address is empty");
    ww_addr_text(&range->lo, lo);
    ww_addr_text(&range->hi, hi);
    if (range->lo.family != range->hi.family)
        return ww_fail(err, -EINVAL, "address range %s-%s is of two families", lo, hi);
    if (ww_addr_cmp(&range->lo, &range->hi) > 0)
        return ww_fail(err, -EINVAL, "address range %s-%s starts after its end", lo, hi);
    if (is_mapped(&range->lo) || is_mapped(&range->hi))
        return ww_fail(err, -EINVAL, "address range %s-%s ends at an IPv4-mapped IPv6 address", lo, hi);
    return 0;
}

static int validate_peer_list(const struct ww_rule *rule, struct ww_error *err)
{
    if (rule->peer == WW_PEER_ADDRS && rule->n_peers == 0)
        return ww_fail(err, -EINVAL, "the peer is a list of addresses, but the list is empty");
    if (rule->peer != WW_PEER_ADDRS && rule->n_peers != 0)
        return ww_fail(err, -EINVAL, "a list of peer addresses for a peer that is not one");
    for (size_t i = 0; i < rule->n_peers; i++) {
        int rc = validate_range(&rule->peers[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int validate_peer(const struct ww_rule *rule, struct ww_error *err)
{
    if (rule->peer != WW_PEER_ANY && rule->peer != WW_PEER_HOST && rule->peer != WW_PEER_ADDRS)
        return ww_fail(err, -EINVAL, "unknown kind of peer %d", (int)rule->peer);
    if (rule->side == WW_LOCALHOST && rule->peer == WW_PEER_ADDRS)
        return ww_fail(err, -EINVAL, "peer addresses in a localhost rule, whose peer is the host");
    if (rule->side == WW_EXTERNAL && rule->peer == WW_PEER_HOST)
        return ww_fail(err, -EINVAL, "the host as peer of an external rule, which is about all other senders");
    return validate_peer_list(rule, err);
}

static int validate_port_list(const char *what, const struct ww_ports *ports, size_t n, struct ww_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (ports[i].lo == 0)
            return ww_fail(err, -EINVAL, "%s port 0", what);
        if (ports[i].lo > ports[i].hi)
            return ww_fail(err, -EINVAL, "%s port range %u-%u starts after its end", what, ports[i].lo, ports[i].hi);
    }
    return 0;
}

static int validate_ports(const struct ww_rule *rule, struct ww_error *err)
{
    char text[WW_PROTOCOL_TEXT];
    const struct ww_protocol *protocol = ww_protocol_find(rule->proto);
    bool any = rule->n_sports || rule->n_dports;
    if (rule->side == WW_LOCALHOST || rule->side == WW_EXTERNAL) {
        if (any || rule->proto)
            return ww_fail(err, -EINVAL,
                           "a protocol or ports in a rule about the published ports, which already say them");
        return 0;
    }
    if (rule->proto != 0 && !(protocol && protocol->in_rules))
        return ww_fail(err, -EINVAL, "protocol %s cannot be named in a rule", ww_protocol_text(rule->proto, text));
    if (any && !(protocol && protocol->has_ports))
        return ww_fail(err, -EINVAL, "ports without a protocol that has them");
    int rc = validate_port_list("source", rule->sports, rule->n_sports, err);
    return rc < 0 ? rc : validate_port_list("destination", rule->dports, rule->n_dports, err);
}

static bool is_name_byte(char c, bool first)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.')
        return true;
    return !first && ((c >= '0' && c <= '9') || c == '-' || c == '/');
}

/* What nft(8) takes for an identifier, within what the kernel takes (NFT_CHAIN_MAXNAMELEN). */
static int validate_chain_name(const char *name, struct ww_error *err)
{
    if (!name || !*name)
        return ww_fail(err, -EINVAL, "a verdict of chain without the chain's name");
    size_t len = strlen(name);
    if (len > WW_LIMIT_CHAIN_NAME)
        return ww_fail(err, -EINVAL, "chain name of %zu bytes, the limit is %d", len, WW_LIMIT_CHAIN_NAME);
    for (size_t i = 0; i < len; i++) {
        if (!is_name_byte(name[i], i == 0))
            return ww_fail(err, -EINVAL, "nftables would refuse the chain name '%s'", name);
    }
    return 0;
}

/* A line of the kernel's log, and what is in quotes where nft(8) lists rules, without a way to write a quote. */
static int validate_log(const char *log, struct ww_error *err)
{
    size_t len = log ? strlen(log) : 0;
    if (len > WW_LIMIT_LOG_PREFIX)
        return ww_fail(err, -EINVAL, "log prefix of %zu bytes, the limit is %d", len, WW_LIMIT_LOG_PREFIX);
    for (size_t i = 0; i < len; i++)
        if (log[i] < ' ' || log[i] > '~' || log[i] == '"')
            return ww_fail(err, -EINVAL, "a byte in the log prefix (0x%02x) that is no printable ASCII, or a quote",
                           (unsigned char)log[i]);
    return 0;
}

static int validate_verdict(const struct ww_verdict *verdict, struct ww_error *err)
{
    bool queues = verdict->queue || verdict->est_in || verdict->est_out;
    switch (verdict->kind) {
    case WW_ACCEPT:
        if (verdict->chain || queues)
            return ww_fail(err, -EINVAL, "a chain or queue in a verdict of accept");
        return 0;
    case WW_CHAIN:
        if (queues)
            return ww_fail(err, -EINVAL, "a queue in a verdict of chain");
        return validate_chain_name(verdict->chain, err);
    case WW_QUEUE:
        if (verdict->chain)
            return ww_fail(err, -EINVAL, "a chain in a verdict of queue");
        if (verdict->queue == 0)
            return ww_fail(err, -EINVAL, "a verdict of queue without the queue's number");
        return 0;
    }
    return ww_fail(err, -EINVAL, "unknown kind of verdict %d", (int)verdict->kind);
}

static int validate_sizes(const struct ww_rule *rule, struct ww_error *err)
{
    const struct {
        const char *what;
        size_t n;
    } lists[] = {{"own addresses", rule->n_own},
                 {"peer addresses", rule->n_peers},
                 {"source ports", rule->n_sports},
                 {"destination ports", rule->n_dports}};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (lists[i].n > WW_LIMIT_LIST)
            return ww_fail(err, -EINVAL, "%zu %s, the limit is %d", lists[i].n, lists[i].what, WW_LIMIT_LIST);
    }
    return 0;
}

int ww_rule_validate(const struct ww_rule *rule, struct ww_error *err)
{
    if (rule->side != WW_LOCALHOST && rule->side != WW_EXTERNAL && rule->side != WW_INPUT && rule->side != WW_OUTPUT)
        return ww_fail(err, -EINVAL, "unknown side %d", (int)rule->side);
    if (rule->consent && rule->side != WW_INPUT)
        return ww_fail(err, -EINVAL, "a consent that is not an input rule");
    int rc = validate_sizes(rule, err);
    if (rc == 0)
        rc = validate_own(rule, err);
    if (rc == 0)
        rc = validate_peer(rule, err);
    if (rc == 0)
        rc = validate_ports(rule, err);
    if (rc == 0)
        rc = validate_log(rule->log, err);
    return rc < 0 ? rc : validate_verdict(&rule->verdict, err);
}
