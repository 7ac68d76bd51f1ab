/* What was seen becomes rules: as few as say it, and none that opens more, as far as rules can be as narrow. */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/control/suggest.h"
#include "core/control/suggest_groups.h"
#include "core/model/protocol.h"

#define RANGE 3 /* ports in a row that are written as a range */

/* One peer, protocol and port; then the ports of one peer and protocol. */
struct item {
    char *peer;          /* "host: true"; the address; "": any peer */
    bool address;        /* whose rules are joined with those of other addresses */
    struct ww_addr addr; /* … this one */
    uint8_t proto;
    uint16_t port;
    char *ports; /* all of them, as the rule has them; NULL: not joined yet */
};

struct items {
    struct item *list;
    size_t n;
    bool failed;
};

static void items_done(struct items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        free(items->list[i].peer);
        free(items->list[i].ports);
    }
    free(items->list);
}

/* What YAML does not read as something else than a text. */
static void write_name(struct ww_buf *out, const char *name)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};
    bool plain = isalpha((unsigned char)name[0]) && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        plain = plain && strcasecmp(name, words[i]) != 0;
    if (plain)
        ww_buf_str(out, name);
    else
        ww_text_json(out, name, 0); /* which is a quoted text in YAML, too: names are labels, of images as well */
}

static void write_peer(const struct ww_seen *seen, struct ww_buf *out)
{
    char addr[WW_ADDR_TEXT];
    ww_buf_str(out, "");
    if (seen->peer == WW_SEEN_HOST)
        ww_buf_str(out, "host: true");
    if (seen->peer == WW_SEEN_ADDRESS)
        ww_buf_str(out, ww_addr_text(&seen->addr, addr));
    if (seen->peer != WW_SEEN_CONTAINER)
        return;
    ww_buf_str(out, "network: ");
    write_name(out, seen->network);
    ww_buf_str(out, ", container: ");
    write_name(out, seen->name);
}

static void add(struct items *items, const struct ww_seen *seen)
{
    struct ww_buf peer = {0};
    write_peer(seen, &peer);
    struct item *list = reallocarray(items->list, items->n + 1, sizeof(*list));
    if (list)
        items->list = list;
    if (!list || !ww_buf_ok(&peer)) {
        items->failed = true;
        ww_buf_done(&peer);
        return;
    }
    list[items->n++] = (struct item){.peer = ww_buf_take(&peer),
                                     .address = seen->peer == WW_SEEN_ADDRESS,
                                     .addr = seen->addr,
                                     .proto = seen->proto,
                                     .port = seen->port};
}

static int by_peer(const void *pa, const void *pb)
{
    const struct item *a = pa;
    const struct item *b = pb;
    int order = a->address - b->address;
    if (order == 0)
        order = strcmp(a->peer, b->peer);
    if (order == 0)
        order = a->proto - b->proto;
    return order ? order : a->port - b->port;
}

/* Those of addresses, which come last, by what they allow. */
static int by_ports(const void *pa, const void *pb)
{
    const struct item *a = pa;
    const struct item *b = pb;
    int order = a->address - b->address;
    if (order == 0 && a->address) {
        order = a->proto - b->proto;
        if (order == 0)
            order = strcmp(a->ports, b->ports);
    }
    return order ? order : by_peer(pa, pb);
}

/* "80, 443, 8000-8002". */
static void write_ports(const struct item *list, size_t n, struct ww_buf *out)
{
    ww_buf_str(out, "");
    for (size_t i = 0; i < n;) {
        size_t row = 1;
        while (i + row < n && list[i + row].port <= list[i + row - 1].port + 1)
            row++;
        uint16_t last = list[i + row - 1].port;
        if (last - list[i].port + 1 < RANGE) {
            row = 1;
            last = list[i].port;
        }
        ww_buf_fmt(out, last > list[i].port ? "%s%u-%u" : "%s%u", out->len ? ", " : "", list[i].port, last);
        i += row;
    }
}

