#include "core/agent/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/agent/agent_internal.h"
#include "core/agent/seen_view.h"
#include "core/base/clock.h"
#include "core/base/keyed.h"
#include "core/base/mem.h"

#define SUBJECTS 1024 /* containers, replicas of one service counted once */
#define FLOWS 1024    /* of one of them */
#define FLOWS_ALL 32768
#define CLIENTS 32 /* of one published port, that are told one by one */
#define RAW 4096   /* packets' own words that are known to be of a flow */
#define LOOKS 400  /* at the world in a second, for packets of flows that are not known */
#define RAW_NS (5 * WW_NS_PER_S)

struct flow {
    char *id;      /* what makes it another */
    char *subject; /* of the other end, where that is a container; NULL */
    struct ww_seen seen;
    UT_hash_handle hh;
};

struct subject {
    char *id;
    struct flow *flows;
    uint64_t left_out;
    UT_hash_handle hh;
};

/* Bytes are compared: all of it is zeroed first. */
struct raw_key {
    enum ww_drop_reason reason;
    struct ww_addr src;
    struct ww_addr dst;
    uint8_t proto;
    uint16_t port;
};

struct raw {
    struct raw_key key;
    struct flow *flow;
    UT_hash_handle hh;
};

struct ww_seen_flows {
    struct subject *subjects;
    size_t flows;
    struct raw *raw;
    int64_t raw_since;
    uint64_t raw_commits; /* with another one addresses may be others' */
    int64_t second;
    unsigned looks;    /* in that second */
    uint64_t left_out; /* reports that were lost, or of containers for which there is no room */
};

struct ww_seen_flows *ww_seen_flows_new(void)
{
    return calloc(1, sizeof(struct ww_seen_flows));
}

static void flow_free(struct flow *f)
{
    free(f->id);
    free(f->subject);
    free((char *)f->seen.network);
    free((char *)f->seen.name);
    free(f);
}

static void forget_raw(struct ww_seen_flows *all)
{
    struct raw *raw;
    struct raw *next;
    HASH_ITER (hh, all->raw, raw, next) {
        HASH_DEL(all->raw, raw);
        free(raw);
    }
}

static void subject_free(struct subject *s)
{
    struct flow *f;
    struct flow *next;
    HASH_ITER (hh, s->flows, f, next) {
        HASH_DEL(s->flows, f);
        flow_free(f);
    }
}

void ww_seen_flows_free(struct ww_seen_flows *all)
{
    struct subject *s;
    struct subject *next;
    if (!all)
        return;
    forget_raw(all);
    HASH_ITER (hh, all->subjects, s, next) {
        subject_free(s);
        ww_keyed_drop(all->subjects, s, id);
    }
    free(all);
}

static struct raw_key key_of(const struct ww_drop *drop)
{
    struct raw_key key;
    memset(&key, 0, sizeof(key));
    key.reason = drop->reason;
    key.src.family = drop->src.family;
    memcpy(key.src.bytes, drop->src.bytes, sizeof(key.src.bytes));
    key.dst.family = drop->dst.family;
    memcpy(key.dst.bytes, drop->dst.bytes, sizeof(key.dst.bytes));
    key.proto = drop->proto;
    key.port = drop->dport;
    return key;
}

static struct raw *raw_of(struct ww_agent *a, struct ww_seen_flows *all, const struct raw_key *key)
{
    struct raw *raw = NULL;
    int64_t now = ww_clock_mono();
    if (now - all->raw_since > RAW_NS || a->counts.commits != all->raw_commits || HASH_COUNT(all->raw) >= RAW) {
        forget_raw(all);
        all->raw_since = now;
        all->raw_commits = a->counts.commits;
    }
    HASH_FIND(hh, all->raw, key, sizeof(*key), raw);
    return raw;
}

/* Without memory it is looked up anew. */
static void remember_raw(struct ww_seen_flows *all, const struct raw_key *key, struct flow *flow)
{
    struct raw *raw = calloc(1, sizeof(*raw));
    if (!raw)
        return;
    raw->key = *key;
    raw->flow = flow;
    HASH_ADD(hh, all->raw, key, sizeof(raw->key), raw);
    if (!raw->hh.tbl)
        free(raw);
}

static char *subject_key(const struct ww_container *c)
{
    struct ww_buf key = {0};
    ww_seen_subject(c, &key);
    if (ww_buf_ok(&key))
        return ww_buf_take(&key);
    ww_buf_done(&key);
    return NULL;
}

static struct subject *subject_find(const struct ww_seen_flows *all, const char *key)
{
    struct subject *s = NULL;
    HASH_FIND_STR(all->subjects, key, s);
    return s;
}

static struct subject *subject_make(struct ww_seen_flows *all, const struct ww_container *c)
{
    ww_auto_free char *key = subject_key(c);
    struct subject *s = key ? subject_find(all, key) : NULL;
    if (key && !s && HASH_COUNT(all->subjects) < SUBJECTS)
        ww_keyed_add(all->subjects, s, id, key);
    return s;
}

static bool many_clients(const struct subject *s, const struct ww_seen *seen)
{
    size_t n = 0;
    for (const struct flow *f = s->flows; f; f = f->hh.next)
        n += f->seen.side == WW_SEEN_EXTERNAL && f->seen.proto == seen->proto && f->seen.port == seen->port;
    return n >= CLIENTS;
}

