/* Making the fixed part of the table, and taking it away. */
#ifndef WW_KERNEL_LAYOUT_H
#define WW_KERNEL_LAYOUT_H

#include "core/kernel/batch.h"
#include "core/kernel/dump.h"

/*
 * Table, sets, chains and their rules; what is there stays, but for the rules of the fixed chains, which are replaced.
 * flags: of every table (ownership.h). reports: a sample of what is dropped is reported (nflog.h), for which the kernel
 * must have NFLOG.
 */
void ww_layout_put(struct ww_batch *batch, uint32_t flags, bool verdict_chains, bool reports);

/* The maps and base chains of the verdicts, with their rules. */
void ww_layout_verdicts(struct ww_batch *batch);
void ww_layout_verdicts_delete(struct ww_batch *batch);

/* The base chain that marks what is allowed, with its rules; the sets that it looks into must be there. */
void ww_layout_mark(struct ww_batch *batch);
void ww_layout_mark_delete(struct ww_batch *batch);

/*
 * Take away all in the table that is ours. keep_base: base chains that ww_layout_put makes the same way only lose their
 * rules, so that no packet passes unjudged meanwhile.
 */
void ww_layout_purge(struct ww_batch *batch, const struct ww_table *table, bool keep_base);

#endif
