#include "core/agent/resolver.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/agent/agent_internal.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_CONF_BYTES 4096
#define STUB "127.0.0.53"
#define KEYWORD "nameserver"

/* The address in a line of resolv.conf, or NULL. */
static const char *name_server(const char *line, size_t *ret_len)
{
    if (strncmp(line, KEYWORD, strlen(KEYWORD)) != 0 || !isblank((unsigned char)line[strlen(KEYWORD)]))
        return NULL;
    line += strlen(KEYWORD);
    line += strspn(line, " \t");
    *ret_len = strcspn(line, " \t\r\n%#;");
    return *ret_len ? line : NULL;
}

static bool is_loopback(const char *text, size_t len)
{
    char copy[WW_ADDR_TEXT];
    struct ww_addr addr;
    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return ww_addr_parse(copy, &addr, NULL) == 0 && ww_addr_is_loopback(&addr);
}

const char *ww_resolver_loopback(const char *text, size_t *ret_len)
{
    const char *found = NULL;
    size_t servers = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t len = 0;
        const char *server = name_server(line, &len);
        servers += server != NULL;
        if (!server || found || !is_loopback(server, len))
            continue;
        found = server;
        *ret_len = len;
    }
    bool stub = found && servers == 1 && *ret_len == strlen(STUB) && strncmp(found, STUB, *ret_len) == 0;
    return stub ? NULL : found;
}

static void look_for_resolver(struct ww_agent *a)
{
    char text[RESOLV_CONF_BYTES + 1];
    char address[WW_ADDR_TEXT];
    FILE *file = fopen(RESOLV_CONF, "re");
    if (!file)
        return;
    text[fread(text, 1, RESOLV_CONF_BYTES, file)] = '\0';
    fclose(file);
    size_t len = 0;
    const char *server = ww_resolver_loopback(text, &len);
    if (!server)
        return;
    snprintf(address, sizeof(address), "%.*s", (int)len, server);
    const char *shown = address;
    ww_log(
        a->log, WW_WARN,
        "names are a way out of closed containers: Docker's DNS server hands their questions to the host's name server "
        "from the host itself, where no rule of theirs holds; give the engine name servers that are not on a loopback "
        "address (\"dns\" in daemon.json), to which containers then need an output rule",
        WW_S("nameserver", shown));
}

void ww_resolver_follow(struct ww_agent *a)
{
    if (a->resolver.looked || !ww_plan_count(a->applied))
        return;
    a->resolver.looked = true;
    look_for_resolver(a);
}
