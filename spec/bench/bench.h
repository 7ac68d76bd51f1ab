/* What the measuring programs share. A failure ends the program: a figure from a half-made layout would be worthless.
 */
#ifndef WW_BENCH_H
#define WW_BENCH_H

#include <stdint.h>

/* Each takes the words after its own name. */
void bench_copy(int argc, char *argv[]);        /* copy.c: a table again, in one transaction */
void bench_policy(int argc, char *argv[]);      /* policy.c: a label becomes rules, here and in a worker */
void bench_usual(int argc, char *argv[]);       /* usual.c: the layout with a chain for each container */
void bench_watch(int argc, char *argv[]);       /* watch.c: when an address becomes managed, or stops being */
void bench_packets(int argc, char *argv[]);     /* packets.c: packets a second of established flows */
void bench_connections(int argc, char *argv[]); /* connections.c: connections a second */
void bench_track(int argc, char *argv[]);       /* track.c: many tracked flows of one address */

/* Print why, and exit 1. */
void bench_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* rc < 0: end with `what` and errno. Else returns rc. */
int bench_must(int rc, const char *what);
/* Go into the network namespace at this path; what is opened from now on belongs to it. */
void bench_enter(const char *netns);
/* CLOCK_MONOTONIC, in ns. */
int64_t bench_now(void);

#endif
