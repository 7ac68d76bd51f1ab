#include "helper_kernel.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ir/text.h"
#include "core/kernel/netlink/ask.h"
#include "helper_netns.h"

static int open_bench(void **state, bool shared)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    b->shared = shared;
    if (!helper_netns_enter())
        fail_msg("this test needs root: it works in a network namespace of its own");
    bench_restart(b, NULL);
    b->plan = ww_plan_new();
    assert_non_null(b->plan);
    *state = b;
    return 0;
}

int bench_open(void **state)
{
    return open_bench(state, true);
}

int bench_open_owned(void **state)
{
    return open_bench(state, false);
}

void bench_restart(struct bench *b, struct ww_kernel_found *ret_found)
{
    ww_kernel_free(b->kernel);
    b->kernel = NULL;
    if (ww_kernel_new(&b->kernel, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_kernel_share_table(b->kernel, b->shared);
    if (ww_kernel_adopt(b->kernel, ret_found, &b->err) < 0)
        fail_msg("%s", b->err.text);
}

int bench_close(void **state)
{
    struct bench *b = *state;
    ww_kernel_free(b->kernel);
    ww_plan_free(b->plan);
    free(b);
    return 0;
}

struct ww_plan *bench_plan_of(const char *const *texts)
{
    struct ww_error err = {0};
    struct ww_plan *plan = ww_plan_new();
    assert_non_null(plan);
    for (; *texts; texts++) {
        struct ww_ruleset *rs = NULL;
        if (ww_ruleset_read(*texts, &rs, &err) < 0 || ww_plan_set(plan, rs, &err) < 0)
            fail_msg("%s", err.text);
        ww_ruleset_unref(rs);
    }
    return plan;
}

int bench_apply(struct bench *b, struct ww_plan *plan, struct ww_refusal *ret_refusal)
{
    struct ww_refusal refusal = {0};
    struct ww_diff diff = {0};
    assert_int_equal(ww_plan_diff(b->plan, plan, NULL, 0, &diff, &b->err), 0);
    int rc = ww_kernel_apply(b->kernel, &diff, NULL, &refusal, &b->err);
    ww_diff_done(&diff);
    if (rc == 0) {
        ww_plan_free(b->plan);
        b->plan = plan;
    }
    if (ret_refusal)
        *ret_refusal = refusal;
    else
        ww_refusal_done(&refusal);
    return rc;
}

void bench_go(struct bench *b, struct ww_plan *plan)
{
    if (bench_apply(b, plan, NULL) < 0)
        fail_msg("%s", b->err.text);
}

char *bench_list(void)
{
    return helper_output("nft -s list table inet whalewall");
}

static int take_generation(const struct nlmsghdr *msg, void *arg)
{
    struct nlattr *attr;
    mnl_attr_for_each (attr, msg, sizeof(struct nfgenmsg))
        if (mnl_attr_get_type(attr) == NFTA_GEN_ID)
            *(uint32_t *)arg = ntohl(mnl_attr_get_u32(attr));
    return 0;
}

uint32_t bench_generation(void)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_error err = {0};
    uint32_t generation = 0;
    char bytes[64] = {0};
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, &err), 0);
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    mnl_nlmsg_put_extra_header(msg, sizeof(struct nfgenmsg));
    assert_int_equal(ww_netlink_ask(socket, msg, take_generation, &generation), 0);
    return generation;
}
