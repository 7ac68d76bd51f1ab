/*
 * What the kernel holds of ours and what is wanted, object by object: elements of the sets by key, chains by name.
 * Several rulesets may want the same element, so references are counted. Changes are made in two steps: refer, and
 * commit or roll back with the kernel's answer.
 */
#ifndef WW_KERNEL_IMAGE_H
#define WW_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "core/base/pool.h"
#include "core/kernel/lower/lower.h"

/* Stands for a set: the entries that are chains of this table, with the name as key. */
#define WW_CHAINS(table) (WW_SETS + (table))

/* How many rulesets and fences want an entry to have a value (a chain, a comment, a hash, or none). */
struct ww_image_count {
    unsigned now;  /* in force */
    unsigned next; /* after the transaction */
};

struct ww_image_ref {
    struct ww_image_ref *older;
    char *value;
    struct ww_image_count count;
};

/* What few entries have. */
struct ww_image_values {
    char *latest;               /* that is wanted; NULL: none */
    char *kernel;               /* that the kernel has */
    struct ww_image_ref *older; /* other values that are wanted */
};

/* There is one for every element that the kernel holds: each byte counts. */
struct ww_entry {
    struct ww_entry *next;          /* of those with a similar hash: image_table.c */
    struct ww_image_values *values; /* NULL: its values are none */
    struct ww_image_count count;    /* of the latest value */
    union {
        uint32_t change;     /* if it is touched: its place in the image's changes */
        int32_t unexplained; /* while reading a chain: references to it beyond its rules and map elements */
    };
    uint16_t set;
    uint8_t len;
    bool in_kernel : 1;
    bool touched : 1;
    uint8_t key[];
};
_Static_assert(offsetof(struct ww_entry, key) <= 32, "an entry has grown: the figures of docs/performance.md with it");

/* What an entry is to be, and for which container, while a transaction is put together; borrowed. */
struct ww_tag {
    const struct ww_chain *chain; /* what the chain is to hold */
    const char *id;
    const char *origin;
};

/* An entry that the transaction touches, and what it is to be. */
struct ww_image_change {
    struct ww_entry *entry;
    struct ww_tag tag; /* all NULL if that was not said */
};

/* What elements are counted for: the parts that they need; behind them, for each set of CIDRs, each length of
 * prefix. */
#define WW_NEEDS (WW_PARTS + WW_NET_SETS * WW_WIDTHS)

#define WW_FAMILY_BIT(family) ((family) == AF_INET6 ? 2u : 1u)

/* All zero is empty and valid. */
struct ww_image {
    struct ww_pool entries; /* those that are gone leave their place to others */
    struct ww_entry **buckets;
    size_t n_buckets; /* a power of two */
    size_t n;
    struct ww_image_change *changes; /* in the order in which entries were touched */
    size_t n_changes;
    size_t cap_changes;
    long needs[WW_NEEDS]; /* elements that the kernel holds and that need it, without those made up for */
    unsigned parts;       /* bits: parts that are there, at least in part */
    unsigned unseen;      /* bits of families (WW_FAMILY_BIT) whose traffic within a bridge table inet does not see */
    unsigned mirror;      /* of these, those that table bridge judges instead */
};

void ww_image_done(struct ww_image *image);

/* Note what was read from the kernel. Value NULL: none. -ENOMEM. */
int ww_image_found(struct ww_image *image, uint16_t set, const void *key, size_t len, const char *value);

/* The kernel does not hold it any more: what is wanted is known still, for the next transaction. */
void ww_image_lost(struct ww_image *image, struct ww_entry *e);
void ww_image_lost_table(struct ww_image *image, enum ww_table_id table); /* the whole table */

/* All entries, in no order: for (e = ww_image_first(image); e; e = ww_image_next(image, e)). */
struct ww_entry *ww_image_first(const struct ww_image *image);
struct ww_entry *ww_image_next(const struct ww_image *image, const struct ww_entry *e);

/* NULL if it is not known. */
struct ww_entry *ww_image_find(const struct ww_image *image, uint16_t set, const void *key, size_t len);

/* The same, and made where it is not; NULL when out of memory, or when the key is longer than any. */
struct ww_entry *ww_image_make(struct ww_image *image, uint16_t set, const void *key, size_t len);
/* Out of the table, and free it; the strings that it owns are the caller's to free, before. */
void ww_image_remove(struct ww_image *image, struct ww_entry *e);

const uint8_t *ww_entry_key(const struct ww_entry *e);
/* What the kernel has for its value; NULL: none. */
const char *ww_entry_kernel_value(const struct ww_entry *e);
bool ww_entry_is_chain(const struct ww_entry *e);
enum ww_table_id ww_entry_table(const struct ww_entry *e);
/* The chain that a map's element with this value leads to; NULL if it is none of a container's. */
struct ww_entry *ww_image_target(const struct ww_image *image, const struct ww_entry *e);
/* What it is to be and for which container; all NULL if that was not said. */
const struct ww_tag *ww_entry_tag(const struct ww_image *image, const struct ww_entry *e);
/* Count one more (n 1) or less (-1) of what needs something. */
void ww_entry_count(const struct ww_entry *e, int n, long needs[static WW_NEEDS]);
/* Is it wanted after the transaction, and with which value? */
bool ww_entry_wanted(const struct ww_entry *e, const char **ret_value);
/* Does it need a change: is it not in the kernel as it is wanted? */
bool ww_entry_differs(const struct ww_entry *e);

/* Add the references of a lowered ruleset, or take them away. id: the container's. -ENOMEM: then roll back. */
int ww_image_refer(struct ww_image *image, const struct ww_lowered *lowered, bool add, const char *id);
/* Take all references away, and touch everything. -ENOMEM: nothing was done. */
int ww_image_unref_all(struct ww_image *image);

/* The transaction went in: what is wanted is now there. */
int ww_image_commit(struct ww_image *image);
void ww_image_rollback(struct ww_image *image);

#endif
