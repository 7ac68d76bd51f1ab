/* One container, as an inspect, an element of the list, or the event of its creation has it. */
#include "core/docker/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/docker/json.h"

static void container_cleanup(struct ww_container **c)
{
    ww_container_free(*c);
}

static const struct {
    const char *name;
    enum ww_container_state state;
} states[] = {
    {"created", WW_CREATED},    {"running", WW_RUNNING},     {"paused", WW_PAUSED},    {"restarting", WW_RESTARTING},
    {"exited", WW_EXITED},      {"dead", WW_EXITED},         {"removing", WW_EXITED},  {"stopped", WW_EXITED},
    {"configured", WW_CREATED}, {"initialized", WW_CREATED}, {"stopping", WW_RUNNING},
};

static int container_state(const cJSON *object, const char *key, struct ww_container *c, struct ww_error *err)
{
    const char *text = NULL;
    int rc = ww_json_text(object, key, &text, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; text && i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(text, states[i].name) == 0) {
            c->state = states[i].state;
            return 0;
        }
    }
    return ww_fail(err, -EBADMSG, "field '%s': unknown state '%.32s'", key, text ? text : "");
}

/* What is in an object of labels (an event's attributes are one, too). */
static int container_take_labels(const cJSON *all, struct ww_container *c, struct ww_error *err)
{
    const struct {
        const char *key;
        char **ret;
    } labels[] = {
        {"whalewall.enabled", &c->label_enabled},    {"whalewall.rules", &c->label_rules},
        {"whalewall.audit", &c->label_audit},        {"com.docker.compose.project", &c->project},
        {"com.docker.compose.service", &c->service}, {"com.docker.swarm.service.name", &c->swarm_service},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(labels) / sizeof(labels[0]); i++)
        rc = ww_json_copy_label(all, labels[i].key, labels[i].ret, err);
    if (rc == 0)
        rc = ww_decode_strays(all, WW_LABEL_ON_CONTAINER, &c->strays, err);
    if (rc == 0 && c->label_rules && ww_switch_parse(c->label_enabled) == WW_SWITCH_UNSET &&
        ww_switch_parse(c->label_audit) != WW_SWITCH_ON)
        rc = ww_strays_note_idle_rules(&c->strays, err);
    return rc < 0 ? rc : ww_strays_end(c->strays, err);
}

/* Nothing is enforced by it, so what cannot be read is only not known. */
static int container_started(const cJSON *state, struct ww_container *c, struct ww_error *err)
{
    const char *text = NULL;
    int rc = ww_json_text(state, "StartedAt", &text, err);
    if (rc == 0)
        c->started_at_ns = ww_decode_time(text);
    return rc;
}

/* Of no use is a number that no kernel gives to a process. */
static int container_pid(const cJSON *state, struct ww_container *c, struct ww_error *err)
{
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(state, "Pid");
    if (!pid || cJSON_IsNull(pid))
        return 0;
    if (!cJSON_IsNumber(pid))
        return ww_fail(err, -EBADMSG, "field 'Pid' is not a number");
    if (pid->valuedouble >= 1 && pid->valuedouble <= INT32_MAX)
        c->pid = (int64_t)pid->valuedouble;
    return 0;
}

/* Older engines say "default" where they mean the default bridge. */
static const char *container_network_name(const char *name)
{
    return strcmp(name, "default") == 0 ? "bridge" : name;
}

static int container_network_mode(const cJSON *host_config, struct ww_container *c, struct ww_error *err)
{
    const char *mode = NULL;
    int rc = ww_json_text(host_config, "NetworkMode", &mode, err);
    if (rc < 0 || !mode || !mode[0])
        return rc;
    c->network_mode = strdup(container_network_name(mode));
    return c->network_mode ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

/* With or without "CAP_", in any case, as engines take it. */
static bool has_capability(const cJSON *host_config, const char *key, const char *name)
{
    const cJSON *entry = NULL;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(host_config, key))
    {
        const char *text = cJSON_IsString(entry) ? entry->valuestring : "";
        if (strcasecmp(strncasecmp(text, "CAP_", 4) == 0 ? text + 4 : text, name) == 0)
            return true;
    }
    return false;
}

/* Nothing is enforced by it, so what cannot be read is only not known. */
static void container_power(const cJSON *host_config, struct ww_container *c)
{
    c->net_admin =
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(host_config, "Privileged")) ||
        has_capability(host_config, "CapAdd", "NET_ADMIN") ||
        (has_capability(host_config, "CapAdd", "ALL") && !has_capability(host_config, "CapDrop", "NET_ADMIN"));
}

