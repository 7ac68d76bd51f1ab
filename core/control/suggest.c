/* A suggestion as JSON. docs/audit.md describes every field, and a test holds the two together. */
#include "core/control/suggest.h"

#include <stdlib.h>
#include <string.h>

#include "core/control/writer.h"
#include "core/model/protocol.h"

void ww_suggestion_done(struct ww_suggestion *s)
{
    free(s->seen);
    *s = (struct ww_suggestion){0};
}

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_seen(const void *pa, const void *pb)
{
    const struct ww_seen *a = pa;
    const struct ww_seen *b = pb;
    if (a->side != b->side)
        return a->side < b->side ? -1 : 1;
    if (a->peer != b->peer)
        return a->peer < b->peer ? -1 : 1;
    int order = compare_texts(a->network, b->network);
    if (order == 0)
        order = compare_texts(a->name, b->name);
    if (order == 0 && a->peer == WW_SEEN_ADDRESS)
        order = ww_addr_cmp(&a->addr, &b->addr);
    if (order == 0)
        order = a->proto - b->proto;
    return order ? order : a->port - b->port;
}

void ww_suggestion_sort(struct ww_suggestion *s)
{
    if (s->n)
        qsort(s->seen, s->n, sizeof(*s->seen), compare_seen);
}

static const char *side_text(enum ww_seen_side side)
{
    static const char *const texts[] = {"localhost", "external", "input", "output"};
    return texts[side];
}

static const char *peer_text(enum ww_seen_peer peer)
{
    static const char *const texts[] = {"container", "host", "address", "any"};
    return texts[peer];
}

static void write_seen(struct ww_writer *w, const struct ww_seen *seen)
{
    char addr[WW_ADDR_TEXT];
    char proto[WW_PROTOCOL_TEXT];
    ww_write_open(w, NULL, '{');
    ww_write_text(w, "side", side_text(seen->side));
    ww_write_text(w, "peer", peer_text(seen->peer));
    ww_write_text(w, "network", seen->network);
    ww_write_text(w, "name", seen->name);
    ww_write_text(w, "address", seen->addr.family ? ww_addr_text(&seen->addr, addr) : NULL);
    ww_write_text(w, "protocol", ww_protocol_text(seen->proto, proto));
    if (seen->port)
        ww_write_number(w, "port", seen->port);
    else
        ww_write_null(w, "port");
    ww_write_number(w, "reports", (int64_t)seen->reports);
    ww_write_time(w, "first", seen->first_ns);
    ww_write_time(w, "last", seen->last_ns);
    ww_write_bool(w, "audited", seen->audited);
    ww_write_bool(w, "opened", seen->opened);
    ww_write_close(w, '}');
}

void ww_suggestion_write(const struct ww_suggestion *s, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    struct ww_buf rules = {0};
    ww_buf_str(&rules, "");
    ww_suggestion_rules(s, &rules);
    if (!ww_buf_ok(&rules))
        out->failed = true;
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_SUGGEST_FORMAT);
    ww_write_text(&w, "id", s->id);
    ww_write_text(&w, "name", s->name);
    ww_write_text(&w, "project", s->project);
    ww_write_text(&w, "service", s->service);
    ww_write_bool(&w, "audited", s->audited);
    ww_write_bool(&w, "labelled", s->labelled);
    ww_write_time(&w, "since", s->since_ns);
    ww_write_number(&w, "left_out", (int64_t)s->left_out);
    ww_write_text(&w, "rules", ww_buf_ok(&rules) ? rules.data : NULL);
    ww_write_open(&w, "flows", '[');
    for (size_t i = 0; i < s->n; i++)
        write_seen(&w, &s->seen[i]);
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
    ww_buf_done(&rules);
}
