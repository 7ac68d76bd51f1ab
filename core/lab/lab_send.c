/* Packets through the lab: which of its namespaces each is for, and where it was seen. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "core/base/mem.h"
#include "core/kernel/kernel_drops.h"
#include "core/kernel/netlink/ask.h"
#include "core/lab/lab_internal.h"
#include "core/lab/packet.h"

#define DRAIN_EVERY 64 /* packets, so that no socket overflows */

/* One batch under way. */
struct sending {
    struct ww_lab *lab;
    struct ww_lab_probe *probes;
    size_t n;
    size_t open;      /* of those that were sent, how many may still get something */
    size_t refused;   /* by the sender's own kernel, and so counted as dropped */
    uint64_t dropped; /* by the rules, before the first was sent */
};

static bool is_group(const struct ww_addr *addr)
{
    return addr->family == AF_INET ? addr->bytes[0] >= 224 : addr->bytes[0] == 0xff;
}

/* Why no packet can be told from there, or to there; NULL: one can. */
static const char *untold_address(const struct ww_addr *addr)
{
    if (ww_addr_is_any(addr) || is_group(addr))
        return "it is no address of one host";
    if (ww_addr_is_link_local(addr))
        return "a link-local address is of one link only";
    return ww_addr_is_loopback(addr) ? "a loopback address is within one namespace" : NULL;
}

static const char *untold_flow(const struct ww_lab_probe *p)
{
    const struct ww_flow *f = &p->flow;
    const char *why = untold_address(&f->src);
    if (!why)
        why = untold_address(&f->orig_dst);
    if (!why && f->src.family != f->orig_dst.family)
        why = "its ends are of two families";
    return !why && ww_lab_packet_kind(f) < 0 ? "no packet of this protocol is sent" : why;
}

static int find_ends(struct ww_lab *lab, struct ww_lab_probe *p, struct ww_error *err)
{
    if (!p->untold)
        p->untold = untold_flow(p);
    if (p->untold)
        return 0;
    int rc = ww_lab_find(lab, &p->flow.src, &p->from, err);
    if (rc == 0)
        rc = ww_lab_find(lab, &p->flow.dst, &p->to, err);
    if (rc == 0 && p->from == p->to && p->from != LAB_HOST)
        p->untold = "it does not pass the host";
    return rc;
}

static int forget_tracked(struct ww_lab *lab, struct ww_error *err)
{
    char bytes[64] = {0};
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    mnl_nlmsg_put_extra_header(msg, sizeof(struct nfgenmsg));
    int rc = ww_netlink_ask(lab->netfilter, msg, NULL, NULL);
    return rc < 0 ? ww_fail(err, rc, "cannot forget the tracked flows: %s", strerror(-rc)) : 0;
}

static void send_answer(const struct ww_lab *lab, const struct ww_lab_probe *p, uint32_t mark)
{
    uint8_t bytes[WW_PACKET_BYTES] = {0};
    const struct ww_flow back = {.proto = p->flow.proto,
                                 .src = p->flow.dst,
                                 .sport = p->flow.dport,
                                 .orig_dst = p->flow.src,
                                 .orig_dport = p->flow.sport};
    size_t len = ww_lab_packet_answer(&back, mark, bytes);
    if (len)
        (void)ww_lab_packet_send(lab->spaces[p->to].raw[ww_lab_packet_kind(&back)], &back, bytes, len);
}

static bool is_over(const struct ww_lab_probe *p)
{
    return p->delivered && p->answered;
}

static void note(struct sending *s, size_t space, const struct ww_sighting *sighting)
{
    size_t i = sighting->mark & 0xffff;
    if (sighting->mark >> 16 != s->lab->batch || i >= s->n || s->probes[i].untold)
        return;
    struct ww_lab_probe *p = &s->probes[i];
    const bool was_over = is_over(p);
    const bool answering = !sighting->answer && space == p->to && !p->delivered;
    if (sighting->answer)
        p->answered = p->answered || space == p->from;
    else if (space == p->to)
        p->delivered = true;
    else
        p->strayed = true;
    if (answering)
        send_answer(s->lab, p, sighting->mark);
    s->open -= is_over(p) && !was_over;
}

