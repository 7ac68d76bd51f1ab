#include "core/base/hash.h"

#include <sha256.h>
#include <stdint.h>

void ww_hash_hex(const void *data, size_t len, char ret_hex[static WW_HASH_HEX])
{
    SHA256Data((const uint8_t *)data, len, ret_hex);
}
