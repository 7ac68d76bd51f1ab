/*
 * Letters that neighbours write to each other: ARP, neighbour and router discovery, listener messages, and what only
 * looks like them; made byte by byte, sent at a port, and known again at another by their bytes.
 */
#ifndef WW_SPEC_HELPER_LETTER_H
#define WW_SPEC_HELPER_LETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "helper_lab.h"

enum letter_kind {
    LETTER_ARP,     /* target: the address that is asked for */
    LETTER_DATA,    /* UDP to port 80 */
    LETTER_OTHER,   /* of an unknown Ethernet type */
    LETTER_ASKS,    /* neighbour solicitation */
    LETTER_ANSWERS, /* neighbour advertisement */
    LETTER_SEEKS,   /* router solicitation */
    LETTER_ROUTER,  /* router advertisement */
    LETTER_HEARS,   /* listener report of version 2 */
    LETTER_HEARS1,  /* … of version 1 */
    LETTER_DONE,    /* listener is done, version 1 */
    LETTER_QUERY,   /* a general query: which groups are listened to? */
    LETTER_FOUND,   /* a multicast router's advertisement (RFC 4286), IPv6 */
    LETTER_IGMP,    /* of `type` */
    LETTER_PIM,     /* a router says hello */
};

struct letter {
    enum letter_kind kind;
    const char *from_mac;
    const char *to_mac;
    const char *src;     /* ARP: the sender that it names */
    const char *dst;     /* of IP */
    const char *target;  /* of ARP, solicitations and advertisements */
    const char *option;  /* a MAC in an option of 8 bytes; NULL: no option; "nonce": one without a MAC */
    const char *arp_mac; /* the sender's that ARP names, NULL: from_mac */
    unsigned room;       /* so many bytes more behind it */
    unsigned tags;       /* that say VLAN `vlan` */
    uint16_t vlan;
    uint8_t type;
    bool bare;     /* a listener message without its option */
    bool fragment; /* the first of more, in the option's place */
};

/* Through eth0 of a place; LAB_HOST: through br0. */
void letter_send(const struct lab *lab, int place, const struct letter *letter);
/* Does it come to this tap (frame_tap)? Waits for a moment. */
bool letter_comes(int tap, const struct letter *letter);

#endif