static char *flow_key(const struct ww_seen *seen)
{
    char addr[WW_ADDR_TEXT];
    struct ww_buf key = {0};
    const char *network = seen->network ? seen->network : "";
    ww_buf_fmt(&key, "%d %d %u %u %zu %s %s %s", seen->side, seen->peer, seen->proto, seen->port, strlen(network),
               network, seen->name ? seen->name : "",
               seen->peer == WW_SEEN_ADDRESS ? ww_addr_text(&seen->addr, addr) : "");
    if (ww_buf_ok(&key))
        return ww_buf_take(&key);
    ww_buf_done(&key);
    return NULL;
}

static struct flow *flow_find(struct subject *s, const struct ww_seen *seen)
{
    struct flow *f = NULL;
    ww_auto_free char *key = flow_key(seen);
    if (key)
        HASH_FIND_STR(s->flows, key, f);
    return f;
}

static int copy_text(const char *text, const char **ret_copy)
{
    *ret_copy = text ? strdup(text) : NULL;
    return text && !*ret_copy ? -ENOMEM : 0;
}

static struct flow *flow_make(struct ww_seen_flows *all, struct subject *s, const struct ww_seen_view *v)
{
    struct flow *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->seen = v->seen;
    f->seen.network = f->seen.name = NULL;
    f->seen.first_ns = ww_clock_real();
    f->id = flow_key(&v->seen);
    f->subject = v->seen.peer == WW_SEEN_CONTAINER ? subject_key(v->peer) : NULL;
    int rc = copy_text(v->seen.network, &f->seen.network);
    if (rc == 0)
        rc = copy_text(v->seen.name, &f->seen.name);
    if (rc == 0 && f->id && (f->subject || v->seen.peer != WW_SEEN_CONTAINER))
        HASH_ADD_KEYPTR(hh, s->flows, f->id, strlen(f->id), f);
    if (!f->hh.tbl) {
        flow_free(f);
        return NULL;
    }
    all->flows++;
    return f;
}

/* Clients of a published port may be any number: then it is open to the world. */
static struct flow *flow_of(struct ww_seen_flows *all, struct subject *s, struct ww_seen_view *v)
{
    struct flow *f = flow_find(s, &v->seen);
    if (!f && v->seen.side == WW_SEEN_EXTERNAL && many_clients(s, &v->seen)) {
        v->seen.peer = WW_SEEN_ANY;
        f = flow_find(s, &v->seen);
    }
    if (f || HASH_COUNT(s->flows) >= FLOWS || all->flows >= FLOWS_ALL)
        return f;
    return flow_make(all, s, v);
}

static bool may_look(struct ww_seen_flows *all)
{
    int64_t second = ww_clock_mono() / WW_NS_PER_S;
    if (all->second != second)
        all->looks = 0;
    all->second = second;
    return all->looks++ < LOOKS;
}

static struct flow *find_flow(struct ww_agent *a, struct ww_seen_flows *all, const struct ww_drop *drop)
{
    struct ww_seen_view v;
    const struct ww_container *c = ww_seen_container(a, drop);
    struct subject *s = c ? subject_make(all, c) : NULL;
    if (c && !s)
        all->left_out++;
    if (!s)
        return NULL;
    struct flow *f = NULL;
    if (may_look(all)) {
        if (!ww_seen_view(a, drop, &v))
            return NULL;
        f = flow_of(all, s, &v);
    }
    s->left_out += !f;
    return f;
}

void ww_seen_flows_note(struct ww_agent *a, struct ww_seen_flows *all, const struct ww_drop *drop)
{
    if (drop->reason > WW_REASON_PORT) /* no rule could allow it */
        return;
    struct raw_key key = key_of(drop);
    const struct raw *raw = raw_of(a, all, &key);
    struct flow *f = raw ? raw->flow : find_flow(a, all, drop);
    if (!f)
        return;
    if (!raw)
        remember_raw(all, &key, f);
    f->seen.reports++;
    f->seen.last_ns = ww_clock_real();
    f->seen.audited = f->seen.audited || drop->audited;
}

void ww_seen_flows_lost(struct ww_seen_flows *all)
{
    all->left_out++;
}

void ww_seen_flows_left_out(const struct ww_seen_flows *all, const struct ww_container *c, uint64_t *ret_own,
                            uint64_t *ret_any)
{
    ww_auto_free char *key = subject_key(c);
    const struct subject *s = key ? subject_find(all, key) : NULL;
    *ret_own = s ? s->left_out : 0;
    *ret_any = all->left_out;
}

/* Is the same flow seen at the other end, so that what is suggested there opens it here? */
static bool is_opened(const struct ww_seen_flows *all, const char *own, const struct flow *f)
{
    const struct subject *peer = f->seen.side == WW_SEEN_INPUT && f->subject ? subject_find(all, f->subject) : NULL;
    for (const struct flow *g = peer ? peer->flows : NULL; g; g = g->hh.next)
        if (g->seen.side == WW_SEEN_OUTPUT && g->subject && strcmp(g->subject, own) == 0 &&
            g->seen.proto == f->seen.proto && g->seen.port == f->seen.port)
            return true;
    return false;
}

int ww_seen_flows_of(const struct ww_seen_flows *all, const struct ww_container *c, struct ww_suggestion *s)
{
    ww_auto_free char *key = subject_key(c);
    const struct subject *subject = key ? subject_find(all, key) : NULL;
    if (!key)
        return -ENOMEM;
    if (!subject)
        return 0;
    s->seen = calloc(HASH_COUNT(subject->flows) + 1, sizeof(*s->seen));
    if (!s->seen)
        return -ENOMEM;
    for (const struct flow *f = subject->flows; f; f = f->hh.next) {
        s->seen[s->n] = f->seen;
        s->seen[s->n++].opened = is_opened(all, subject->id, f);
    }
    ww_suggestion_sort(s);
    return 0;
}
