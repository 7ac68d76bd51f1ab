/*
 * The protocols above IP that the program knows by name, as one table: code that names one, looks for its ports, or
 * allows it in a rule asks here.
 */
#ifndef WW_MODEL_PROTOCOL_H
#define WW_MODEL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WW_PROTOCOL_TEXT 12 /* room for a name or a number */

struct ww_protocol {
    const char *name; /* in labels, in the engine's words, in the text form and in reports; nft's, too */
    uint8_t number;   /* IPPROTO_… */
    bool has_ports;   /* its header begins with the source port and the destination port */
    bool in_rules;    /* a rule may name it */
    bool published;   /* the engine publishes ports of it */
    uint8_t in_ipv6;  /* the number there, where it is another; 0: the same */
    /* Of ICMP rules are about one message only: its type and code as one number. 0: about whatever begins a flow. */
    uint16_t question;
};

/* All of them, in the order in which people are told of them. */
const struct ww_protocol *ww_protocols(size_t *ret_n);

/* NULL: none of ours. */
const struct ww_protocol *ww_protocol_find(uint8_t number);
const struct ww_protocol *ww_protocol_named(const char *name);

bool ww_protocol_has_ports(uint8_t number);

/* What the protocol that a rule has is in packets of the family. */
uint8_t ww_protocol_in(uint8_t number, int family);
uint16_t ww_protocol_question(uint8_t number);

/* The name, or the number of what has none. */
const char *ww_protocol_text(uint8_t number, char buf[static WW_PROTOCOL_TEXT]);

#endif
