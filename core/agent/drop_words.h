/* Why a packet was dropped, in words: of the view, of a policy, or of an address that is closed for now. Private to
 * drop*.c. */
#ifndef WW_AGENT_DROP_WORDS_H
#define WW_AGENT_DROP_WORDS_H

#include "core/agent/drop_view.h"
#include "core/ir/ban.h"

struct ww_agent;

struct ww_drop_words {
    bool deferred;            /* its container is closed at an address until a scan is over */
    const struct ww_ban *ban; /* that refuses it; NULL: none */
    const char *text;         /* borrowed */
};

struct ww_drop_words ww_drop_words(const struct ww_agent *a, const struct ww_drop *drop, const struct ww_drop_view *v);

#endif
