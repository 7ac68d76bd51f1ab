#include "rounds.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <libnftnl/table.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "bench.h"

static void read_layout(struct rounds *r, char *words)
{
    struct layout *l = &r->layouts[r->n_layouts++];
    int at = 0;
    int family;
    if (r->n_layouts > LAYOUTS_MAX || sscanf(words, "%63s%n", l->name, &at) != 1)
        bench_die("no layout, or too many: %s", words);
    words += at;
    while (l->n_tables < TABLES_MAX && sscanf(words, "%d %63s%n", &family, l->tables[l->n_tables].name, &at) == 2) {
        l->tables[l->n_tables++].family = (uint8_t)family;
        words += at;
    }
}

static void read_flow(struct rounds *r, const char *words)
{
    if (r->n_flows == FLOWS_MAX)
        bench_die("too many flows");
    struct flow *f = &r->flows[r->n_flows++];
    int n = sscanf(words, "%63s %63s %63s %63s %d %d", f->name, f->from, f->to, f->addr, &f->port, &f->listens);
    if (n < 5)
        bench_die("no flow: %s", words);
    if (n == 5)
        f->listens = f->port;
    f->sender = f->receiver = -1;
}

/*
 *     host NETNS
 *     core NUMBER
 *     rounds TIMES SECONDS
 *     layout NAME [FAMILY TABLE]…
 *     flow NAME FROM-NETNS TO-NETNS ADDRESS PORT [PORT-THERE]
 */
void rounds_read(struct rounds *r)
{
    char line[512];
    char word[32];
    while (fgets(line, sizeof(line), stdin)) {
        int at = 0;
        if (sscanf(line, "%31s%n", word, &at) != 1)
            continue;
        if (!strcmp(word, "host"))
            sscanf(line + at, "%63s", r->host);
        else if (!strcmp(word, "core"))
            r->core = atoi(line + at);
        else if (!strcmp(word, "rounds"))
            sscanf(line + at, "%d %lf", &r->times, &r->seconds);
        else if (!strcmp(word, "layout"))
            read_layout(r, line + at);
        else if (!strcmp(word, "flow"))
            read_flow(r, line + at);
        else
            bench_die("not understood: %s", line);
    }
}

int rounds_socket(const char *netns, int type, int port)
{
    int on = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bench_enter(netns);
    int fd = bench_must(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (port)
        bench_must(bind(fd, (struct sockaddr *)&any, sizeof(any)), "bind");
    return fd;
}

static int take_flags(const struct nlmsghdr *msg, void *flags)
{
    struct nftnl_table *t = nftnl_table_alloc();
    nftnl_table_nlmsg_parse(msg, t);
    *(uint32_t *)flags = nftnl_table_get_u32(t, NFTNL_TABLE_FLAGS) & ~(uint32_t)NFT_TABLE_F_DORMANT;
    nftnl_table_free(t);
    return MNL_CB_OK;
}

/* Other flags must stay as they are. False: there is no such table. */
static bool ask_flags(struct rounds *r, struct layout_table *table)
{
    char bytes[4096];
    struct nftnl_table *t = nftnl_table_alloc();
    nftnl_table_set_str(t, NFTNL_TABLE_NAME, table->name);
    struct nlmsghdr *msg = nftnl_nlmsg_build_hdr(bytes, NFT_MSG_GETTABLE, table->family, NLM_F_ACK, 1);
    nftnl_table_nlmsg_build_payload(msg, t);
    nftnl_table_free(t);
    int rc = batch_ask(r->netlink, msg, take_flags, &table->flags);
    if (rc < 0 && rc != -ENOENT)
        bench_die("cannot read table %s: %s", table->name, strerror(-rc));
    return rc == 0;
}

static void find_tables(struct rounds *r, struct layout *l)
{
    int kept = 0;
    for (int i = 0; i < l->n_tables; i++)
        if (ask_flags(r, &l->tables[i]))
            l->tables[kept++] = l->tables[i];
    if (l->n_tables && !kept)
        bench_die("layout %s: there is none of its tables", l->name);
    l->n_tables = kept;
}

static void set_flags(struct batch *b, uint8_t family, const char *name, uint32_t flags)
{
    struct nftnl_table *t = nftnl_table_alloc();
    nftnl_table_set_str(t, NFTNL_TABLE_NAME, name);
    nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, flags);
    struct nlmsghdr *msg = batch_start(b, NFT_MSG_NEWTABLE, 0, family);
    nftnl_table_nlmsg_build_payload(msg, t);
    batch_finish(b, msg);
    nftnl_table_free(t);
}

static void put_in_force(struct rounds *r, int layout)
{
    struct batch b = {0};
    for (int i = 0; i < r->n_layouts; i++) {
        const struct layout *l = &r->layouts[i];
        for (int j = 0; j < l->n_tables; j++)
            set_flags(&b, l->tables[j].family, l->tables[j].name,
                      l->tables[j].flags | (i == layout ? 0 : NFT_TABLE_F_DORMANT));
    }
    batch_send(&b, r->netlink);
    free(b.data);
}

static void forget(struct rounds *r)
{
    char bytes[256];
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = AF_INET;
    if (batch_ask(r->netlink, msg, NULL, NULL) < 0)
        bench_die("cannot forget the tracked connections: %s", strerror(errno));
}

static int64_t thread_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void run_one(struct rounds *r, int which, const char *const *ways, int n_ways, round_fn fn)
{
    int layout = which / (r->n_flows * n_ways);
    struct flow *flow = &r->flows[which / n_ways % r->n_flows];
    int way = which % n_ways;
    put_in_force(r, layout);
    if (r->forget)
        forget(r);
    int64_t wall = bench_now();
    int64_t own = thread_now();
    long n = fn(r, flow, way);
    printf("%s %s %s %ld %lld %lld\n", r->layouts[layout].name, flow->name, ways[way], n,
           (long long)(bench_now() - wall), (long long)(thread_now() - own));
}

static void shuffle(int *list, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = rand() % (i + 1);
        int keep = list[i];
        list[i] = list[j];
        list[j] = keep;
    }
}

void rounds_run(struct rounds *r, const char *const *ways, int n_ways, round_fn fn)
{
    int order[LAYOUTS_MAX * FLOWS_MAX * 4];
    int n = r->n_layouts * r->n_flows * n_ways;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(r->core, &cpus);
    bench_must(sched_setaffinity(0, sizeof(cpus), &cpus), "stay on one core");
    bench_enter(r->host);
    r->netlink = batch_socket();
    for (int i = 0; i < r->n_layouts; i++)
        find_tables(r, &r->layouts[i]);
    srand((unsigned)bench_now());
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int time = 0; time < r->times; time++) {
        shuffle(order, n);
        for (int i = 0; i < n; i++)
            run_one(r, order[i], ways, n_ways, fn);
    }
}
