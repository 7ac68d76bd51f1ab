#include "core/kernel/table/layout.h"

#include <string.h>
#include <sys/socket.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/wire/message.h"

struct putting {
    struct ww_batch *batch;
    const struct ww_manner *manner;
    enum ww_part part;
    const char *only; /* NULL: all chains */
    bool only_widths; /* only those that have a rule for each length of prefix */
};

static bool is_term_left_out(const struct putting *putting, const struct ww_term *t)
{
    const struct ww_manner *manner = putting->manner;
    if (t->kind == WW_T_REJECT)
        return !manner->rejects;
    return (t->kind == WW_T_REPORT && !manner->reports) || (t->bridged && !manner->names);
}

/* Is no prefix of this length in the set? */
static bool is_width_left_out(const struct putting *putting, const struct ww_term *t, int family)
{
    if (!ww_term_has_width(t))
        return false;
    return !putting->manner->widths.there[ww_set_nets(2 * t->set + (family == AF_INET6))][t->value];
}

/* Does this manner leave the rule out? */
static bool is_left_out(const struct putting *putting, const struct ww_stmt *stmt)
{
    const struct ww_manner *manner = putting->manner;
    if (putting->part == WW_PART_FENCED && stmt->family && !(manner->unseen & WW_FAMILY_BIT(stmt->family)))
        return true;
    for (size_t i = 0; i < ww_stmt_count(stmt); i++)
        if (is_term_left_out(putting, &stmt->terms[i]) || is_width_left_out(putting, &stmt->terms[i], stmt->family))
            return true;
    return false;
}

static int put_rule(const char *chain, const struct ww_stmt *stmt, void *arg)
{
    const struct putting *putting = arg;
    if ((putting->only && strcmp(chain, putting->only) != 0) || (putting->only_widths && !ww_fixed_has_widths(chain)))
        return 0;
    if (!is_left_out(putting, stmt))
        ww_msg_rule(putting->batch, chain, stmt, NULL);
    return 0;
}

static void put_chains(struct ww_batch *batch, enum ww_part part, const struct ww_manner *manner)
{
    struct putting putting = {.batch = batch, .manner = manner, .part = part};
    size_t n;
    const struct ww_fixed_chain *chains = ww_fixed_chains(&n);
    batch->table = ww_part_table(part);
    for (size_t i = 0; i < n; i++) {
        if (chains[i].part != part)
            continue;
        if (chains[i].hook >= 0)
            ww_msg_chain_base(batch, &chains[i]);
        else
            ww_msg_chain(batch, chains[i].name, strcmp(chains[i].name, "layout") ? WW_MARK "fixed" : WW_LAYOUT, NULL);
        ww_msg_chain_flush(batch, chains[i].name);
    }
    ww_fixed_each(part, put_rule, &putting);
}

static bool is_set_of(unsigned set, enum ww_part part)
{
    return ww_set_exists(set) && ww_set_part(set) == part;
}

void ww_layout_part(struct ww_batch *batch, const struct ww_manner *manner, enum ww_part part)
{
    batch->table = ww_part_table(part);
    ww_msg_table_flags(batch, ww_batch_name(batch), manner->flags[batch->table]);
    for (unsigned set = 0; set < WW_SETS; set++)
        if (is_set_of(set, part))
            ww_msg_set(batch, set);
    if (part == WW_PART_ALWAYS)
        put_chains(batch, WW_PART_DROPS, manner);
    put_chains(batch, part, manner);
}

void ww_layout_part_delete(struct ww_batch *batch, enum ww_part part)
{
    char name[WW_SET_NAME];
    size_t n;
    const struct ww_fixed_chain *chains = ww_fixed_chains(&n);
    batch->table = ww_part_table(part);
    for (size_t i = 0; i < n; i++)
        if (chains[i].part == part)
            ww_msg_chain_flush(batch, chains[i].name);
    for (size_t i = 0; i < n; i++)
        if (chains[i].part == part)
            ww_msg_chain_delete(batch, chains[i].name);
    for (unsigned set = 0; set < WW_SETS; set++)
        if (is_set_of(set, part))
            ww_msg_set_delete(batch, ww_set_name(set, name));
}

