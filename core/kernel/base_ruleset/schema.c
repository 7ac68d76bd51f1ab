#include "core/kernel/base_ruleset/schema.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_tables.h>

#define S WW_F_SADDR
#define D WW_F_DADDR
#define P WW_F_PROTO
#define T WW_F_DPORT
#define W WW_F_WIDTH
#define AT_PORTS .table = WW_BRIDGE, .part = WW_PART_BOUND
#define MIRRORED .mirrored = true
#define FENCED .table = WW_BRIDGE, .part = WW_PART_FENCED

/* The comment of a set says what its elements are, by itself: nft lists sets in any order. */
/* clang-format off */
static const struct ww_schema table[WW_STEMS] = {
    [WW_MANAGED] = {"managed", WW_SET_NAMED, false, true, {D}, "addresses of managed containers", MIRRORED},
    [WW_LOCAL] = {"local", WW_SET_PLAIN, false, true, {D}, "link-local addresses of managed endpoints"},
    [WW_BOUND] = {"bound", WW_SET_PLAIN, false, true, {S}, "addresses that only their endpoint may send from"},
    [WW_ENDPOINT] = {"endpoint", WW_SET_PLAIN, false, true, {WW_F_MAC, S},
        "MACs of managed endpoints, each with an address"},
    [WW_MACS] = {"mac", WW_SET_PLAIN, true, true, {WW_F_MAC}, "MACs of managed endpoints", .needs = WW_PART_MINE},
    [WW_HELD] = {"held", WW_SET_PLAIN, false, true, {D}, "addresses of bound endpoints", AT_PORTS, .quick = true},
    [WW_FROM] = {"from", WW_SET_PLAIN, false, false, {WW_F_IIF, WW_F_SENDER, S},
        "ports, each with a MAC and an address to send from", AT_PORTS},
    [WW_TO] = {"to", WW_SET_PLAIN, false, false, {WW_F_OIF, D}, "ports, each with an address behind it", AT_PORTS},
    [WW_PORT] = {"port", WW_SET_NAMED, true, true, {WW_F_OIF}, "ports of bound endpoints", AT_PORTS, .quick = true},
    [WW_FREE_PORT] = {"free_port", WW_SET_PLAIN, true, false, {WW_F_OIF},
        "ports of bound endpoints that are not managed", AT_PORTS},
    [WW_LOOSE_PORT] = {"loose_port", WW_SET_PLAIN, true, false, {WW_F_OIF},
        "ports of bound endpoints on networks without guard", AT_PORTS},
    [WW_FOREIGN] = {"foreign", WW_SET_PLAIN, true, false, {WW_F_OIF},
        "ports of bridges that are not the engine's", AT_PORTS},
    [WW_SEAT] = {"seat", WW_SET_PLAIN, true, false, {WW_F_IIF, WW_F_MAC}, "ports, each with a MAC behind it", AT_PORTS},
    [WW_SAYS] = {"says", WW_SET_PLAIN, true, false, {WW_F_IIF, WW_F_MAC, S},
        "ports, each with another address of its container, for ARP", AT_PORTS},
    [WW_LENT] = {"lent", WW_SET_PLAIN, false, false, {S}, "addresses of endpoints that may route for others", AT_PORTS},
    [WW_FENCED] = {"fenced", WW_SET_PLAIN, true, true, {WW_F_OIF},
        "ports of known endpoints of guarded networks", FENCED},
    [WW_WALLED] = {"walled", WW_SET_PLAIN, true, false, {WW_F_OIF},
        "ports of managed endpoints of other networks", FENCED},
    [WW_TAKEN] = {"taken", WW_SET_PLAIN, true, true, {WW_F_MAC},
        "MACs of managed endpoints: only at their ports", AT_PORTS, .spares = WW_PART_MINE},
    [WW_MAC_LENT] = {"mac_lent", WW_SET_PLAIN, true, true, {WW_F_MAC},
        "MACs of bridges and of known endpoints that are not managed", AT_PORTS},
    [WW_MAC_FENCED] = {"mac_fenced", WW_SET_PLAIN, true, true, {WW_F_MAC},
        "MACs of known endpoints of guarded networks", AT_PORTS},
    [WW_TARGET] = {"target", WW_SET_PLAIN, true, false, {WW_F_IIF, WW_F_ND_TARGET},
        "ports, each with an address that ND may claim there", AT_PORTS},
    [WW_ND_MAC] = {"nd_mac", WW_SET_PLAIN, true, false, {WW_F_IIF, WW_F_ND_MAC},
        "ports, each with the MAC that ND may name there", AT_PORTS},
    [WW_HELD_ND] = {"held_nd", WW_SET_PLAIN, true, true, {WW_F_ND_TARGET},
        "addresses that ND may claim at the port of their endpoint only", AT_PORTS},
    [WW_LENT_ND] = {"lent_nd", WW_SET_PLAIN, true, false, {WW_F_ND_TARGET},
        "of held_nd, addresses of endpoints that may route for others", AT_PORTS},
    [WW_GATE] = {"gate", WW_SET_PLAIN, false, false, {S}, "addresses of the bridges themselves", AT_PORTS},
    [WW_OURS] = {"ours", WW_SET_PLAIN, false, true, {D}, "addresses of the host: no port may send from them", AT_PORTS},
    [WW_CLOSED] = {"closed", WW_SET_PLAIN, true, true, {WW_F_IIFNAME},
        "guarded bridges: no IP at ports of no known endpoint", AT_PORTS},
    [WW_CLOSED_MAC] = {"closed_mac", WW_SET_PLAIN, true, true, {WW_F_MAC_TO}, "MACs of guarded bridges", AT_PORTS},
    [WW_MAC_KNOWN] = {"mac_known", WW_SET_PLAIN, true, false, {WW_F_MAC_TO}, "MACs of all endpoints", AT_PORTS},
    [WW_PORT_MAC] = {"port_mac", WW_SET_PLAIN, true, true, {WW_F_MAC_TO}, "MACs of ports themselves", AT_PORTS},
    [WW_ASIDE] = {"aside", WW_SET_PLAIN, false, false, {WW_F_MAC_TO, S},
        "MACs of guarded bridges, each with an address set aside there", AT_PORTS},
    [WW_ASIDE_AT] = {"aside_at", WW_SET_PLAIN, false, false, {WW_F_IIFNAME, S},
        "guarded bridges, each with an address set aside there", AT_PORTS},
    [WW_GUARDED] = {"guarded", WW_SET_PLAIN, true, true, {WW_F_IIFNAME},
        "guarded bridges: only known endpoints talk", MIRRORED},
    [WW_KNOWN] = {"known", WW_SET_PLAIN, false, true, {D}, "addresses of known endpoints of guarded networks"},
    [WW_FREE] = {"free", WW_SET_PLAIN, true, true, {WW_F_MAC},
        "MACs of known endpoints of guarded networks that are not managed"},
    [WW_INSIDE] = {"inside", WW_SET_PLAIN, true, true, {WW_F_IIFNAME}, "the engine's bridges"},
    [WW_GATE_MAC] = {"gate_mac", WW_SET_PLAIN, true, true, {WW_F_MAC_TO}, "MACs of the engine's bridges"},
    [WW_WIRE] = {"wire", WW_SET_PLAIN, true, true, {WW_F_OIF},
        "ports of managed endpoints: only the bridge sends there"},
    [WW_HOSTADDR] = {"hostaddr", WW_SET_PLAIN, false, false, {D}, "addresses of the host itself"},
    [WW_APART] = {"apart", WW_SET_PLAIN, true, false, {WW_F_IIFNAME, WW_F_OIFNAME},
        "bridges that are not the engine's: what stays within one"},
    [WW_PEER] = {"peer", WW_SET_PLAIN, false, false, {WW_F_MAC, S},
        "MACs of endpoints that are not managed, each with an address"},
    [WW_AUX] = {"aux", WW_SET_PLAIN, false, true, {WW_F_IIFNAME, S},
        "guarded bridges, each with an address set aside there"},
    [WW_FENCE_C] = {"fence_c", WW_SET_CALL, true, false, {WW_F_OIFNAME}, "what may be sent to a guarded bridge"},
    [WW_PUB_P] = {"pub_p", WW_SET_PLAIN, false, true, {P, T}, "host ports of managed containers"},
    [WW_PUB_HP] = {"pub_hp", WW_SET_PLAIN, false, true, {D, P, T},
        "host ports of managed containers, on one host address"},
    [WW_AUDITED] = {"audited", WW_SET_PLAIN, false, false, {S},
        "addresses of audited containers: nothing of theirs is dropped", MIRRORED},
    [WW_AUDITED_P] = {"audited_p", WW_SET_PLAIN, false, false, {P, T}, "host ports of audited containers"},
    [WW_AUDITED_HP] = {"audited_hp", WW_SET_PLAIN, false, false, {D, P, T},
        "host ports of audited containers, on one host address"},
    [WW_OUT_SDP] = {"out_sdp", WW_SET_PLAIN, false, false, {S, D, P, T}, "output: source, destination, port", MIRRORED},
    [WW_OUT_SP] = {"out_sp", WW_SET_PLAIN, false, false, {S, P, T}, "output: source, port", MIRRORED},
    [WW_OUT_SD] = {"out_sd", WW_SET_PLAIN, false, false, {S, D}, "output: source, destination", MIRRORED},
    [WW_OUT_H] = {"out_h", WW_SET_PLAIN, false, false, {S, P, T}, "output to the host: source, port"},
    [WW_OUT_HA] = {"out_ha", WW_SET_PLAIN, false, false, {S}, "output to the host: source"},
    [WW_EXT_DSP] = {"ext_dsp", WW_SET_PLAIN, false, false, {D, S, P, T}, "external: container, source, port", MIRRORED},
    [WW_EXT_DP] = {"ext_dp", WW_SET_PLAIN, false, false, {D, P, T}, "external: container, port", MIRRORED},
    [WW_IN_DSP] = {"in_dsp", WW_SET_PLAIN, false, false, {D, S, P, T}, "input: container, source, port", MIRRORED},
    [WW_IN_DP] = {"in_dp", WW_SET_PLAIN, false, false, {D, P, T}, "input: container, port", MIRRORED},
    [WW_IN_DS] = {"in_ds", WW_SET_PLAIN, false, false, {D, S}, "input: container, source", MIRRORED},
    [WW_HOST_DP] = {"host_dp", WW_SET_PLAIN, false, false, {D, P, T}, "from the host: container, port"},
    [WW_HOST_D] = {"host_d", WW_SET_PLAIN, false, false, {D}, "from the host: container"},
    [WW_HOSTX_DP] = {"hostx_dp", WW_SET_PLAIN, false, false, {D, P, T}, "from the userland proxy: container, port"},
    [WW_PUBL_P] = {"publ_p", WW_SET_PLAIN, false, false, {P, T}, "host ports that the host may use"},
    [WW_PUBL_HP] = {"publ_hp", WW_SET_PLAIN, false, false, {D, P, T},
        "host ports that the host may use, on one host address"},
    [WW_PUBX_P] = {"pubx_p", WW_SET_PLAIN, false, false, {P, T},
        "host ports that other machines and containers may use"},
    [WW_PUBX_HP] = {"pubx_hp", WW_SET_PLAIN, false, false, {D, P, T},
        "host ports that other machines and containers may use, on one host address"},
    [WW_PUBX_SP] = {"pubx_sp", WW_SET_PLAIN, false, false, {S, P, T}, "host ports that one source may use"},
    [WW_PUBX_SHP] = {"pubx_shp", WW_SET_PLAIN, false, false, {S, D, P, T},
        "host ports that one source may use, on one host address"},
    [WW_OUT_C] = {"out_c", WW_SET_GOTO, false, false, {S}, "containers with output rules in a chain", MIRRORED},
    [WW_IN_C] = {"in_c", WW_SET_GOTO, false, false, {D}, "containers with inbound rules in a chain", MIRRORED},
    [WW_HOST_C] = {"host_c", WW_SET_GOTO, false, false, {D}, "containers with rules for the host in a chain"},
    [WW_PUB_C] = {"pub_c", WW_SET_GOTO, false, false, {P, T}, "host ports with rules in a chain"},
    [WW_PUB_HC] = {"pub_hc", WW_SET_GOTO, false, false, {D, P, T},
        "host ports with rules in a chain, on one host address"},
    [WW_ANSWER_C] = {"answer_c", WW_SET_GOTO, false, false, {P, T},
        "host ports with rules in a chain: answers from there"},
    [WW_ANSWER_HC] = {"answer_hc", WW_SET_GOTO, false, false, {D, P, T},
        "host ports with rules in a chain, on one host address: answers"},
    [WW_OUT_N] = {"out_n", WW_SET_PLAIN, false, false, {S}, "containers with output to CIDRs", MIRRORED},
    [WW_IN_N] = {"in_n", WW_SET_PLAIN, false, false, {D}, "containers that CIDRs may reach", MIRRORED},
    [WW_PUBX_N] = {"pubx_n", WW_SET_PLAIN, false, false, {P, T}, "host ports that CIDRs may use"},
    [WW_OUT_SNP] = {"out_snp", WW_SET_PLAIN, false, false, {S, W, D, P, T}, "output: source, CIDR, port", MIRRORED},
    [WW_OUT_SN] = {"out_sn", WW_SET_PLAIN, false, false, {S, W, D}, "output: source, CIDR", MIRRORED},
    [WW_EXT_DNP] = {"ext_dnp", WW_SET_PLAIN, false, false, {D, W, S, P, T},
        "external: container, CIDR, port", MIRRORED},
    [WW_IN_DNP] = {"in_dnp", WW_SET_PLAIN, false, false, {D, W, S, P, T}, "input: container, CIDR, port", MIRRORED},
    [WW_IN_DN] = {"in_dn", WW_SET_PLAIN, false, false, {D, W, S}, "input: container, CIDR", MIRRORED},
    [WW_PUBX_NP] = {"pubx_np", WW_SET_PLAIN, false, false, {W, S, P, T}, "host ports that a CIDR may use"},
    [WW_PUBX_HNP] = {"pubx_hnp", WW_SET_PLAIN, false, false, {W, S, D, P, T},
        "host ports that a CIDR may use, on one host address"},
    [WW_VERDICT_S] = {"verdict_s", WW_SET_JUMP, true, false, {WW_F_CT_LABEL},
        "verdicts of the sender's rules", .part = WW_PART_VERDICTS},
    [WW_VERDICT_R] = {"verdict_r", WW_SET_JUMP, true, false, {WW_F_CT_LABEL},
        "verdicts of the receiver's rules", .part = WW_PART_VERDICTS},
    [WW_DROP_OUT] = {"drop_out", WW_SET_COUNTS, false, false, {S}, "dropped: no output rule allows it", MIRRORED},
    [WW_DROP_IN] = {"drop_in", WW_SET_COUNTS, false, false, {D}, "dropped: no inbound rule allows it", MIRRORED},
    [WW_DROP_HOST] = {"drop_host", WW_SET_COUNTS, false, false, {D}, "dropped: the host may not"},
    [WW_DROP_PORT_P] = {"drop_port_p", WW_SET_COUNTS, false, false, {P, T}, "dropped at a host port"},
    [WW_DROP_PORT_HP] = {"drop_port_hp", WW_SET_COUNTS, false, false, {D, P, T},
        "dropped at a host port of one address"},
    [WW_DROP_SPOOF] = {"drop_spoof", WW_SET_COUNTS, true, false, {WW_F_MAC}, "dropped: not its own address"},
    [WW_DROP_FORGED] = {"drop_forged", WW_SET_COUNTS, false, false, {S}, "dropped: the address of another"},
    [WW_DROP_INVALID] = {"drop_invalid", WW_SET_COUNTS, false, false, {S},
        "dropped: of no flow, and begins none", MIRRORED},
    [WW_DROP_GUARD] = {"drop_guard", WW_SET_COUNTS, false, false, {S}, "dropped: the other end is not known"},
    [WW_DROP_CHAIN] = {"drop_chain", WW_SET_COUNTS, false, false, {S}, "dropped: the user's chain returned it"},
    [WW_AUDIT_OUT] = {"audit_out", WW_SET_COUNTS, false, false, {S}, "audited: no output rule allows it", MIRRORED},
    [WW_AUDIT_IN] = {"audit_in", WW_SET_COUNTS, false, false, {D}, "audited: no inbound rule allows it", MIRRORED},
    [WW_AUDIT_HOST] = {"audit_host", WW_SET_COUNTS, false, false, {D}, "audited: the host may not"},
    [WW_AUDIT_PORT_P] = {"audit_port_p", WW_SET_COUNTS, false, false, {P, T}, "audited at a host port"},
    [WW_AUDIT_PORT_HP] = {"audit_port_hp", WW_SET_COUNTS, false, false, {D, P, T},
        "audited at a host port of one address"},
    [WW_AUDIT_INVALID] = {"audit_invalid", WW_SET_COUNTS, false, false, {S},
        "audited: of no flow, and begins none", MIRRORED},
    [WW_AUDIT_CHAIN] = {"audit_chain", WW_SET_COUNTS, false, false, {S}, "audited: the user's chain returned it"},
    [WW_AUDIT_LOST] = {"audit_lost", WW_SET_COUNTS, false, false, {S}, "audited: of flows not reported", MIRRORED},
    [WW_DROP_FROM] = {"drop_from", WW_SET_COUNTS, true, false, {WW_F_OIF}, "dropped: not its own address", AT_PORTS},
    [WW_DROP_TO] = {"drop_to", WW_SET_COUNTS, true, false, {WW_F_OIF}, "dropped: not to its address", AT_PORTS},
    [WW_DROP_HELD] = {"drop_forged", WW_SET_COUNTS, false, false, {S}, "dropped: the address of another", AT_PORTS},
    [WW_DROP_CLOSED] = {"drop_guard", WW_SET_COUNTS, false, false, {S},
        "dropped: the other end is not known", AT_PORTS},
    [WW_SAMPLE_FROM] = {"sample_from", WW_SET_SAMPLES, true, false, {WW_F_OIF}, "reported drops, by port", AT_PORTS},
    [WW_SAMPLE_TO] = {"sample_to", WW_SET_SAMPLES, true, false, {WW_F_OIF}, "reported drops, by port", AT_PORTS},
    [WW_SAMPLE_HELD] = {"sample_forged", WW_SET_SAMPLES, false, false, {S}, "reported drops, by source", AT_PORTS},
    [WW_SAMPLE_S] = {"sample_s", WW_SET_SAMPLES, false, false, {S}, "reported drops, by source", MIRRORED},
    [WW_SAMPLE_D] = {"sample_d", WW_SET_SAMPLES, false, false, {D}, "reported drops, by destination", MIRRORED},
    [WW_SAMPLE_RESET] = {"sample_reset", WW_SET_SAMPLES, false, false, {S}, "TCP resets, by the managed end"},
    [WW_AUDIT_SENT] = {"audit_sent", WW_SET_SAMPLES, false, false, {S, D, P, T},
        "flows reported of late, by sender", MIRRORED},
    [WW_AUDIT_GOT] = {"audit_got", WW_SET_SAMPLES, false, false, {S, D, P, T},
        "flows reported of late, at the receiver", MIRRORED},
    [WW_AUDIT_S] = {"audit_s", WW_SET_SAMPLES, false, false, {S}, "flows reported, by source", MIRRORED},
    [WW_AUDIT_D] = {"audit_d", WW_SET_SAMPLES, false, false, {D}, "flows reported, by destination", MIRRORED},
    [WW_SAMPLE_P] = {"sample_p", WW_SET_SAMPLES, true, false, {P, T}, "reported drops, by host port"},
    [WW_SAMPLE_M] = {"sample_m", WW_SET_SAMPLES, true, false, {WW_F_MAC}, "reported drops, by MAC"},
};
/* clang-format on */

