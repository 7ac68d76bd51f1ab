/* Making the fixed part of the tables, and taking it away. */
#ifndef WW_KERNEL_LAYOUT_H
#define WW_KERNEL_LAYOUT_H

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/table/dump.h"
#include "core/kernel/wire/batch.h"

/* The lengths of prefixes that are in each of the sets of CIDRs. */
struct ww_widths {
    bool there[WW_NET_SETS][WW_WIDTHS];
};

/* How the tables are made. */
struct ww_manner {
    uint32_t flags[WW_TABLES]; /* ownership.h */
    unsigned unseen;           /* families (WW_FAMILY_BIT) whose traffic within a bridge the IP hooks do not see */
    bool names;                /* the kernel can name the bridge that a port belongs to */
    bool rejects;              /* the kernel can send TCP resets (CONFIG_NFT_REJECT_INET) */
    struct ww_widths widths;   /* those that the fixed chains look for */
    bool reports; /* a sample of what is dropped is reported (nflog.h), for which the kernel must have NFLOG */
};

/*
 * Tables, sets, chains and their rules of what is always there, and of these parts (bits). What is there stays, but for
 * the rules of the fixed chains, which are replaced.
 */
void ww_layout_put(struct ww_batch *batch, const struct ww_manner *manner, unsigned parts);

/* One part: its table if need be, its sets, base chains and their rules; the sets that it looks into must be there. */
void ww_layout_part(struct ww_batch *batch, const struct ww_manner *manner, enum ww_part part);
void ww_layout_part_delete(struct ww_batch *batch, enum ww_part part); /* all but the table */

/* The rules of one fixed chain that is there. */
void ww_layout_chain(struct ww_batch *batch, const struct ww_manner *manner, const struct ww_fixed_chain *chain);

/* The rules of a part's fixed chains that have one for each length of prefix; they are there. */
void ww_layout_widths(struct ww_batch *batch, const struct ww_manner *manner, enum ww_part part);

/*
 * As little as stops every packet from and to what closes: the table, the sets of ww_layout_in_lockdown, and base
 * chains that drop what is in them, and whatever is not known on guarded bridges. ww_layout_put takes its place.
 */
void ww_layout_lockdown(struct ww_batch *batch, const struct ww_manner *manner);
bool ww_layout_in_lockdown(unsigned set);

/*
 * Take away all in the tables that is ours. keep_base: base chains that ww_layout_put makes the same way only lose
 * their rules, so that no packet passes unjudged meanwhile.
 */
void ww_layout_purge(struct ww_batch *batch, const struct ww_table *table, bool keep_base);

#endif
