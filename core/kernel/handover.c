#include "core/kernel/handover.h"

#include <errno.h>

#include "core/kernel/table/commit.h"
#include "core/kernel/wire/message.h"

#define OTHER_NAME "whalewall-handover"

/* Chains that other programs put into a table are theirs, and would be lost. */
static unsigned used_by_others(const struct ww_table *table)
{
    unsigned used = 0;
    for (size_t i = 0; i < table->n_chains; i++)
        if (!table->chains[i].ours)
            used |= 1u << table->chains[i].table;
    return used;
}

unsigned ww_handover_needed(const struct ww_kernel *k, const struct ww_table *table)
{
    bool plain = false;
    unsigned there = 0;
    if (k->shared || k->can_own != WW_CAN_OWN_YES || used_by_others(table))
        return 0;
    for (enum ww_table_id id = 0; id < WW_TABLES; id++) {
        if (!table->tables[id].exists)
            continue;
        there |= 1u << id;
        plain = plain || !(table->tables[id].flags & WW_TABLE_PERSIST);
    }
    return plain ? there : 0;
}

static unsigned tables_of(unsigned parts)
{
    unsigned tables = 0;
    for (enum ww_part part = 0; part < WW_PARTS; part++)
        if (parts & WW_PART_BIT(part))
            tables |= 1u << ww_part_table(part);
    return tables;
}

static void put_deletes(struct ww_batch *batch, const char *name, unsigned tables)
{
    for (enum ww_table_id id = 0; id < WW_TABLES; id++) {
        batch->table = id;
        if (tables & 1u << id)
            ww_msg_table_delete(batch, name);
    }
}

/* Without WW_TABLE_PERSIST they go when this process does. */
static int send_others(struct ww_kernel *k, struct ww_refusal *ret_refusal, struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {.name = OTHER_NAME};
    struct ww_manner manner = k->manner;
    struct ww_after after;
    for (enum ww_table_id id = 0; id < WW_TABLES; id++)
        manner.flags[id] = WW_TABLE_OWNER;
    ww_layout_put(&batch, &manner, k->image.parts);
    ww_commit_put(&k->image, &batch, &manner, &after);
    k->handed_over = tables_of(k->image.parts | after.parts);
    return ww_batch_send(&batch, k->commits, ret_refusal, err);
}

int ww_handover_begin(struct ww_kernel *k, struct ww_batch *batch, struct ww_refusal *ret_refusal, struct ww_error *err)
{
    for (enum ww_table_id id = 0; id < WW_TABLES; id++)
        ww_image_lost_table(&k->image, id);
    k->image.parts = ww_kernel_base_parts(k);
    k->manner.reports = k->nflog != NULL;
    k->manner.widths = (struct ww_widths){0};
    int rc = send_others(k, ret_refusal, err);
    if (rc < 0) {
        k->adopted = false; /* the image was told that nothing is there */
        k->handed_over = 0;
        return rc;
    }
    put_deletes(batch, WW_TABLE, k->handover);
    for (enum ww_table_id id = 0; id < WW_TABLES; id++)
        k->manner.flags[id] = WW_TABLE_OWNED;
    ww_layout_put(batch, &k->manner, k->image.parts);
    return 0;
}

void ww_handover_end(struct ww_kernel *k, bool sent)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    struct ww_error ignored = {0};
    put_deletes(&batch, OTHER_NAME, k->handed_over);
    (void)ww_batch_send(&batch, k->commits, NULL, &ignored); /* what is left goes with this process */
    k->handover = k->handed_over = 0;
    k->adopted = k->adopted && sent;
}