unsigned ww_set_id(enum ww_stem stem, int family)
{
    return table[stem].table * WW_TABLE_SETS + 2 * stem + (family == AF_INET6 && !table[stem].one_family);
}

const struct ww_schema *ww_set_schema(unsigned set)
{
    return &table[set % WW_TABLE_SETS / 2];
}

int ww_set_family(unsigned set)
{
    if (ww_set_schema(set)->one_family)
        return 0;
    return set % 2 ? AF_INET6 : AF_INET;
}

enum ww_table_id ww_set_table(unsigned set)
{
    return set / WW_TABLE_SETS;
}

static bool is_copy(unsigned set)
{
    return ww_set_table(set) == WW_BRIDGE && ww_set_schema(set)->table == WW_INET;
}

bool ww_set_exists(unsigned set)
{
    const struct ww_schema *s = ww_set_schema(set);
    return (s->table == ww_set_table(set) || (is_copy(set) && s->mirrored)) && !(s->one_family && set % 2);
}

int ww_set_mirror(unsigned set)
{
    return ww_set_schema(set)->mirrored ? (int)(set % WW_TABLE_SETS + WW_BRIDGE * WW_TABLE_SETS) : -1;
}

static enum ww_part copy_part(unsigned set)
{
    return set % WW_TABLE_SETS / 2 == WW_GUARDED ? WW_PART_FENCED : WW_PART_MIRROR;
}

