#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/kernel/netlink/ask.h"
#include "core/kernel/wire/watch.h"
#include "helper_netns.h"

#define OWN_PORTID 4000000001U /* no socket's */

static int open_watch(void **state)
{
    struct ww_watch *watch = NULL;
    struct ww_error err = {0};
    if (!helper_netns_enter())
        skip();
    assert_int_equal(ww_watch_new(OWN_PORTID, &watch, &err), 0);
    *state = watch;
    return 0;
}

static int close_watch(void **state)
{
    ww_watch_free(*state);
    return 0;
}

static void nothing_happened_is_nothing_to_drain(void **state)
{
    struct ww_error err = {0};
    assert_int_equal(ww_watch_drain(*state, NULL, NULL, &err), 0);
    assert_null(ww_watch_author(*state));
}

static void a_change_of_our_table_names_its_author(void **state)
{
    struct ww_watch *watch = *state;
    struct ww_error err = {0};
    helper_run("nft add table inet whalewall");
    struct pollfd readable = {.fd = ww_watch_fd(watch), .events = POLLIN};
    assert_int_equal(poll(&readable, 1, 1000), 1);
    assert_int_equal(ww_watch_drain(watch, NULL, NULL, &err), 1);
    const struct ww_author *author = ww_watch_author(watch);
    assert_non_null(author);
    assert_string_equal(author->name, "nft");
    assert_true(author->pid > 1);
    assert_true(author->portid != 0);
    assert_int_equal(ww_watch_drain(watch, NULL, NULL, &err), 0);
}

static void every_kind_of_object_in_our_table_counts(void **state)
{
    static const char *const commands[] = {
        "add table inet whalewall",
        "add chain inet whalewall c",
        "add rule inet whalewall c accept",
        "add set inet whalewall s '{ type ipv4_addr; }'",
        "add element inet whalewall s '{ 192.0.2.1 }'",
        "flush chain inet whalewall c",
        "delete table inet whalewall",
    };
    struct ww_error err = {0};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        helper_run("nft %s", commands[i]);
        if (ww_watch_drain(*state, NULL, NULL, &err) <= 0)
            fail_msg("not noticed: %s", commands[i]);
    }
}

struct told {
    size_t n;
    struct {
        int type;
        char name[32];
    } list[16];
};

static void note(const struct ww_notification *n, void *arg)
{
    struct told *told = arg;
    assert_true(told->n < 16);
    told->list[told->n].type = n->type;
    strncpy(told->list[told->n++].name, n->name ? n->name : "(none)", 31);
}

static void it_is_told_what_was_changed(void **state)
{
    static const struct {
        const char *command;
        int type;
        const char *name;
    } rows[] = {
        {"add table inet whalewall", NFT_MSG_NEWTABLE, "(none)"},
        {"add chain inet whalewall c '{ comment \"whalewall x\"; }'", NFT_MSG_NEWCHAIN, "c"},
        {"add rule inet whalewall c accept", NFT_MSG_NEWRULE, "c"},
        {"flush chain inet whalewall c", NFT_MSG_DELRULE, "c"},
        {"add set inet whalewall s '{ type ipv4_addr; }'", NFT_MSG_NEWSET, "s"},
        {"add element inet whalewall s '{ 192.0.2.1 }'", NFT_MSG_NEWSETELEM, "s"},
        {"delete element inet whalewall s '{ 192.0.2.1 }'", NFT_MSG_DELSETELEM, "s"},
        {"delete set inet whalewall s", NFT_MSG_DELSET, "s"},
        {"delete chain inet whalewall c", NFT_MSG_DELCHAIN, "c"},
        {"flush ruleset", NFT_MSG_DELTABLE, "(none)"},
    };
    struct ww_error err = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct told told = {0};
        helper_run("nft %s", rows[i].command);
        assert_true(ww_watch_drain(*state, note, &told, &err) > 0);
        assert_int_equal(told.list[told.n - 1].type, rows[i].type);
        assert_string_equal(told.list[told.n - 1].name, rows[i].name);
    }
}

