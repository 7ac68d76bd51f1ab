#include "core/kernel/base_ruleset/stmt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool ww_stmt_add(struct ww_stmt *stmt, struct ww_term term)
{
    size_t n = ww_stmt_count(stmt);
    if (n == WW_STMT_TERMS)
        return false;
    stmt->terms[n] = term;
    return true;
}

size_t ww_stmt_count(const struct ww_stmt *stmt)
{
    size_t n = 0;
    while (n < WW_STMT_TERMS && stmt->terms[n].kind != WW_T_END)
        n++;
    return n;
}

bool ww_term_has_width(const struct ww_term *term)
{
    return term->kind == WW_T_SET && ww_set_nets(2 * term->set) >= 0;
}

/* Beside the port that was the original destination another would not do: nft would take the rule's protocol from it,
 * and lists ICMP's as none. */
static enum ww_field width_field(const struct ww_term *term)
{
    const enum ww_field *key = ww_set_schema(2 * term->set)->key;
    bool port = false;
    for (unsigned i = 0; i < ww_set_fields(2 * term->set); i++)
        port = port || key[i] == WW_F_DPORT;
    return term->orig_dst && port ? WW_F_FLOW_SPORT : WW_F_WIDTH;
}

enum ww_field ww_term_key_field(const struct ww_term *term, unsigned i)
{
    enum ww_field field = ww_set_schema(2 * term->set)->key[i];
    if (term->arp && (field == WW_F_SADDR || field == WW_F_DADDR))
        return WW_F_ARP_ADDR;
    if (term->reply && field == WW_F_DADDR)
        return WW_F_SADDR;
    if (term->reply && field == WW_F_SADDR)
        return WW_F_DADDR;
    if (term->reply && field == WW_F_DPORT)
        return WW_F_SPORT;
    if (term->reply && field == WW_F_MAC_TO)
        return WW_F_MAC;
    if (term->bridged && field == WW_F_IIFNAME)
        return term->reply ? WW_F_OBRNAME : WW_F_IBRNAME;
    if (term->reply && field == WW_F_IIFNAME)
        return WW_F_OIFNAME;
    if (term->reply && field == WW_F_OIF)
        return WW_F_IIF;
    if (term->arp && field == WW_F_MAC)
        return WW_F_ARP_MAC;
    if (term->orig_dst && field == WW_F_DADDR)
        return WW_F_ORIG_DADDR;
    if (field == WW_F_WIDTH)
        return width_field(term);
    if (term->orig_dst && field == WW_F_DPORT)
        return WW_F_ORIG_DPORT;
    if (term->typed && field == WW_F_DPORT)
        return WW_F_SPORT;
    if (term->began && field == WW_F_SADDR)
        return WW_F_FLOW_SADDR;
    if (term->answers && field == WW_F_SADDR)
        return WW_F_FLOW_DADDR;
    return field;
}

static int span_cmp(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ww_span));
}

/* Is `hi` + 1 == lo, or lo <= hi? */
static bool touches(const uint8_t *hi, const uint8_t *lo, uint8_t len)
{
    if (memcmp(lo, hi, len) <= 0)
        return true;
    uint8_t next[WW_FIELD_BYTES];
    memcpy(next, hi, len);
    for (int i = len - 1; i >= 0 && ++next[i] == 0; i--)
        ;
    return memcmp(next, lo, len) == 0;
}

size_t ww_spans_merge(struct ww_span *spans, size_t n, uint8_t len)
{
    if (n == 0)
        return 0;
    qsort(spans, n, sizeof(*spans), span_cmp);
    size_t last = 0;
    for (size_t i = 1; i < n; i++) {
        if (!touches(spans[last].hi, spans[i].lo, len))
            spans[++last] = spans[i];
        else if (memcmp(spans[i].hi, spans[last].hi, len) > 0)
            memcpy(spans[last].hi, spans[i].hi, len);
    }
    return last + 1;
}

static void write_spans(const struct ww_term *t, const struct ww_field_info *field, struct ww_buf *out)
{
    ww_buf_fmt(out, "%s %s", field->name, t->n_spans > 1 ? "{ " : "");
    for (size_t i = 0; i < t->n_spans; i++) {
        ww_buf_str(out, i ? ", " : "");
        ww_field_write(field->type, t->spans[i].lo, field->len, out);
        if (memcmp(t->spans[i].lo, t->spans[i].hi, field->len) == 0)
            continue;
        ww_buf_str(out, "-");
        ww_field_write(field->type, t->spans[i].hi, field->len, out);
    }
    ww_buf_str(out, t->n_spans > 1 ? " }" : "");
}

static void write_key(const struct ww_term *t, int family, struct ww_buf *out)
{
    unsigned n = ww_set_fields(2 * t->set);
    for (unsigned i = 0; i < n; i++) {
        enum ww_field field = ww_term_key_field(t, i);
        ww_buf_str(out, i ? " . " : "");
        if (ww_set_schema(2 * t->set)->key[i] == WW_F_WIDTH)
            ww_buf_fmt(out, "%u", t->value);
        else
            ww_buf_str(out, ww_field_info(field, family)->name);
    }
}

