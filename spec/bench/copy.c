/*
 * The limit: everything that a table of the program holds, sent by libnftnl in one transaction.
 *
 *     wwbench copy FROM-NETNS TO-NETNS TIMES FAMILY TABLE [FAMILY TABLE]…
 *
 * Prints for each time: elements, chains, rules, bytes, ns to build the messages, ns of the transaction.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "batch.h"
#include "bench.h"

#define FAMILIES_MAX 4

struct table {
    uint8_t family;
    const char *name;
    struct nftnl_chain_list *chains;
    struct nftnl_rule_list *rules;
    struct nftnl_set_list *sets;
};

struct counts {
    size_t elements;
    size_t chains;
    size_t rules;
};

static int take_chain(const struct nlmsghdr *msg, void *arg)
{
    struct table *t = arg;
    struct nftnl_chain *c = nftnl_chain_alloc();
    nftnl_chain_nlmsg_parse(msg, c);
    if (strcmp(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE), t->name) != 0) {
        nftnl_chain_free(c);
        return MNL_CB_OK;
    }
    nftnl_chain_unset(c, NFTNL_CHAIN_HANDLE);
    nftnl_chain_unset(c, NFTNL_CHAIN_PACKETS);
    nftnl_chain_unset(c, NFTNL_CHAIN_BYTES);
    nftnl_chain_list_add_tail(c, t->chains);
    return MNL_CB_OK;
}

/* libnftnl 1.2 does not give back every expression as it got it: rules that count drops in a set are left out. */
static int stop_at_dynset(struct nftnl_expr *e, void *arg)
{
    (void)arg;
    return strcmp(nftnl_expr_get_str(e, NFTNL_EXPR_NAME), "dynset") == 0 ? -1 : 0;
}

static int take_rule(const struct nlmsghdr *msg, void *arg)
{
    struct table *t = arg;
    struct nftnl_rule *r = nftnl_rule_alloc();
    nftnl_rule_nlmsg_parse(msg, r);
    if (strcmp(nftnl_rule_get_str(r, NFTNL_RULE_TABLE), t->name) != 0 ||
        nftnl_expr_foreach(r, stop_at_dynset, NULL) < 0) {
        nftnl_rule_free(r);
        return MNL_CB_OK;
    }
    nftnl_rule_unset(r, NFTNL_RULE_HANDLE);
    nftnl_rule_unset(r, NFTNL_RULE_POSITION);
    nftnl_rule_list_add_tail(r, t->rules);
    return MNL_CB_OK;
}

static int take_set(const struct nlmsghdr *msg, void *arg)
{
    struct table *t = arg;
    struct nftnl_set *s = nftnl_set_alloc();
    nftnl_set_nlmsg_parse(msg, s);
    if (strcmp(nftnl_set_get_str(s, NFTNL_SET_TABLE), t->name) != 0) {
        nftnl_set_free(s);
        return MNL_CB_OK;
    }
    nftnl_set_unset(s, NFTNL_SET_HANDLE);
    nftnl_set_list_add_tail(s, t->sets);
    return MNL_CB_OK;
}

static int take_elements(const struct nlmsghdr *msg, void *arg)
{
    nftnl_set_elems_nlmsg_parse(msg, arg);
    return MNL_CB_OK;
}

static void ask_elements(struct mnl_socket *socket, const struct table *t, struct nftnl_set *set)
{
    char bytes[4096];
    struct nftnl_set *key = nftnl_set_alloc();
    nftnl_set_set_str(key, NFTNL_SET_TABLE, t->name);
    nftnl_set_set_str(key, NFTNL_SET_NAME, nftnl_set_get_str(set, NFTNL_SET_NAME));
    struct nlmsghdr *msg = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETSETELEM, t->family, NLM_F_DUMP, 1);
    nftnl_set_elems_nlmsg_build_payload(msg, key);
    if (batch_ask(socket, msg, take_elements, set) < 0)
        bench_die("cannot read the elements of a set of table %s", t->name);
    nftnl_set_free(key);
}

static void ask_all(struct mnl_socket *socket, uint16_t type, struct table *t, mnl_cb_t fn)
{
    char bytes[4096];
    struct nlmsghdr *msg = nftnl_nlmsg_build_hdr(bytes, type, t->family, NLM_F_DUMP, 1);
    if (batch_ask(socket, msg, fn, t) < 0)
        bench_die("cannot read table %s", t->name);
}

static void read_table(struct mnl_socket *socket, struct table *t)
{
    t->chains = nftnl_chain_list_alloc();
    t->rules = nftnl_rule_list_alloc();
    t->sets = nftnl_set_list_alloc();
    ask_all(socket, NFT_MSG_GETCHAIN, t, take_chain);
    ask_all(socket, NFT_MSG_GETRULE, t, take_rule);
    ask_all(socket, NFT_MSG_GETSET, t, take_set);
    struct nftnl_set_list_iter *it = nftnl_set_list_iter_create(t->sets);
    for (struct nftnl_set *s; (s = nftnl_set_list_iter_next(it));)
        ask_elements(socket, t, s);
    nftnl_set_list_iter_destroy(it);
}

