/* Reports of dropped packets become lines: few for each container, however many there are. */
#include "core/agent/drops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/agent/agent_internal.h"
#include "core/agent/awaited.h"
#include "core/agent/drop_recent.h"
#include "core/agent/drop_tally.h"
#include "core/agent/drop_view.h"
#include "core/agent/drop_words.h"
#include "core/agent/events.h"
#include "core/agent/port_bindings.h"
#include "core/agent/seen.h"
#include "core/agent/waits.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/model/protocol.h"

#define LINES_EACH 4 /* a second, of one container */
#define LINES_ALL 50 /* a second, of all of them */
#define SLOTS 256    /* containers that are told apart; the rest share a slot */
#define ID_DIGITS 12 /* as WW_ID */

/* How many lines a container had in the current second, and how many it was denied since the last one it had. */
struct slot {
    char id[ID_DIGITS + 1];
    int64_t second;
    unsigned lines;
    uint64_t left_out;
};

struct ww_drops {
    uint64_t reported;
    struct slot slots[SLOTS];
    struct slot all;
    struct ww_recent_drops *recent;
    struct ww_seen_flows *seen;
    int kernel_log; /* -1: not asked for, or not to be had */
    bool deaf;      /* the log has said that reports were lost */
};

static int open_kernel_log(struct ww_agent *a, const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        ww_log(a->log, WW_WARN, "dropped packets cannot be written to the kernel's log, but only to this one",
               WW_S("path", path), WW_S("error", strerror(errno)));
    return fd;
}

int ww_drops_open(struct ww_agent *a, const char *kernel_log, struct ww_error *err)
{
    struct ww_error trouble = {0};
    a->drops = calloc(1, sizeof(*a->drops));
    if (a->drops)
        a->drops->recent = ww_recent_drops_new();
    if (a->drops)
        a->drops->seen = ww_seen_flows_new();
    if (!a->drops || !a->drops->recent || !a->drops->seen)
        return ww_fail(err, -ENOMEM, "out of memory");
    a->drops->kernel_log = kernel_log ? open_kernel_log(a, kernel_log) : -1;
    if (ww_kernel_report_drops(a->kernel, &trouble) < 0)
        ww_log(a->log, WW_WARN, "dropped packets cannot be reported; they are dropped and counted all the same",
               WW_S("error", trouble.text));
    return 0;
}

void ww_drops_free(struct ww_drops *drops)
{
    if (!drops)
        return;
    if (drops->kernel_log >= 0)
        close(drops->kernel_log);
    ww_recent_drops_free(drops->recent);
    ww_seen_flows_free(drops->seen);
    free(drops);
}

static bool admit(struct slot *slot, int64_t second, unsigned most)
{
    if (slot->second != second) {
        slot->second = second;
        slot->lines = 0;
    }
    if (slot->lines >= most) {
        slot->left_out++;
        return false;
    }
    slot->lines++;
    return true;
}

/* Two that meet in one slot: the latter begins anew. */
static struct slot *slot_of(struct ww_drops *drops, const char *id)
{
    unsigned number = 0;
    for (const char *c = id; *c; c++)
        number = number * 31 + (unsigned char)*c;
    struct slot *slot = &drops->slots[number % SLOTS];
    if (strncmp(slot->id, id, ID_DIGITS) != 0) {
        *slot = (struct slot){0};
        strncpy(slot->id, id, ID_DIGITS);
    }
    return slot;
}

/* The packet leads elsewhere than its sender wrote: the original destination is what the sender's rules are about. */
static bool is_translated(const struct ww_drop *drop)
{
    return drop->orig_dst.family && (ww_addr_cmp(&drop->orig_dst, &drop->dst) != 0 ||
                                     (drop->has_ports && drop->orig_dport && drop->orig_dport != drop->dport));
}

