#include "core/agent/drop_recent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "core/agent/agent_internal.h"
#include "core/agent/drop_tally.h"
#include "core/agent/drop_view.h"
#include "core/agent/drop_words.h"
#include "core/agent/explain_end.h"
#include "core/agent/port_bindings.h"
#include "core/base/clock.h"

#define MOST 512    /* entries that are remembered */
#define NEW_MOST 50 /* of them that are new, a second */

/* Bytes are compared: all of it is zeroed first. */
struct key {
    enum ww_drop_reason reason;
    bool audited;
    struct ww_addr src;
    struct ww_addr dst;
    uint8_t proto;
    uint16_t port;
    uint32_t bridge_port;
};

struct entry {
    struct key key;
    struct ww_dropped dropped; /* its strings are owned, but for `reason` */
    enum ww_drop_reason reason;
    struct entry *prev; /* in the order of seq */
    struct entry *next;
    UT_hash_handle hh;
};

struct ww_recent_drops {
    struct entry *by_key;
    struct entry *list;
    uint64_t seq;
    uint64_t left_out;
    int64_t second;
    unsigned new; /* in that second */
};

struct ww_recent_drops *ww_recent_drops_new(void)
{
    return calloc(1, sizeof(struct ww_recent_drops));
}

static void entry_free(struct entry *e)
{
    free((char *)e->dropped.id);
    free((char *)e->dropped.name);
    free((char *)e->dropped.peer_name);
    free((char *)e->dropped.text);
    free((char *)e->dropped.policy);
    free(e);
}

static void forget_entry(struct ww_recent_drops *recent, struct entry *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the list is in the table */
    HASH_DEL(recent->by_key, e);
    DL_DELETE(recent->list, e);
    entry_free(e);
}

void ww_recent_drops_free(struct ww_recent_drops *recent)
{
    while (recent && recent->list)
        forget_entry(recent, recent->list);
    free(recent);
}

static struct key key_of(const struct ww_drop *drop)
{
    struct key key;
    memset(&key, 0, sizeof(key));
    key.reason = drop->reason;
    key.audited = drop->audited;
    key.src.family = drop->src.family;
    memcpy(key.src.bytes, drop->src.bytes, sizeof(key.src.bytes));
    key.dst.family = drop->dst.family;
    memcpy(key.dst.bytes, drop->dst.bytes, sizeof(key.dst.bytes));
    key.proto = drop->proto;
    key.port = drop->reason == WW_REASON_STALE ? drop->sport : drop->dport;
    key.bridge_port = drop->bridge_port;
    return key;
}

static void touch(struct ww_recent_drops *recent, struct entry *e)
{
    e->dropped.seq = ++recent->seq;
    e->dropped.last_ns = ww_clock_real();
    e->dropped.reports++;
    DL_APPEND(recent->list, e);
}

static int copy_text(const char *text, const char **ret_copy)
{
    *ret_copy = text ? strdup(text) : NULL;
    return text && !*ret_copy ? -ENOMEM : 0;
}

static int fill(const struct ww_agent *a, const struct ww_drop *drop, struct entry *e)
{
    struct ww_drop_view v;
    struct ww_dropped *d = &e->dropped;
    uint32_t port = drop->reason == WW_REASON_LINK && !drop->bridge_port ? drop->in : drop->bridge_port;
    ww_drop_view(a->applied, a->world, ww_port_bindings_ruleset(a, port), drop, &v);
    struct ww_drop_words words = ww_drop_words(a, drop, &v);
    d->first_ns = ww_clock_real();
    d->out = v.out;
    d->own = *v.own;
    d->peer = *v.peer;
    d->proto = drop->proto;
    d->port = v.port;
    d->reason = ww_drop_reason_name(drop->reason);
    d->audited = drop->audited;
    e->reason = drop->reason;
    int rc = copy_text(v.rs ? v.rs->id : NULL, &d->id);
    if (rc == 0)
        rc = copy_text(v.rs ? v.rs->name : NULL, &d->name);
    if (rc == 0)
        rc = copy_text(v.peer_name, &d->peer_name);
    if (rc == 0)
        rc = copy_text(words.text, &d->text);
    return rc < 0 ? rc : copy_text(words.ban ? words.ban->rule.origin : NULL, &d->policy);
}

