#include "core/base/hash.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdint.h>

void ww_hash_hex(const void *data, size_t len, char ret_hex[static WW_HASH_HEX])
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&sha);
    if (len)
        sha256_update(&sha, len, data);
    sha256_digest(&sha, sizeof(digest), digest);
    base16_encode_update(ret_hex, sizeof(digest), digest);
    ret_hex[WW_HASH_HEX - 1] = '\0';
}