static void write_set(const struct ww_term *t, int family, struct ww_buf *out)
{
    char name[WW_SET_NAME];
    write_key(t, family, out);
    if (t->mask)
        ww_buf_str(out, t->set == WW_VERDICT_R ? " & high" : " & low");
    ww_buf_fmt(out, " %s%s@%s", t->kind == WW_T_VMAP ? "vmap " : "", t->negate ? "!= " : "",
               ww_set_name(ww_set_id(t->set, family), name));
}

static void write_rate(const struct ww_term *t, struct ww_buf *out)
{
    ww_buf_fmt(out, "limit rate %u/second burst %u packets", t->value, t->mask);
}

static void write_update(const struct ww_term *t, int family, struct ww_buf *out)
{
    char name[WW_SET_NAME];
    ww_buf_fmt(out, "update @%s { ", ww_set_name(ww_set_id(t->set, family), name));
    write_key(t, family, out);
    ww_buf_str(out, " ");
    if (t->kind == WW_T_SAMPLE)
        write_rate(t, out);
    else
        ww_buf_str(out, "counter");
    ww_buf_str(out, " }");
}

static void write_is(const struct ww_term *t, const struct ww_field_info *field, struct ww_buf *out)
{
    const char *op = t->negate ? "!= " : "";
    if (t->kind == WW_T_BITS)
        ww_buf_fmt(out, "%s & 0x%x %s 0", field->name, t->value, t->negate ? "==" : "!=");
    else if (t->mask)
        ww_buf_fmt(out, "%s & 0x%x %s0x%x", field->name, t->mask, op, t->value);
    else if (field->type == WW_TYPE_PROTO) {
        uint8_t proto = (uint8_t)t->value;
        ww_buf_fmt(out, "%s %s", field->name, op);
        ww_field_write(WW_TYPE_PROTO, &proto, 1, out);
    } else
        ww_buf_fmt(out, "%s %s%u", field->name, op, t->value);
}

static void write_end(const struct ww_term *t, struct ww_buf *out)
{
    static const char *const names[] = {[WW_T_COUNTER] = "counter", [WW_T_LOG] = "log prefix",
                                        [WW_T_QUEUE] = "queue",     [WW_T_ACCEPT] = "accept",
                                        [WW_T_DROP] = "drop",       [WW_T_RETURN] = "return",
                                        [WW_T_NOTRACK] = "notrack", [WW_T_JUMP] = "jump",
                                        [WW_T_GOTO] = "goto",       [WW_T_REJECT] = "reject with tcp reset"};
    ww_buf_str(out, names[t->kind]);
    if (t->kind == WW_T_LOG)
        ww_buf_fmt(out, " \"%s\"", t->text);
    else if (t->kind == WW_T_QUEUE)
        ww_buf_fmt(out, " %u", t->value);
    else if (t->text)
        ww_buf_fmt(out, " %s", t->text);
}

static void write_term(const struct ww_term *t, int family, struct ww_buf *out)
{
    const struct ww_field_info *field = ww_field_info(t->field, family);
    switch (t->kind) {
    case WW_T_IS:
    case WW_T_BITS:
        write_is(t, field, out);
        break;
    case WW_T_IN:
        write_spans(t, field, out);
        break;
    case WW_T_SET:
    case WW_T_VMAP:
        write_set(t, family, out);
        break;
    case WW_T_COUNT:
    case WW_T_SAMPLE:
        write_update(t, family, out);
        break;
    case WW_T_RATE:
        write_rate(t, out);
        break;
    case WW_T_REPORT:
        ww_buf_fmt(out, "log prefix \"%s\" group %u", t->text, t->value);
        break;
    case WW_T_MARK:
        ww_buf_fmt(out, "meta mark set meta mark %s 0x%x", t->negate ? "&" : "|", t->negate ? ~t->value : t->value);
        break;
    case WW_T_TO_HOST:
        ww_buf_str(out, "meta pkttype set host");
        break;
    case WW_T_LABEL:
        ww_buf_fmt(out, "ct label set %s %016llx", t->negate ? "receiver" : "sender", (unsigned long long)t->number);
        break;
    default:
        write_end(t, out);
        break;
    }
}

static bool has_key(const struct ww_term *t)
{
    return t->kind == WW_T_SET || t->kind == WW_T_VMAP || t->kind == WW_T_COUNT || t->kind == WW_T_SAMPLE;
}

/* A term that names the family already makes a word for it superfluous. */
static bool says_family(const struct ww_stmt *stmt)
{
    for (size_t i = 0; i < ww_stmt_count(stmt); i++) {
        const struct ww_term *t = &stmt->terms[i];
        if (t->kind == WW_T_IN && ww_field_info(t->field, stmt->family)->type == WW_TYPE_ADDR)
            return true;
        if (has_key(t) && ww_set_schema(2 * t->set)->key[0] != WW_F_PROTO)
            return true;
    }
    return false;
}

void ww_stmt_write(const struct ww_stmt *stmt, struct ww_buf *out)
{
    const char *space = "";
    if (stmt->family && !says_family(stmt)) {
        ww_buf_str(out, stmt->family == AF_INET6 ? "meta nfproto ipv6" : "meta nfproto ipv4");
        space = " ";
    }
    for (size_t i = 0; i < ww_stmt_count(stmt); i++) {
        ww_buf_str(out, space);
        write_term(&stmt->terms[i], stmt->family, out);
        space = " ";
    }
}
