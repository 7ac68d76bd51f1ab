/* What ww_kernel is made of. Private to kernel*.c. */
#ifndef WW_KERNEL_INTERNAL_H
#define WW_KERNEL_INTERNAL_H

#include <libmnl/libmnl.h>

#include "core/kernel/drops/nflog.h"
#include "core/kernel/kernel.h"
#include "core/kernel/table/dump.h"
#include "core/kernel/table/image.h"
#include "core/kernel/table/layout.h"
#include "core/kernel/table/ownership.h"
#include "core/kernel/table/touched.h"
#include "core/kernel/wire/watch.h"

enum ww_support { WW_SUPPORT_UNKNOWN, WW_SUPPORT_YES, WW_SUPPORT_NO };

struct ww_kernel {
    struct mnl_socket
        *commits; /* every change goes through it: it owns the table, and the watch knows it by its port */
    struct mnl_socket *reads;
    struct ww_image image;
    struct ww_image kept;  /* what closed before the table was read again; until everything is applied */
    struct ww_table other; /* the table of another layout, which the next apply_all replaces */
    bool adopted;
    bool mark_allowed;
    bool forgot_lost; /* counts of what was not reported begin with this program */
    bool shared;      /* the table shall have no owner */
    enum ww_can_own can_own;
    unsigned handover;       /* tables (bits) to be made anew by the next apply_all: handover.h */
    unsigned handed_over;    /* tables that judge meanwhile */
    struct ww_manner manner; /* of the tables, since they were taken over */
    enum ww_support queue;
    enum ww_support bridge; /* tables of family bridge */
    enum ww_support bridge_track;
    enum ww_support bridge_names;
    enum ww_support reset;
    struct ww_watch *watch;    /* NULL while off */
    struct ww_nflog *nflog;    /* NULL: reports of dropped packets were not asked for, or they cannot be had */
    struct mnl_socket *lock;   /* NULL: none is needed, or to be had */
    struct ww_touched touched; /* what it told, until that is closed */
};

/* Read the table again, and the elements in it; retries while it changes under the reader. */
int ww_kernel_read(struct ww_kernel *k, struct ww_table *ret_table, struct ww_error *err);

/* kernel_probe.c: which traffic within bridges table bridge must see to; to be asked after the image was read. */
int ww_kernel_look_at_bridges(struct ww_kernel *k, struct ww_error *err);

/* kernel_probe.c: can it send TCP resets? */
int ww_kernel_look_at_resets(struct ww_kernel *k, struct ww_error *err);

/* kernel_parts.c: the parts (bits) that are there whatever is enforced. */
unsigned ww_kernel_base_parts(const struct ww_kernel *k);
/* The same, and those that the image has, or needs. */
unsigned ww_kernel_parts(const struct ww_kernel *k);

/* The flags for a table, as it was found (kernel_parts.c). */
uint32_t ww_kernel_flags(const struct ww_kernel *k, const struct ww_found_table *table);

/* kernel_watch.c: before the image is forgotten keep what closes, and afterwards put it into the image and the batch
 * (may be NULL), where it is not found. No container shall be open because another program deleted the table while it
 * was read. -ENOMEM.
 */
int ww_kernel_keep(struct ww_kernel *k);
int ww_kernel_recall(struct ww_kernel *k, struct ww_batch *batch);

/* Does the table look as another version, or another program, made it? */
bool ww_table_is_other(const struct ww_table *table);

#endif
