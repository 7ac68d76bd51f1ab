/* The rows of test_flow.c: what is judged, and how. Each is judged in both families. */
#ifndef WW_SPEC_UNIT_IR_FLOW_ROWS_H
#define WW_SPEC_UNIT_IR_FLOW_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* The nodes' addresses, in both families. */
static const struct {
    const char *name;
    const char *v4;
    const char *v6;
} nodes[] = {
    {"web", "198.51.100.2", "2001:db8:100::2"},
    {"web2", "198.51.101.2", "2001:db8:101::2"}, /* web on its other network */
    {"db", "198.51.100.3", "2001:db8:100::3"},
    {"other", "198.51.100.9", "2001:db8:100::9"}, /* a container that is not managed */
    {"gw", "198.51.100.1", "2001:db8:100::1"},    /* the host, on the bridge */
    {"lo", "127.0.0.1", "::1"},
    {"host", "192.0.2.1", "2001:db8::1"},
    {"ext", "203.0.113.5", "2001:db8:ffff::5"},
    {"ext2", "203.0.113.200", "2001:db8:fffe::1"},
    {"cast", "224.0.0.251", "ff02::fb"},
};

#define WEB "ruleset aaaa \"web\"\n" WEB_ADDRS
#define WEB_ADDRS                                                                                                      \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:c6:33:64:02\n"                                                        \
    "endpoint 198.51.101.2 2001:db8:101::2 02:42:c6:33:65:02\n"                                                        \
    "publish tcp 443 on 0.0.0.0 port 10443\n"                                                                          \
    "publish tcp 443 on :: port 10443\n"
#define DB "ruleset bbbb \"db\"\n" DB_ADDRS
#define DB_ADDRS                                                                                                       \
    "endpoint 198.51.100.3 2001:db8:100::3 02:42:c6:33:64:03\n"                                                        \
    "publish tcp 5432 on 0.0.0.0 port 15432\n"                                                                         \
    "publish tcp 5432 on :: port 15432\n"                                                                              \
    "publish udp 53 on 192.0.2.1 port 10053\n"                                                                         \
    "publish udp 53 on 2001:db8::1 port 10053\n"                                                                       \
    "publish tcp 9000 on 127.0.0.1 port 19000\n"                                                                       \
    "publish tcp 9000 on ::1 port 19000\n"
#define TO_DB " to 198.51.100.3,2001:db8:100::3"
#define FROM_WEB " from 198.51.100.2,2001:db8:100::2"
#define OUT_ALL "output to any\n"

enum { FROM_HOST = 1, TO_HOST = 2, ORIG_DST_HOST = 4 };

#define NO_OUTPUT "no output rule of the sender matches"
#define NO_INPUT "no rule of the receiver allows it"
#define NO_HOST "no rule of the receiver allows it from the host"
#define NO_PUBLISHED "the published port is not open to the sender"
#define NO_PUBLISHED_HOST "the published port is not open to the host"
#define UNMANAGED "no side is managed"
#define ALLOWED "a rule allows it"

