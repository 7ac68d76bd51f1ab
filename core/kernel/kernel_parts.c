/* Which parts our tables are to have, and which flags. */
#include "core/kernel/kernel_internal.h"
#include "core/kernel/table/ownership.h"

unsigned ww_kernel_base_parts(const struct ww_kernel *k)
{
    return WW_PART_BIT(WW_PART_ALWAYS) | (k->mark_allowed ? WW_PART_BIT(WW_PART_MARK) : 0);
}

unsigned ww_kernel_parts(const struct ww_kernel *k)
{
    const unsigned unasked = WW_PART_BIT(WW_PART_DROPS) | WW_PART_BIT(WW_PART_MARK);
    unsigned parts = ww_kernel_base_parts(k) | (k->image.parts & ~unasked);
    for (enum ww_part part = 0; part < WW_PARTS; part++)
        if (part != WW_PART_ALWAYS && k->image.needs[part] > 0)
            parts |= WW_PART_BIT(part);
    return ww_parts_whole(parts);
}

uint32_t ww_kernel_flags(const struct ww_kernel *k, const struct ww_found_table *table)
{
    return ww_ownership_flags(table, !k->shared && k->can_own != WW_CAN_OWN_NO);
}
