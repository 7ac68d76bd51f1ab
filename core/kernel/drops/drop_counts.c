#include "core/kernel/drops/drop_counts.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/set_elements.h"
#include "core/kernel/wire/batch.h"
#include "core/kernel/wire/message.h"

#define QUESTION_BYTES 512
#define FEW 64 /* closing elements that go, up to which each is asked for */

/* What each set counts, and the set with what it counts for: both have the same keys. */
static const struct counting {
    enum ww_drop_reason reason;
    enum ww_stem owners;
    bool audited;
    bool lost;
} countings[WW_STEMS] = {
    [WW_DROP_OUT] = {WW_REASON_OUT, WW_MANAGED},
    [WW_DROP_IN] = {WW_REASON_IN, WW_MANAGED},
    [WW_DROP_HOST] = {WW_REASON_HOST, WW_MANAGED},
    [WW_DROP_PORT_P] = {WW_REASON_PORT, WW_PUB_P},
    [WW_DROP_PORT_HP] = {WW_REASON_PORT, WW_PUB_HP},
    [WW_DROP_SPOOF] = {WW_REASON_SPOOF, WW_MACS},
    [WW_DROP_FORGED] = {WW_REASON_FORGED, WW_BOUND},
    [WW_DROP_INVALID] = {WW_REASON_INVALID, WW_MANAGED},
    [WW_DROP_GUARD] = {WW_REASON_GUARD, WW_MANAGED},
    [WW_DROP_CHAIN] = {WW_REASON_CHAIN, WW_MANAGED},
    [WW_AUDIT_OUT] = {WW_REASON_OUT, WW_AUDITED, true},
    [WW_AUDIT_IN] = {WW_REASON_IN, WW_AUDITED, true},
    [WW_AUDIT_HOST] = {WW_REASON_HOST, WW_AUDITED, true},
    [WW_AUDIT_PORT_P] = {WW_REASON_PORT, WW_AUDITED_P, true},
    [WW_AUDIT_PORT_HP] = {WW_REASON_PORT, WW_AUDITED_HP, true},
    [WW_AUDIT_INVALID] = {WW_REASON_INVALID, WW_AUDITED, true},
    [WW_AUDIT_CHAIN] = {WW_REASON_CHAIN, WW_AUDITED, true},
    [WW_AUDIT_LOST] = {.owners = WW_AUDITED, .audited = true, .lost = true},
    [WW_DROP_FROM] = {WW_REASON_SPOOF, WW_PORT},
    [WW_DROP_TO] = {WW_REASON_BRIDGE, WW_PORT},
    [WW_DROP_HELD] = {WW_REASON_FORGED, WW_HELD},
    [WW_DROP_CLOSED] = {WW_REASON_GUARD, WW_HELD},
};

static bool counts(unsigned set)
{
    return ww_set_exists(set) && ww_set_schema(set)->kind == WW_SET_COUNTS;
}

/* The set with those that `set` counts for; of the same family. */
static unsigned owners(unsigned set)
{
    return ww_set_id(countings[set % WW_TABLE_SETS / 2].owners, ww_set_family(set));
}

static struct nlmsghdr *counter_question(char *bytes, unsigned set, uint16_t flags)
{
    char name[WW_SET_NAME];
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETSETELEM;
    msg->nlmsg_flags = NLM_F_REQUEST | flags;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = ww_set_table(set) == WW_BRIDGE ? NFPROTO_BRIDGE : NFPROTO_INET;
    gen->version = NFNETLINK_V0;
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, WW_TABLE);
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, ww_set_name(set, name));
    return msg;
}

struct showing {
    unsigned set;
    int (*fn)(const struct ww_drop_counter *counter, void *arg);
    void *arg;
    int rc;
};

static uint64_t be64(const struct nlattr *attr)
{
    return attr && mnl_attr_get_payload_len(attr) >= sizeof(uint64_t) ? be64toh(mnl_attr_get_u64(attr)) : 0;
}

/* The fields of the key, each padded to 4 bytes. */
static void take_key(unsigned set, const uint8_t *key, struct ww_drop_counter *counter)
{
    const struct ww_schema *schema = ww_set_schema(set);
    counter->family = ww_set_family(set);
    for (unsigned i = 0; i < ww_set_fields(set); i++) {
        uint8_t len = ww_field_info(schema->key[i], counter->family)->len;
        if (schema->key[i] == WW_F_MAC)
            memcpy(counter->mac.bytes, key, len);
        else if (schema->key[i] == WW_F_OIF)
            memcpy(&counter->bridge_port, key, sizeof(counter->bridge_port));
        else if (schema->key[i] == WW_F_PROTO)
            counter->proto = key[0];
        else if (schema->key[i] == WW_F_DPORT)
            counter->port = (uint16_t)(key[0] << 8 | key[1]);
        else {
            counter->addr.family = (uint8_t)counter->family;
            memcpy(counter->addr.bytes, key, len);
        }
        key += (len + 3u) & ~3u;
    }
}

