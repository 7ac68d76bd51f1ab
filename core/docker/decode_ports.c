/* Published and exposed ports, as an inspect and as the list has them. */
#include "core/docker/decode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/docker/json.h"
#include "core/model/protocol.h"

/* 0 for one that the engine publishes no ports of. */
static uint8_t ports_protocol(const char *name)
{
    const struct ww_protocol *p = ww_protocol_named(name);
    return p && p->published ? p->number : 0;
}

static int ports_add(struct ww_container *c, const struct ww_publish *publish, struct ww_error *err)
{
    struct ww_publish *grown = realloc(c->published, (c->n_published + 1) * sizeof(*grown));
    if (!grown)
        return ww_fail(err, -ENOMEM, "out of memory");
    c->published = grown;
    c->published[c->n_published++] = *publish;
    return 0;
}

/* An empty address means every address of both families. Returns whether `ip` is an address at all: the engine refuses
 * to start a container with another. */
static int ports_add_on(struct ww_container *c, struct ww_publish publish, const char *ip, struct ww_error *err)
{
    if (ip && ip[0])
        return ww_addr_parse(ip, &publish.host, NULL) == 0 ? ports_add(c, &publish, err) : 0;
    publish.host = (struct ww_addr){.family = AF_INET};
    int rc = ports_add(c, &publish, err);
    if (rc < 0)
        return rc;
    publish.host = (struct ww_addr){.family = AF_INET6};
    return ports_add(c, &publish, err);
}

/* A single number from 1 to 65535; anything else ("", "0", a range) is 0. */
static uint16_t ports_number(const char *text, size_t len)
{
    if (!len || len > 5 || strspn(text, "0123456789") < len)
        return 0;
    long number = strtol(text, NULL, 10);
    return number <= 65535 ? (uint16_t)number : 0;
}

/* "80/tcp", "80". False when it is something else. */
static bool ports_key(const char *key, struct ww_publish *ret_publish)
{
    size_t digits = strcspn(key, "/");
    *ret_publish = (struct ww_publish){
        .cport = ports_number(key, digits),
        .proto = ports_protocol(key[digits] ? key + digits + 1 : "tcp"),
    };
    return ret_publish->cport && ret_publish->proto;
}

static int ports_binding(const cJSON *binding, struct ww_publish publish, struct ww_container *c, struct ww_error *err)
{
    const char *ip = NULL;
    const char *port = NULL;
    if (!cJSON_IsObject(binding))
        return ww_fail(err, -EBADMSG, "a published port's binding is not an object");
    int rc = ww_json_text(binding, "HostIp", &ip, err);
    if (rc == 0)
        rc = ww_json_text(binding, "HostPort", &port, err);
    if (rc < 0)
        return rc;
    publish.hport = port ? ports_number(port, strlen(port)) : 0;
    return ports_add_on(c, publish, ip, err);
}

int ww_decode_port_map(const cJSON *map, struct ww_container *c, struct ww_error *err)
{
    const cJSON *port = NULL;
    cJSON_ArrayForEach(port, map)
    {
        struct ww_publish publish;
        if (cJSON_IsNull(port) || !ports_key(port->string, &publish))
            continue;
        if (!cJSON_IsArray(port))
            return ww_fail(err, -EBADMSG, "published port '%s' is not an array", port->string);
        const cJSON *binding = NULL;
        cJSON_ArrayForEach(binding, port)
        {
            int rc = ports_binding(binding, publish, c, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int ports_list_entry(const cJSON *entry, struct ww_container *c, struct ww_error *err)
{
    const char *ip = NULL;
    const char *type = NULL;
    unsigned cport = 0;
    unsigned hport = 0;
    if (!cJSON_IsObject(entry))
        return ww_fail(err, -EBADMSG, "an entry of 'Ports' is not an object");
    int rc = ww_json_text(entry, "IP", &ip, err);
    if (rc == 0)
        rc = ww_json_text(entry, "Type", &type, err);
    if (rc == 0)
        rc = ww_json_port(entry, "PrivatePort", &cport, err);
    if (rc == 0)
        rc = ww_json_port(entry, "PublicPort", &hport, err);
    if (rc < 0)
        return rc;
    uint8_t proto = ports_protocol(type && type[0] ? type : "tcp");
    if (!hport || !cport || !proto)
        return 0; /* exposed, not published */
    struct ww_publish publish = {.proto = proto, .cport = (uint16_t)cport, .hport = (uint16_t)hport};
    return ports_add_on(c, publish, ip, err);
}

int ww_decode_port_list(const cJSON *list, struct ww_container *c, struct ww_error *err)
{
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, list)
    {
        int rc = ports_list_entry(entry, c, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int ww_decode_exposed(const cJSON *exposed, const cJSON *bound, struct ww_container *c, struct ww_error *err)
{
    const cJSON *port = NULL;
    cJSON_ArrayForEach(port, exposed)
    {
        struct ww_publish publish;
        const cJSON *binding = bound ? cJSON_GetObjectItemCaseSensitive(bound, port->string) : NULL;
        if (cJSON_GetArraySize(binding) > 0 || !ports_key(port->string, &publish))
            continue;
        int rc = ports_add_on(c, publish, NULL, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
