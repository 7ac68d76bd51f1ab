/* Published ports of containers that are not managed, and open to every sender that reaches the host. */
#include <string.h>

#include "core/base/buf.h"
#include "core/cli/doctor_internal.h"
#include "core/cli/field.h"
#include "core/model/addr.h"
#include "core/model/container.h"

#define TOLD 20 /* containers that are named */

static bool is_labelled(const cJSON *container)
{
    const char *label = ww_field_text(ww_field(container, "Labels"), "whalewall.enabled");
    return label && ww_switch_parse(label) != WW_SWITCH_OFF;
}

/* A program that cannot ask the engine does not know all containers: that is another finding. */
static bool is_followed(const struct ww_doctor *d)
{
    const char *state = ww_field_words(ww_field(d->status, "engine"), "state");
    return d->status && strcmp(state, "away") != 0 && strcmp(state, "listing") != 0;
}

static bool is_managed(const struct ww_doctor *d, const cJSON *container)
{
    const cJSON *managed;
    if (!is_followed(d) && is_labelled(container))
        return true;
    cJSON_ArrayForEach(managed, ww_field(d->status, "containers"))
    {
        if (strcmp(ww_field_words(managed, "id"), ww_field_words(container, "Id")) == 0)
            return true;
    }
    return false;
}

static bool is_open(const cJSON *port)
{
    struct ww_addr addr;
    const cJSON *number = ww_field(port, "PublicPort");
    const char *ip = ww_field_words(port, "IP");
    return cJSON_IsNumber(number) && number->valuedouble > 0 &&
           !(ww_addr_parse(ip, &addr, NULL) == 0 && ww_addr_is_loopback(&addr));
}

/* Of IPv4 and IPv6 a port is told once. */
static bool is_told(const cJSON *ports, const cJSON *port)
{
    const cJSON *former;
    cJSON_ArrayForEach(former, ports)
    {
        if (former == port)
            return false;
        if (is_open(former) &&
            ww_field(former, "PublicPort")->valuedouble == ww_field(port, "PublicPort")->valuedouble &&
            strcmp(ww_field_words(former, "Type"), ww_field_words(port, "Type")) == 0)
            return true;
    }
    return false;
}

static void list_open(const cJSON *container, struct ww_buf *out)
{
    const cJSON *ports = ww_field(container, "Ports");
    const cJSON *port;
    cJSON_ArrayForEach(port, ports)
    {
        if (is_open(port) && !is_told(ports, port))
            ww_buf_fmt(out, "%s%.0f/%.8s", out->len ? ", " : "", ww_field(port, "PublicPort")->valuedouble,
                       ww_field_words(port, "Type"));
    }
}

static const char *name_of(const cJSON *container)
{
    const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(ww_field(container, "Names"), 0));
    return name ? name + (*name == '/') : ww_field_words(container, "Id");
}

void ww_doctor_ports(struct ww_doctor *d)
{
    int open = 0;
    const cJSON *container;
    cJSON_ArrayForEach(container, d->containers)
    {
        struct ww_buf ports = {0};
        if (!is_managed(d, container))
            list_open(container, &ports);
        if (ports.len && open++ < TOLD)
            ww_findings_add(
                &d->found, WW_FINDING_WARNING, "open_ports",
                "label it (whalewall.enabled, and mapped_ports in whalewall.rules), or publish at 127.0.0.1",
                "container '%s' is not managed, and open to every sender that reaches this host: %s",
                name_of(container), ports.data);
        ww_buf_done(&ports);
    }
    if (open > TOLD)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "open_ports", NULL, "… and %d more container%s", open - TOLD,
                        open - TOLD == 1 ? "" : "s");
    if (!open && d->containers)
        ww_findings_add(&d->found, WW_FINDING_OK, "open_ports", NULL,
                        "no container that is not managed has a port that is published beyond this host");
}
