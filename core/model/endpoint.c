#include "core/model/endpoint.h"

#include <string.h>

int ww_endpoint_addrs_cmp(const struct ww_endpoint_addrs *a, const struct ww_endpoint_addrs *b)
{
    int order = ww_addr_cmp(&a->ipv4, &b->ipv4);
    if (!order)
        order = ww_addr_cmp(&a->ipv6, &b->ipv6);
    if (!order)
        order = memcmp(a->mac.bytes, b->mac.bytes, sizeof(a->mac.bytes));
    return (order > 0) - (order < 0);
}

int ww_publish_cmp(const struct ww_publish *a, const struct ww_publish *b)
{
    if (a->proto != b->proto)
        return a->proto < b->proto ? -1 : 1;
    if (a->cport != b->cport)
        return a->cport < b->cport ? -1 : 1;
    int order = ww_addr_cmp(&a->host, &b->host);
    if (order)
        return order;
    return (a->hport > b->hport) - (a->hport < b->hport);
}
