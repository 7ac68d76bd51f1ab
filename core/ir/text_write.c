/* The text form of rules and rulesets, written. */
#include <string.h>

#include "core/ir/text.h"
#include "core/ir/words.h"
#include "core/model/protocol.h"

static const char *side_name(enum ww_side side)
{
    switch (side) {
    case WW_LOCALHOST:
        return "localhost";
    case WW_EXTERNAL:
        return "external";
    case WW_INPUT:
        return "input";
    case WW_OUTPUT:
        return "output";
    }
    return "-"; /* not a rule that validates; must not look like one */
}

void ww_quoted_write(const char *text, struct ww_buf *out)
{
    ww_buf_str(out, "\"");
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\')
            ww_buf_fmt(out, "\\%c", c);
        else if (c == '\n')
            ww_buf_str(out, "\\n");
        else if (c < 0x20 || c > 0x7e)
            ww_buf_fmt(out, "\\x%02x", c);
        else
            ww_buf_add(out, p, 1);
    }
    ww_buf_str(out, "\"");
}

void ww_word_write(const char *text, struct ww_buf *out)
{
    size_t plain = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-");
    if (*text && !text[plain])
        ww_buf_str(out, text);
    else
        ww_quoted_write(text, out);
}

void ww_proto_write(uint8_t proto, struct ww_buf *out)
{
    char text[WW_PROTOCOL_TEXT];
    ww_buf_str(out, ww_protocol_text(proto, text));
}

static void write_own(const struct ww_rule *rule, const char *word, struct ww_buf *out)
{
    char text[WW_ADDR_TEXT];
    for (size_t i = 0; i < rule->n_own; i++) {
        ww_buf_fmt(out, i ? "," : " %s ", word);
        ww_buf_str(out, ww_addr_text(&rule->own[i], text));
    }
}

static void write_peer(const struct ww_rule *rule, const char *word, struct ww_buf *out)
{
    char text[WW_RANGE_TEXT];
    if (rule->peer == WW_PEER_ANY && rule->n_peers == 0) {
        if (rule->side != WW_LOCALHOST)
            ww_buf_fmt(out, " %s any", word);
        return;
    }
    ww_buf_fmt(out, " %s ", word);
    if (rule->peer == WW_PEER_HOST)
        ww_buf_str(out, "host");
    else if (rule->n_peers == 0)
        ww_buf_str(out, "-"); /* nor this */
    for (size_t i = 0; i < rule->n_peers; i++)
        ww_buf_fmt(out, "%s%s", i ? "," : "", ww_addr_range_text(&rule->peers[i], text));
}

static void write_ports(const struct ww_ports *ports, size_t n, const char *word, struct ww_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            ww_buf_str(out, ",");
        else
            ww_buf_fmt(out, " %s ", word);
        ww_buf_fmt(out, "%u", ports[i].lo);
        if (ports[i].lo != ports[i].hi)
            ww_buf_fmt(out, "-%u", ports[i].hi);
    }
}

static void write_string(const char *text, const char *word, struct ww_buf *out)
{
    if (!text)
        return;
    ww_buf_fmt(out, " %s ", word);
    ww_quoted_write(text, out);
}

static void write_verdict(const struct ww_verdict *verdict, struct ww_buf *out)
{
    if (verdict->kind == WW_CHAIN)
        write_string(verdict->chain ? verdict->chain : "", "chain", out);
    if (verdict->kind != WW_QUEUE)
        return;
    ww_buf_fmt(out, " queue %u", verdict->queue);
    if (verdict->est_in)
        ww_buf_fmt(out, " est_in %u", verdict->est_in);
    if (verdict->est_out)
        ww_buf_fmt(out, " est_out %u", verdict->est_out);
}

void ww_rule_write(const struct ww_rule *rule, struct ww_buf *out)
{
    ww_buf_str(out, side_name(rule->side));
    if (rule->consent)
        ww_buf_str(out, " consent");
    if (rule->side == WW_OUTPUT) {
        write_own(rule, "from", out);
        write_peer(rule, "to", out);
    } else {
        write_peer(rule, "from", out);
        write_own(rule, "to", out);
    }
    if (rule->proto) {
        ww_buf_str(out, " ");
        ww_proto_write(rule->proto, out);
    }
    write_ports(rule->sports, rule->n_sports, "sport", out);
    write_ports(rule->dports, rule->n_dports, "dport", out);
    write_string(rule->log, "log", out);
    write_verdict(&rule->verdict, out);
    write_string(rule->origin, "origin", out);
    ww_buf_str(out, "\n");
}

static void write_endpoint(const struct ww_endpoint_addrs *e, struct ww_buf *out)
{
    char ipv4[WW_ADDR_TEXT];
    char ipv6[WW_ADDR_TEXT];
    char mac[WW_MAC_TEXT];
    ww_buf_fmt(out, "endpoint %s %s %s\n", ww_addr_text(&e->ipv4, ipv4), ww_addr_text(&e->ipv6, ipv6),
               ww_mac_is_zero(&e->mac) ? "-" : ww_mac_text(&e->mac, mac));
}

static void write_publish(const struct ww_publish *p, struct ww_buf *out)
{
    char host[WW_ADDR_TEXT];
    ww_buf_str(out, "publish ");
    ww_proto_write(p->proto, out);
    ww_buf_fmt(out, " %u on %s", p->cport, ww_addr_text(&p->host, host));
    if (p->hport)
        ww_buf_fmt(out, " port %u", p->hport);
    ww_buf_str(out, "\n");
}

void ww_ruleset_shell_write(const struct ww_ruleset *rs, struct ww_buf *out)
{
    ww_buf_str(out, "ruleset ");
    ww_word_write(rs->id, out);
    ww_buf_str(out, " ");
    ww_quoted_write(rs->name, out);
    ww_buf_str(out, rs->quarantined ? " quarantined" : "");
    ww_buf_str(out, rs->audited ? " audited\n" : "\n");
    for (size_t i = 0; i < rs->n_endpoints; i++)
        write_endpoint(&rs->endpoints[i], out);
    for (size_t i = 0; i < rs->n_published; i++)
        write_publish(&rs->published[i], out);
}

void ww_ruleset_write(const struct ww_ruleset *rs, struct ww_buf *out)
{
    ww_ruleset_shell_write(rs, out);
    for (size_t i = 0; i < rs->n_rules; i++)
        ww_rule_write(&rs->rules[i], out);
}
