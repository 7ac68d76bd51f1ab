/* In which order containers are derived. It decides nothing but how often a label is read. */
#ifndef WW_AGENT_ORDER_H
#define WW_AGENT_ORDER_H

#include <stddef.h>

#include "core/model/world.h"

/* Those with the same rules next to each other. Without memory for that they stay as they are. */
void ww_order_by_label(const struct ww_world *w, char **ids, size_t n);

#endif
