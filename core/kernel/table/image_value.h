/* What the image does with the values of one entry. */
#ifndef WW_KERNEL_IMAGE_VALUE_H
#define WW_KERNEL_IMAGE_VALUE_H

#include <stdbool.h>

#include "core/kernel/table/image.h"

/* Are two values the same? NULL is none. */
bool ww_image_same(const char *a, const char *b);

void ww_entry_free_values(struct ww_entry *e);

/* A copy of what the kernel has. -ENOMEM: it is as it was. */
int ww_entry_set_kernel_value(struct ww_entry *e, const char *value);

/* The references with this value; made if `add`. NULL: there are none, or no memory. */
struct ww_image_count *ww_entry_references(struct ww_entry *e, const char *value, bool add);

/* After the transaction nothing wants it, unless that is said again. */
void ww_entry_want_none(struct ww_entry *e);

/* References that no ruleset or fence has any more go. */
void ww_entry_settle(struct ww_entry *e, bool commit);

#endif