/* A rule that waits may be the one that was to allow it: "output[0]: …", "" where none waits or could matter. */
static void waiting_rule(const struct ww_agent *a, const struct ww_drop *drop, const struct ww_drop_view *v,
                         struct ww_buf *out)
{
    bool by_rules = drop->reason <= WW_REASON_PORT || (drop->reason == WW_REASON_CHAIN && drop->sender == v->out);
    if (!v->rs || v->rs->quarantined || !by_rules)
        return;
    const struct ww_note *note = ww_awaited_first(a, v->rs->id, v->out);
    if (note)
        ww_buf_fmt(out, "%s%s%s", note->origin, *note->origin ? ": " : "a rule may wait: ", note->text);
}

/* A packet can be forged at will, and so can what it says: only numbers and addresses get into the line. */
static void log_line(struct ww_agent *a, const struct ww_drop *drop, const struct ww_drop_view *v, uint64_t left_out)
{
    char own[WW_ADDR_TEXT], peer[WW_ADDR_TEXT], mac[WW_MAC_TEXT], proto[WW_PROTOCOL_TEXT];
    char orig_dst[WW_ADDR_TEXT];
    struct ww_buf waiting = {0};
    struct ww_field f[22];
    size_t n = 0;
    struct ww_drop_words words = ww_drop_words(a, drop, v);
    if (v->rs) {
        f[n++] = WW_ID(v->rs->id);
        f[n++] = WW_S("container.name", v->rs->name);
        f[n++] = WW_S("direction", v->out ? "out" : "in");
    }
    f[n++] = WW_S("address", ww_addr_text(v->own, own));
    f[n++] = WW_S("peer", ww_addr_text(v->peer, peer));
    if (v->peer_name)
        f[n++] = WW_S("peer.name", v->peer_name);
    f[n++] = WW_S("proto", ww_protocol_text(drop->proto, proto));
    if (drop->has_ports)
        f[n++] = WW_I("port", v->port);
    if (is_translated(drop)) {
        f[n++] = WW_S("dialled", ww_addr_text(&drop->orig_dst, orig_dst));
        if (drop->orig_dport)
            f[n++] = WW_I("dialled.port", drop->orig_dport);
    }
    if (drop->has_icmp) {
        f[n++] = WW_I("icmp.type", drop->icmp_type);
        f[n++] = WW_I("icmp.code", drop->icmp_code);
    }
    if (drop->reason == WW_REASON_SPOOF || drop->reason == WW_REASON_FORGED || drop->reason == WW_REASON_GUARD ||
        drop->reason == WW_REASON_LINK)
        f[n++] = WW_S("mac", ww_mac_text(&drop->mac, mac));
    f[n++] = WW_S("drop", ww_drop_reason_name(drop->reason));
    if (drop->audited)
        f[n++] = WW_S("audited", "true");
    if (words.ban)
        f[n++] = WW_S("policy", words.ban->rule.origin);
    f[n++] = WW_S("reason", words.text);
    if (!words.ban)
        waiting_rule(a, drop, v, &waiting);
    if (waiting.len && ww_buf_ok(&waiting))
        f[n++] = WW_S("waiting", waiting.data);
    if (left_out)
        f[n++] = WW_I("left_out", (int64_t)left_out);
    bool attack = drop->reason == WW_REASON_SPOOF || drop->reason == WW_REASON_FORGED || drop->reason == WW_REASON_LINK;
    if (words.deferred)
        attack = drop->reason == WW_REASON_LINK;
    f[n++] = WW_EVENT(WW_EVENT_DROP);
    ww_log_write(a->log, attack ? WW_WARN : WW_INFO, drop->audited ? "packet would be dropped" : "packet dropped", f,
                 n);
    ww_buf_done(&waiting);
}

