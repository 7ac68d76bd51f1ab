#include "core/lib/words.h"

#include "bindings/policy_lua.h"

int ww_policy_words_read(const struct ww_policy_words *words, struct ww_policy_sources *sources, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < words->n; i++)
        rc = ww_policy_sources_add(sources, words->policies[i], err);
    if (rc == 0 && words->config)
        rc = ww_policy_sources_configure(sources, words->config, err);
    return rc;
}

int ww_policy_words_open(const struct ww_policy_words *words, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct ww_policy_sources sources = {0};
    if (!words->n && !words->config)
        return ww_policy_lua_new(ret_policy, err);
    int rc = ww_policy_words_read(words, &sources, err);
    if (rc == 0)
        return ww_policy_lua_new_site(&sources, ret_policy, err);
    ww_policy_sources_done(&sources);
    return rc;
}
