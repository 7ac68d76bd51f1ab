/* What the kernel can: as the running program knows it, or by asking it the same. */
#include <sys/socket.h>
#include <sys/utsname.h>

#include "core/cli/doctor_internal.h"
#include "core/kernel/kernel.h"

struct abilities {
    int bind; /* 1, 0; below 0: not known */
    int name;
    int queue;
    int sees[2]; /* IPv4, IPv6 */
};

static int said(const cJSON *kernel, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(kernel, key);
    return cJSON_IsBool(value) ? cJSON_IsTrue(value) : -1;
}

static struct abilities from_status(const cJSON *kernel)
{
    return (struct abilities){.bind = said(kernel, "bridge_ports"),
                              .name = said(kernel, "bridge_names"),
                              .queue = said(kernel, "nfqueue"),
                              .sees = {said(kernel, "sees_bridged_ipv4"), said(kernel, "sees_bridged_ipv6")}};
}

/* Whether connections within bridges are tracked shows only when the program has taken the tables over. */
static int from_kernel(struct abilities *out, struct ww_error *err)
{
    struct ww_kernel *kernel = NULL;
    int rc = ww_kernel_new(&kernel, err);
    if (rc < 0)
        return rc;
    *out = (struct abilities){
        .bind = ww_kernel_can_bind(kernel, err),
        .name = ww_kernel_can_name(kernel, NULL),
        .queue = ww_kernel_can_queue(kernel, NULL),
        .sees = {ww_kernel_sees_bridged(kernel, AF_INET) ? 1 : -1, ww_kernel_sees_bridged(kernel, AF_INET6) ? 1 : -1}};
    ww_kernel_free(kernel);
    return out->bind < 0 ? out->bind : 0;
}

static void tell_bridged(struct ww_findings *found, const int sees[2])
{
    static const char *const families[] = {"IPv4", "IPv6"};
    static const char *const keys[] = {"net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"};
    for (int i = 0; i < 2; i++) {
        if (sees[i] == 0)
            ww_findings_add(found, WW_FINDING_WRONG, "bridged_unseen",
                            "load br_netfilter and set it to 1, or use a kernel with nf_conntrack_bridge",
                            "%s between containers of one network cannot be enforced: %s is 0", families[i], keys[i]);
        else if (sees[i] < 0)
            ww_findings_add(found, WW_FINDING_NOTE, "bridged_unknown", "start whalewall, and ask again: it tries",
                            "%s is not 1: whether %s between containers of one network is seen depends on "
                            "nf_conntrack_bridge",
                            keys[i], families[i]);
    }
    if (sees[0] > 0 && sees[1] > 0)
        ww_findings_add(found, WW_FINDING_OK, "bridged", NULL, "traffic between containers of one network is seen");
}

static void tell(struct ww_findings *found, const struct abilities *can, const char *release)
{
    ww_findings_add(found, WW_FINDING_OK, "kernel", NULL, "kernel %s: nftables can be asked", release);
    if (can->bind == 0)
        ww_findings_add(found, WW_FINDING_WARNING, "no_bridge_ports",
                        "use a kernel with nftables for bridges (CONFIG_NF_TABLES_BRIDGE)",
                        "containers cannot be bound to their bridge port: one can take the address of another");
    if (can->bind > 0 && can->name == 0)
        ww_findings_add(found, WW_FINDING_NOTE, "no_bridge_names",
                        "use a kernel with CONFIG_NFT_BRIDGE_META; docs/security.md says what it is about",
                        "rules cannot name the bridge of a port");
    if (can->queue == 0)
        ww_findings_add(found, WW_FINDING_NOTE, "no_queue", "needed only for verdict.queue (CONFIG_NFT_QUEUE)",
                        "rules cannot send packets to queues");
    tell_bridged(found, can->sees);
}

void ww_doctor_kernel(struct ww_doctor *d)
{
    struct abilities can;
    struct utsname name;
    struct ww_error err = {0};
    const cJSON *kernel = cJSON_GetObjectItemCaseSensitive(d->status, "kernel");
    int rc = 0;
    if (kernel)
        can = from_status(kernel);
    else
        rc = from_kernel(&can, &err);
    if (rc < 0)
        ww_findings_add(&d->found, WW_FINDING_WRONG, "kernel_refuses",
                        "be root (CAP_NET_ADMIN); the kernel needs nftables (CONFIG_NF_TABLES_INET)",
                        "nftables cannot be used: %s", err.text);
    else
        tell(&d->found, &can, uname(&name) == 0 ? name.release : "");
}
