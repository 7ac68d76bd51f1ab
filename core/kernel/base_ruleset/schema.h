/* All sets and maps of the tables, as data: what creates, fills, reads or prints one looks here. */
#ifndef WW_KERNEL_SCHEMA_H
#define WW_KERNEL_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/kernel/base_ruleset/field.h"
#include "core/model/addr.h"

#define WW_TABLE "whalewall" /* the name in every family */
#define WW_KEY_FIELDS 5
#define WW_KEY_BYTES 44 /* two IPv6 addresses, a width, a protocol and a port, each padded to 4 bytes */
#define WW_SET_NAME 16
#define WW_DYNAMIC_SIZE 65535     /* elements of a set that packets fill */
#define WW_FIXED_SIZE 32768       /* elements of a set that must be quick: more than there can be ports of bridges */
#define WW_SAMPLE_MEMORY_MS 60000 /* how long a sample's limit outlives its last packet */

/* Our tables, by their families: `inet whalewall` and `bridge whalewall`. */
enum ww_table_id { WW_INET, WW_BRIDGE, WW_TABLES };

/* When a chain or set is there. */
enum ww_part {
    WW_PART_ALWAYS,
    WW_PART_DROPS,    /* with it: where dropped packets are counted, reported and dropped */
    WW_PART_MINE,     /* while a managed endpoint's port is not known, so that it must be told by its MAC */
    WW_PART_BOUND,    /* while an endpoint is bound to its bridge port */
    WW_PART_FENCED,   /* while a guarded bridge's traffic within itself is not seen by table inet */
    WW_PART_MIRROR,   /* the same for managed endpoints, where the kernel can track connections there */
    WW_PART_VERDICTS, /* while a rule has a verdict */
    WW_PART_MARK,     /* while what is allowed gets a mark */
    WW_PARTS,
};

#define WW_PART_BIT(part) (1u << (part))

/* One for both families; its two sets are told apart by ww_set_id. */
enum ww_stem {
    WW_MANAGED,
    WW_LOCAL,
    WW_BOUND,
    WW_ENDPOINT,
    WW_MACS,
    WW_HELD,
    WW_FROM,
    WW_TO,
    WW_PORT,
    WW_FREE_PORT,
    WW_LOOSE_PORT,
    WW_FOREIGN,
    WW_SEAT,
    WW_SAYS,
    WW_LENT,
    WW_TAKEN,
    WW_MAC_LENT,
    WW_MAC_FENCED,
    WW_TARGET,
    WW_ND_MAC,
    WW_HELD_ND,
    WW_LENT_ND,
    WW_GATE,
    WW_OURS,
    WW_CLOSED,
    WW_CLOSED_MAC,
    WW_ASIDE,
    WW_ASIDE_AT,
    WW_PORT_MAC,
    WW_MAC_KNOWN,
    WW_FENCED,
    WW_WALLED,
    WW_GUARDED,
    WW_KNOWN,
    WW_FREE,
    WW_INSIDE,
    WW_GATE_MAC,
    WW_WIRE,
    WW_APART,
    WW_HOSTADDR,
    WW_PEER,
    WW_AUX,
    WW_FENCE_C,
    WW_PUB_P,
    WW_PUB_HP,
    WW_AUDITED,
    WW_AUDITED_P,
    WW_AUDITED_HP,
    WW_OUT_SDP,
    WW_OUT_SP,
    WW_OUT_SD,
    WW_OUT_H,
    WW_OUT_HA,
    WW_EXT_DSP,
    WW_EXT_DP,
    WW_IN_DSP,
    WW_IN_DP,
    WW_IN_DS,
    WW_HOST_DP,
    WW_HOST_D,
    WW_HOSTX_DP,
    WW_PUBL_P,
    WW_PUBL_HP,
    WW_PUBX_P,
    WW_PUBX_HP,
    WW_PUBX_SP,
    WW_PUBX_SHP,
    WW_OUT_C,
    WW_IN_C,
    WW_HOST_C,
    WW_PUB_C,
    WW_PUB_HC,
    WW_ANSWER_C,
    WW_ANSWER_HC,
    WW_OUT_N,
    WW_IN_N,
    WW_PUBX_N,
    WW_OUT_SNP,
    WW_OUT_SN,
    WW_EXT_DNP,
    WW_IN_DNP,
    WW_IN_DN,
    WW_PUBX_NP,
    WW_PUBX_HNP,
    WW_VERDICT_S,
    WW_VERDICT_R,
    WW_DROP_OUT,
    WW_DROP_IN,
    WW_DROP_HOST,
    WW_DROP_PORT_P,
    WW_DROP_PORT_HP,
    WW_DROP_SPOOF,
    WW_DROP_FORGED,
    WW_DROP_INVALID,
    WW_DROP_GUARD,
    WW_DROP_CHAIN,
    WW_AUDIT_OUT,
    WW_AUDIT_IN,
    WW_AUDIT_HOST,
    WW_AUDIT_PORT_P,
    WW_AUDIT_PORT_HP,
    WW_AUDIT_INVALID,
    WW_AUDIT_CHAIN,
    WW_AUDIT_LOST,
    WW_DROP_FROM,
    WW_DROP_TO,
    WW_DROP_HELD,
    WW_DROP_CLOSED,
    WW_SAMPLE_S,
    WW_SAMPLE_D,
    WW_SAMPLE_P,
    WW_SAMPLE_M,
    WW_SAMPLE_FROM,
    WW_SAMPLE_TO,
    WW_SAMPLE_RESET,
    WW_AUDIT_SENT,
    WW_AUDIT_GOT,
    WW_AUDIT_S,
    WW_AUDIT_D,
    WW_SAMPLE_HELD,
    WW_STEMS,
};

