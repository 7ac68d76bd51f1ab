/* MAC addresses (addr.h). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/model/addr.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)tolower((unsigned char)c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int ww_mac_parse(const char *text, struct ww_mac *ret_mac, struct ww_error *err)
{
    struct ww_mac mac;
    bool ok = strlen(text) == WW_MAC_TEXT - 1;
    for (unsigned i = 0; ok && i < 6; i++) {
        int high = hex_digit(text[i * 3]);
        int low = hex_digit(text[i * 3 + 1]);
        ok = high >= 0 && low >= 0 && text[i * 3 + 2] == (i < 5 ? ':' : '\0');
        mac.bytes[i] = ok ? (uint8_t)(high << 4 | low) : 0;
    }
    if (!ok)
        return ww_fail(err, -EINVAL, "'%.80s' is not a MAC address", text);
    *ret_mac = mac;
    return 0;
}

const char *ww_mac_text(const struct ww_mac *mac, char buf[static WW_MAC_TEXT])
{
    const uint8_t *b = mac->bytes;
    snprintf(buf, WW_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
    return buf;
}

bool ww_mac_is_zero(const struct ww_mac *mac)
{
    static const struct ww_mac zero;
    return memcmp(mac->bytes, zero.bytes, sizeof(zero.bytes)) == 0;
}

struct ww_addr ww_mac_link_local(const struct ww_mac *mac)
{
    const uint8_t *b = mac->bytes;
    return (struct ww_addr){
        .family = AF_INET6,
        .bytes = {0xfe, 0x80, [8] = b[0] ^ 0x02, b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]},
    };
}
