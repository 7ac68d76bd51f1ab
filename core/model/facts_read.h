/* What site policies read of a container beyond what rules are made of. Private to the model. */
#ifndef WW_MODEL_FACTS_READ_H
#define WW_MODEL_FACTS_READ_H

#include "core/model/facts.h"

/* Fill in reads, opted_in, image, labels, and the labels of the endpoints' networks. -ENOMEM. */
int ww_facts_collect_read(const struct ww_world *w, const struct ww_container *c, bool trust_image,
                          struct ww_facts *facts);

#endif
