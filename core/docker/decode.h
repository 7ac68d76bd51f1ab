/* The engine's answers and events (Docker Engine API 1.24 to 1.51), decoded. Unknown fields are ignored; a field of the
 * wrong type is -EBADMSG, and the text names it. Every function may fail with -ENOMEM. */
#ifndef WW_DOCKER_DECODE_H
#define WW_DOCKER_DECODE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/container.h"
#include "core/model/network.h"
#include "core/model/service.h"

#define WW_OBJECT_ID 129

/* GET /version. */
struct ww_engine_version {
    char engine[64];  /* "20.10.24+dfsg1" */
    char api[16];     /* "1.41"; the newest it speaks */
    char min_api[16]; /* the oldest; "" when it does not say */
};

int ww_decode_version(const char *text, size_t len, struct ww_engine_version *ret_version, struct ww_error *err);

enum ww_event_type { WW_EVENT_OTHER, WW_EVENT_CONTAINER, WW_EVENT_NETWORK, WW_EVENT_SERVICE };

/* One line of GET /events. Texts are cut to what is here; ids that are no ids are left empty. */
struct ww_event {
    enum ww_event_type type;
    char action[32];
    char id[WW_OBJECT_ID];
    char container[WW_OBJECT_ID]; /* of a network's connect and disconnect */
    bool overlay;                 /* about a network of that driver */
    int64_t time_ns;              /* the engine's time; 0 when it does not say */
};

int ww_decode_event(const char *text, size_t len, struct ww_event *ret_event, struct ww_error *err);

/* GET /containers/<id>/json. */
int ww_decode_container(const char *text, size_t len, struct ww_container **ret_container, struct ww_error *err);

/*
 * A container's event `create`: its id, name and labels, all that is known before it can be inspected; image_id is the
 * image's name. An engine that is asked a moment later answers only when the start is over.
 */
int ww_decode_created(const char *text, size_t len, struct ww_container **ret_container, struct ww_error *err);

/* GET /containers/json: calls fn for each, in order; fn owns it, also when it fails. Published ports are those of
 * running containers only: the list does not say what stopped ones will publish. */
typedef int ww_container_fn(void *arg, struct ww_container *container, struct ww_error *err);
int ww_decode_containers(const char *text, size_t len, ww_container_fn *fn, void *arg, struct ww_error *err);

/* GET /networks/<id>. */
int ww_decode_network(const char *text, size_t len, struct ww_network **ret_network, struct ww_error *err);

/* GET /networks: only the ids, for the endpoints are not in this answer on every engine. */
typedef int ww_id_fn(void *arg, const char *id, struct ww_error *err);
int ww_decode_network_ids(const char *text, size_t len, ww_id_fn *fn, void *arg, struct ww_error *err);

/*
 * What `docker inspect` prints: an array, or one object. fn gets each as text that the functions above take, and its
 * errors are passed on.
 */
typedef int ww_inspected_fn(void *arg, const char *text, size_t len, struct ww_error *err);
int ww_decode_inspected(const char *text, size_t len, ww_inspected_fn *fn, void *arg, struct ww_error *err);

/* GET /images/<id or name>/json: its id, and its own whalewall.rules and whalewall.audit, NULL when it has none. The
 * caller's. */
int ww_decode_image(const char *text, size_t len, char **ret_id, char **ret_rules, char **ret_audit,
                    struct ww_error *err);

/* GET /services, of a swarm's manager: those with labels that look like ours. */
int ww_decode_services(const char *text, size_t len, struct ww_services *ret_services, struct ww_error *err);

/* The text of an error answer, {"message": "…"}, on one line; "" when it is something else. Returns buf. */
const char *ww_decode_message(const char *text, size_t len, char *buf, size_t size);

/* A time of RFC 3339 ("2026-11-23T21:14:37.870409939Z", or with an offset) as nanoseconds since 1970. 0: NULL, no such
 * time, or one before 1970 or after 2200, as engines write for "never". */
int64_t ww_decode_time(const char *text);

/* The same for the name of an image ("registry.example/a/b:tag"), which may have slashes and an @ in it. */
bool ww_image_name_is_valid(const char *name);

/* Is this an id that may stand in a request's path: 1 to 128 of a-z A-Z 0-9 _ . : - ? */
bool ww_id_is_valid(const char *id);

/* Published ports, for the decoding of containers. Both append to c->published. */
/* "NetworkSettings.Ports" or "HostConfig.PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}. */
int ww_decode_port_map(const cJSON *map, struct ww_container *c, struct ww_error *err);
/* "Ports" of the list: [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}]. */
int ww_decode_port_list(const cJSON *list, struct ww_container *c, struct ww_error *err);
/* "Config.ExposedPorts" of a container that publishes them all (-P), but for those in `bound` with a binding. */
int ww_decode_exposed(const cJSON *exposed, const cJSON *bound, struct ww_container *c, struct ww_error *err);

/* All labels of an image's answer. The caller's. -EBADMSG, -ENOMEM. */
int ww_decode_image_labels(const char *text, size_t len, struct ww_labels *ret_labels, struct ww_error *err);

/* Copies of all of these labels, but for what is no string. `event`: they are an event's attributes, among which are
 * the container's name and its image. -ENOMEM. */
int ww_decode_labels(const cJSON *labels, bool event, struct ww_labels *ret_labels, struct ww_error *err);

/* Which of these labels look like ours and are none: *ret_strays (NULL before) is made where there is one. */
int ww_decode_strays(const cJSON *labels, enum ww_label_place place, struct ww_strays **ret_strays,
                     struct ww_error *err);

#endif