static void put_table(struct batch *b, const struct table *t, uint16_t type, uint16_t flags)
{
    struct nftnl_table *table = nftnl_table_alloc();
    nftnl_table_set_str(table, NFTNL_TABLE_NAME, t->name);
    struct nlmsghdr *msg = batch_start(b, type, flags, t->family);
    nftnl_table_nlmsg_build_payload(msg, table);
    batch_finish(b, msg);
    nftnl_table_free(table);
}

static void put_chains(struct batch *b, const struct table *t, struct counts *counts)
{
    struct nftnl_chain_list_iter *it = nftnl_chain_list_iter_create(t->chains);
    for (struct nftnl_chain *c; (c = nftnl_chain_list_iter_next(it)); counts->chains++) {
        struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, t->family);
        nftnl_chain_nlmsg_build_payload(msg, c);
        batch_finish(b, msg);
    }
    nftnl_chain_list_iter_destroy(it);
}

static void put_rules(struct batch *b, const struct table *t, struct counts *counts)
{
    struct nftnl_rule_list_iter *it = nftnl_rule_list_iter_create(t->rules);
    for (struct nftnl_rule *r; (r = nftnl_rule_list_iter_next(it)); counts->rules++) {
        struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, t->family);
        nftnl_rule_nlmsg_build_payload(msg, r);
        batch_finish(b, msg);
    }
    nftnl_rule_list_iter_destroy(it);
}

static int count_element(struct nftnl_set_elem *e, void *arg)
{
    struct counts *counts = arg;
    (void)e;
    counts->elements++;
    return 0;
}

static void put_elements(struct batch *b, const struct table *t, struct nftnl_set *set, struct counts *counts)
{
    size_t before = counts->elements;
    nftnl_set_elem_foreach(set, count_element, counts);
    if (counts->elements == before)
        return;
    struct nftnl_set_elems_iter *elements = nftnl_set_elems_iter_create(set);
    int more = 1;
    while (more > 0) {
        struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, t->family);
        more = nftnl_set_elems_nlmsg_build_payload_iter(msg, elements);
        batch_finish(b, msg);
    }
    nftnl_set_elems_iter_destroy(elements);
}

static void put_sets(struct batch *b, const struct table *t, bool elements, struct counts *counts)
{
    static uint32_t id;
    struct nftnl_set_list_iter *it = nftnl_set_list_iter_create(t->sets);
    for (struct nftnl_set *s; (s = nftnl_set_list_iter_next(it));) {
        if (elements) {
            put_elements(b, t, s, counts);
            continue;
        }
        nftnl_set_set_u32(s, NFTNL_SET_ID, ++id);
        struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWSET, NLM_F_CREATE, t->family);
        nftnl_set_nlmsg_build_payload(msg, s);
        batch_finish(b, msg);
    }
    nftnl_set_list_iter_destroy(it);
}

static void put_all(struct batch *b, const struct table *t, struct counts *counts)
{
    put_table(b, t, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    put_chains(b, t, counts);
    put_sets(b, t, false, counts);
    put_sets(b, t, true, counts); /* before the rules: an anonymous set that a rule looks into is closed */
    put_rules(b, t, counts);
}

static void copy_once(struct mnl_socket *socket, const struct table *tables, size_t n)
{
    struct batch b = {0};
    struct counts counts = {0};
    int64_t start = bench_now();
    for (size_t i = 0; i < n; i++)
        put_all(&b, &tables[i], &counts);
    int64_t built = bench_now() - start;
    size_t bytes = b.len;
    int64_t sent = batch_send(&b, socket);
    printf("%zu %zu %zu %zu %lld %lld\n", counts.elements, counts.chains, counts.rules, bytes, (long long)built,
           (long long)sent);
    for (size_t i = 0; i < n; i++)
        put_table(&b, &tables[i], NFT_MSG_DELTABLE, 0);
    batch_send(&b, socket);
    free(b.data);
}

void bench_copy(int argc, char *argv[])
{
    struct table tables[FAMILIES_MAX] = {0};
    size_t n = 0;
    if (argc < 5)
        bench_die("usage: wwbench copy FROM-NETNS TO-NETNS TIMES FAMILY TABLE [FAMILY TABLE]…");
    bench_enter(argv[0]);
    struct mnl_socket *from = batch_socket();
    for (int i = 3; i + 1 < argc && n < FAMILIES_MAX; i += 2) {
        tables[n] = (struct table){.family = (uint8_t)atoi(argv[i]), .name = argv[i + 1]};
        read_table(from, &tables[n]);
        if (!nftnl_chain_list_is_empty(tables[n].chains)) /* else there is no such table */
            n++;
    }
    bench_enter(argv[1]);
    struct mnl_socket *to = batch_socket();
    for (int i = 0; i < atoi(argv[2]); i++)
        copy_once(to, tables, n);
}