static int container_networks(const cJSON *settings, struct ww_container *c, struct ww_error *err)
{
    const cJSON *networks = NULL;
    int rc = ww_json_object(settings, "Networks", &networks, err);
    size_t n = rc == 0 ? (size_t)cJSON_GetArraySize(networks) : 0;
    if (!n)
        return rc;
    c->networks = calloc(n, sizeof(*c->networks));
    if (!c->networks)
        return ww_fail(err, -ENOMEM, "out of memory");
    const cJSON *network = NULL;
    cJSON_ArrayForEach(network, networks)
    {
        char *name = strdup(container_network_name(network->string));
        if (!name)
            return ww_fail(err, -ENOMEM, "out of memory");
        c->networks[c->n_networks++] = name;
    }
    return 0;
}

static int container_labels(const cJSON *object, struct ww_container *c, struct ww_error *err)
{
    const cJSON *all = NULL;
    int rc = ww_json_object(object, "Labels", &all, err);
    if (rc == 0)
        rc = ww_json_copy(object, "Image", &c->image, err);
    if (rc == 0)
        rc = ww_decode_labels(all, false, &c->labels, err);
    return rc < 0 ? rc : container_take_labels(all, c, err);
}

static int container_key(const cJSON *object, const char *key, struct ww_container *c, struct ww_error *err)
{
    int rc = ww_json_copy(object, key, &c->id, err);
    if (rc == 0 && (!c->id || !ww_id_is_valid(c->id)))
        rc = ww_fail(err, -EBADMSG, "field '%s' is not an id", key);
    return rc;
}

static int container_id(const cJSON *object, struct ww_container *c, struct ww_error *err)
{
    return container_key(object, "Id", c, err);
}

static int container_set_name(const char *name, struct ww_container *c, struct ww_error *err)
{
    if (name[0] == '/')
        name++;
    c->name = strdup(name);
    return c->name ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

static int container_inspect_name(const cJSON *object, struct ww_container *c, struct ww_error *err)
{
    const char *name = NULL;
    int rc = ww_json_text(object, "Name", &name, err);
    return rc < 0 || !name || !name[0] ? rc : container_set_name(name, c, err);
}

/* The list has links, too: "/web/db" is what "web" calls this container. */
static int container_list_name(const cJSON *object, struct ww_container *c, struct ww_error *err)
{
    const cJSON *names = NULL;
    int rc = ww_json_array(object, "Names", &names, err);
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, names)
    {
        if (!cJSON_IsString(name))
            return ww_fail(err, -EBADMSG, "an entry of 'Names' is not a string");
        const char *text = name->valuestring;
        if (text[0] && !strchr(text + 1, '/'))
            return container_set_name(text, c, err);
    }
    return rc;
}

/* What is published now; before the start, what will be. */
static int container_inspect_ports(const cJSON *host_config, const cJSON *config, const cJSON *settings,
                                   struct ww_container *c, struct ww_error *err)
{
    const cJSON *ports = NULL;
    const cJSON *exposed = NULL;
    bool all = false;
    if (c->state == WW_RUNNING || c->state == WW_PAUSED) {
        int rc = ww_json_object(settings, "Ports", &ports, err);
        return rc < 0 ? rc : ww_decode_port_map(ports, c, err);
    }
    int rc = ww_json_object(host_config, "PortBindings", &ports, err);
    if (rc == 0)
        rc = ww_json_bool(host_config, "PublishAllPorts", &all, err);
    if (rc == 0)
        rc = ww_json_object(config, "ExposedPorts", &exposed, err);
    if (rc == 0)
        rc = ww_decode_port_map(ports, c, err);
    if (rc == 0 && all)
        rc = ww_decode_exposed(exposed, ports, c, err);
    return rc;
}

