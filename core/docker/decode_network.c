/* One network with its endpoints, as an inspect has it; the ids in a list of networks. */
#include "core/docker/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/docker/json.h"

static void network_cleanup(struct ww_network **n)
{
    ww_network_free(*n);
}

/* It hides a problem, so it must say which. What a network has is its owner's, never an image's. */
static int network_accept(const cJSON *labels, struct ww_network *n, struct ww_error *err)
{
    const char *value = NULL;
    int rc = ww_json_text(labels, "whalewall.accept", &value, err);
    if (rc < 0 || !value)
        return rc;
    bool enforceable = ww_network_is_enforceable(n);
    n->accepted = !enforceable && strcmp(value, "unenforceable") == 0;
    return n->accepted ? 0 : ww_strays_note_accept(&n->strays, value, enforceable, err);
}

static int network_labels(const cJSON *json, struct ww_network *n, struct ww_error *err)
{
    const cJSON *labels = NULL;
    int rc = ww_json_object(json, "Labels", &labels, err);
    if (rc == 0)
        rc = ww_json_copy(labels, "com.docker.compose.project", &n->project, err);
    if (rc == 0)
        rc = ww_json_copy(labels, "com.docker.compose.network", &n->compose_network, err);
    if (rc == 0)
        rc = ww_json_copy_label(labels, "whalewall.guard", &n->guard, err);
    if (rc == 0)
        rc = ww_decode_strays(labels, WW_LABEL_ON_NETWORK, &n->strays, err);
    if (rc == 0)
        rc = network_accept(labels, n, err);
    if (rc == 0)
        rc = ww_decode_labels(labels, false, &n->labels, err);
    return rc < 0 ? rc : ww_strays_end(n->strays, err);
}

static int network_options(const cJSON *json, struct ww_network *n, struct ww_error *err)
{
    const cJSON *options = NULL;
    const char *text = NULL;
    int rc = ww_json_object(json, "Options", &options, err);
    if (rc == 0)
        rc = ww_json_copy(options, "com.docker.network.bridge.name", &n->bridge, err);
    if (rc == 0)
        rc = ww_json_text(options, "com.docker.network.bridge.default_bridge", &text, err);
    if (rc == 0)
        rc = ww_json_copy(options, "parent", &n->parent, err);
    n->default_bridge = text && strcmp(text, "true") == 0;
    return rc;
}

static int network_subnet(const cJSON *json, struct ww_subnet *subnet, struct ww_error *err)
{
    const char *range = NULL;
    const char *gateway = NULL;
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "an entry of 'IPAM.Config' is not an object");
    int rc = ww_json_text(json, "Subnet", &range, err);
    if (rc == 0)
        rc = ww_json_text(json, "Gateway", &gateway, err);
    if (rc < 0)
        return rc;
    if (!range || ww_addr_range_parse(range, &subnet->range, NULL) < 0)
        return ww_fail(err, -EBADMSG, "field 'Subnet' is not a subnet");
    if (gateway && ww_addr_parse_cidr_host(gateway, &subnet->gateway, NULL) < 0)
        return ww_fail(err, -EBADMSG, "field 'Gateway' is not an address");
    return 0;
}

static int network_aux(const cJSON *json, struct ww_network *n, struct ww_error *err)
{
    const cJSON *aux = NULL;
    int rc = ww_json_object(json, "AuxiliaryAddresses", &aux, err);
    size_t count = rc == 0 ? (size_t)cJSON_GetArraySize(aux) : 0;
    if (!count)
        return rc;
    struct ww_addr *list = realloc(n->aux, (n->n_aux + count) * sizeof(*list));
    if (!list)
        return ww_fail(err, -ENOMEM, "out of memory");
    n->aux = list;
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, aux)
    {
        if (!cJSON_IsString(entry) || ww_addr_parse(entry->valuestring, &list[n->n_aux], NULL) < 0)
            return ww_fail(err, -EBADMSG, "an entry of 'AuxiliaryAddresses' is not an address");
        n->n_aux++;
    }
    return 0;
}

static int network_subnets(const cJSON *json, struct ww_network *n, struct ww_error *err)
{
    const cJSON *ipam = NULL;
    const cJSON *config = NULL;
    int rc = ww_json_object(json, "IPAM", &ipam, err);
    if (rc == 0)
        rc = ww_json_array(ipam, "Config", &config, err);
    size_t count = rc == 0 ? (size_t)cJSON_GetArraySize(config) : 0;
    if (!count)
        return rc;
    n->subnets = calloc(count, sizeof(*n->subnets));
    if (!n->subnets)
        return ww_fail(err, -ENOMEM, "out of memory");
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, config)
    {
        rc = cJSON_IsObject(entry) ? network_aux(entry, n, err) : 0;
        if (rc < 0)
            return rc;
        const cJSON *subnet = entry ? cJSON_GetObjectItemCaseSensitive(entry, "Subnet") : NULL;
        if (cJSON_IsObject(entry) && (!subnet || cJSON_IsNull(subnet)))
            continue; /* a gateway or range alone says nothing of the subnet */
        rc = network_subnet(entry, &n->subnets[n->n_subnets], err);
        if (rc < 0)
            return rc;
        n->n_subnets++;
    }
    return 0;
}

