/* An explanation as JSON. docs/control.md describes every field, and a test holds the two together. */
#include "core/control/explain.h"
#include "core/control/writer.h"

static void write_end(struct ww_writer *w, const char *key, const struct ww_explain_end *end)
{
    ww_write_open(w, key, '{');
    ww_write_text(w, "kind", end->kind);
    ww_write_text(w, "name", end->name);
    ww_write_text(w, "id", end->id);
    ww_write_bool(w, "managed", end->managed);
    ww_write_close(w, '}');
}

static void write_addr(struct ww_writer *w, const char *key, const struct ww_addr *addr)
{
    char text[WW_ADDR_TEXT];
    ww_write_text(w, key, addr->family ? ww_addr_text(addr, text) : NULL);
}

static void write_step(struct ww_writer *w, const struct ww_explain_step *step)
{
    ww_write_open(w, NULL, '{');
    ww_write_text(w, "at", step->at);
    ww_write_text(w, "container", step->container);
    ww_write_bool(w, "passes", step->passes);
    ww_write_text(w, "rule", step->rule);
    ww_write_text(w, "text", step->text);
    ww_write_text(w, "hint", step->hint);
    ww_write_close(w, '}');
}

static void write_way(struct ww_writer *w, const struct ww_explain_way *way)
{
    ww_write_open(w, NULL, '{');
    ww_write_text(w, "verdict", ww_explain_verdict_text(way->verdict));
    ww_write_text(w, "network", way->network);
    ww_write_text(w, "through", way->through);
    write_addr(w, "source", &way->source);
    write_addr(w, "destination", &way->destination);
    ww_write_number(w, "destination_port", way->port);
    write_addr(w, "dialled", &way->dialled);
    ww_write_number(w, "dialled_port", way->dialled_port);
    ww_write_open(w, "steps", '[');
    for (size_t i = 0; i < way->n_steps; i++)
        write_step(w, &way->steps[i]);
    ww_write_close(w, ']');
    ww_write_close(w, '}');
}

/* null: one port was asked for. */
static void write_ranges(struct ww_writer *w, const struct ww_explanation *e)
{
    if (!e->all) {
        ww_write_null(w, "ranges");
        return;
    }
    ww_write_open(w, "ranges", '[');
    for (size_t i = 0; i < e->n_ranges; i++) {
        const struct ww_explain_range *r = &e->ranges[i];
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "protocol", r->protocol);
        ww_write_number(w, "first_port", r->first);
        ww_write_number(w, "last_port", r->last);
        ww_write_text(w, "verdict", ww_explain_verdict_text(r->verdict));
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

void ww_explanation_write(const struct ww_explanation *e, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_EXPLAIN_FORMAT);
    write_end(&w, "from", &e->from);
    write_end(&w, "to", &e->to);
    ww_write_text(&w, "protocol", e->protocol);
    ww_write_number(&w, "port", e->port);
    ww_write_text(&w, "verdict", ww_explain_verdict_text(e->verdict));
    ww_write_open(&w, "ways", '[');
    for (size_t i = 0; i < e->n_ways; i++)
        write_way(&w, &e->ways[i]);
    ww_write_close(&w, ']');
    write_ranges(&w, e);
    ww_write_open(&w, "notes", '[');
    for (size_t i = 0; i < e->n_notes; i++)
        ww_write_text(&w, NULL, e->notes[i]);
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
}
