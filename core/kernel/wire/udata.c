#include "core/kernel/wire/udata.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>

/* nftables' numbers: include/expression.h, include/proto.h (proto_bases, proto_desc_id), src/proto.c (header fields).
 */
#define KEY_TYPEOF 3
#define EXPR_PAYLOAD 7
#define EXPR_META 9
#define EXPR_CONCAT 13
#define BASE_LL 1
#define DESC_NONE 0
#define DESC_IP 12
#define DESC_IP6 13
#define IP_SADDR 11
#define IP6_SADDR 8

uint8_t *ww_udata_put(uint8_t *to, uint8_t type, const void *value, uint8_t len)
{
    to[0] = type;
    to[1] = len;
    memcpy(to + 2, value, len);
    return to + 2 + len;
}

/* An expression: its kind, and what it is made of. */
static uint8_t *put_expr(uint8_t *to, uint8_t type, uint32_t kind, const uint8_t *data, size_t len)
{
    uint8_t expr[WW_UDATA_MAX];
    uint8_t *end = ww_udata_put(expr, 0, &kind, sizeof(kind));
    end = ww_udata_put(end, 1, data, (uint8_t)len);
    return ww_udata_put(to, type, expr, (uint8_t)(end - expr));
}

static uint8_t *put_numbers(uint8_t *to, uint8_t type, uint32_t kind, const uint32_t *numbers, size_t n)
{
    uint8_t data[WW_UDATA_MAX];
    uint8_t *end = data;
    for (size_t i = 0; i < n; i++)
        end = ww_udata_put(end, (uint8_t)i, &numbers[i], sizeof(numbers[i]));
    return put_expr(to, type, kind, data, (size_t)(end - data));
}

/* Has the field no type of its own, so that nft must be told which bits of the packet it is? */
static bool is_raw(const struct ww_field_info *field)
{
    return field->load == WW_LOAD_PAYLOAD && field->type == WW_TYPE_NUMBER;
}

static bool has_raw(unsigned set)
{
    for (unsigned i = 0; i < ww_set_fields(set); i++)
        if (is_raw(ww_field_info(ww_set_schema(set)->key[i], ww_set_family(set))))
            return true;
    return false;
}

/* Of the fields that stand beside a raw one: the interface, and the source address. */
static uint8_t *put_field(uint8_t *to, uint8_t type, enum ww_field field, int family)
{
    static const uint32_t iif[] = {NFT_META_IIF};
    static const uint32_t saddr4[] = {DESC_IP, IP_SADDR};
    static const uint32_t saddr6[] = {DESC_IP6, IP6_SADDR};
    const struct ww_field_info *info = ww_field_info(field, family);
    const uint32_t base = info->key + BASE_LL - NFT_PAYLOAD_LL_HEADER;
    const uint32_t bits[] = {DESC_NONE, 0, base, 8 * (uint32_t)info->offset, 8 * (uint32_t)info->len};
    if (is_raw(info))
        return put_numbers(to, type, EXPR_PAYLOAD, bits, sizeof(bits) / sizeof(bits[0]));
    if (field == WW_F_IIF)
        return put_numbers(to, type, EXPR_META, iif, 1);
    return put_numbers(to, type, EXPR_PAYLOAD, family == AF_INET6 ? saddr6 : saddr4, 2);
}

/* iif . @ll,48,64 . ip saddr */
uint8_t *ww_udata_put_typeof(uint8_t *to, unsigned set)
{
    uint8_t parts[WW_UDATA_MAX];
    uint8_t *end = parts;
    unsigned n = ww_set_fields(set);
    if (!has_raw(set))
        return to;
    if (n == 1)
        return put_field(to, KEY_TYPEOF, ww_set_schema(set)->key[0], ww_set_family(set));
    for (unsigned i = 0; i < n; i++)
        end = put_field(end, (uint8_t)i, ww_set_schema(set)->key[i], ww_set_family(set));
    return put_expr(to, KEY_TYPEOF, EXPR_CONCAT, parts, (size_t)(end - parts));
}
