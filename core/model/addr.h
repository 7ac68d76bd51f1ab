/* Network addresses of both families, ranges of them, and MAC addresses. */
#ifndef WW_MODEL_ADDR_H
#define WW_LOOPBACK_INDEX 1 /* of interface lo, in every network namespace */
#define WW_MODEL_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/base/error.h"

#define WW_ADDR_TEXT 48
#define WW_RANGE_TEXT 96
#define WW_MAC_TEXT 18

/* An IPv4 or IPv6 address, network byte order in the first 4 or 16 bytes. family 0: none. Unused bytes are 0. */
struct ww_addr {
    uint8_t family; /* 0, AF_INET or AF_INET6 */
    uint8_t bytes[16];
};

/* Inclusive, both ends of one family, lo <= hi. A single address has lo == hi. */
struct ww_addr_range {
    struct ww_addr lo;
    struct ww_addr hi;
};

struct ww_mac {
    uint8_t bytes[6];
};

/* 4 or 16; 0 for none. */
unsigned ww_addr_size(const struct ww_addr *addr);

/* Parse "192.0.2.1" or "2001:db8::1". An IPv4-mapped IPv6 address becomes IPv4. -EINVAL when it is neither. */
int ww_addr_parse(const char *text, struct ww_addr *ret_addr, struct ww_error *err);

/* As ww_addr_parse, of the text before a '/' ("198.51.102.3/26"), as the engine writes them. "" gives family 0. */
int ww_addr_parse_cidr_host(const char *text, struct ww_addr *ret_addr, struct ww_error *err);

/* Parse an address, "addr/len" (host bits are masked) or "addr-addr" (inclusive). -EINVAL with the reason. */
int ww_addr_range_parse(const char *text, struct ww_addr_range *ret_range, struct ww_error *err);

/* Canonical text; "-" for none. Returns buf. */
const char *ww_addr_text(const struct ww_addr *addr, char buf[static WW_ADDR_TEXT]);
/* "a", "a/len" where it is a prefix, else "a-b". Returns buf. */
const char *ww_addr_range_text(const struct ww_addr_range *range, char buf[static WW_RANGE_TEXT]);

/* Order: family, then bytes. */
int ww_addr_cmp(const struct ww_addr *a, const struct ww_addr *b);
int ww_addr_range_cmp(const struct ww_addr_range *a, const struct ww_addr_range *b);

bool ww_addr_is_any(const struct ww_addr *addr);        /* 0.0.0.0 or :: */
bool ww_addr_is_link_local(const struct ww_addr *addr); /* of IPv6, fe80::/10 */
bool ww_addr_is_loopback(const struct ww_addr *addr);   /* 127.0.0.0/8 or ::1 */

bool ww_addr_range_is_single(const struct ww_addr_range *range);
bool ww_addr_range_contains(const struct ww_addr_range *range, const struct ww_addr *addr);
bool ww_addr_range_overlaps(const struct ww_addr_range *a, const struct ww_addr_range *b);

/*
 * Take the largest prefix off the range's start: every range is a row of them. Its address, its length; what is left is
 * in *range. False: nothing was left.
 */
bool ww_addr_range_take(struct ww_addr_range *range, struct ww_addr *ret_net, unsigned *ret_len);

/* "02:42:c6:33:66:03". */
int ww_mac_parse(const char *text, struct ww_mac *ret_mac, struct ww_error *err);
const char *ww_mac_text(const struct ww_mac *mac, char buf[static WW_MAC_TEXT]);
bool ww_mac_is_zero(const struct ww_mac *mac);

/* The link-local address that the kernel derives from a MAC (EUI-64, RFC 4291 appendix A). */
struct ww_addr ww_mac_link_local(const struct ww_mac *mac);

#endif
