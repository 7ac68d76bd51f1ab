#include "core/agent/drop_words.h"

#include "core/agent/agent_internal.h"
#include "core/agent/drop_ban.h"
#include "core/agent/idset.h"

#define DEFERRED "the container is closed at an address until the tracked flows of its former holder are gone"

struct ww_drop_words ww_drop_words(const struct ww_agent *a, const struct ww_drop *drop, const struct ww_drop_view *v)
{
    struct ww_drop_words words = {.deferred = v->rs && ww_idset_has(&a->deferred, v->rs->id)};
    words.ban = words.deferred ? NULL : ww_drop_ban(&a->managed, v, drop);
    words.text = words.deferred && drop->reason != WW_REASON_LINK ? DEFERRED : words.ban ? words.ban->reason : v->why;
    return words;
}
