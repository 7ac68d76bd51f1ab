/*
 * Sends from its first instruction on, and counts at the same time what reaches it. One thread: between two rounds of
 * sending it waits at its listening sockets.
 */
#include "probe.h"
#include "probe_tally.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX 64
#define LISTENERS_MAX 32
#define PACE_US 500

struct target {
    const char *key;
    struct peer to;
};

struct first {
    const char *id;
    struct tally *tally;
    struct target targets[TARGETS_MAX];
    size_t n_targets;
    struct pollfd fds[LISTENERS_MAX];
    nfds_t n_fds;
    uint64_t pace;  /* ns between two rounds */
    uint64_t until; /* no round begins later; 0: for ever */
    uint64_t fresh; /* rounds that share a source port; 0: all do */
    uint64_t seq;
    uint16_t sport; /* of all that is sent; 0: what the kernel likes */
    int v4;
    int v6;
};

/* "KEY=ADDR/PORT" */
static bool add_target(struct first *f, char *word)
{
    char *addr = strchr(word, '=');
    char *port = strrchr(word, '/');
    if (!addr || !port || port < addr || f->n_targets == TARGETS_MAX) {
        return false;
    }
    *addr++ = '\0';
    *port++ = '\0';
    struct target *t = &f->targets[f->n_targets];
    t->key = word;
    if (!peer_parse(addr, (uint16_t)strtoul(port, NULL, 10), &t->to)) {
        return false;
    }
    f->n_targets++;
    return true;
}

static bool take_listener(struct first *f, const char *port)
{
    if (f->n_fds == LISTENERS_MAX) {
        return false;
    }
    int fd = tally_listen((uint16_t)strtoul(port, NULL, 10));
    f->fds[f->n_fds++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return fd >= 0;
}

/* The group of the last listener. */
static bool take_group(struct first *f, const char *group)
{
    return f->n_fds && tally_join(f->fds[f->n_fds - 1].fd, group) == 0;
}

static bool take_pace(struct first *f, const char *value)
{
    f->pace = strtoull(value, NULL, 10) * 1000;
    return f->pace > 0;
}

static bool take_duration(struct first *f, const char *value)
{
    f->until = now_ns() + strtoull(value, NULL, 10) * 1000000;
    return true;
}

static bool take_fresh(struct first *f, const char *value)
{
    f->fresh = strtoull(value, NULL, 10);
    return true;
}

static bool take_port(struct first *f, const char *value)
{
    f->sport = (uint16_t)strtoul(value, NULL, 10);
    return f->sport > 0;
}

static bool parse_word(struct first *f, char *word)
{
    static const struct {
        const char *name;
        bool (*take)(struct first *f, const char *value);
    } options[] = {
        {"every=", take_pace},      {"ms=", take_duration}, {"fresh=", take_fresh},
        {"listen=", take_listener}, {"join=", take_group},  {"sport=", take_port},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strncmp(word, options[i].name, strlen(options[i].name)) == 0) {
            return options[i].take(f, word + strlen(options[i].name));
        }
    }
    return add_target(f, word);
}

static int open_sender(int old, int family, uint16_t sport)
{
    static const int on = 1;
    struct peer any;
    if (old >= 0) {
        close(old);
    }
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (fd >= 0 && family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if (fd >= 0 && sport) {
        peer_parse(family == AF_INET ? "0.0.0.0" : "::", sport, &any);
        if (bind(fd, &any.any, any.len)) {
            close(fd);
            return -1; /* what is sent then is counted as refused */
        }
    }
    return fd;
}

/* Not connected: an answer of "unreachable" to one datagram is no error for the next. */
static void send_round(struct first *f)
{
    char data[128];
    if (f->v4 < 0 || f->v6 < 0 || (f->fresh && f->tally->head.rounds % f->fresh == 0)) {
        f->v4 = open_sender(f->v4, AF_INET, f->sport);
        f->v6 = open_sender(f->v6, AF_INET6, f->sport);
    }
    f->seq++;
    for (size_t i = 0; i < f->n_targets; i++) {
        const struct target *t = &f->targets[i];
        int n = snprintf(data, sizeof(data), "%s>%s %llu %llu\n", f->id, t->key, (unsigned long long)f->seq,
                         (unsigned long long)now_ns());
        int fd = t->to.any.sa_family == AF_INET ? f->v4 : f->v6;
        if (sendto(fd, data, (size_t)n, MSG_DONTWAIT, &t->to.any, t->to.len) == n) {
            f->tally->head.sent++;
        } else {
            f->tally->head.refused++;
        }
    }
    f->tally->head.rounds++;
}

/* Count what comes until that time; 0: for ever. */
static void listen_until(struct first *f, uint64_t when)
{
    for (;;) {
        uint64_t now = now_ns();
        if (when && now >= when) {
            return;
        }
        struct timespec left = {.tv_sec = (time_t)((when - now) / 1000000000U),
                                .tv_nsec = (long)((when - now) % 1000000000U)};
        if (ppoll(f->fds, f->n_fds, when ? &left : NULL, NULL) > 0) {
            for (nfds_t i = 0; i < f->n_fds; i++) {
                if (f->fds[i].revents) {
                    tally_drain(f->tally, f->fds[i].fd);
                }
            }
        }
    }
}

static int run(struct first *f)
{
    uint64_t next = now_ns();
    while (f->n_targets && (!f->until || next < f->until)) {
        send_round(f);
        next += f->pace;
        uint64_t now = now_ns();
        next = next < now ? now : next; /* what a busy machine has missed is not made up for in a burst */
        listen_until(f, next);
    }
    f->tally->head.ended = now_ns();
    if (f->n_fds) {
        listen_until(f, 0);
    }
    return 0;
}

int first_main(int argc, char **argv)
{
    static struct first f = {.pace = PACE_US * 1000ULL, .v4 = -1, .v6 = -1};
    if (argc < 3 || !(f.tally = tally_open(argv[2]))) {
        fputs("usage: wwprobe first ID FILE [every=US] [ms=MS] [fresh=ROUNDS] [sport=PORT] [listen=PORT [join=GROUP]]… "
              "[KEY=ADDR/PORT]…\n",
              stderr);
        return 2;
    }
    f.id = argv[1];
    for (int i = 3; i < argc; i++) {
        if (!parse_word(&f, argv[i])) {
            fprintf(stderr, "wwprobe: bad word '%s'\n", argv[i]);
            return 2;
        }
    }
    puts("ready");
    return run(&f);
}
