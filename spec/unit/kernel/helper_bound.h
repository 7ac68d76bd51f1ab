/* A lab whose endpoints are bound to their bridge ports: c0 and c1 are managed, c2 and c3 are not. */
#ifndef WW_SPEC_HELPER_BOUND_H
#define WW_SPEC_HELPER_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "helper_stage.h"

#define STAGE_NOWHERE "nowhere"
#define BOUND_TRIES 20 /* of what must arrive: the machine may be busy */

extern struct stage stage;
extern struct ww_fences *stage_fences;  /* what is applied */
extern char stage_gateway[WW_MAC_TEXT]; /* of the bridge itself */

/* For cmocka. Fails the test without the right to. */
int stage_open(void **state);
int stage_close(void **state);

/* An empty fence of br0, and endpoint n on it, bound to `port` (NULL: not bound; STAGE_NOWHERE). */
struct ww_fence *stage_fence(bool guarded);
void stage_add(struct ww_fence *f, unsigned n, bool managed, const char *port);

/* In one transaction: the rulesets of c0 and c1, which open udp port 80, and this fence; or (NULL) nothing at all. */
void stage_move(struct ww_fence *f);
void stage_move_both(struct ww_fence *f, struct ww_fence *other); /* other: of another bridge; NULL: none */
/* All are bound; c2 and c3 only where the network is guarded. */
void stage_bind(bool guarded);

/* The same without a guard: c2 and c3 stand by. */
void stage_stand_by(void);
void stage_stand_by_in(struct ww_fence *f);
void stage_stand_by_at(struct ww_fence *f, unsigned n, const char *port);

/* As if the program started with these bridge-nf-call-iptables and -ip6tables; nothing is in force afterwards. */
void stage_start_with(int ipv4, int ipv6);
/* With both 0, on a kernel that tracks connections within bridges; on others the test is left out. */
void stage_start_past_the_ip_hooks(void);

/* Does a datagram arrive? at_last: one that must is sent again. */
bool stage_arrives(int from, int to, const char *src, const char *dst, uint16_t sport, uint16_t dport);
bool stage_arrives_at_last(int from, int to, const char *src, const char *dst, uint16_t sport, uint16_t dport);
/* Port 80 answers. */
void stage_begin_flow(int from, int to, const char *src, const char *dst, uint16_t sport);

#endif