static void drain(struct sending *s, size_t space, int kind)
{
    uint8_t bytes[2048];
    ssize_t len;
    while ((len = recv(s->lab->spaces[space].raw[kind], bytes, sizeof(bytes), 0)) > 0) {
        struct ww_sighting sighting;
        if (ww_lab_packet_read(kind, bytes, (size_t)len, &sighting))
            note(s, space, &sighting);
    }
}

static int add_packets(const struct ww_drop_counter *counter, void *sum)
{
    *(uint64_t *)sum += counter->packets;
    return 0;
}

/* As the rules count them; 0 where that cannot be told. */
static uint64_t count_dropped(const struct ww_lab *lab)
{
    uint64_t sum = 0;
    return lab->kernel && ww_kernel_drops(lab->kernel, add_packets, &sum, NULL) == 0 ? sum : 0;
}

/* Has each that is open been dropped? That needs no waiting. */
static bool is_all_dropped(const struct sending *s)
{
    return s->open && count_dropped(s->lab) - s->dropped == s->open + s->refused;
}

/* To the end of what comes: until nothing has for so long, or nothing more can. */
static int collect_packets(struct sending *s, int quiet_ms, struct ww_error *err)
{
    const size_t n = s->lab->n_spaces * WW_LAB_KINDS;
    ww_auto_free struct pollfd *fds = calloc(n, sizeof(*fds));
    if (!fds)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = s->lab->spaces[i / WW_LAB_KINDS].raw[i % WW_LAB_KINDS], .events = POLLIN};
    bool counted = quiet_ms == 0;
    while (s->open) {
        const int found = poll(fds, n, counted ? quiet_ms : 0);
        if (found <= 0 && (counted || is_all_dropped(s)))
            break;
        counted = found <= 0;
        for (size_t i = 0; i < n; i++)
            if (fds[i].revents)
                drain(s, i / WW_LAB_KINDS, (int)(i % WW_LAB_KINDS));
    }
    return 0;
}

static void send_one(struct sending *s, size_t i)
{
    uint8_t bytes[WW_PACKET_BYTES] = {0};
    struct ww_lab_probe *p = &s->probes[i];
    size_t len = ww_lab_packet_make(&p->flow, (uint32_t)s->lab->batch << 16 | (uint32_t)i, bytes);
    p->send_error = ww_lab_packet_send(s->lab->spaces[p->from].raw[ww_lab_packet_kind(&p->flow)], &p->flow, bytes, len);
    s->open += !p->send_error;
    s->refused += p->send_error != 0;
}

static int prepare(struct ww_lab *lab, struct ww_lab_probe *probes, size_t n, struct ww_error *err)
{
    int rc = n > WW_LAB_PROBES ? ww_fail(err, -E2BIG, "more than %d flows at once", WW_LAB_PROBES) : 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        probes[i] = (struct ww_lab_probe){.flow = probes[i].flow, .untold = probes[i].untold};
        rc = find_ends(lab, &probes[i], err);
    }
    return rc < 0 ? rc : forget_tracked(lab, err);
}

int ww_lab_send(struct ww_lab *lab, struct ww_lab_probe *probes, size_t n, int quiet_ms, struct ww_error *err)
{
    struct sending s = {.lab = lab, .probes = probes, .n = n};
    int rc = prepare(lab, probes, n, err);
    lab->batch++;
    s.dropped = count_dropped(lab);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (!probes[i].untold)
            send_one(&s, i);
        if (i % DRAIN_EVERY == DRAIN_EVERY - 1)
            rc = collect_packets(&s, 0, err);
    }
    return rc < 0 ? rc : collect_packets(&s, quiet_ms, err);
}