static int network_addr(const cJSON *json, const char *key, struct ww_addr *ret_addr, struct ww_error *err)
{
    const char *text = NULL;
    int rc = ww_json_text(json, key, &text, err);
    if (rc < 0 || !text)
        return rc;
    return ww_addr_parse_cidr_host(text, ret_addr, NULL) == 0
               ? 0
               : ww_fail(err, -EBADMSG, "field '%s' is not an address: '%.48s'", key, text);
}

static int network_endpoint(const cJSON *json, struct ww_endpoint *e, struct ww_error *err)
{
    const char *mac = NULL;
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "an entry of 'Containers' is not an object");
    int rc = network_addr(json, "IPv4Address", &e->addrs.ipv4, err);
    if (rc == 0)
        rc = network_addr(json, "IPv6Address", &e->addrs.ipv6, err);
    if (rc == 0)
        rc = ww_json_text(json, "MacAddress", &mac, err);
    if (rc < 0)
        return rc;
    if (mac && mac[0] && ww_mac_parse(mac, &e->addrs.mac, NULL) < 0)
        return ww_fail(err, -EBADMSG, "field 'MacAddress' is not a MAC address: '%.32s'", mac);
    e->container_id = strdup(json->string);
    return e->container_id ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

/* The engine also lists its own endpoints ("lb-…", "ep-…"): only containers have 64 digits. The routing mesh's counts,
 * too. */
static bool network_is_member(const char *key)
{
    return strcmp(key, WW_INGRESS_SANDBOX) == 0 || (strlen(key) == 64 && strspn(key, "0123456789abcdef") == 64);
}

static int network_endpoints(const cJSON *json, struct ww_network *n, struct ww_error *err)
{
    const cJSON *containers = NULL;
    int rc = ww_json_object(json, "Containers", &containers, err);
    size_t count = rc == 0 ? (size_t)cJSON_GetArraySize(containers) : 0;
    if (!count)
        return rc;
    n->endpoints = calloc(count, sizeof(*n->endpoints));
    if (!n->endpoints)
        return ww_fail(err, -ENOMEM, "out of memory");
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, containers)
    {
        if (!network_is_member(entry->string))
            continue;
        rc = network_endpoint(entry, &n->endpoints[n->n_endpoints], err);
        if (rc < 0)
            return rc;
        n->n_endpoints++;
    }
    return 0;
}

static int network_id(const cJSON *json, char **ret_id, struct ww_error *err)
{
    int rc = ww_json_copy(json, "Id", ret_id, err);
    if (rc == 0 && (!*ret_id || !ww_id_is_valid(*ret_id)))
        rc = ww_fail(err, -EBADMSG, "field 'Id' is not an id");
    return rc;
}

static int network_read(const cJSON *json, struct ww_network *n, struct ww_error *err)
{
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "a network is not an object");
    int rc = network_id(json, &n->id, err);
    if (rc == 0)
        rc = ww_json_copy(json, "Name", &n->name, err);
    if (rc == 0)
        rc = ww_json_copy(json, "Driver", &n->driver, err);
    if (rc == 0)
        rc = ww_json_bool(json, "Internal", &n->internal, err);
    if (rc == 0)
        rc = network_labels(json, n, err);
    if (rc == 0)
        rc = network_options(json, n, err);
    if (rc == 0)
        rc = network_subnets(json, n, err);
    return rc < 0 ? rc : network_endpoints(json, n, err);
}

int ww_decode_network(const char *text, size_t len, struct ww_network **ret_network, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_json_parse(text, len, &json, err);
    if (rc < 0)
        return rc;
    ww_auto(network_cleanup) struct ww_network *n = ww_network_new();
    if (!n)
        return ww_fail(err, -ENOMEM, "out of memory");
    rc = network_read(json, n, err);
    if (rc < 0) {
        ww_context(err, "network %.12s", n->id ? n->id : "without id");
        return rc;
    }
    ww_network_normalize(n);
    *ret_network = ww_take(n);
    return 0;
}

struct network_list {
    ww_id_fn *fn;
    void *arg;
};

static int network_each(void *arg, const cJSON *element, struct ww_error *err)
{
    const struct network_list *list = arg;
    ww_auto_free char *id = NULL;
    if (!cJSON_IsObject(element))
        return ww_fail(err, -EBADMSG, "a network is not an object");
    int rc = network_id(element, &id, err);
    return rc < 0 ? rc : list->fn(list->arg, id, err);
}

int ww_decode_network_ids(const char *text, size_t len, ww_id_fn *fn, void *arg, struct ww_error *err)
{
    struct network_list list = {.fn = fn, .arg = arg};
    return ww_json_each(text, len, network_each, &list, err);
}