static int take_element(const struct ww_found_element *e, void *arg)
{
    struct showing *s = arg;
    struct ww_attrs expr = ww_attrs_nest(e->attrs.by_type[NFTA_SET_ELEM_EXPR]);
    struct ww_attrs data = ww_attrs_nest(expr.by_type[NFTA_EXPR_DATA]);
    const struct counting *counting = &countings[s->set % WW_TABLE_SETS / 2];
    struct ww_drop_counter counter = {.reason = counting->reason,
                                      .audited = counting->audited,
                                      .lost = counting->lost,
                                      .packets = be64(data.by_type[NFTA_COUNTER_PACKETS]),
                                      .bytes = be64(data.by_type[NFTA_COUNTER_BYTES])};
    if (e->key_len < ww_set_key_len(s->set) || !counter.packets)
        return 0;
    take_key(s->set, e->key, &counter);
    return s->fn(&counter, s->arg);
}

static int take_elements(const struct nlmsghdr *msg, void *arg)
{
    struct showing *s = arg;
    if (!s->rc)
        s->rc = ww_set_elements_each(msg, take_element, s);
    return 0;
}

int ww_drop_counts_each(struct mnl_socket *reads, unsigned parts,
                        int (*fn)(const struct ww_drop_counter *counter, void *arg), void *arg, struct ww_error *err)
{
    char bytes[QUESTION_BYTES];
    char name[WW_SET_NAME];
    struct showing s = {.fn = fn, .arg = arg};
    for (s.set = 0; s.set < WW_SETS && !s.rc; s.set++) {
        if (!counts(s.set) || !(parts & WW_PART_BIT(ww_set_part(s.set))))
            continue;
        /* -EINTR: the table changed meanwhile; a count that is missing once does no harm */
        int rc = ww_netlink_ask(reads, counter_question(bytes, s.set, NLM_F_DUMP), take_elements, &s);
        if (rc < 0 && rc != -EINTR)
            return ww_fail(err, rc, "cannot read the counts in set %s: %s", ww_set_name(s.set, name), strerror(-rc));
    }
    return s.rc;
}

static bool has_count(struct mnl_socket *reads, unsigned set, const struct ww_entry *e)
{
    char bytes[QUESTION_BYTES];
    struct nlmsghdr *msg = counter_question(bytes, set, NLM_F_ACK);
    struct nlattr *list = mnl_attr_nest_start(msg, NFTA_SET_ELEM_LIST_ELEMENTS);
    struct nlattr *element = mnl_attr_nest_start(msg, NFTA_LIST_ELEM);
    struct nlattr *key = mnl_attr_nest_start(msg, NFTA_SET_ELEM_KEY);
    mnl_attr_put(msg, NFTA_DATA_VALUE, ww_set_key_len(set), ww_entry_key(e));
    mnl_attr_nest_end(msg, key);
    mnl_attr_nest_end(msg, element);
    mnl_attr_nest_end(msg, list);
    return ww_netlink_ask(reads, msg, NULL, NULL) == 0;
}

/* Closing elements, and those that say that a container is audited. */
static bool is_counted_for(unsigned set)
{
    unsigned stem = set % WW_TABLE_SETS / 2;
    return ww_set_schema(set)->closing || stem == WW_AUDITED || stem == WW_AUDITED_P || stem == WW_AUDITED_HP;
}

static bool goes(const struct ww_entry *e)
{
    return !ww_entry_is_chain(e) && e->in_kernel && is_counted_for(e->set) && ww_entry_differs(e);
}

static void forget_counts(struct ww_batch *batch, unsigned set, const struct ww_entry *e)
{
    const struct ww_msg_element element = {.key = ww_entry_key(e)};
    ww_msg_elements(batch, false, set, &element, 1, NULL, NULL);
}

/* Few that go: ask for each of their counts. */
static void forget_of(struct mnl_socket *reads, const struct ww_entry *e, struct ww_batch *batch)
{
    for (unsigned set = e->set % 2; set < WW_SETS; set += 2)
        if (counts(set) && owners(set) == e->set && has_count(reads, set, e))
            forget_counts(batch, set, e);
}

struct sweep {
    const struct ww_image *image;
    unsigned set;
    struct ww_batch *batch;
};

static int sweep_element(const struct ww_found_element *found, void *arg)
{
    const struct sweep *s = arg;
    const struct ww_entry *e = ww_image_find(s->image, (uint16_t)owners(s->set), found->key, found->key_len);
    if (e && goes(e))
        forget_counts(s->batch, s->set, e);
    return 0;
}

static int sweep_elements(const struct nlmsghdr *msg, void *arg)
{
    return ww_set_elements_each(msg, sweep_element, arg);
}

/* Many that go: look at all counts. */
static void sweep(const struct ww_image *image, struct mnl_socket *reads, struct ww_batch *batch)
{
    char bytes[QUESTION_BYTES];
    struct sweep s = {.image = image, .batch = batch};
    for (s.set = 0; s.set < WW_SETS; s.set++)
        if (counts(s.set))
            (void)ww_netlink_ask(reads, counter_question(bytes, s.set, NLM_F_DUMP), sweep_elements, &s);
}

void ww_drop_counts_forget(const struct ww_image *image, struct mnl_socket *reads, struct mnl_socket *commits)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    size_t n = 0;
    for (size_t i = 0; i < image->n_changes; i++)
        n += goes(image->changes[i].entry);
    for (size_t i = 0; i < image->n_changes && n <= FEW; i++)
        if (goes(image->changes[i].entry))
            forget_of(reads, image->changes[i].entry, &batch);
    if (n > FEW)
        sweep(image, reads, &batch);
    struct ww_error ignored = {0};
    (void)ww_batch_send(&batch, commits, NULL, &ignored);
}
