/* Drops as JSON. docs/control.md describes every field, and a test holds the two together. */
#include "core/control/drops.h"

#include <errno.h>
#include <stdlib.h>

#include "core/control/writer.h"
#include "core/model/protocol.h"

int ww_drops_answer_add(struct ww_drops_answer *a, const struct ww_dropped *drop)
{
    struct ww_dropped *drops = reallocarray(a->drops, a->n + 1, sizeof(*drops));
    if (!drops)
        return -ENOMEM;
    a->drops = drops;
    drops[a->n++] = *drop;
    return 0;
}

void ww_drops_answer_done(struct ww_drops_answer *a)
{
    free(a->drops);
    *a = (struct ww_drops_answer){0};
}

static void write_known(struct ww_writer *w, const char *key, bool known, uint64_t value)
{
    if (known)
        ww_write_number(w, key, (int64_t)value);
    else
        ww_write_null(w, key);
}

static void write_drop(struct ww_writer *w, const struct ww_dropped *d)
{
    char own[WW_ADDR_TEXT];
    char peer[WW_ADDR_TEXT];
    char proto[WW_PROTOCOL_TEXT];
    ww_write_open(w, NULL, '{');
    ww_write_number(w, "seq", (int64_t)d->seq);
    ww_write_time(w, "first", d->first_ns);
    ww_write_time(w, "last", d->last_ns);
    ww_write_number(w, "reports", (int64_t)d->reports);
    ww_write_text(w, "container", d->name);
    ww_write_text(w, "id", d->id);
    ww_write_text(w, "direction", d->out ? "out" : "in");
    ww_write_text(w, "address", d->own.family ? ww_addr_text(&d->own, own) : NULL);
    ww_write_text(w, "peer", d->peer.family ? ww_addr_text(&d->peer, peer) : NULL);
    ww_write_text(w, "peer_name", d->peer_name);
    ww_write_text(w, "protocol", ww_protocol_text(d->proto, proto));
    write_known(w, "port", d->port != 0, d->port);
    ww_write_bool(w, "audited", d->audited);
    ww_write_text(w, "reason", d->reason);
    ww_write_text(w, "text", d->text);
    ww_write_text(w, "policy", d->policy);
    write_known(w, "packets", d->counted, d->packets);
    ww_write_close(w, '}');
}

void ww_drops_answer_write(const struct ww_drops_answer *a, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_DROPS_FORMAT);
    ww_write_number(&w, "next", (int64_t)a->next);
    ww_write_number(&w, "left_out", (int64_t)a->left_out);
    ww_write_open(&w, "drops", '[');
    for (size_t i = 0; i < a->n; i++)
        write_drop(&w, &a->drops[i]);
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
}