static void other_tables_do_not_count(void **state)
{
    struct ww_error err = {0};
    helper_run("nft add table inet other; nft add table ip whalewall; nft add chain ip whalewall c");
    assert_int_equal(ww_watch_drain(*state, NULL, NULL, &err), 0);
    assert_null(ww_watch_author(*state));
}

static void put_message(char *bytes, size_t *len, int type, int family, int res_id, const char *table)
{
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes + *len);
    msg->nlmsg_type = (uint16_t)type;
    msg->nlmsg_flags = NLM_F_REQUEST | (table ? NLM_F_CREATE | NLM_F_ACK : 0);
    struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(msg, sizeof(*nfg));
    nfg->nfgen_family = (uint8_t)family;
    nfg->res_id = htons((uint16_t)res_id);
    if (table)
        mnl_attr_put_strz(msg, NFTA_TABLE_NAME, table);
    *len += msg->nlmsg_len;
}

/* Make our table through this process's own socket. */
static void make_table(struct mnl_socket *socket)
{
    char bytes[1024] = {0};
    size_t len = 0;
    put_message(bytes, &len, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, NULL);
    put_message(bytes, &len, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWTABLE, NFPROTO_INET, 0, "whalewall");
    put_message(bytes, &len, NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, NULL);
    assert_int_equal(mnl_socket_sendto(socket, bytes, len), len);
    assert_true(mnl_socket_recvfrom(socket, bytes, sizeof(bytes)) > 0);
}

static void own_changes_do_not_count(void **state)
{
    ww_auto_mnl struct mnl_socket *socket = NULL;
    struct ww_watch *watch = NULL;
    struct ww_error err = {0};
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &socket, &err), 0);
    uint32_t own = mnl_socket_get_portid(socket);
    assert_int_equal(ww_watch_new(own, &watch, &err), 0);
    make_table(socket);
    struct pollfd readable = {.fd = ww_watch_fd(watch), .events = POLLIN};
    assert_int_equal(poll(&readable, 1, 0), 0); /* not even woken */
    assert_int_equal(ww_watch_drain(watch, NULL, NULL, &err), 0);
    assert_null(ww_watch_author(watch));
    helper_run("nft delete table inet whalewall");
    assert_true(ww_watch_drain(watch, NULL, NULL, &err) > 0);
    ww_watch_free(watch);
    assert_true(ww_watch_drain(*state, NULL, NULL, &err) > 0); /* whose own they are not */
    make_table(socket);
    assert_true(ww_watch_drain(*state, NULL, NULL, &err) > 0);
    assert_int_equal(ww_watch_author(*state)->portid, own);
}

static void lost_notifications_are_told_once(void **state)
{
    struct ww_watch *watch = *state;
    struct ww_error err = {0};
    int bytes = 1; /* the least that the kernel gives */
    assert_int_equal(setsockopt(ww_watch_fd(watch), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
    for (int i = 0; i < 20; i++)
        helper_run("nft add table inet whalewall; nft delete table inet whalewall");
    assert_int_equal(ww_watch_drain(watch, NULL, NULL, &err), -ENOBUFS);
    assert_true(strlen(err.text) > 0);
    assert_true(ww_watch_drain(watch, NULL, NULL, &err) >= 0);
}

int main(void)
{
#define IN_NETNS(test) cmocka_unit_test_setup_teardown(test, open_watch, close_watch)
    const struct CMUnitTest tests[] = {
        IN_NETNS(nothing_happened_is_nothing_to_drain),
        IN_NETNS(a_change_of_our_table_names_its_author),
        IN_NETNS(every_kind_of_object_in_our_table_counts),
        IN_NETNS(it_is_told_what_was_changed),
        IN_NETNS(other_tables_do_not_count),
        IN_NETNS(own_changes_do_not_count),
        IN_NETNS(lost_notifications_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
