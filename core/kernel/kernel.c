#include "core/kernel/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/docker_user/docker_user.h"
#include "core/kernel/foreign/foreign.h"
#include "core/kernel/handover.h"
#include "core/kernel/kernel_internal.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/generation.h"
#include "core/kernel/sysctl.h"
#include "core/kernel/table/commit.h"
#include "core/kernel/table/layout.h"
#include "core/kernel/wire/batch.h"
#include "core/kernel/wire/message.h"

#define READ_TRIES 10
#define ANSWERS_ROOM (1024 * 1024)

/* Texts with refusals, but not the refused message in full; older kernels do without. */
static void set_options(struct mnl_socket *socket)
{
    int on = 1;
    int room = ANSWERS_ROOM;
    setsockopt(mnl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    setsockopt(mnl_socket_get_fd(socket), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
}

/* Reading needs no more rights than writing: the first question shows whether there is anything to work with. */
static int probe(struct ww_kernel *k, struct ww_error *err)
{
    struct ww_table table = {0};
    int rc = ww_dump_table(k->reads, &table, err);
    ww_table_done(&table);
    if (rc == -EPERM)
        return ww_fail(err, rc, "no right to change nftables: CAP_NET_ADMIN is missing");
    if (rc == -EINVAL || rc == -EPROTONOSUPPORT || rc == -EOPNOTSUPP)
        return ww_fail(err, -EOPNOTSUPP, "the kernel has no nf_tables: load the module nf_tables");
    return rc == -EINTR ? 0 : rc;
}

int ww_kernel_new(struct ww_kernel **ret_kernel, struct ww_error *err)
{
    struct ww_kernel *k = calloc(1, sizeof(*k));
    if (!k)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = ww_ask_open(NETLINK_NETFILTER, &k->commits, err);
    if (rc == 0)
        rc = ww_ask_open(NETLINK_NETFILTER, &k->reads, err);
    if (rc == 0) {
        set_options(k->commits);
        rc = probe(k, err);
    }
    if (rc < 0) {
        ww_kernel_free(k);
        return rc;
    }
    *ret_kernel = k;
    return 0;
}

void ww_kernel_free(struct ww_kernel *k)
{
    if (!k)
        return;
    ww_image_done(&k->image);
    ww_image_done(&k->kept);
    ww_table_done(&k->other);
    ww_watch_free(k->watch);
    ww_nflog_free(k->nflog);
    ww_cleanup_mnl(&k->lock);
    ww_cleanup_mnl(&k->commits);
    ww_cleanup_mnl(&k->reads);
    free(k);
}

int ww_kernel_lock(struct ww_kernel *k, struct ww_error *err)
{
    return k->lock ? 0 : ww_nflog_hold(WW_LOCK_GROUP, &k->lock, err);
}

static bool chain_is_other(const struct ww_found_chain *c)
{
    const struct ww_fixed_chain *fixed = ww_fixed_chain_find(c->table, c->name);
    if (!fixed)
        return false;
    if (!strcmp(c->name, "layout"))
        return !c->comment || strcmp(c->comment, WW_LAYOUT) != 0;
    return fixed->hook != c->hook || (c->hook >= 0 && fixed->priority != c->priority);
}

bool ww_table_is_other(const struct ww_table *table)
{
    for (size_t i = 0; i < table->n_chains; i++)
        if (chain_is_other(&table->chains[i]))
            return true;
    return table->other_set;
}

static int read_once(struct ww_kernel *k, struct ww_table *ret_table, struct ww_error *err)
{
    if (ww_kernel_keep(k) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    ww_image_done(&k->image);
    ww_table_done(ret_table);
    int rc = ww_dump_table(k->reads, ret_table, err);
    if (rc == 0 && !ww_table_is_other(ret_table))
        rc = ww_dump_elements(k->reads, ret_table, &k->image, err);
    return rc;
}

int ww_kernel_read(struct ww_kernel *k, struct ww_table *ret_table, struct ww_error *err)
{
    int rc = -EINTR;
    for (int i = 0; i < READ_TRIES && rc == -EINTR; i++)
        rc = read_once(k, ret_table, err);
    return rc;
}

static void count_found(const struct ww_kernel *k, const struct ww_table *table, struct ww_kernel_found *found)
{
    found->existed = table->tables[WW_INET].exists;
    found->other_layout = ww_table_is_other(table);
    for (const struct ww_entry *e = ww_image_first(&k->image); e; e = ww_image_next(&k->image, e)) {
        found->chains += ww_entry_is_chain(e);
        found->elements += !ww_entry_is_chain(e) && ww_set_table(e->set) == WW_INET;
    }
    int go_objects = ww_foreign_count(NULL);
    found->go_objects = go_objects > 0 ? (size_t)go_objects : 0;
}

/* What was not reported to a program before this one, it has not missed. */
static void forget_lost(struct ww_kernel *k, unsigned parts, struct ww_batch *batch)
{
    for (unsigned set = 0; set < WW_SETS && !k->forgot_lost; set++)
        if (set % WW_TABLE_SETS / 2 == WW_AUDIT_LOST && ww_set_exists(set) && parts & WW_PART_BIT(ww_set_part(set)))
            ww_msg_set_flush(batch, set);
}

/* The fixed rules are replaced at every start: so there is no need to look whether they are still what they should be.
 */
static int put_layout(struct ww_kernel *k, struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    k->manner.reports = k->nflog != NULL;
    k->manner.widths = ww_commit_widths(k->image.needs);
    unsigned parts = ww_kernel_parts(k);
    ww_layout_put(&batch, &k->manner, parts);
    if (k->image.parts & ~parts & WW_PART_BIT(WW_PART_MARK))
        ww_layout_part_delete(&batch, WW_PART_MARK);
    forget_lost(k, parts, &batch);
    if (ww_kernel_recall(k, &batch) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = ww_batch_send(&batch, k->commits, NULL, err);
    if (rc < 0)
        return rc;
    k->forgot_lost = true;
    k->image.parts = parts;
    if (k->manner.flags[WW_INET])
        k->can_own = WW_CAN_OWN_YES;
    return 0;
}

/*
 * What is there stays as it is, but it is ours from now on. In a transaction of its own: one that changes a table's
 * flags must not give it a base chain, too (nf_tables_addchain).
 */
static int put_owner(struct ww_kernel *k, const struct ww_table *table, struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    for (enum ww_table_id id = 0; id < WW_TABLES; id++) {
        batch.table = id;
        if (table->tables[id].exists && k->manner.flags[id])
            ww_msg_table_flags(&batch, WW_TABLE, k->manner.flags[id]);
    }
    return ww_batch_send(&batch, k->commits, NULL, err);
}

static int check_owners(const struct ww_kernel *k, const struct ww_table *table, struct ww_error *err)
{
    int rc = 0;
    for (enum ww_table_id id = 0; id < WW_TABLES && rc == 0; id++)
        rc = ww_ownership_check(id, &table->tables[id], k->commits, err);
    return rc;
}

static void set_flags(struct ww_kernel *k, const struct ww_table *table)
{
    for (enum ww_table_id id = 0; id < WW_TABLES; id++)
        k->manner.flags[id] = ww_kernel_flags(k, &table->tables[id]);
    k->handover = ww_handover_needed(k, table);
}

/*
 * Can tables have an owner? One that is there may show it; where there is none, the first one will (add_layout). Asking
 * by a table that goes at once makes the next transactions wait until the kernel has forgotten it.
 */
static int choose_flags(struct ww_kernel *k, const struct ww_table *table, struct ww_error *err)
{
    int rc = check_owners(k, table, err);
    bool exists = false;
    for (enum ww_table_id id = 0; id < WW_TABLES; id++) {
        exists = exists || table->tables[id].exists;
        if (table->tables[id].flags & WW_TABLE_PERSIST)
            k->can_own = WW_CAN_OWN_YES;
    }
    if (rc == 0 && exists && !k->shared && k->can_own == WW_CAN_OWN_UNKNOWN)
        rc = ww_ownership_probe(k->commits, &k->can_own, err);
    if (rc == 0)
        set_flags(k, table);
    return rc;
}

/* If it is refused, it may be for its owner: then it is made without. */
static int add_layout(struct ww_kernel *k, const struct ww_table *table, struct ww_error *err)
{
    int rc = put_layout(k, err);
    if (rc == 0 || k->shared || k->can_own != WW_CAN_OWN_UNKNOWN)
        return rc;
    int asked = ww_ownership_probe(k->commits, &k->can_own, err);
    if (asked < 0 || k->can_own == WW_CAN_OWN_YES)
        return asked < 0 ? asked : rc;
    set_flags(k, table);
    return put_layout(k, err);
}

int ww_kernel_adopt(struct ww_kernel *k, struct ww_kernel_found *ret_found, struct ww_error *err)
{
    __attribute__((cleanup(ww_table_done))) struct ww_table table = {0};
    struct ww_kernel_found found = {0};
    k->adopted = false;
    k->touched = (struct ww_touched){0}; /* whatever it was, the table is read now */
    ww_table_done(&k->other);
    int rc = ww_kernel_read(k, &table, err);
    if (rc == 0)
        rc = choose_flags(k, &table, err);
    if (rc == 0)
        rc = ww_kernel_look_at_bridges(k, err);
    if (rc == 0)
        rc = ww_kernel_look_at_resets(k, err);
    if (rc < 0)
        return rc;
    count_found(k, &table, &found);
    rc = put_owner(k, &table, err);
    if (rc == 0 && !found.other_layout)
        rc = add_layout(k, &table, err);
    if (rc < 0)
        return rc;
    if (found.other_layout) {
        k->other = table;
        table = (struct ww_table){0};
    }
    k->adopted = true;
    if (ret_found)
        *ret_found = found;
    return 0;
}

void ww_kernel_share_table(struct ww_kernel *k, bool on)
{
    k->shared = on;
}

int ww_kernel_can_own(const struct ww_kernel *k)
{
    return k->can_own == WW_CAN_OWN_UNKNOWN ? -1 : k->can_own == WW_CAN_OWN_YES;
}

bool ww_kernel_owns_table(const struct ww_kernel *k)
{
    return k->adopted && k->manner.flags[WW_INET] & WW_TABLE_OWNER;
}

void ww_kernel_mark_allowed(struct ww_kernel *k, bool on)
{
    k->mark_allowed = on;
}

int ww_kernel_docker_user_keep(struct ww_kernel *k, bool put,
                               enum ww_docker_user_place ret_found[WW_DOCKER_USER_FAMILIES], struct ww_error *err)
{
    return ww_docker_user_keep(k->reads, k->commits, put, ret_found, err);
}

int ww_kernel_docker_user_take(struct ww_kernel *k, struct ww_error *err)
{
    return ww_docker_user_take(k->reads, k->commits, err);
}

int ww_kernel_generation(struct ww_kernel *k, uint32_t *ret_generation, struct ww_error *err)
{
    return ww_generation_read(k->reads, ret_generation, err);
}

static size_t count_ours(const struct ww_table *table)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n_chains; i++)
        n += table->chains[i].ours;
    for (unsigned set = 0; set < WW_SETS; set++)
        n += table->has_set[set];
    return n;
}

/* Whether other programs have chains in our tables (bits). */
static unsigned shared_tables(const struct ww_table *table)
{
    unsigned shared = 0;
    for (size_t i = 0; i < table->n_chains; i++)
        if (!table->chains[i].ours)
            shared |= 1u << table->chains[i].table;
    return shared;
}

/* Chains that other programs put into a table are theirs: then only ours go, and the table stays. */
static int put_clear(struct ww_batch *batch, const struct ww_table *table)
{
    unsigned shared = shared_tables(table);
    int deleted = 0;
    if (shared)
        ww_layout_purge(batch, table, false);
    for (enum ww_table_id id = 0; id < WW_TABLES; id++) {
        if (!table->tables[id].exists || shared & 1u << id)
            continue;
        batch->table = id;
        ww_msg_table_delete(batch, WW_TABLE);
        deleted++;
    }
    return deleted;
}

static int clear_table(struct ww_kernel *k, struct ww_error *err)
{
    __attribute__((cleanup(ww_table_done))) struct ww_table table = {0};
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    int rc = ww_kernel_read(k, &table, err);
    if (rc == 0)
        rc = check_owners(k, &table, err);
    if (rc < 0)
        return rc;
    int deleted = put_clear(&batch, &table);
    rc = ww_batch_send(&batch, k->commits, NULL, err);
    if (rc < 0)
        return rc;
    ww_image_done(&k->image);
    ww_image_done(&k->kept);
    k->adopted = false;
    return (int)count_ours(&table) + deleted;
}

int ww_kernel_clear(struct ww_kernel *k, struct ww_error *err)
{
    int ours = clear_table(k, err);
    int accepts = ours < 0 ? ours : ww_docker_user_take(k->reads, k->commits, err);
    if (accepts < 0)
        return accepts;
    int theirs = ww_foreign_clear(err);
    return theirs < 0 ? theirs : ours + accepts + theirs;
}

bool ww_kernel_sees_bridged(const struct ww_kernel *k, int family)
{
    return ww_sysctl_sees_bridged(family) || (k->adopted && k->image.mirror & WW_FAMILY_BIT(family));
}