static bool admit(struct ww_recent_drops *recent)
{
    int64_t second = ww_clock_mono() / WW_NS_PER_S;
    if (recent->second != second)
        recent->new = 0;
    recent->second = second;
    if (recent->new >= NEW_MOST)
        return false;
    recent->new ++;
    return true;
}

static struct entry *new_entry(const struct ww_agent *a, struct ww_recent_drops *recent, const struct ww_drop *drop,
                               const struct key *key)
{
    struct entry *e = admit(recent) ? calloc(1, sizeof(*e)) : NULL;
    if (!e)
        return NULL;
    e->key = *key;
    if (fill(a, drop, e) < 0) {
        entry_free(e);
        return NULL;
    }
    if (HASH_COUNT(recent->by_key) >= MOST)
        forget_entry(recent, recent->list);
    HASH_ADD(hh, recent->by_key, key, sizeof(e->key), e);
    if (!e->hh.tbl) { /* no memory: uthash has not taken it */
        entry_free(e);
        return NULL;
    }
    return e;
}

void ww_recent_drops_note(struct ww_agent *a, struct ww_recent_drops *recent, const struct ww_drop *drop)
{
    struct key key = key_of(drop);
    struct entry *e = NULL;
    HASH_FIND(hh, recent->by_key, &key, sizeof(key), e);
    if (e)
        DL_DELETE(recent->list, e);
    else
        e = new_entry(a, recent, drop, &key);
    if (e)
        touch(recent, e);
    else
        recent->left_out++;
}

/* STALE is counted as PORT, and what went past the bridge not at all. */
static void fill_packets(const struct ww_drop_tallies *tallies, const struct entry *e, struct ww_dropped *d)
{
    enum ww_drop_reason reason = e->reason == WW_REASON_STALE ? WW_REASON_PORT : e->reason;
    const struct ww_drop_tally *tally = d->id ? ww_drops_tally_of(tallies, d->id) : NULL;
    d->counted = tally && reason != WW_REASON_LINK;
    d->packets = !d->counted ? 0 : d->audited ? tally->audited[reason].packets : tally->of[reason].packets;
}

static int add_all(const struct ww_recent_drops *recent, const char *id, uint64_t since,
                   const struct ww_drop_tallies *tallies, struct ww_drops_answer *answer)
{
    const struct entry *e;
    int rc = 0;
    answer->next = recent->seq;
    answer->left_out = recent->left_out;
    if (since > recent->seq) /* of a program that ran before */
        since = 0;
    DL_FOREACH (recent->list, e) {
        struct ww_dropped d = e->dropped;
        if (d.seq <= since || (id && (!d.id || strcmp(d.id, id) != 0)))
            continue;
        fill_packets(tallies, e, &d);
        if ((rc = ww_drops_answer_add(answer, &d)) < 0)
            break;
    }
    return rc;
}

int ww_recent_drops_answer(struct ww_agent *a, const struct ww_recent_drops *recent, const char *container,
                           uint64_t since, struct ww_drops_answer *ret_answer, struct ww_error *err)
{
    struct ww_end end = {0};
    struct ww_drop_tallies tallies = {0};
    struct ww_error uncounted = {0};
    int rc = container && *container ? ww_end_find(a, container, &end, err) : 0;
    if (rc < 0)
        return rc;
    if (container && *container && !end.container)
        rc = ww_fail(err, -ENOENT, "'%.100s' is no container", container);
    if (rc == 0 && ww_drops_tally(a, &tallies, &uncounted) < 0)
        tallies = (struct ww_drop_tallies){0}; /* the counts are not known, then */
    if (rc == 0 && add_all(recent, end.head, since, &tallies, ret_answer) < 0)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    ww_drop_tallies_done(&tallies);
    ww_end_done(&end);
    return rc;
}
