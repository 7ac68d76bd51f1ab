/* SHA-256 by nettle, with the processor's instructions for it: the key of everything that is cached by content. */
#ifndef WW_BASE_HASH_H
#define WW_BASE_HASH_H

#include <stddef.h>

#define WW_HASH_HEX 65 /* 64 digits and the NUL */

/* The SHA-256 of `len` bytes as lower-case hexadecimal digits. */
void ww_hash_hex(const void *data, size_t len, char ret_hex[static WW_HASH_HEX]);

#endif
