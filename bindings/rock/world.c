/***
Labels and facts become rules, and packets are judged by them: no engine, no kernel, no root.
@submodule whalewall
*/
#include "bindings/rock/world.h"

#include <lauxlib.h>
#include <string.h>
#include <whalewall.h>

#include "bindings/rock/answer.h"
#include "bindings/rock/given.h"

#define TYPE "whalewall.world"

struct holder {
    struct whalewall_world *world; /* NULL: it is closed */
};

static struct whalewall_world *check_world(lua_State *L)
{
    const struct holder *h = luaL_checkudata(L, 1, TYPE);
    luaL_argcheck(L, h->world, 1, "the world is closed");
    return h->world;
}

/*** Is this text a label `whalewall.rules` that can be read?
@function World:check
@string label
@treturn[1] boolean true
@return[2] nil
@treturn[2] string what is wrong, at which line and column
@treturn[2] integer errno
*/
static int world_check(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_world *world = check_world(L);
    return ww_rock_done(L, whalewall_world_check(world, ww_rock_text(L, 2, "the label"), &error), &error);
}

typedef int add_fn(struct whalewall_world *world, const char *json, size_t len, struct whalewall_error *error);

static int add_json(lua_State *L, add_fn *fn)
{
    struct whalewall_error error = {0};
    struct whalewall_world *world = check_world(L);
    size_t len;
    luaL_checktype(L, 2, LUA_TSTRING);
    const char *json = lua_tolstring(L, 2, &len);
    return ww_rock_done(L, fn(world, json, len, &error), &error);
}

/*** Containers, as `docker inspect` prints them. What is there already by its id is replaced.
@function World:add_containers
@string json one object or an array
@treturn[1] boolean true
@return[2] nil
@treturn[2] string which field is not so
@treturn[2] integer errno
*/
static int add_containers(lua_State *L)
{
    return add_json(L, whalewall_world_add_containers);
}

/*** Networks, as `docker network inspect` prints them.
@function World:add_networks
@string json one object or an array
@treturn[1] boolean true
@return[2] nil
@treturn[2] string which field is not so
@treturn[2] integer errno
*/
static int add_networks(lua_State *L)
{
    return add_json(L, whalewall_world_add_networks);
}

/*** Images, as `docker image inspect` prints them: which labels are their own.
@function World:add_images
@string json one object or an array
@treturn[1] boolean true
@return[2] nil
@treturn[2] string which field is not so
@treturn[2] integer errno
*/
static int add_images(lua_State *L)
{
    return add_json(L, whalewall_world_add_images);
}

/*** Make rules of all labels. The functions below do so by themselves.
@function World:compile
@treturn[1] integer how many containers are closed, for their labels are faulty or a policy says so
@return[2] nil
@treturn[2] string what is wrong
@treturn[2] integer errno
*/
static int world_compile(lua_State *L)
{
    struct whalewall_error error = {0};
    int closed = whalewall_world_compile(check_world(L), &error);
    if (closed < 0)
        return ww_rock_fail(L, &error);
    lua_pushinteger(L, closed);
    return 1;
}

static void push_container(lua_State *L, const struct whalewall_container *c)
{
    lua_createtable(L, 0, 4);
    ww_rock_set_text(L, "id", c->id);
    ww_rock_set_text(L, "name", c->name);
    ww_rock_set_text(L, "fault", c->fault);
    ww_rock_set_flag(L, "managed", c->managed);
}

