/* Any bytes as what the kernel says of dropped packets, and as such a packet. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/drops/nflog.h"
#include "core/kernel/drops/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not known is 0, and an address has a family. */
static void check(const struct ww_drop *drop, void *arg)
{
    (void)arg;
    if (drop->reason >= WW_REASONS || (drop->has_ports && drop->has_icmp) || drop->src.family != drop->dst.family ||
        (!drop->has_ports && (drop->sport || drop->dport)) || (!drop->src.family && (drop->proto || drop->has_ports)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy = malloc(size ? size : 1); /* of its own: aligned, and its end is watched */
    struct ww_drop drop = {.reason = WW_REASON_OUT};
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    ww_nflog_decode(copy, size, check, NULL);
    ww_packet_read(copy, size, &drop);
    check(&drop, NULL);
    free(copy);
    return 0;
}