static const struct row {
    const char *what;
    const char *web; /* NULL: not managed */
    const char *db;
    uint8_t proto;
    const char *src;
    uint16_t sport;
    const char *dst;
    uint16_t dport;
    const char *orig_dst; /* NULL: dst and dport */
    uint16_t orig_dport;
    int flags;
    const char *reason;
    const char *origins; /* of the rules that allow it: "sender/receiver", NULL: do not look */
} rows[] = {
    /* sender's side */
    {"unmanaged talk freely", NULL, NULL, 6, "web", 4000, "db", 5432, NULL, 0, 0, UNMANAGED, "-/-"},
    {"no rules, nothing goes out", WEB, NULL, 6, "web", 4000, "ext", 443, NULL, 0, 0, NO_OUTPUT, NULL},
    {"no rules, not even to the host", WEB, NULL, 17, "web", 4000, "gw", 53, NULL, 0, TO_HOST, NO_OUTPUT, NULL},
    {"an output rule by address and port",
     WEB "output to 203.0.113.0/24,2001:db8:ffff::/48 tcp dport 443 origin \"o\"\n", NULL, 6, "web", 4000, "ext", 443,
     NULL, 0, 0, ALLOWED, "o/-"},
    {"another port", WEB "output to 203.0.113.0/24,2001:db8:ffff::/48 tcp dport 443\n", NULL, 6, "web", 4000, "ext",
     444, NULL, 0, 0, NO_OUTPUT, NULL},
    {"another address", WEB "output to 203.0.113.0/25,2001:db8:ffff::/48 tcp dport 443\n", NULL, 6, "web", 4000, "ext2",
     443, NULL, 0, 0, NO_OUTPUT, NULL},
    {"another protocol", WEB "output to any tcp dport 443\n", NULL, 17, "web", 4000, "ext", 443, NULL, 0, 0, NO_OUTPUT,
     NULL},
    {"the ends of a port range", WEB "output to any tcp dport 8000-8010\n", NULL, 6, "web", 4000, "ext", 8010, NULL, 0,
     0, ALLOWED, NULL},
    {"behind a port range", WEB "output to any tcp dport 8000-8010\n", NULL, 6, "web", 4000, "ext", 8011, NULL, 0, 0,
     NO_OUTPUT, NULL},
    {"a source port", WEB "output to any udp sport 4000-5000 dport 53\n", NULL, 17, "web", 5000, "ext", 53, NULL, 0, 0,
     ALLOWED, NULL},
    {"another source port", WEB "output to any udp sport 4000-5000 dport 53\n", NULL, 17, "web", 5001, "ext", 53, NULL,
     0, 0, NO_OUTPUT, NULL},
    {"a rule of one network, from there", WEB "output" FROM_WEB " to any tcp dport 443\n", NULL, 6, "web", 4000, "ext",
     443, NULL, 0, 0, ALLOWED, NULL},
    {"a rule of one network, from the other", WEB "output" FROM_WEB " to any tcp dport 443\n", NULL, 6, "web2", 4000,
     "ext", 443, NULL, 0, 0, NO_OUTPUT, NULL},
    {"a rule of every network", WEB "output to any tcp dport 443\n", NULL, 6, "web2", 4000, "ext", 443, NULL, 0, 0,
     ALLOWED, NULL},
    {"the first rule that matches decides",
     WEB "output to any tcp dport 443 origin \"a\"\noutput to any tcp dport 443 log \"x\" origin \"b\"\n", NULL, 6,
     "web", 4000, "ext", 443, NULL, 0, 0, ALLOWED, "a/-"},
    {"a host rule", WEB "output to host udp dport 53\n", NULL, 17, "web", 4000, "gw", 53, NULL, 0, TO_HOST, ALLOWED,
     NULL},
    {"a host rule is about the host only", WEB "output to host udp dport 53\n", NULL, 17, "web", 4000, "ext", 53, NULL,
     0, 0, NO_OUTPUT, NULL},
    {"a rule for any peer is for the host, too", WEB "output to any udp dport 53\n", NULL, 17, "web", 4000, "gw", 53,
     NULL, 0, TO_HOST, ALLOWED, NULL},
    {"ping with a rule without a protocol", WEB "output to 203.0.113.5,2001:db8:ffff::5\n", NULL, 1, "web", 0, "ext", 0,
     NULL, 0, 0, ALLOWED, NULL},
    {"ping with a rule about ports", WEB "output to any tcp dport 1-65535\n", NULL, 1, "web", 0, "ext", 0, NULL, 0, 0,
     NO_OUTPUT, NULL},
    {"ping with a rule about ICMP", WEB "output to any icmp origin \"o\"\n", NULL, 1, "web", 0, "ext", 0, NULL, 0, 0,
     ALLOWED, "o/-"},
    {"another question with it", WEB "output to any icmp\n", NULL, 1, "web", 0x0d00, "ext", 0, NULL, 0, 0, NO_OUTPUT,
     NULL},
    {"an echo request with a code", WEB "output to any icmp\n", NULL, 1, "web", 0x0801, "ext", 0, NULL, 0, 0, NO_OUTPUT,
     NULL},
    {"udp with it", WEB "output to any icmp\n", NULL, 17, "web", 4000, "ext", 53, NULL, 0, 0, NO_OUTPUT, NULL},
    {"ping to another address", WEB "output to 203.0.113.6,2001:db8:ffff::6 icmp\n", NULL, 1, "web", 0, "ext", 0, NULL,
     0, 0, NO_OUTPUT, NULL},
    {"ping of the host", WEB "output to host icmp origin \"o\"\n", NULL, 1, "web", 0, "gw", 0, NULL, 0, TO_HOST,
     ALLOWED, "o/-"},
    {"ping of one that allows it", WEB OUT_ALL, DB "input" FROM_WEB " icmp origin \"i\"\n", 1, "web", 0, "db", 0, NULL,
     0, 0, ALLOWED, "-/i"},
    {"ping of one that allows another", WEB OUT_ALL, DB "input from 203.0.113.5,2001:db8:ffff::5 icmp\n", 1, "web", 0,
     "db", 0, NULL, 0, 0, NO_INPUT, NULL},
    {"ping of one that publishes ports", NULL, DB "external from any\n", 1, "ext", 0, "db", 0, NULL, 0, 0, NO_INPUT,
     NULL},
    {"ping by the host", NULL, DB "input from host icmp origin \"i\"\n", 1, "gw", 0, "db", 0, NULL, 0, FROM_HOST,
     ALLOWED, "-/i"},
    {"ping with a rule about SCTP", WEB "output to any sctp dport 1-65535\n", NULL, 1, "web", 0, "ext", 0, NULL, 0, 0,
     NO_OUTPUT, NULL},
    {"SCTP", WEB "output to any sctp dport 3868 origin \"o\"\n", NULL, 132, "web", 4000, "ext", 3868, NULL, 0, 0,
     ALLOWED, "o/-"},
    {"SCTP to another port", WEB "output to any sctp dport 3868\n", NULL, 132, "web", 4000, "ext", 3869, NULL, 0, 0,
     NO_OUTPUT, NULL},
    {"TCP with a rule about SCTP", WEB "output to any sctp dport 3868\n", NULL, 6, "web", 4000, "ext", 3868, NULL, 0, 0,
     NO_OUTPUT, NULL},
    {"inbound rules are not for sending", WEB "input from any\nexternal from any\nlocalhost\n", NULL, 6, "web", 4000,
     "ext", 443, NULL, 0, 0, NO_OUTPUT, NULL},
    {"a quarantined sender", "ruleset aaaa \"web\" quarantined\n" WEB_ADDRS, NULL, 6, "web", 4000, "ext", 443, NULL, 0,
     0, "the sender is quarantined", NULL},

    /* dialled, or the endpoint it leads to */
    {"the host dialled, at a port that leads to a container", WEB "output to host tcp dport 15432 origin \"o\"\n", NULL,
     6, "web", 4000, "ext", 5432, "host", 15432, ORIG_DST_HOST, ALLOWED, "o/-"},
    {"the host dialled, with the endpoint's port", WEB "output to host tcp dport 5432\n", NULL, 6, "web", 4000, "ext",
     5432, "host", 15432, ORIG_DST_HOST, NO_OUTPUT, NULL},
    {"another's address dialled is not the host", WEB "output to host tcp dport 15432\n", NULL, 6, "web", 4000, "ext",
     5432, "ext2", 15432, 0, NO_OUTPUT, NULL},
    {"by the address and port dialled", WEB "output to 192.0.2.1,2001:db8::1 tcp dport 15432 origin \"o\"\n", NULL, 6,
     "web", 4000, "db", 5432, "host", 15432, 0, ALLOWED, "o/-"},
    {"by the endpoint that it leads to", WEB "output" TO_DB " tcp dport 5432 origin \"o\"\n", NULL, 6, "web", 4000,
     "db", 5432, "host", 15432, 0, ALLOWED, "o/-"},
    {"the address dialled with the endpoint's port", WEB "output to 192.0.2.1,2001:db8::1 tcp dport 5432\n", NULL, 6,
     "web", 4000, "db", 5432, "host", 15432, 0, NO_OUTPUT, NULL},
    {"the endpoint's address with the port dialled", WEB "output" TO_DB " tcp dport 15432\n", NULL, 6, "web", 4000,
     "db", 5432, "host", 15432, 0, NO_OUTPUT, NULL},
    {"through the userland proxy", WEB "output to 192.0.2.1,2001:db8::1 tcp dport 15432\n", NULL, 6, "web", 4000,
     "host", 15432, NULL, 0, TO_HOST, ALLOWED, NULL},

    /* receiver's side, from containers and elsewhere */
    {"into a managed container without rules", NULL, DB, 6, "other", 4000, "db", 5432, NULL, 0, 0, NO_INPUT, NULL},
    {"the sender's rule does not stand in for the receiver's", WEB OUT_ALL, DB, 6, "web", 4000, "db", 5433, NULL, 0, 0,
     NO_INPUT, NULL},
    {"the receiver's rule does not stand in for the sender's", WEB, DB "input from any tcp dport 5432\n", 6, "web",
     4000, "db", 5432, NULL, 0, 0, NO_OUTPUT, NULL},
    {"a consent", WEB OUT_ALL, DB "input consent" FROM_WEB TO_DB " tcp dport 5433 origin \"c\"\n", 6, "web", 4000, "db",
     5433, NULL, 0, 0, ALLOWED, "-/c"},
    {"a consent is for its sender", NULL, DB "input consent" FROM_WEB TO_DB " tcp dport 5433\n", 6, "other", 4000, "db",
     5433, NULL, 0, 0, NO_INPUT, NULL},
    {"a consent is for its port", WEB OUT_ALL, DB "input consent" FROM_WEB TO_DB " tcp dport 5433\n", 6, "web", 4000,
     "db", 5434, NULL, 0, 0, NO_INPUT, NULL},
    {"consents are tried last", WEB OUT_ALL,
     DB "input consent" FROM_WEB " tcp dport 5433 origin \"c\"\ninput from any tcp dport 5433 origin \"i\"\n", 6, "web",
     4000, "db", 5433, NULL, 0, 0, ALLOWED, "-/i"},
    {"an input rule, port not published", NULL, DB "input from any tcp dport 5433\n", 6, "ext", 4000, "db", 5433, NULL,
     0, 0, ALLOWED, NULL},
    {"an input rule for the host lets no other peer in", NULL, DB "input from host tcp dport 5433\n", 6, "ext", 4000,
     "db", 5433, NULL, 0, 0, NO_INPUT, NULL},
    {"an input rule with own addresses", NULL, DB "input from any" TO_DB " tcp dport 5433\n", 6, "ext", 4000, "db",
     5433, NULL, 0, 0, ALLOWED, NULL},
    {"an input rule with other own addresses", NULL, DB "input from any to 198.51.101.3 tcp dport 5433\n", 6, "ext",
     4000, "db", 5433, NULL, 0, 0, NO_INPUT, NULL},
    {"an input rule without a protocol admits pings", NULL, DB "input from 203.0.113.5,2001:db8:ffff::5\n", 1, "ext", 0,
     "db", 0, NULL, 0, 0, ALLOWED, NULL},
    {"an output rule lets no peer in", NULL, DB OUT_ALL, 6, "ext", 4000, "db", 5433, NULL, 0, 0, NO_INPUT, NULL},
    {"external, published, translated", NULL, DB "external from any origin \"e\"\n", 6, "ext", 4000, "db", 5432, "host",
     15432, 0, ALLOWED, "-/e"},
    {"external, published, straight to the container", NULL, DB "external from any\n", 6, "other", 4000, "db", 5432,
     NULL, 0, 0, ALLOWED, NULL},
    {"external, port not published", NULL, DB "external from any\n", 6, "ext", 4000, "db", 5433, NULL, 0, 0, NO_INPUT,
     NULL},
    {"external, published for the other protocol", NULL, DB "external from any\n", 17, "ext", 4000, "db", 5432, NULL, 0,
     0, NO_INPUT, NULL},
    {"external, published on a loopback address", NULL, DB "external from any\n", 6, "ext", 4000, "db", 9000, NULL, 0,
     0, NO_INPUT, NULL},
    {"external, source in the list", NULL, DB "external from 203.0.113.0/25,2001:db8:ffff::/48\n", 6, "ext", 4000, "db",
     5432, "host", 15432, 0, ALLOWED, NULL},
    {"external, source not in the list", NULL, DB "external from 203.0.113.0/25,2001:db8:ffff::/48\n", 6, "ext2", 4000,
     "db", 5432, "host", 15432, 0, NO_INPUT, NULL},
    {"external does not admit pings", NULL, DB "external from any\n", 1, "ext", 0, "db", 0, NULL, 0, 0, NO_INPUT, NULL},
    {"external from a managed container", WEB OUT_ALL, DB "external from any\n", 6, "web", 4000, "db", 5432, NULL, 0, 0,
     ALLOWED, NULL},
    {"localhost lets no other client in", NULL, DB "localhost\n", 6, "ext", 4000, "db", 5432, "host", 15432, 0,
     NO_INPUT, NULL},
    {"a quarantined receiver", NULL, "ruleset bbbb \"db\" quarantined\n" DB_ADDRS, 6, "ext", 4000, "db", 5432, NULL, 0,
     0, "the receiver is quarantined", NULL},
    {"multicast is no container's address", NULL, DB, 17, "other", 5353, "cast", 5353, NULL, 0, 0, UNMANAGED, NULL},

    /* to the published port on the host (userland proxy) */
    {"elsewhere to the host's port, external", NULL, DB "external from any origin \"e\"\n", 6, "ext", 4000, "host",
     15432, NULL, 0, TO_HOST, ALLOWED, "-/e"},
    {"elsewhere to the host's port, source list", NULL, DB "external from 203.0.113.0/25,2001:db8:ffff::/48\n", 6,
     "ext2", 4000, "host", 15432, NULL, 0, TO_HOST, NO_PUBLISHED, NULL},
    {"elsewhere to the host's port, input by the container's port", NULL, DB "input from any tcp dport 5432\n", 6,
     "ext", 4000, "host", 15432, NULL, 0, TO_HOST, ALLOWED, NULL},
    {"elsewhere to the host's port, input by the host's port", NULL, DB "input from any tcp dport 15432\n", 6, "ext",
     4000, "host", 15432, NULL, 0, TO_HOST, NO_PUBLISHED, NULL},
    {"elsewhere to the host's port, input for the host", NULL, DB "input from host tcp dport 5432\n", 6, "ext", 4000,
     "host", 15432, NULL, 0, TO_HOST, NO_PUBLISHED, NULL},
    {"elsewhere to the host's port, input with own addresses", NULL, DB "input from any" TO_DB " tcp dport 5432\n", 6,
     "ext", 4000, "host", 15432, NULL, 0, TO_HOST, ALLOWED, NULL},
    {"elsewhere to the host's port, input with other own addresses", NULL,
     DB "input from any to 198.51.101.3 tcp dport 5432\n", 6, "ext", 4000, "host", 15432, NULL, 0, TO_HOST,
     NO_PUBLISHED, NULL},
    {"one host port for two protocols", NULL,
     DB "publish udp 54 on 0.0.0.0 port 15432\npublish udp 54 on :: port 15432\ninput from any udp dport 54\n", 17,
     "ext", 4000, "host", 15432, NULL, 0, TO_HOST, ALLOWED, NULL},
    {"elsewhere to a port published on loopback", NULL, DB "external from any\n", 6, "other", 4000, "lo", 19000, NULL,
     0, TO_HOST, NO_PUBLISHED, NULL},
    {"a consent through the host's port", WEB "output to 192.0.2.1,2001:db8::1 tcp dport 15432\n",
     DB "input consent" FROM_WEB " tcp dport 5432\n", 6, "web", 4000, "host", 15432, NULL, 0, TO_HOST, ALLOWED, NULL},
    {"published on one of the host's addresses", NULL, DB "external from any\n", 17, "ext", 4000, "host", 10053, NULL,
     0, TO_HOST, ALLOWED, NULL},
    {"the same port on another of the host's addresses", NULL, DB, 17, "other", 4000, "gw", 10053, NULL, 0, TO_HOST,
     UNMANAGED, NULL},
    {"a port of the host that no container publishes", NULL, DB, 6, "ext", 4000, "host", 22, NULL, 0, TO_HOST,
     UNMANAGED, NULL},
    {"a published port with another protocol", NULL, DB, 17, "ext", 4000, "host", 15432, NULL, 0, TO_HOST, UNMANAGED,
     NULL},
    {"its own published port, no output rule", WEB "external from any\n", NULL, 6, "web", 4000, "host", 10443, NULL, 0,
     TO_HOST, NO_OUTPUT, NULL},
    {"its own published port, not open", WEB OUT_ALL, NULL, 6, "web", 4000, "host", 10443, NULL, 0, TO_HOST,
     NO_PUBLISHED, NULL},
    {"its own published port, open", WEB OUT_ALL "external from any\n", NULL, 6, "web", 4000, "host", 10443, NULL, 0,
     TO_HOST, ALLOWED, NULL},
    {"a quarantined container's published port", NULL, "ruleset bbbb \"db\" quarantined\n" DB_ADDRS, 6, "ext", 4000,
     "host", 15432, NULL, 0, TO_HOST, "the receiver is quarantined", NULL},

    /* from the host to the published port on the host */
    {"the host to its published port, nothing allowed", NULL, DB "external from any\n", 6, "lo", 4000, "lo", 15432,
     NULL, 0, FROM_HOST | TO_HOST, NO_PUBLISHED_HOST, NULL},
    {"the host to its published port, localhost", NULL, DB "localhost origin \"l\"\n", 6, "lo", 4000, "lo", 15432, NULL,
     0, FROM_HOST | TO_HOST, ALLOWED, "-/l"},
    {"the host to a port published on loopback, localhost", NULL, DB "localhost\n", 6, "lo", 4000, "lo", 19000, NULL, 0,
     FROM_HOST | TO_HOST, ALLOWED, NULL},
    {"the host to its published port, input for the host", NULL, DB "input from host tcp dport 5432\n", 6, "lo", 4000,
     "lo", 15432, NULL, 0, FROM_HOST | TO_HOST, ALLOWED, NULL},
    {"the host to its published port, input for any peer", NULL, DB "input from any tcp dport 5432\n", 6, "host", 4000,
     "host", 15432, NULL, 0, FROM_HOST | TO_HOST, ALLOWED, NULL},
    {"the host to its published port, input for its address only", NULL,
     DB "input from 192.0.2.1,2001:db8::1 tcp dport 5432\n", 6, "host", 4000, "host", 15432, NULL, 0,
     FROM_HOST | TO_HOST, NO_PUBLISHED_HOST, NULL},
    {"the host to its published port, input with source ports", NULL, DB "input from host tcp sport 4000 dport 5432\n",
     6, "host", 4000, "host", 15432, NULL, 0, FROM_HOST | TO_HOST, NO_PUBLISHED_HOST, NULL},
    {"the host to its published port, input for another port", NULL, DB "input from host tcp dport 5433\n", 6, "lo",
     4000, "lo", 15432, NULL, 0, FROM_HOST | TO_HOST, NO_PUBLISHED_HOST, NULL},
    {"the host to itself", NULL, DB, 6, "lo", 4000, "lo", 22, NULL, 0, FROM_HOST | TO_HOST, UNMANAGED, NULL},

    /* from the host to the container */
    {"the host to the container, no rules", NULL, DB, 6, "gw", 4000, "db", 5432, NULL, 0, FROM_HOST, NO_HOST, NULL},
    {"the host to the container, localhost, translated", NULL, DB "localhost\n", 6, "host", 4000, "db", 5432, "host",
     15432, FROM_HOST, ALLOWED, NULL},
    {"the host to the container, localhost, published on loopback", NULL, DB "localhost\n", 6, "lo", 4000, "db", 9000,
     "lo", 19000, FROM_HOST, ALLOWED, NULL},
    {"the host to the container, localhost, not published", NULL, DB "localhost\n", 6, "gw", 4000, "db", 5433, NULL, 0,
     FROM_HOST, NO_HOST, NULL},
    {"the host to the container, input for the host", NULL, DB "input from host tcp dport 5433\n", 6, "gw", 4000, "db",
     5433, NULL, 0, FROM_HOST, ALLOWED, NULL},
    {"the host to the container, input for any peer", NULL, DB "input from any tcp dport 5433\n", 6, "gw", 4000, "db",
     5433, NULL, 0, FROM_HOST, ALLOWED, NULL},
    {"the host to the container, input for the gateway", NULL,
     DB "input from 198.51.100.1,2001:db8:100::1 tcp dport 5433\n", 6, "gw", 4000, "db", 5433, NULL, 0, FROM_HOST,
     ALLOWED, NULL},
    {"the host to the container, input for other peers", NULL,
     DB "input from 203.0.113.5,2001:db8:ffff::5 tcp dport 5433\n", 6, "gw", 4000, "db", 5433, NULL, 0, FROM_HOST,
     NO_HOST, NULL},
    {"the proxy for external clients", NULL, DB "external from 203.0.113.5 origin \"e\"\n", 6, "gw", 4000, "db", 5432,
     NULL, 0, FROM_HOST, ALLOWED, "-/e"},
    {"the proxy for input clients", NULL, DB "input from 203.0.113.5 tcp dport 5432 origin \"i\"\n", 6, "gw", 4000,
     "db", 5432, NULL, 0, FROM_HOST, ALLOWED, "-/i"},
    {"the proxy for a consent", NULL, DB "input consent" FROM_WEB " tcp dport 5432\n", 6, "gw", 4000, "db", 5432, NULL,
     0, FROM_HOST, ALLOWED, NULL},
    {"the proxy comes before a later rule that matches", NULL,
     DB
     "external from any origin \"e\"\ninput from 198.51.100.1,2001:db8:100::1 tcp dport 5432 log \"x\" origin \"i\"\n",
     6, "gw", 4000, "db", 5432, NULL, 0, FROM_HOST, ALLOWED, "-/e"},
    {"the host's own rule comes before the proxy's", NULL,
     DB "localhost origin \"l\"\nexternal from any origin \"e\"\n", 6, "gw", 4000, "db", 5432, NULL, 0, FROM_HOST,
     ALLOWED, "-/l"},
    {"no proxy where clients have another family than the port", NULL,
     DB "external from 2001:db8:ffff::/48\npublish tcp 70 on 0.0.0.0 port 1070\n", 6, "gw", 4000, "db", 70, NULL, 0,
     FROM_HOST, NO_HOST, NULL},
    {"the proxy has source ports of its own", NULL, DB "input from any tcp sport 53 dport 5432\n", 6, "gw", 4000, "db",
     5432, NULL, 0, FROM_HOST, ALLOWED, NULL},
    {"no proxy for what is translated", NULL, DB "external from any\n", 6, "host", 4000, "db", 5432, "host", 15432,
     FROM_HOST, NO_HOST, NULL},
    {"no proxy for a port that is not published", NULL, DB "input from 203.0.113.5 tcp dport 5433\n", 6, "gw", 4000,
     "db", 5433, NULL, 0, FROM_HOST, NO_HOST, NULL},
    {"no proxy for a port published on loopback", NULL, DB "external from any\n", 6, "gw", 4000, "db", 9000, NULL, 0,
     FROM_HOST, NO_HOST, NULL},
    {"no proxy for input of another port", NULL, DB "input from 203.0.113.5 tcp dport 80\n", 6, "gw", 4000, "db", 5432,
     NULL, 0, FROM_HOST, NO_HOST, NULL},
    {"the host to an unmanaged container", WEB, NULL, 6, "gw", 4000, "other", 80, NULL, 0, FROM_HOST, UNMANAGED, NULL},
};

#endif
