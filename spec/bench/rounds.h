/* Short rounds of every layout with every flow, in random order: what the machine does besides hits all alike. */
#ifndef WW_BENCH_ROUNDS_H
#define WW_BENCH_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"

#define NAME_MAX_LEN 64
#define TABLES_MAX 4
#define LAYOUTS_MAX 8
#define FLOWS_MAX 8

struct layout_table {
    uint8_t family;
    uint32_t flags; /* without NFT_TABLE_F_DORMANT */
    char name[NAME_MAX_LEN];
};

/*
 * What is in force in a layout's rounds; the tables of all others are dormant then: there, but without hooks. Of its
 * tables those count that there are; there must be one.
 */
struct layout {
    char name[NAME_MAX_LEN];
    struct layout_table tables[TABLES_MAX];
    int n_tables;
};

/* Between two namespaces. `to` listens at a port of its own if the address is translated. Sockets, or -1. */
struct flow {
    char name[NAME_MAX_LEN];
    char from[NAME_MAX_LEN]; /* a namespace's path */
    char to[NAME_MAX_LEN];
    char addr[NAME_MAX_LEN]; /* IPv4, in `to` */
    int port;
    int listens;
    int sender;
    int receiver;
};

struct rounds {
    char host[NAME_MAX_LEN];
    int core;
    int times;
    double seconds;
    bool forget; /* all tracked connections, before each round */
    struct layout layouts[LAYOUTS_MAX];
    int n_layouts;
    struct flow flows[FLOWS_MAX];
    int n_flows;
    struct mnl_socket *netlink; /* of the host's namespace */
};

/* One round: how many packets or connections went through in about r->seconds. ways: 0 … fn's number of ways less 1. */
typedef long (*round_fn)(struct rounds *r, struct flow *flow, int way);

/* Read what to do from stdin. */
void rounds_read(struct rounds *r);
/* Run all; prints `layout flow way number ns-of-wall-clock ns-of-this-thread` for each round. */
void rounds_run(struct rounds *r, const char *const *ways, int n_ways, round_fn fn);
/* A socket of the type in that namespace, bound to port (0: none). */
int rounds_socket(const char *netns, int type, int port);

#endif
