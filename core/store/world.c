/* Containers, their addresses, and networks: for a user that looks into the file, and for what must be known at boot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/store/store_internal.h"

struct saving {
    struct ww_store *s;
    const struct ww_world *world;
    const char *const *ids; /* NULL: all */
    size_t n;
    struct ww_error *err;
};

static const char *state_name(enum ww_container_state state)
{
    static const char *const names[] = {
        [WW_CREATED] = "created",       [WW_RUNNING] = "running", [WW_PAUSED] = "paused",
        [WW_RESTARTING] = "restarting", [WW_EXITED] = "exited",
    };
    return names[state];
}

/* NULL for none: an absent address is no text. */
static const char *addr_column(const struct ww_addr *addr, char buf[static WW_ADDR_TEXT])
{
    return addr->family ? ww_addr_text(addr, buf) : NULL;
}

static int put_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    struct saving *a = arg;
    char v4[WW_ADDR_TEXT], v6[WW_ADDR_TEXT], mac[WW_MAC_TEXT];
    return ww_db_run(&a->s->db, WW_STMT_ADDRESS_PUT, a->err, "ttttt", e->container_id, n->id,
                     addr_column(&e->addrs.ipv4, v4), addr_column(&e->addrs.ipv6, v6),
                     ww_mac_is_zero(&e->addrs.mac) ? NULL : ww_mac_text(&e->addrs.mac, mac));
}

static bool is_attached(const struct ww_world *w, const char *network, const char *container)
{
    const struct ww_network *n = ww_world_network(w, network);
    return n && ww_network_endpoint(n, container);
}

/* Delete the addresses on networks that the container has left. SQLite allows it while the rows are being read. */
static int drop_left_endpoints(struct saving *a, const char *id)
{
    int r = ww_db_run(&a->s->db, WW_STMT_ADDRESS_OF, a->err, "t", id);
    while (r > 0) {
        const char *network = ww_db_text(&a->s->db, WW_STMT_ADDRESS_OF, 0);
        int d = 0;
        if (!is_attached(a->world, network, id))
            d = ww_db_run(&a->s->db, WW_STMT_ADDRESS_DROP, a->err, "tt", id, network);
        if (d < 0) {
            ww_db_reset(&a->s->db, WW_STMT_ADDRESS_OF);
            return d;
        }
        r = ww_db_next(&a->s->db, WW_STMT_ADDRESS_OF, a->err);
    }
    return r;
}

static int put_container(const struct ww_container *c, void *arg)
{
    struct saving *a = arg;
    int r = ww_db_run(&a->s->db, WW_STMT_CONTAINER_PUT, a->err, "tttittt", c->id, c->name, state_name(c->state),
                      (int64_t)(ww_container_managed(c) != WW_UNMANAGED), c->network_mode, c->project, c->service);
    if (r == 0)
        r = drop_left_endpoints(a, c->id);
    return r < 0 ? r : ww_world_each_endpoint(a->world, c->id, put_endpoint, a);
}

static int drop_container(struct saving *a, const char *id)
{
    int r = ww_db_run(&a->s->db, WW_STMT_ADDRESS_CLEAR, a->err, "t", id);
    return r < 0 ? r : ww_db_run(&a->s->db, WW_STMT_CONTAINER_DROP, a->err, "t", id);
}

static int drop_network(struct saving *a, const char *id)
{
    return ww_db_run(&a->s->db, WW_STMT_NETWORK_DROP, a->err, "t", id);
}

static bool container_is_known(const struct ww_world *w, const char *id)
{
    return ww_world_container(w, id) != NULL;
}

static bool network_is_known(const struct ww_world *w, const char *id)
{
    return ww_world_network(w, id) != NULL;
}

/* Drop every row of a table (whose ids `all` yields) that the world does not know any more. */
static int drop_unknown(struct saving *a, enum ww_stmt all, bool (*known)(const struct ww_world *, const char *),
                        int (*drop)(struct saving *, const char *))
{
    int r = ww_db_run(&a->s->db, all, a->err, "");
    while (r > 0) {
        const char *id = ww_db_text(&a->s->db, all, 0);
        int d = known(a->world, id) ? 0 : drop(a, id);
        if (d < 0) {
            ww_db_reset(&a->s->db, all);
            return d;
        }
        r = ww_db_next(&a->s->db, all, a->err);
    }
    return r;
}

static int store_network(const struct ww_network *n, void *arg)
{
    struct saving *a = arg;
    return ww_db_run(&a->s->db, WW_STMT_NETWORK_PUT, a->err, "tttttti", n->id, n->name, n->driver, n->bridge,
                     n->project, n->guard, (int64_t)n->default_bridge);
}

static int save_all_containers(struct saving *a)
{
    int r = drop_unknown(a, WW_STMT_CONTAINER_ALL, container_is_known, drop_container);
    return r < 0 ? r : ww_world_each_container(a->world, put_container, a);
}

static int save_some_containers(struct saving *a)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < a->n; i++) {
        const struct ww_container *c = ww_world_container(a->world, a->ids[i]);
        r = c ? put_container(c, a) : drop_container(a, a->ids[i]);
    }
    return r;
}

static int step_world(struct ww_store *s, const void *arg, struct ww_error *err)
{
    struct saving a = *(const struct saving *)arg;
    a.err = err;
    int r = drop_unknown(&a, WW_STMT_NETWORK_ALL, network_is_known, drop_network);
    if (r == 0)
        r = ww_world_each_network(a.world, store_network, &a);
    if (r == 0)
        r = a.ids && !s->world_behind ? save_some_containers(&a) : save_all_containers(&a);
    if (r == 0)
        s->world_behind = false;
    return r;
}

int ww_store_save_world(struct ww_store *s, const struct ww_world *w, const char *const *ids, size_t n,
                        struct ww_error *err)
{
    struct saving a = {.s = s, .world = w, .ids = ids, .n = n};
    return ww_store_write(s, step_world, &a, err);
}