enum ww_part ww_set_part(unsigned set)
{
    return is_copy(set) ? copy_part(set) : ww_set_schema(set)->part;
}

enum ww_part ww_set_needs(unsigned set)
{
    const struct ww_schema *s = ww_set_schema(set);
    if (is_copy(set))
        return copy_part(set);
    return s->needs || ww_set_is_dynamic(set) ? s->needs : s->part;
}

enum ww_part ww_set_spares(unsigned set)
{
    return is_copy(set) ? WW_PART_ALWAYS : ww_set_schema(set)->spares;
}

const char *ww_set_name(unsigned set, char buf[static WW_SET_NAME])
{
    const struct ww_schema *s = ww_set_schema(set);
    snprintf(buf, WW_SET_NAME, "%s%s", s->stem, s->one_family ? "" : set % 2 ? "6" : "4");
    return buf;
}

int ww_set_find(enum ww_table_id id, const char *name)
{
    char buf[WW_SET_NAME];
    for (unsigned set = id * WW_TABLE_SETS; set < (id + 1) * WW_TABLE_SETS; set++)
        if (ww_set_exists(set) && !strcmp(ww_set_name(set, buf), name))
            return (int)set;
    return -1;
}

unsigned ww_set_fields(unsigned set)
{
    unsigned n = 0;
    while (n < WW_KEY_FIELDS && ww_set_schema(set)->key[n] != WW_F_NONE)
        n++;
    return n;
}