/* Of each peer and protocol one item is left, with all ports. */
static void join_ports(struct items *items)
{
    size_t kept = 0;
    qsort(items->list, items->n, sizeof(*items->list), by_peer);
    for (size_t i = 0; i < items->n;) {
        struct item *first = &items->list[i];
        struct ww_buf ports = {0};
        size_t n = 1;
        while (i + n < items->n && !strcmp(first[n].peer, first->peer) && first[n].proto == first->proto)
            free(first[n++].peer);
        write_ports(first, n, &ports);
        first->ports = ww_buf_ok(&ports) ? ww_buf_take(&ports) : NULL;
        items->failed = items->failed || !first->ports;
        ww_buf_done(&ports);
        items->list[kept++] = *first;
        i += n;
    }
    items->n = kept;
}

/* The addresses of n items. Without memory: none, and out has failed. */
static struct ww_suggest_addrs addrs_of(const struct item *first, size_t n, struct ww_buf *out)
{
    struct ww_suggest_addrs addrs = {.list = calloc(n, sizeof(*addrs.list))};
    out->failed = out->failed || !addrs.list;
    for (size_t i = 0; i < n && addrs.list; i++)
        addrs.list[addrs.n++] = first[i].addr;
    return addrs;
}

static void write_ips(const struct ww_groups *groups, const struct item *first, size_t n, struct ww_buf *out)
{
    struct ww_suggest_addrs addrs = addrs_of(first, n, out);
    ww_suggest_remarks(groups, &addrs, "  ", out);
    ww_buf_str(out, "  - {ips: [");
    ww_suggest_ips(groups, &addrs, out);
    ww_buf_str(out, "], ");
    free(addrs.list);
}

static void write_rule(const struct ww_groups *groups, const struct item *first, size_t n, struct ww_buf *out)
{
    const struct ww_protocol *proto = ww_protocol_find(first->proto);
    if (first->address)
        write_ips(groups, first, n, out);
    else
        ww_buf_fmt(out, "  - {%s%s", first->peer, *first->peer ? ", " : "");
    ww_buf_fmt(out, "proto: %s", proto ? proto->name : "");
    if (proto && proto->has_ports)
        ww_buf_fmt(out, ", dst_ports: [%s]", first->ports);
    ww_buf_str(out, "}\n");
}

static void write_items(const struct ww_groups *groups, const char *side, struct items *items, struct ww_buf *out)
{
    if (items->n && !items->failed) {
        ww_buf_fmt(out, "%s:\n", side);
        join_ports(items);
    }
    if (items->failed) {
        out->failed = true;
        return;
    }
    if (items->n)
        qsort(items->list, items->n, sizeof(*items->list), by_ports);
    for (size_t i = 0; i < items->n;) {
        const struct item *first = &items->list[i];
        size_t n = 1;
        while (first->address && i + n < items->n && first[n].proto == first->proto &&
               !strcmp(first[n].ports, first->ports))
            n++;
        write_rule(groups, first, n, out);
        i += n;
    }
}

static bool is_of(const struct ww_seen *seen, enum ww_seen_side side, uint8_t proto, uint16_t port)
{
    return seen->side == side && seen->proto == proto && seen->port == port;
}

/* Who came to published ports. */
struct clients {
    struct ww_suggest_addrs addrs;
    bool any; /* too many to tell */
    bool failed;
};

static struct clients clients_of(const struct ww_suggestion *s, const struct ww_publish *p)
{
    struct clients c = {.addrs.list = calloc(s->n + 1, sizeof(*c.addrs.list))};
    c.failed = !c.addrs.list;
    for (size_t i = 0; i < s->n && !c.failed; i++) {
        if (!is_of(&s->seen[i], WW_SEEN_EXTERNAL, p->proto, p->cport))
            continue;
        if (s->seen[i].peer == WW_SEEN_ANY)
            c.any = true;
        else
            c.addrs.list[c.addrs.n++] = s->seen[i].addr;
    }
    return c;
}

/* Both are in the order of addresses. */
static bool is_same(const struct clients *a, const struct clients *b)
{
    bool same = a->any == b->any && (a->any || a->addrs.n == b->addrs.n);
    for (size_t i = 0; i < a->addrs.n && same && !a->any; i++)
        same = ww_addr_cmp(&a->addrs.list[i], &b->addrs.list[i]) == 0;
    return same;
}

