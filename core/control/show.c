/* A container as JSON. docs/control.md describes every field, and a test holds the two together. */
#include "core/control/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/control/status_write.h"
#include "core/control/writer.h"
#include "core/model/protocol.h"

int ww_show_add_ban(struct ww_show *s, const struct ww_ban *ban)
{
    const struct ww_ban **bans = reallocarray(s->bans, s->n_bans + 1, sizeof(struct ww_ban *));
    if (!bans)
        return -ENOMEM;
    s->bans = bans;
    bans[s->n_bans++] = ban;
    return 0;
}

void ww_show_done(struct ww_show *s)
{
    ww_status_done(&s->status);
    free(s->bans);
    *s = (struct ww_show){0};
}

static void write_ports(struct ww_writer *w, const char *key, const struct ww_ports *ports, size_t n)
{
    char text[16];
    ww_write_open(w, key, '[');
    for (size_t i = 0; i < n; i++) {
        if (ports[i].lo == ports[i].hi)
            snprintf(text, sizeof(text), "%u", ports[i].lo);
        else
            snprintf(text, sizeof(text), "%u-%u", ports[i].lo, ports[i].hi);
        ww_write_text(w, NULL, text);
    }
    ww_write_close(w, ']');
}

static void write_peers(struct ww_writer *w, const struct ww_show *s, const struct ww_rule *rule)
{
    static const char *const peers[] = {[WW_PEER_ANY] = "any", [WW_PEER_HOST] = "host", [WW_PEER_ADDRS] = "addresses"};
    char text[WW_RANGE_TEXT];
    ww_write_text(w, "peer", peers[rule->peer]);
    ww_write_open(w, "peers", '[');
    for (size_t i = 0; i < rule->n_peers; i++) {
        const struct ww_addr_range *range = &rule->peers[i];
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "address", ww_addr_range_text(range, text));
        ww_write_text(w, "container", ww_addr_range_is_single(range) ? s->name_of(s->arg, &range->lo) : NULL);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_own(struct ww_writer *w, const struct ww_rule *rule)
{
    char text[WW_ADDR_TEXT];
    ww_write_open(w, "own", '[');
    for (size_t i = 0; i < rule->n_own; i++)
        ww_write_text(w, NULL, ww_addr_text(&rule->own[i], text));
    ww_write_close(w, ']');
}

static void write_verdict(struct ww_writer *w, const struct ww_verdict *verdict)
{
    static const char *const kinds[] = {[WW_ACCEPT] = "accept", [WW_CHAIN] = "chain", [WW_QUEUE] = "queue"};
    ww_write_text(w, "verdict", kinds[verdict->kind]);
    ww_write_text(w, "chain", verdict->kind == WW_CHAIN ? verdict->chain : NULL);
    if (verdict->kind == WW_QUEUE)
        ww_write_number(w, "queue", verdict->queue);
    else
        ww_write_null(w, "queue");
}

/* The fields of the rule, in an object that is open. */
static void write_rule(struct ww_writer *w, const struct ww_show *s, const struct ww_rule *rule)
{
    static const char *const sides[] = {
        [WW_LOCALHOST] = "localhost", [WW_EXTERNAL] = "external", [WW_INPUT] = "input", [WW_OUTPUT] = "output"};
    char proto[WW_PROTOCOL_TEXT];
    ww_write_text(w, "side", sides[rule->side]);
    write_peers(w, s, rule);
    write_own(w, rule);
    ww_write_text(w, "protocol", rule->proto ? ww_protocol_text(rule->proto, proto) : NULL);
    write_ports(w, "source_ports", rule->sports, rule->n_sports);
    write_ports(w, "ports", rule->dports, rule->n_dports);
    ww_write_text(w, "origin", rule->origin);
}

static void write_rules(struct ww_writer *w, const struct ww_show *s)
{
    ww_write_open(w, "rules", '[');
    for (size_t i = 0; s->rules && i < s->rules->n_rules; i++) {
        const struct ww_rule *rule = &s->rules->rules[i];
        ww_write_open(w, NULL, '{');
        write_rule(w, s, rule);
        ww_write_bool(w, "consent", rule->consent);
        ww_write_text(w, "log", rule->log);
        write_verdict(w, &rule->verdict);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_bans(struct ww_writer *w, const struct ww_show *s)
{
    ww_write_open(w, "bans", '[');
    for (size_t i = 0; i < s->n_bans; i++) {
        ww_write_open(w, NULL, '{');
        write_rule(w, s, &s->bans[i]->rule);
        ww_write_text(w, "reason", s->bans[i]->reason);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_published(struct ww_writer *w, const struct ww_ruleset *rs)
{
    char proto[WW_PROTOCOL_TEXT];
    char host[WW_ADDR_TEXT];
    ww_write_open(w, "published", '[');
    for (size_t i = 0; rs && i < rs->n_published; i++) {
        const struct ww_publish *p = &rs->published[i];
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "protocol", ww_protocol_text(p->proto, proto));
        ww_write_text(w, "host", ww_addr_text(&p->host, host));
        ww_write_number(w, "host_port", p->hport);
        ww_write_number(w, "port", p->cport);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

void ww_show_write(const struct ww_show *s, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_SHOW_FORMAT);
    ww_write_text(&w, "id", s->id);
    ww_write_text(&w, "name", s->name);
    ww_write_bool(&w, "managed", s->managed);
    if (s->status.n_containers)
        ww_status_write_container(&w, "status", &s->status.containers[0]);
    else
        ww_write_null(&w, "status");
    write_published(&w, s->rules);
    write_rules(&w, s);
    write_bans(&w, s);
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
}
