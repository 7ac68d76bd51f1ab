/* Userdata: what nft(8) keeps beside a set or chain, so that it can list it as it was written (libnftnl/udata.h). */
#ifndef WW_KERNEL_UDATA_H
#define WW_KERNEL_UDATA_H

#include <stdint.h>

#include "core/kernel/base_ruleset/schema.h"

#define WW_UDATA_MAX 256 /* the kernel's limit */

/* One entry: type, length, value. Returns what follows. */
uint8_t *ww_udata_put(uint8_t *to, uint8_t type, const void *value, uint8_t len);

/* How the set's key is described where nft has no type for a part of it; else nothing. Returns what follows. */
uint8_t *ww_udata_put_typeof(uint8_t *to, unsigned set);

#endif
