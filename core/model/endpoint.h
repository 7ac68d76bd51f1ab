/* What an attachment to a network and a published port look like, for the model and the rules alike. */
#ifndef WW_MODEL_ENDPOINT_H
#define WW_MODEL_ENDPOINT_H

#include <stdint.h>

#include "core/model/addr.h"

/* One attachment to a network. An absent address has family 0, an unknown MAC is zero. */
struct ww_endpoint_addrs {
    struct ww_addr ipv4;
    struct ww_addr ipv6;
    struct ww_mac mac;
};

/* One published port. host: 0.0.0.0 and :: stand for every address of that family. hport 0: not known yet. */
struct ww_publish {
    uint8_t proto;       /* IPPROTO_…, one that the engine publishes */
    uint16_t cport;      /* the container's port */
    struct ww_addr host; /* where it is published */
    uint16_t hport;      /* the host's port */
};

/* Orders for sorting and comparing: by every field, in the order of declaration. */
int ww_endpoint_addrs_cmp(const struct ww_endpoint_addrs *a, const struct ww_endpoint_addrs *b);
int ww_publish_cmp(const struct ww_publish *a, const struct ww_publish *b);

#endif
