/*
 * A statement: one rule of a chain as data, not yet in the kernel's form. The fixed chains are tables of them, a
 * container's chains are made of them; both are turned into expressions (expr.h) and text in the same way.
 */
#ifndef WW_KERNEL_STMT_H
#define WW_KERNEL_STMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/kernel/base_ruleset/field.h"
#include "core/kernel/base_ruleset/schema.h"

#define WW_STMT_TERMS 12

enum ww_term_kind {
    WW_T_END, /* no more terms */
    /* conditions */
    WW_T_IS,     /* field is (negate: is not) value, after `mask` where that is not 0 */
    WW_T_BITS,   /* field has one of the bits of value (negate: none) */
    WW_T_IN,     /* field is in one of the spans */
    WW_T_SET,    /* the key is in `set` (negate: is not) */
    WW_T_RATE,   /* no more than value packets a second so far, mask at once */
    WW_T_SAMPLE, /* the same for each key of its own, remembered in `set` */
    /* actions */
    WW_T_VMAP, /* go on where map `set` says, or with the next statement */
    WW_T_COUNTER,
    WW_T_COUNT,   /* a counter for each key, kept in `set` */
    WW_T_REPORT,  /* the packet goes to NFLOG group value, with text as the prefix */
    WW_T_LOG,     /* text: the whole prefix */
    WW_T_MARK,    /* the packet: the bits of value are added to its firewall mark, or (negate) taken out of it */
    WW_T_TO_HOST, /* the frame: it counts as sent to the host's own MAC */
    WW_T_LABEL,   /* number into the sender's half of the flow's label, or (negate) the receiver's */
    /* ends */
    WW_T_QUEUE, /* value: number */
    WW_T_ACCEPT,
    WW_T_DROP,
    WW_T_REJECT, /* with a TCP reset to the sender of the segment */
    WW_T_RETURN,
    WW_T_NOTRACK,
    WW_T_JUMP, /* text: chain */
    WW_T_GOTO,
};

/* Inclusive, bytes as in the packet. */
struct ww_span {
    uint8_t lo[WW_FIELD_BYTES];
    uint8_t hi[WW_FIELD_BYTES];
};

struct ww_term {
    enum ww_term_kind kind;
    enum ww_field field;
    enum ww_stem set;
    bool negate;
    bool reply;    /* SET, COUNT, SAMPLE: with source and destination exchanged, and the ways in and out */
    bool orig_dst; /* SET: with the destination that the sender wrote */
    bool began;    /* the same: with the originator of the packet's flow as the source */
    bool typed;    /* the same: with the first half of an ICMP header, type and code, for a port */
    bool answers;  /* the same: with the responder of the packet's flow as the source */
    bool bridged;  /* SET: with the bridge that the packet came (reply: goes) through a port of */
    bool arp;      /* SET: with the sender that an ARP message names */
    uint32_t value;
    uint32_t mask;
    const struct ww_span *spans; /* sorted, neither overlapping nor adjacent; borrowed */
    size_t n_spans;
    const char *text; /* borrowed */
    uint64_t number;
};

struct ww_stmt {
    uint8_t family; /* AF_INET, AF_INET6: only such packets; 0: both */
    struct ww_term terms[WW_STMT_TERMS];
    const char *origin; /* the rule it comes from, NULL for the fixed ones; borrowed */
};

/* Append a term; false when there are too many, and then the last is not an end. */
bool ww_stmt_add(struct ww_stmt *stmt, struct ww_term term);

size_t ww_stmt_count(const struct ww_stmt *stmt);

/* Does it look into a set of CIDRs? Then its value is the length of the prefix, of the address behind it in the key.
 */
bool ww_term_has_width(const struct ww_term *term);

/* The field that fills part i of the set's key in this term. */
enum ww_field ww_term_key_field(const struct ww_term *term, unsigned i);

/* Sort spans of `len` bytes and merge those that overlap or touch. Returns how many are left. */
size_t ww_spans_merge(struct ww_span *spans, size_t n, uint8_t len);

/* Append it as one line in the manner of nft, without a comment. */
void ww_stmt_write(const struct ww_stmt *stmt, struct ww_buf *out);

#endif
