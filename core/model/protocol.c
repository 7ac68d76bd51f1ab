#include "core/model/protocol.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A change that adds one that rules may name adds its probe: spec/house/check-protocols. */
static const struct ww_protocol table[] = {
    {.name = "tcp", .number = IPPROTO_TCP, .has_ports = true, .in_rules = true, .published = true},
    {.name = "udp", .number = IPPROTO_UDP, .has_ports = true, .in_rules = true, .published = true},
    {.name = "sctp", .number = IPPROTO_SCTP, .has_ports = true, .in_rules = true, .published = true},
    {.name = "icmp", .number = IPPROTO_ICMP, .in_rules = true, .in_ipv6 = IPPROTO_ICMPV6, .question = ICMP_ECHO << 8},
    {.name = "icmpv6", .number = IPPROTO_ICMPV6, .question = ICMP6_ECHO_REQUEST << 8},
    {.name = "udplite", .number = IPPROTO_UDPLITE, .has_ports = true},
    {.name = "dccp", .number = IPPROTO_DCCP, .has_ports = true},
};
#define COUNT (sizeof(table) / sizeof(table[0]))

const struct ww_protocol *ww_protocols(size_t *ret_n)
{
    *ret_n = COUNT;
    return table;
}

const struct ww_protocol *ww_protocol_find(uint8_t number)
{
    for (size_t i = 0; i < COUNT; i++)
        if (table[i].number == number)
            return &table[i];
    return NULL;
}

const struct ww_protocol *ww_protocol_named(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

bool ww_protocol_has_ports(uint8_t number)
{
    const struct ww_protocol *p = ww_protocol_find(number);
    return p && p->has_ports;
}

uint8_t ww_protocol_in(uint8_t number, int family)
{
    const struct ww_protocol *p = ww_protocol_find(number);
    return p && p->in_ipv6 && family == AF_INET6 ? p->in_ipv6 : number;
}

uint16_t ww_protocol_question(uint8_t number)
{
    const struct ww_protocol *p = ww_protocol_find(number);
    return p ? p->question : 0;
}

const char *ww_protocol_text(uint8_t number, char buf[static WW_PROTOCOL_TEXT])
{
    const struct ww_protocol *p = ww_protocol_find(number);
    if (p)
        return p->name;
    snprintf(buf, WW_PROTOCOL_TEXT, "%u", number);
    return buf;
}