#define WW_TABLE_SETS (2 * WW_STEMS)

/* Sets of CIDRs (WW_F_WIDTH): a rule looks into them for each length of prefix that is in them. */
#define WW_NET_SETS (2 * (WW_PUBX_HNP - WW_OUT_SNP + 1))
/* Lengths of the prefixes in them, from 0; a rule with a longer one is in a chain. */
#define WW_WIDTHS (WW_LIMIT_PREFIX_BITS + 1)
#define WW_SETS (WW_TABLES * WW_TABLE_SETS)

enum ww_set_kind {
    WW_SET_PLAIN,
    WW_SET_NAMED,   /* elements carry the container's name as comment */
    WW_SET_GOTO,    /* a map to chains */
    WW_SET_COUNTS,  /* made by packets, no business of the image: how many were dropped */
    WW_SET_SAMPLES, /* the same: how many were reported of late */
    WW_SET_CALL,    /* a map to chains that return */
    WW_SET_JUMP,    /* the same, for verdicts: there only while a rule has one */
};

struct ww_schema {
    const char *stem;
    enum ww_set_kind kind;
    bool one_family; /* neither 4 nor 6: a single set */
    bool closing;    /* its elements close: they come first and go last */
    enum ww_field key[WW_KEY_FIELDS];
    const char *comment;
    enum ww_table_id table : 8;
    enum ww_part part : 8;   /* there with it */
    enum ww_part needs : 8;  /* each element makes this part necessary, not only its own */
    enum ww_part spares : 8; /* each element makes up for one that does */
    bool quick;              /* every packet meets it: of fixed size, which the kernel looks up faster, by four bytes */
    bool mirrored;           /* table bridge has a copy, which comes with WW_PART_MIRROR (GUARDED: _FENCED) */
};

/* A set's number: its table, stem and family (AF_INET, AF_INET6; anything for a stem without families). */
unsigned ww_set_id(enum ww_stem stem, int family);
const struct ww_schema *ww_set_schema(unsigned set);
int ww_set_family(unsigned set); /* AF_INET, AF_INET6, or 0 for a stem without families */
enum ww_table_id ww_set_table(unsigned set);
int ww_set_mirror(unsigned set);          /* its copy in table bridge; -1: it has none */
enum ww_part ww_set_part(unsigned set);   /* what it comes with */
enum ww_part ww_set_needs(unsigned set);  /* what each of its elements needs */
enum ww_part ww_set_spares(unsigned set); /* what each of its elements makes up for */
bool ww_set_exists(unsigned set);
const char *ww_set_name(unsigned set, char buf[static WW_SET_NAME]);
int ww_set_find(enum ww_table_id table, const char *name); /* its number, -1 if it is none of ours */

unsigned ww_set_fields(unsigned set);
uint8_t ww_set_key_len(unsigned set);
/* Which of the sets of CIDRs it is, below WW_NET_SETS; -1: none. Table bridge's copy is not counted. */
int ww_set_nets(unsigned set);
unsigned ww_set_width(unsigned set, const uint8_t *key); /* the length of the prefix in a key of such a set */
/* nft's number of the key's type: data types of 6 bits each (nftables' include/datatype.h). */
uint32_t ww_set_key_type(unsigned set);
bool ww_set_is_map(unsigned set);
bool ww_set_is_dynamic(unsigned set); /* packets make its elements */
bool ww_set_is_fixed(unsigned set);   /* of WW_FIXED_SIZE */
uint32_t ww_set_flags(unsigned set);  /* NFT_SET_… */
/* "inet", "bridge". */
const char *ww_table_family_name(enum ww_table_id table);

/* A key being put together, each field padded to 4 bytes as in the kernel's registers. */
struct ww_key {
    uint8_t len;
    uint8_t bytes[WW_KEY_BYTES];
};

void ww_key_add(struct ww_key *key, const void *value, uint8_t len);
void ww_key_addr(struct ww_key *key, const struct ww_addr *addr);
void ww_key_service(struct ww_key *key, uint8_t proto, uint16_t port);

/* Append the key as nft prints it. */
void ww_key_write(unsigned set, const uint8_t *key, struct ww_buf *out);

#endif
