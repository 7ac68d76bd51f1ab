#include "core/sandbox/answer_own.h"

#include <errno.h>
#include <string.h>

#include "core/base/limits.h"

bool ww_answer_own_has(const struct ww_facts_endpoint *endpoints, size_t n, const struct ww_addr *addr)
{
    for (size_t i = 0; i < n; i++)
        if (addr->family &&
            (ww_addr_cmp(&endpoints[i].addrs.ipv4, addr) == 0 || ww_addr_cmp(&endpoints[i].addrs.ipv6, addr) == 0))
            return true;
    return false;
}

int ww_answer_own_check(const struct ww_rule *rule, const struct ww_facts_endpoint *endpoints, size_t n,
                        struct ww_error *err)
{
    char text[WW_ADDR_TEXT];
    for (size_t i = 0; i < rule->n_own; i++)
        if (!ww_answer_own_has(endpoints, n, &rule->own[i]))
            return ww_fail(err, -EINVAL, "a rule for the address %s, which is another's",
                           ww_addr_text(&rule->own[i], text));
    if (rule->origin && strlen(rule->origin) > WW_LIMIT_ORIGIN)
        return ww_fail(err, -EINVAL, "where a rule comes from takes more than %d bytes (WW_LIMIT_ORIGIN)",
                       WW_LIMIT_ORIGIN);
    return 0;
}
