/*
 * When does the kernel hold an element, and when no longer?
 *
 *     wwbench watch NETNS
 *
 * For each line `ADDRESS yes` or `ADDRESS no` on stdin: waits until the IPv4 address is in the set managed4 of table
 * inet whalewall, or is not, and prints CLOCK_MONOTONIC in ns. Prints `armed` when it begins to look. It looks every 20
 * µs, by asking for the one element: a listener on nf_tables' notifications would slow the commits down that are
 * measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "batch.h"
#include "bench.h"

#define PAUSE_US 20
#define GIVE_UP_NS (20 * 1000000000LL)

static int found(struct mnl_socket *socket, const struct in_addr *addr)
{
    char bytes[4096];
    struct nftnl_set *set = nftnl_set_alloc();
    struct nftnl_set_elem *e = nftnl_set_elem_alloc();
    nftnl_set_set_str(set, NFTNL_SET_TABLE, "whalewall");
    nftnl_set_set_str(set, NFTNL_SET_NAME, "managed4");
    nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, addr, sizeof(*addr));
    nftnl_set_elem_add(set, e);
    struct nlmsghdr *msg = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_ACK, 1);
    nftnl_set_elems_nlmsg_build_payload(msg, set);
    nftnl_set_free(set);
    int rc = batch_ask(socket, msg, NULL, NULL);
    if (rc < 0 && rc != -ENOENT)
        bench_die("cannot ask for an element: %s", strerror(-rc));
    return rc == 0;
}

void bench_watch(int argc, char *argv[])
{
    char line[128];
    char word[64];
    char state[8];
    struct in_addr addr;
    if (argc != 1)
        bench_die("usage: wwbench watch NETNS");
    bench_enter(argv[0]);
    prctl(PR_SET_TIMERSLACK, 1);
    struct mnl_socket *socket = batch_socket();
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "%63s %7s", word, state) != 2 || inet_pton(AF_INET, word, &addr) != 1)
            bench_die("not understood: %s", line);
        int wanted = !strcmp(state, "yes");
        int64_t start = bench_now();
        puts("armed");
        while (found(socket, &addr) != wanted) {
            if (bench_now() - start > GIVE_UP_NS)
                bench_die("address %s: not '%s' within 20 s", word, state);
            usleep(PAUSE_US);
        }
        printf("%lld\n", (long long)bench_now());
    }
}