void ww_layout_put(struct ww_batch *batch, const struct ww_manner *manner, unsigned parts)
{
    for (enum ww_part part = 0; part < WW_PARTS; part++)
        if (parts & WW_PART_BIT(part))
            ww_layout_part(batch, manner, part);
}

void ww_layout_chain(struct ww_batch *batch, const struct ww_manner *manner, const struct ww_fixed_chain *chain)
{
    struct putting putting = {.batch = batch, .manner = manner, .part = chain->part, .only = chain->name};
    batch->table = ww_part_table(chain->part);
    ww_msg_chain_flush(batch, chain->name);
    ww_fixed_each(chain->part, put_rule, &putting);
}

void ww_layout_widths(struct ww_batch *batch, const struct ww_manner *manner, enum ww_part part)
{
    struct putting putting = {.batch = batch, .manner = manner, .part = part, .only_widths = true};
    size_t n;
    const struct ww_fixed_chain *chains = ww_fixed_chains(&n);
    batch->table = ww_part_table(part);
    for (size_t i = 0; i < n; i++)
        if (chains[i].part == part && ww_fixed_has_widths(chains[i].name))
            ww_msg_chain_flush(batch, chains[i].name);
    ww_fixed_each(part, put_rule, &putting);
}

bool ww_layout_in_lockdown(unsigned set)
{
    static const enum ww_stem stems[] = {WW_MANAGED, WW_PUB_P, WW_PUB_HP, WW_GUARDED, WW_KNOWN, WW_FREE};
    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
        if (set == ww_set_id(stems[i], AF_INET) || set == ww_set_id(stems[i], AF_INET6))
            return true;
    return false;
}

void ww_layout_lockdown(struct ww_batch *batch, const struct ww_manner *manner)
{
    static const char *const base[] = {"forward", "input", "output"};
    struct putting putting = {.batch = batch};
    batch->table = WW_INET;
    ww_msg_table_flags(batch, ww_batch_name(batch), manner->flags[WW_INET]);
    for (unsigned set = 0; set < WW_SETS; set++)
        if (ww_layout_in_lockdown(set))
            ww_msg_set(batch, set);
    for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
        ww_msg_chain_base(batch, ww_fixed_chain_find(WW_INET, base[i]));
        ww_msg_chain_flush(batch, base[i]);
    }
    ww_fixed_lockdown(put_rule, &putting);
}

static bool stays(const struct ww_found_chain *chain)
{
    const struct ww_fixed_chain *fixed = ww_fixed_chain_find(chain->table, chain->name);
    return fixed && fixed->part == WW_PART_ALWAYS && fixed->hook >= 0 && fixed->hook == chain->hook &&
           fixed->priority == chain->priority;
}

/* Rules first, then the sets that they looked into and whose elements point at chains, then the chains. */
void ww_layout_purge(struct ww_batch *batch, const struct ww_table *table, bool keep_base)
{
    char name[WW_SET_NAME];
    for (size_t i = 0; i < table->n_chains; i++) {
        batch->table = table->chains[i].table;
        if (table->chains[i].ours)
            ww_msg_chain_flush(batch, table->chains[i].name);
    }
    for (unsigned set = 0; set < WW_SETS; set++) {
        batch->table = ww_set_table(set);
        if (table->has_set[set])
            ww_msg_set_delete(batch, ww_set_name(set, name));
    }
    for (size_t i = 0; i < table->n_chains; i++) {
        batch->table = table->chains[i].table;
        if (table->chains[i].ours && !(keep_base && stays(&table->chains[i])))
            ww_msg_chain_delete(batch, table->chains[i].name);
    }
}
