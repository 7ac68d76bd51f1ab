/* The policies of a site as options name them. Apart from policies.c, for programs that have no jail. */
#ifndef WW_LIB_WORDS_H
#define WW_LIB_WORDS_H

#include "bindings/policy_files.h"
#include "core/base/error.h"
#include "core/ir/policy.h"

/* As the options of the same names have them; borrowed. */
struct ww_policy_words {
    const char *const *policies;
    size_t n;
    const char *config; /* NULL: none */
};

/* Read the files. Errors name file and line. *sources is the caller's to free, also on failure. */
int ww_policy_words_read(const struct ww_policy_words *words, struct ww_policy_sources *sources, struct ww_error *err);

/* The policy step in this process; without words that of labels alone. */
int ww_policy_words_open(const struct ww_policy_words *words, struct ww_policy *ret_policy, struct ww_error *err);

#endif