/* mapped_ports.external is about all published ports: the same clients came to each of them. */
static bool is_external(const struct ww_suggestion *s, struct clients *ret_clients)
{
    bool same = true;
    size_t n = 0;
    for (size_t i = 0; i < s->n_published && same; i++) {
        if (ww_addr_is_loopback(&s->published[i].host))
            continue;
        struct clients c = clients_of(s, &s->published[i]);
        ret_clients->failed = ret_clients->failed || c.failed;
        same = n == 0 || is_same(&c, ret_clients);
        if (n++ == 0)
            *ret_clients = c;
        else
            free(c.addrs.list);
    }
    return same && n && !ret_clients->failed && (ret_clients->any || ret_clients->addrs.n);
}

static bool host_came(const struct ww_suggestion *s, uint8_t proto, uint16_t port)
{
    for (size_t i = 0; i < s->n; i++)
        if (is_of(&s->seen[i], WW_SEEN_LOCALHOST, proto, port))
            return true;
    return false;
}

static bool is_localhost(const struct ww_suggestion *s)
{
    for (size_t i = 0; i < s->n_published; i++)
        if (!host_came(s, s->published[i].proto, s->published[i].cport))
            return false;
    return s->n_published > 0;
}

/* external NULL: not by mapped_ports. */
static void write_mapped(const struct ww_groups *groups, bool localhost, const struct clients *external,
                         struct ww_buf *out)
{
    if (localhost || external)
        ww_buf_str(out, "mapped_ports:\n");
    if (localhost)
        ww_buf_str(out, "  localhost:\n    allow: true\n");
    if (external)
        ww_buf_str(out, "  external:\n    allow: true\n");
    if (!external || external->any)
        return;
    ww_suggest_remarks(groups, &external->addrs, "    ", out);
    ww_buf_str(out, "    ips: [");
    ww_suggest_ips(groups, &external->addrs, out);
    ww_buf_str(out, "]\n");
}

/* Port 0 is none that rules have. */
static bool is_nameable(const struct ww_seen *seen)
{
    const struct ww_protocol *proto = ww_protocol_find(seen->proto);
    return proto && proto->in_rules && (seen->port || !proto->has_ports);
}

/* What mapped_ports does not say stands in its list. Where clients of all addresses came, single ones say nothing. */
static bool is_in_list(const struct ww_suggestion *s, size_t i, bool localhost, bool external)
{
    const struct ww_seen *seen = &s->seen[i];
    if (!is_nameable(seen) || seen->opened || (seen->side == WW_SEEN_LOCALHOST && localhost))
        return false;
    if (seen->side != WW_SEEN_EXTERNAL)
        return true;
    for (size_t j = 0; j < s->n && seen->peer == WW_SEEN_ADDRESS; j++)
        if (s->seen[j].peer == WW_SEEN_ANY && is_of(&s->seen[j], WW_SEEN_EXTERNAL, seen->proto, seen->port))
            return false;
    return !external;
}

static void write_unnameable(const struct ww_suggestion *s, struct ww_buf *out)
{
    char addr[WW_ADDR_TEXT];
    char proto[WW_PROTOCOL_TEXT];
    for (size_t i = 0; i < s->n; i++) {
        const struct ww_protocol *known = ww_protocol_find(s->seen[i].proto);
        if (is_nameable(&s->seen[i]))
            continue;
        ww_buf_fmt(out, "# protocol %s%s %s %s: rules cannot name it; one with nothing but 'ips' allows it\n",
                   ww_protocol_text(s->seen[i].proto, proto), known && known->in_rules ? " port 0" : "",
                   s->seen[i].side == WW_SEEN_OUTPUT ? "to" : "from", ww_addr_text(&s->seen[i].addr, addr));
    }
}

void ww_suggestion_rules(const struct ww_suggestion *s, struct ww_buf *out)
{
    struct items input = {0};
    struct items output = {0};
    struct clients clients = {0};
    bool external = is_external(s, &clients);
    bool localhost = is_localhost(s);
    for (size_t i = 0; i < s->n; i++)
        if (is_in_list(s, i, localhost, external))
            add(s->seen[i].side == WW_SEEN_OUTPUT ? &output : &input, &s->seen[i]);
    out->failed = out->failed || clients.failed;
    write_mapped(s->groups, localhost, external ? &clients : NULL, out);
    write_items(s->groups, "input", &input, out);
    write_items(s->groups, "output", &output, out);
    write_unnameable(s, out);
    items_done(&input);
    items_done(&output);
    free(clients.addrs.list);
}
