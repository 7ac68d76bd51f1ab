#include "helper_counted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ir/elements.h"
#include "core/model/facts.h"

uint64_t helper_counted_as(const struct ww_ruleset *rs)
{
    struct ww_facts_endpoint *endpoints = calloc(rs->n_endpoints + 1, sizeof(*endpoints));
    const struct ww_compiled compiled = {.rules = rs->rules, .n_rules = rs->n_rules};
    const struct ww_facts facts = {.id = rs->id,
                                   .endpoints = endpoints,
                                   .n_endpoints = rs->n_endpoints,
                                   .published = rs->published,
                                   .n_published = rs->n_published};
    assert_non_null(endpoints);
    for (size_t i = 0; i < rs->n_endpoints; i++)
        endpoints[i].addrs = rs->endpoints[i];
    uint64_t n = ww_compiled_elements(&compiled, &facts);
    free(endpoints);
    return n;
}