static int container_inspect(const cJSON *json, struct ww_container *c, struct ww_error *err)
{
    const cJSON *state = NULL;
    const cJSON *config = NULL;
    const cJSON *host_config = NULL;
    const cJSON *settings = NULL;
    int rc = container_id(json, c, err);
    if (rc == 0)
        rc = container_inspect_name(json, c, err);
    if (rc == 0)
        rc = ww_json_copy(json, "Image", &c->image_id, err);
    if (rc == 0)
        rc = ww_json_object(json, "State", &state, err);
    if (rc == 0)
        rc = container_state(state, "Status", c, err);
    if (rc == 0)
        rc = container_started(state, c, err);
    if (rc == 0)
        rc = container_pid(state, c, err);
    if (rc == 0)
        rc = ww_json_object(json, "Config", &config, err);
    if (rc == 0)
        rc = container_labels(config, c, err);
    if (rc == 0)
        rc = ww_json_object(json, "HostConfig", &host_config, err);
    if (rc == 0)
        rc = container_network_mode(host_config, c, err);
    if (rc == 0)
        container_power(host_config, c);
    if (rc == 0)
        rc = ww_json_object(json, "NetworkSettings", &settings, err);
    if (rc == 0)
        rc = container_networks(settings, c, err);
    return rc < 0 ? rc : container_inspect_ports(host_config, config, settings, c, err);
}

static int container_list_entry(const cJSON *json, struct ww_container *c, struct ww_error *err)
{
    const cJSON *ports = NULL;
    const cJSON *host_config = NULL;
    const cJSON *settings = NULL;
    int rc = container_id(json, c, err);
    if (rc == 0)
        rc = container_list_name(json, c, err);
    if (rc == 0)
        rc = ww_json_copy(json, "ImageID", &c->image_id, err);
    if (rc == 0)
        rc = container_state(json, "State", c, err);
    if (rc == 0)
        rc = container_labels(json, c, err);
    if (rc == 0)
        rc = ww_json_object(json, "HostConfig", &host_config, err);
    if (rc == 0)
        rc = container_network_mode(host_config, c, err);
    if (rc == 0)
        rc = ww_json_object(json, "NetworkSettings", &settings, err);
    if (rc == 0)
        rc = container_networks(settings, c, err);
    if (rc == 0)
        rc = ww_json_array(json, "Ports", &ports, err);
    return rc < 0 ? rc : ww_decode_port_list(ports, c, err);
}

static int container_from(const cJSON *json, int (*read)(const cJSON *, struct ww_container *, struct ww_error *),
                          struct ww_container **ret_container, struct ww_error *err)
{
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "a container is not an object");
    ww_auto(container_cleanup) struct ww_container *c = ww_container_new();
    if (!c)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = read(json, c, err);
    if (rc < 0) {
        ww_context(err, "container %.12s", c->id ? c->id : "without id");
        return rc;
    }
    ww_container_normalize(c);
    *ret_container = ww_take(c);
    return 0;
}

int ww_decode_container(const char *text, size_t len, struct ww_container **ret_container, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_json_parse(text, len, &json, err);
    return rc < 0 ? rc : container_from(json, container_inspect, ret_container, err);
}

static int container_created(const cJSON *json, struct ww_container *c, struct ww_error *err)
{
    const cJSON *actor = NULL;
    const cJSON *attributes = NULL;
    const char *name = NULL;
    int rc = ww_json_object(json, "Actor", &actor, err);
    if (rc == 0)
        rc = container_key(actor, "ID", c, err);
    if (rc == 0)
        rc = ww_json_object(actor, "Attributes", &attributes, err);
    if (rc == 0)
        rc = ww_json_text(attributes, "name", &name, err);
    if (rc == 0 && name)
        rc = container_set_name(name, c, err);
    if (rc == 0)
        rc = ww_json_copy(attributes, "image", &c->image_id, err);
    if (rc == 0)
        rc = ww_json_copy(attributes, "image", &c->image, err);
    if (rc == 0)
        rc = ww_decode_labels(attributes, true, &c->labels, err);
    return rc < 0 ? rc : container_take_labels(attributes, c, err);
}

int ww_decode_created(const char *text, size_t len, struct ww_container **ret_container, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_json_parse(text, len, &json, err);
    return rc < 0 ? rc : container_from(json, container_created, ret_container, err);
}

struct container_list {
    ww_container_fn *fn;
    void *arg;
};

static int container_each(void *arg, const cJSON *element, struct ww_error *err)
{
    const struct container_list *list = arg;
    struct ww_container *c = NULL;
    int rc = container_from(element, container_list_entry, &c, err);
    return rc < 0 ? rc : list->fn(list->arg, c, err);
}

int ww_decode_containers(const char *text, size_t len, ww_container_fn *fn, void *arg, struct ww_error *err)
{
    struct container_list list = {.fn = fn, .arg = arg};
    return ww_json_each(text, len, container_each, &list, err);
}