static uint8_t padded(uint8_t len)
{
    return (uint8_t)((len + 3) & ~3);
}

static const struct ww_field_info *key_field(unsigned set, unsigned i)
{
    return ww_field_info(ww_set_schema(set)->key[i], ww_set_family(set));
}

uint8_t ww_set_key_len(unsigned set)
{
    unsigned n = ww_set_fields(set);
    if (n == 1)
        return key_field(set, 0)->len;
    uint8_t len = 0;
    for (unsigned i = 0; i < n; i++)
        len += padded(key_field(set, i)->len);
    return len;
}

int ww_set_nets(unsigned set)
{
    const int first = 2 * WW_OUT_SNP;
    const int n = (int)set - first;
    return n >= 0 && n < WW_NET_SETS ? n : -1;
}

unsigned ww_set_width(unsigned set, const uint8_t *key)
{
    for (unsigned i = 0; ww_set_schema(set)->key[i] != WW_F_WIDTH; i++)
        key += padded(key_field(set, i)->len);
    return (unsigned)(key[0] << 8 | key[1]);
}

static uint32_t nft_type(const struct ww_field_info *field)
{
    switch (field->type) {
    case WW_TYPE_ADDR:
        return field->len == 4 ? 7 : 8;
    case WW_TYPE_MAC:
        return 9;
    case WW_TYPE_PROTO:
        return 12;
    case WW_TYPE_PORT:
        return 13;
    case WW_TYPE_IFACE:
        return 20;
    case WW_TYPE_NAME:
        return 41; /* ifname */
    case WW_TYPE_NUMBER:
        break;
    }
    return 4; /* integer */
}

