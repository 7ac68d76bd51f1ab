/*
 * The lab: a host with bridges, containers and the outside, as network namespaces of its own, in which the program's
 * rules are put in force and real packets are sent. The caller's namespace is left alone, and nothing outlives
 * ww_lab_free. One thread uses it.
 */
#ifndef WW_LAB_LAB_H
#define WW_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/flow.h"
#include "core/ir/plan.h"
#include "core/lab/nft.h"
#include "core/model/endpoint.h"

struct ww_lab;

/* For a program that is not run by root and does nothing else: what ww_lab_new needs, where the kernel lets users make
 * namespaces. */
void ww_lab_without_root(void);

/* Host and outside, with a way between them. -EPERM, with a text that says what is needed, without the right to. */
int ww_lab_new(struct ww_lab **ret_lab, struct ww_error *err);
void ww_lab_free(struct ww_lab *lab); /* NULL is a no-op */

/* An address of the host towards the outside. */
int ww_lab_add_host_address(struct ww_lab *lab, const struct ww_addr *addr, struct ww_error *err);

/* A network as a bridge of the host's, which has the first address of each subnet. *ret_network is its number. */
int ww_lab_add_network(struct ww_lab *lab, const struct ww_addr_range *subnets, size_t n, size_t *ret_network,
                       struct ww_error *err);

/* A container without an address; *ret_space is its number. */
int ww_lab_add_container(struct ww_lab *lab, size_t *ret_space, struct ww_error *err);
int ww_lab_attach(struct ww_lab *lab, size_t space, size_t network, const struct ww_endpoint_addrs *addrs,
                  struct ww_error *err);

/* Put the plan in force, and lead what is sent to the host's ports. Once, when all of the above is there. */
int ww_lab_enforce(struct ww_lab *lab, const struct ww_plan *plan, const struct ww_lab_way *ways, size_t n,
                   struct ww_error *err);

/* One flow's first packet, and what came of it. */
struct ww_lab_probe {
    struct ww_flow flow;
    bool delivered;     /* it arrived where it should */
    bool strayed;       /* it arrived elsewhere */
    bool answered;      /* its answer arrived at the sender */
    int send_error;     /* errno where the sender's own kernel refused it */
    const char *untold; /* static text: why no packet can tell; NULL: one was sent. Set before: it is left alone */
    size_t from;        /* private */
    size_t to;
};

#define WW_LAB_PROBES 4096

/*
 * Send all, at most WW_LAB_PROBES, no two of one source port, and wait until all have arrived and are answered, or
 * nothing has come for `quiet_ms`. What is tracked is forgotten before, so each is the first packet of its flow. Other
 * addresses than those above are the outside's, or, in a network's subnet, those of an unknown container.
 */
int ww_lab_send(struct ww_lab *lab, struct ww_lab_probe *probes, size_t n, int quiet_ms, struct ww_error *err);

#endif
