#include "core/ir/span.h"

#include <errno.h>
#include <sys/socket.h>

#define ALL_ONES                                                                                                       \
    {                                                                                                                  \
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255                                 \
    }

const struct ww_addr_range ww_span_all_addrs[2] = {
    {{AF_INET, {0}}, {AF_INET, {255, 255, 255, 255}}},
    {{AF_INET6, {0}}, {AF_INET6, ALL_ONES}},
};

bool ww_span_is_all(const struct ww_addr_range *list, size_t n)
{
    for (size_t k = 0; k < 2; k++) {
        bool whole = false;
        for (size_t i = 0; i < n && !whole; i++)
            whole = ww_addr_range_cmp(&list[i], &ww_span_all_addrs[k]) == 0;
        if (!whole)
            return false;
    }
    return true;
}

/* The address after (before) it; false when there is none. */
static bool step(struct ww_addr *addr, bool up)
{
    for (unsigned i = ww_addr_size(addr); i-- > 0;) {
        addr->bytes[i] = (uint8_t)(addr->bytes[i] + (up ? 1 : 255));
        if (addr->bytes[i] != (up ? 0 : 255))
            return true;
    }
    return false;
}

/* The first of a sorted list without overlaps that does not end before `addr`: lists may be long, and meet often. */
static size_t first_from(const struct ww_addr_range *list, size_t n, const struct ww_addr *addr)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ww_addr_cmp(&list[middle].hi, addr) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int ww_span_addrs_common(const struct ww_addr_range *a, size_t n_a, const struct ww_addr_range *b, size_t n_b,
                         struct ww_rule *rule)
{
    int rc = 0;
    for (size_t i = 0; i < n_a; i++) {
        for (size_t k = first_from(b, n_b, &a[i].lo); rc == 0 && k < n_b && ww_addr_range_overlaps(&a[i], &b[k]); k++) {
            struct ww_addr_range both = a[i];
            if (ww_addr_cmp(&both.lo, &b[k].lo) < 0)
                both.lo = b[k].lo;
            if (ww_addr_cmp(&both.hi, &b[k].hi) > 0)
                both.hi = b[k].hi;
            rc = ww_rule_add_peer(rule, &both);
        }
    }
    return rc;
}

/* What is left of one range. */
static int addrs_without(struct ww_addr_range rest, const struct ww_addr_range *b, size_t n_b, struct ww_rule *rule)
{
    for (size_t k = first_from(b, n_b, &rest.lo); k < n_b && ww_addr_range_overlaps(&rest, &b[k]); k++) {
        struct ww_addr_range before = {.lo = rest.lo, .hi = b[k].lo};
        if (ww_addr_cmp(&rest.lo, &b[k].lo) < 0 && step(&before.hi, false) && ww_rule_add_peer(rule, &before) < 0)
            return -1;
        if (ww_addr_cmp(&b[k].hi, &rest.hi) >= 0)
            return 0;
        rest.lo = b[k].hi;
        step(&rest.lo, true);
    }
    return ww_rule_add_peer(rule, &rest);
}

int ww_span_addrs_without(const struct ww_addr_range *a, size_t n_a, const struct ww_addr_range *b, size_t n_b,
                          struct ww_rule *rule)
{
    for (size_t i = 0; i < n_a; i++)
        if (addrs_without(a[i], b, n_b, rule) < 0)
            return -ENOMEM;
    return 0;
}

/* The same of a list of ports. */
static size_t first_port_from(const struct ww_ports *list, size_t n, unsigned port)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].hi < port)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int ww_span_ports_without(const struct ww_ports *a, size_t n_a, const struct ww_ports *b, size_t n_b,
                          struct ww_rule *rule)
{
    int rc = 0;
    for (size_t i = 0; i < n_a; i++) {
        unsigned lo = a[i].lo;
        for (size_t k = first_port_from(b, n_b, lo); rc == 0 && k < n_b && b[k].lo <= a[i].hi; k++) {
            if (b[k].lo > lo)
                rc = ww_rule_add_dport(rule, (uint16_t)lo, (uint16_t)(b[k].lo - 1));
            lo = b[k].hi + 1U;
        }
        if (rc == 0 && lo <= a[i].hi)
            rc = ww_rule_add_dport(rule, (uint16_t)lo, a[i].hi);
    }
    return rc;
}

bool ww_span_addrs_meet(const struct ww_addr_range *a, size_t n_a, const struct ww_addr_range *b, size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        size_t k = first_from(b, n_b, &a[i].lo);
        if (k < n_b && ww_addr_range_overlaps(&a[i], &b[k]))
            return true;
    }
    return false;
}

bool ww_span_ports_meet(const struct ww_ports *a, size_t n_a, const struct ww_ports *b, size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        size_t k = first_port_from(b, n_b, a[i].lo);
        if (k < n_b && b[k].lo <= a[i].hi)
            return true;
    }
    return false;
}