uint32_t ww_set_key_type(unsigned set)
{
    uint32_t type = 0;
    for (unsigned i = 0; i < ww_set_fields(set); i++)
        type = type << 6 | nft_type(key_field(set, i));
    return type;
}

bool ww_set_is_map(unsigned set)
{
    enum ww_set_kind kind = ww_set_schema(set)->kind;
    return kind == WW_SET_GOTO || kind == WW_SET_CALL || kind == WW_SET_JUMP;
}

bool ww_set_is_dynamic(unsigned set)
{
    enum ww_set_kind kind = ww_set_schema(set)->kind;
    return kind == WW_SET_COUNTS || kind == WW_SET_SAMPLES;
}

bool ww_set_is_fixed(unsigned set)
{
    return ww_set_schema(set)->quick && ww_set_key_len(set) == 4;
}

uint32_t ww_set_flags(unsigned set)
{
    if (ww_set_schema(set)->kind == WW_SET_SAMPLES)
        return NFT_SET_EVAL | NFT_SET_TIMEOUT;
    return ww_set_is_map(set) ? NFT_SET_MAP : ww_set_is_dynamic(set) ? NFT_SET_EVAL : 0;
}

const char *ww_table_family_name(enum ww_table_id id)
{
    return id == WW_BRIDGE ? "bridge" : "inet";
}

void ww_key_add(struct ww_key *key, const void *value, uint8_t len)
{
    if (key->len + padded(len) > WW_KEY_BYTES)
        return; /* no set has such a key: ww_set_key_len is checked against it by the tests */
    memcpy(key->bytes + key->len, value, len);
    key->len += padded(len);
}

void ww_key_addr(struct ww_key *key, const struct ww_addr *addr)
{
    ww_key_add(key, addr->bytes, (uint8_t)ww_addr_size(addr));
}

void ww_key_service(struct ww_key *key, uint8_t proto, uint16_t port)
{
    uint8_t bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};
    ww_key_add(key, &proto, 1);
    ww_key_add(key, bytes, 2);
}

void ww_key_write(unsigned set, const uint8_t *key, struct ww_buf *out)
{
    for (unsigned i = 0; i < ww_set_fields(set); i++) {
        const struct ww_field_info *field = key_field(set, i);
        ww_buf_str(out, i ? " . " : "");
        ww_field_write(field->type, key, field->len, out);
        key += padded(field->len);
    }
}
