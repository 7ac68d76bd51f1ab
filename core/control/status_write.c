/* The status as JSON. docs/status.md describes every field, and a test holds the two together. */
#include "core/control/status_write.h"

#include "core/base/clock.h"
#include "core/control/writer.h"
#include "core/model/addr.h"

static void write_ability(struct ww_writer *w, const char *key, enum ww_ability ability)
{
    if (ability == WW_ABILITY_UNKNOWN)
        ww_write_null(w, key);
    else
        ww_write_bool(w, key, ability == WW_ABILITY_YES);
}

static void write_problems(struct ww_writer *w, const struct ww_status *s)
{
    ww_write_open(w, "problems", '[');
    for (size_t i = 0; i < s->n_problems; i++) {
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "code", s->problems[i].code);
        ww_write_text(w, "subject", s->problems[i].subject);
        ww_write_text(w, "text", s->problems[i].text);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

/* Of rules. */
static void write_notes(struct ww_writer *w, const char *key, const struct ww_status_note *notes, size_t n)
{
    ww_write_open(w, key, '[');
    for (size_t i = 0; i < n; i++) {
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "rule", notes[i].what);
        ww_write_text(w, "reason", notes[i].text);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_unenforceable(struct ww_writer *w, const struct ww_status_container *c)
{
    ww_write_open(w, "unenforceable", '[');
    for (size_t i = 0; i < c->n_unenforceable; i++) {
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "network", c->unenforceable[i].what);
        ww_write_text(w, "reason", c->unenforceable[i].text);
        ww_write_bool(w, "accepted", c->unenforceable[i].accepted);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_address(struct ww_writer *w, const struct ww_status_address *a)
{
    char text[WW_ADDR_TEXT];
    char mac[WW_MAC_TEXT];
    ww_write_open(w, NULL, '{');
    ww_write_text(w, "network", a->network);
    ww_write_text(w, "ipv4", a->addrs.ipv4.family ? ww_addr_text(&a->addrs.ipv4, text) : NULL);
    ww_write_text(w, "ipv6", a->addrs.ipv6.family ? ww_addr_text(&a->addrs.ipv6, text) : NULL);
    ww_write_text(w, "mac", ww_mac_is_zero(&a->addrs.mac) ? NULL : ww_mac_text(&a->addrs.mac, mac));
    ww_write_close(w, '}');
}

static void write_counts(struct ww_writer *w, const char *key, bool known, const struct ww_status_count *counts,
                         size_t n)
{
    if (!known) {
        ww_write_null(w, key);
        return;
    }
    ww_write_open(w, key, '{');
    for (size_t i = 0; i < n; i++)
        ww_write_number(w, counts[i].reason, (int64_t)counts[i].packets);
    ww_write_close(w, '}');
}

void ww_status_write_container(struct ww_writer *w, const char *key, const struct ww_status_container *c)
{
    ww_write_open(w, key, '{');
    ww_write_text(w, "id", c->id);
    ww_write_text(w, "name", c->name);
    ww_write_text(w, "state", ww_status_state_text(c->state));
    ww_write_text(w, "shares", c->shares);
    ww_write_text(w, "quarantine", c->quarantine);
    write_notes(w, "waiting", c->waiting, c->n_waiting);
    write_notes(w, "notes", c->notes, c->n_notes);
    write_unenforceable(w, c);
    ww_write_open(w, "addresses", '[');
    for (size_t i = 0; i < c->n_addresses; i++)
        write_address(w, &c->addresses[i]);
    ww_write_close(w, ']');
    ww_write_number(w, "rules", (int64_t)c->rules);
    if (c->start_latency_known)
        ww_write_number(w, "active_before_start_ms", c->before_start_ms);
    else
        ww_write_null(w, "active_before_start_ms");
    write_counts(w, "dropped", c->counted, c->drops, c->n_drops);
    ww_write_bool(w, "audited", c->audited);
    write_counts(w, "would_drop", c->counted, c->would, c->n_would);
    ww_write_close(w, '}');
}

static void write_networks(struct ww_writer *w, const struct ww_status *s)
{
    ww_write_open(w, "networks", '[');
    for (size_t i = 0; i < s->n_networks; i++) {
        const struct ww_status_network *n = &s->networks[i];
        ww_write_open(w, NULL, '{');
        ww_write_text(w, "id", n->id);
        ww_write_text(w, "name", n->name);
        ww_write_text(w, "bridge", n->bridge);
        ww_write_text(w, "guard", n->guard);
        ww_write_bool(w, "guarded", n->guarded);
        ww_write_number(w, "known", (int64_t)n->known);
        ww_write_number(w, "bound", (int64_t)n->bound);
        ww_write_close(w, '}');
    }
    ww_write_close(w, ']');
}

static void write_program(struct ww_writer *w, const struct ww_status *s)
{
    ww_write_open(w, "program", '{');
    ww_write_text(w, "version", s->version);
    ww_write_number(w, "pid", s->pid);
    ww_write_time(w, "started", s->started_ns);
    ww_write_number(w, "uptime_ms", (s->now_ns - s->started_ns) / WW_NS_PER_MS);
    ww_write_text(w, "sandbox", s->sandbox ? "on" : "off");
    if (s->system_calls)
        ww_write_number(w, "system_calls", s->system_calls);
    else
        ww_write_null(w, "system_calls");
    ww_write_close(w, '}');
}

static void write_engine(struct ww_writer *w, const struct ww_status *s)
{
    ww_write_open(w, "engine", '{');
    ww_write_text(w, "state", s->engine.state);
    ww_write_text(w, "version", s->engine.version[0] ? s->engine.version : NULL);
    ww_write_time(w, "since", s->engine.since_ns);
    ww_write_time(w, "last_event", s->engine.last_event_ns);
    ww_write_close(w, '}');
}

static void write_kernel(struct ww_writer *w, const struct ww_status *s)
{
    ww_write_open(w, "kernel", '{');
    ww_write_text(w, "release", s->kernel.release);
    write_ability(w, "table_owner", s->kernel.owner);
    write_ability(w, "nfqueue", s->kernel.queue);
    write_ability(w, "bridge_ports", s->kernel.bind);
    write_ability(w, "bridge_names", s->kernel.name);
    write_ability(w, "sees_bridged_ipv4", s->kernel.bridged_ipv4);
    write_ability(w, "sees_bridged_ipv6", s->kernel.bridged_ipv6);
    ww_write_close(w, '}');
    ww_write_open(w, "table", '{');
    ww_write_bool(w, "owned", s->table.owned);
    ww_write_bool(w, "shared", s->table.shared);
    ww_write_close(w, '}');
    ww_write_open(w, "docker_user", '{');
    ww_write_bool(w, "wanted", s->docker_user.wanted);
    write_ability(w, "ipv4", s->docker_user.ipv4);
    write_ability(w, "ipv6", s->docker_user.ipv6);
    ww_write_close(w, '}');
}

static void write_memory(struct ww_writer *w, const struct ww_status *s)
{
    ww_write_open(w, "database", '{');
    ww_write_text(w, "path", s->database.path);
    ww_write_bool(w, "durable", s->database.durable);
    ww_write_text(w, "trouble", s->database.trouble);
    ww_write_close(w, '}');
    if (!s->last_error_ns) {
        ww_write_null(w, "last_error");
        return;
    }
    ww_write_open(w, "last_error", '{');
    ww_write_time(w, "time", s->last_error_ns);
    ww_write_text(w, "text", s->last_error);
    ww_write_close(w, '}');
}

void ww_status_write(const struct ww_status *s, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_STATUS_FORMAT);
    write_program(&w, s);
    ww_write_bool(&w, "ok", s->n_problems == 0);
    write_problems(&w, s);
    write_engine(&w, s);
    write_kernel(&w, s);
    write_memory(&w, s);
    write_networks(&w, s);
    ww_write_open(&w, "containers", '[');
    for (size_t i = 0; i < s->n_containers; i++)
        ww_status_write_container(&w, NULL, &s->containers[i]);
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
}
