/*
 * What a probe has seen, in a file that other processes can read at any moment, and after the probe was killed: a
 * header and rows of 128 bytes each, little-endian, mapped and written in place. Read by tally.py, which has the same
 * layout.
 */
#ifndef WW_E2E_PROBE_TALLY_H
#define WW_E2E_PROBE_TALLY_H

#include <stdint.h>
#include <sys/socket.h>

#define TALLY_KEY 48
#define TALLY_ROWS 2048

struct tally_head {
    uint64_t began;    /* CLOCK_MONOTONIC in ns, as all times here */
    uint64_t ended;    /* when the sending was over; 0 while it goes on */
    uint64_t rounds;   /* how often all targets were sent to */
    uint64_t sent;     /* datagrams that the kernel took */
    uint64_t refused;  /* … and those that it did not (EPERM, ENETUNREACH, …) */
    uint64_t overflow; /* datagrams that came and found no room in the socket's buffer */
    uint64_t lost;     /* seen, but the table is full or the key unreadable */
    uint64_t spare[9];
};

struct tally_row {
    char key[TALLY_KEY]; /* "SENDER>TARGET" from the payload; "": not in use */
    uint64_t count;
    uint64_t first_seen;
    uint64_t first_sent;
    uint64_t last_seen;
    uint64_t last_sent;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t gap;           /* the longest time between two that came, by when they were sent */
    unsigned char from[16]; /* the last sender's address, IPv4 as mapped */
};

struct tally {
    struct tally_head head;
    struct tally_row rows[TALLY_ROWS];
};

/* Map the file, which is made when it is not there; else the counting goes on. NULL, and a line on stderr, when that
 * fails. */
struct tally *tally_open(const char *path);

/* CLOCK_MONOTONIC in ns. */
uint64_t now_ns(void);

/* A socket of both families on that UDP port that never blocks, with much room; -1, and a line on stderr. */
int tally_listen(uint16_t port);

/* Join the group of the text ("224.0.0.251%eth0", "ff02::fb%eth0") on the socket; 0 or -1, and a line on stderr. */
int tally_join(int fd, const char *group);

/* Count all that waits at the socket. */
void tally_drain(struct tally *t, int fd);

#endif