/*** All containers.
@function World:containers
@treturn[1] {table,...} each with `id`, `name`, `managed`, and `fault`: why it is closed, nil: it is not
@return[2] nil
@treturn[2] string what is wrong
@treturn[2] integer errno
*/
static int world_containers(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_container c = WHALEWALL_CONTAINER;
    struct whalewall_world *world = check_world(L);
    int rc;
    lua_newtable(L);
    for (size_t i = 0; (rc = whalewall_world_container(world, i, &c, &error)) > 0; i++) {
        push_container(L, &c);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return rc < 0 ? ww_rock_fail(L, &error) : 1;
}

/*** One container and its rules.
@function World:show
@string container a name, an id, or a service's name
@treturn[1] table what `whalewall show -json` prints
@return[2] nil
@treturn[2] string what is wrong
@treturn[2] integer errno
*/
static int world_show(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_world *world = check_world(L);
    const char *container = ww_rock_text(L, 2, "the container");
    struct ww_rock_box *box = ww_rock_box(L, whalewall_free);
    if (whalewall_world_show(world, container, (char **)&box->memory, &error) < 0)
        return ww_rock_fail(L, &error);
    return ww_rock_push_json(L, box->memory);
}

static const struct ww_rock_field packet_fields[] = {
    {.name = "protocol", .offset = offsetof(struct whalewall_packet, protocol)},
    {.name = "source", .offset = offsetof(struct whalewall_packet, source)},
    {.name = "destination", .offset = offsetof(struct whalewall_packet, destination)},
    {.name = "dialled", .offset = offsetof(struct whalewall_packet, dialled)},
    {.name = "source_port", .kind = WW_ROCK_PORT, .offset = offsetof(struct whalewall_packet, source_port)},
    {.name = "port", .kind = WW_ROCK_PORT, .offset = offsetof(struct whalewall_packet, port)},
    {.name = "dialled_port", .kind = WW_ROCK_PORT, .offset = offsetof(struct whalewall_packet, dialled_port)},
    {.name = "from_host", .kind = WW_ROCK_FLAG, .offset = offsetof(struct whalewall_packet, from_host)},
    {.name = "to_host", .kind = WW_ROCK_FLAG, .offset = offsetof(struct whalewall_packet, to_host)},
    {.name = "dialled_host", .kind = WW_ROCK_FLAG, .offset = offsetof(struct whalewall_packet, dialled_host)},
};

/*** The first packet of a flow: does it pass?
@function World:evaluate
@tparam table packet
@string packet.protocol "tcp", "udp", "sctp", "icmp", … as in labels
@string packet.source its address
@string packet.destination which it leads to, after destination NAT
@string[opt] packet.dialled which the sender wrote into it; without it the same
@int[opt] packet.source_port
@int[opt] packet.port at `destination`
@int[opt] packet.dialled_port at `dialled`
@bool[opt=false] packet.from_host a process of the host sends it
@bool[opt=false] packet.to_host `destination` is an address of the host
@bool[opt=false] packet.dialled_host so is `dialled`
@treturn[1] table `allowed`; `reason`: why not, or that no end is managed; `sender`, `receiver`: which rules let it out
and in; `refused_by`: whose rules refuse it
@return[2] nil
@treturn[2] string why that is no packet
@treturn[2] integer errno
*/
static int world_evaluate(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_packet packet = {.size = sizeof(packet)};
    struct whalewall_verdict verdict = WHALEWALL_VERDICT;
    struct whalewall_world *world = check_world(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    ww_rock_given(L, 2, packet_fields, sizeof(packet_fields) / sizeof(packet_fields[0]), &packet);
    if (whalewall_world_evaluate(world, &packet, &verdict, &error) < 0)
        return ww_rock_fail(L, &error);
    lua_createtable(L, 0, 5);
    ww_rock_set_flag(L, "allowed", verdict.allowed);
    ww_rock_set_text(L, "reason", verdict.reason);
    ww_rock_set_text(L, "sender", verdict.sender);
    ww_rock_set_text(L, "receiver", verdict.receiver);
    ww_rock_set_text(L, "refused_by", verdict.refused_by);
    return 1;
}

/*** May a flow pass, on which ways, by which lines of which labels, and what would allow it?
@function World:explain
@string from a container, a service, an address, "host" or "internet"
@string to the same
@string[opt] what "tcp/443", "icmp"; without it: what of all ports may pass
@treturn[1] table what `whalewall explain -json` prints
@return[2] nil
@treturn[2] string why that is no question
@treturn[2] integer errno
*/
static int world_explain(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_world *world = check_world(L);
    const char *from = ww_rock_text(L, 2, "from");
    const char *to = ww_rock_text(L, 3, "to");
    const char *what = lua_isnoneornil(L, 4) ? NULL : ww_rock_text(L, 4, "what");
    struct ww_rock_box *box = ww_rock_box(L, whalewall_free);
    if (whalewall_world_explain(world, from, to, what, (char **)&box->memory, &error) < 0)
        return ww_rock_fail(L, &error);
    return ww_rock_push_json(L, box->memory);
}

/*** Free it at once, and not when it is collected. Also by `local world <close>`.
@function World:close
*/
static int close_world(lua_State *L)
{
    struct holder *h = luaL_checkudata(L, 1, TYPE);
    whalewall_world_free(h->world);
    h->world = NULL;
    return 0;
}

static const luaL_Reg methods[] = {{"check", world_check},
                                   {"add_containers", add_containers},
                                   {"add_networks", add_networks},
                                   {"add_images", add_images},
                                   {"compile", world_compile},
                                   {"containers", world_containers},
                                   {"show", world_show},
                                   {"evaluate", world_evaluate},
                                   {"explain", world_explain},
                                   {"close", close_world},
                                   {NULL, NULL}};

static const struct ww_rock_field option_fields[] = {
    {.name = "policies", .kind = WW_ROCK_OTHER},
    {.name = "policy_config", .offset = offsetof(struct whalewall_world_options, policy_config)},
    {.name = "trust_image_labels",
     .kind = WW_ROCK_FLAG,
     .offset = offsetof(struct whalewall_world_options, trust_image_labels)},
};

int ww_rock_world(lua_State *L)
{
    struct whalewall_error error = {0};
    struct whalewall_world_options options = {.size = sizeof(options)};
    lua_settop(L, 1);
    ww_rock_given(L, 1, option_fields, sizeof(option_fields) / sizeof(option_fields[0]), &options);
    options.policies = ww_rock_texts(L, 1, "policies", &options.n_policies);
    struct holder *h = lua_newuserdatauv(L, sizeof(*h), 0);
    *h = (struct holder){0};
    ww_rock_push_type(L, TYPE, methods, close_world);
    lua_setmetatable(L, -2);
    return whalewall_world_new(&options, &h->world, &error) < 0 ? ww_rock_fail(L, &error) : 1;
}