/* As a rule's log_prefix has it, and then in the words of the kernel's own packet log. One write is one record. */
static void kernel_line(const struct ww_drops *drops, const struct ww_drop *drop, const struct ww_drop_view *v)
{
    char src[WW_ADDR_TEXT], dst[WW_ADDR_TEXT], proto[WW_PROTOCOL_TEXT];
    struct ww_buf line = {0};
    if (drops->kernel_log < 0 || !v->rs)
        return;
    ww_buf_fmt(&line, "<6>whalewall-%s-%.*s %s: %s SRC=%s DST=%s PROTO=%s", v->rs->name, ID_DIGITS, v->rs->id,
               drop->audited ? "audit" : "drop", ww_drop_reason_name(drop->reason), ww_addr_text(&drop->src, src),
               ww_addr_text(&drop->dst, dst), ww_protocol_text(drop->proto, proto));
    if (drop->has_ports)
        ww_buf_fmt(&line, " SPT=%u DPT=%u", drop->sport, drop->dport);
    if (drop->has_icmp)
        ww_buf_fmt(&line, " TYPE=%u CODE=%u", drop->icmp_type, drop->icmp_code);
    ww_buf_str(&line, "\n");
    if (ww_buf_ok(&line) && write(drops->kernel_log, line.data, line.len) < 0)
        errno = 0; /* the same is in the log */
    ww_buf_done(&line);
}

static void say_left_out(struct ww_agent *a)
{
    if (a->drops->all.left_out)
        ww_log(a->log, WW_INFO, "more packets were dropped than the log says",
               WW_I("left_out", (int64_t)a->drops->all.left_out));
    a->drops->all.left_out = 0;
}

void ww_drops_log(const struct ww_drop *drop, void *agent)
{
    struct ww_agent *a = agent;
    struct ww_drops *drops = a->drops;
    struct ww_drop_view v;
    int64_t second = ww_clock_mono() / WW_NS_PER_S;
    drops->reported++;
    ww_recent_drops_note(a, drops->recent, drop);
    ww_seen_flows_note(a, drops->seen, drop);
    if (drops->all.second != second)
        say_left_out(a);
    if (!admit(&drops->all, second, LINES_ALL))
        return;
    uint32_t port = drop->reason == WW_REASON_LINK && !drop->bridge_port ? drop->in : drop->bridge_port;
    ww_drop_view(a->applied, a->world, ww_port_bindings_ruleset(a, port), drop, &v);
    struct slot *slot = slot_of(drops, v.rs ? v.rs->id : "");
    if (!admit(slot, second, LINES_EACH)) {
        drops->all.lines--;
        return;
    }
    log_line(a, drop, &v, slot->left_out);
    kernel_line(drops, drop, &v);
    slot->left_out = 0;
}

int ww_drops_tell(struct ww_agent *a, const char *container, uint64_t since, struct ww_drops_answer *ret_answer,
                  struct ww_error *err)
{
    return ww_recent_drops_answer(a, a->drops->recent, container, since, ret_answer, err);
}

int ww_drops_seen(const struct ww_agent *a, const struct ww_container *c, struct ww_suggestion *s)
{
    return ww_seen_flows_of(a->drops->seen, c, s);
}

bool ww_drops_left_out(const struct ww_agent *a, const struct ww_container *c, const struct ww_drop_tallies *tallies,
                       uint64_t *ret_own, uint64_t *ret_any)
{
    const char *home = ww_world_home(a->world, c->id);
    const struct ww_drop_tally *tally = ww_drops_tally_of(tallies, home ? home : c->id);
    ww_seen_flows_left_out(a->drops->seen, c, ret_own, ret_any);
    *ret_own += tally ? tally->lost : 0;
    *ret_any += tallies->lost;
    return *ret_own || *ret_any;
}

uint64_t ww_drops_reported(const struct ww_agent *a)
{
    return a->drops->reported;
}

void ww_drops_read(struct ww_agent *a)
{
    struct ww_error err = {0};
    int rc = ww_kernel_drain_drops(a->kernel, ww_drops_log, a, &err);
    if (rc < 0)
        ww_seen_flows_lost(a->drops->seen);
    if (rc < 0 && !a->drops->deaf)
        ww_log(a->log, WW_WARN, "some dropped packets were not reported; the counters have them",
               WW_S("error", err.text));
    a->drops->deaf = rc < 0;
}
