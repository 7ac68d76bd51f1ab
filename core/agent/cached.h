/* The policy step, but for what the database remembers of the same input. Errors as those of policy.h. */
#ifndef WW_AGENT_CACHED_H
#define WW_AGENT_CACHED_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/ir/policy.h"

struct ww_agent;

/* How often the compiler's work was done, and how often it was found in the cache. */
struct ww_tally {
    uint64_t compiled;
    uint64_t reused;
};

int ww_cached_key(struct ww_agent *a, const struct ww_facts *facts, char ret_key[static WW_HASH_HEX],
                  struct ww_error *err);
int ww_cached_compile(struct ww_agent *a, const struct ww_facts *facts, const char *key,
                      struct ww_compiled *ret_compiled, struct ww_error *err);
int ww_cached_mentions(struct ww_agent *a, const char *label, struct ww_names *ret_names, struct ww_error *err);
/* The names that a container's rules mention, with the site's policies; facts without networks and targets. */
int ww_cached_names(struct ww_agent *a, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err);

#endif
