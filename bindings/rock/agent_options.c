/* The options of an agent, from Lua. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bindings/rock/agent_internal.h"
#include "bindings/rock/given.h"
#include "bindings/rock/jail.h"

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const guards[] = {"auto", "all", "off", NULL};

static const char *const audit_labels[] = {"auto", "on", "off", NULL};

#define AT(field) offsetof(struct whalewall_agent_options, field)

static const struct ww_rock_field fields[] = {
    {.name = "data_dir", .offset = AT(data_dir)},
    {.name = "docker_host", .offset = AT(docker_host)},
    {.name = "api_version", .offset = AT(api_version)},
    {.name = "cert_path", .offset = AT(cert_path)},
    {.name = "timeout_ms", .kind = WW_ROCK_TIME, .offset = AT(timeout_ms)},
    {.name = "jail", .kind = WW_ROCK_OTHER},
    {.name = "log", .kind = WW_ROCK_OTHER},
    {.name = "state", .kind = WW_ROCK_OTHER},
    {.name = "policies", .kind = WW_ROCK_OTHER},
    {.name = "policy_config", .offset = AT(policy_config)},
    {.name = "log_level", .kind = WW_ROCK_CHOICE, .offset = AT(log_level), .choices = levels, .first = WHALEWALL_DEBUG},
    {.name = "give_back", .kind = WW_ROCK_FLAG, .offset = AT(give_back)},
    {.name = "watch_policies", .kind = WW_ROCK_FLAG, .offset = AT(watch_policies)},
    {.name = "tls_verify", .kind = WW_ROCK_FLAG, .offset = AT(tls_verify)},
    {.name = "no_control_socket", .kind = WW_ROCK_FLAG, .offset = AT(no_control_socket)},
    {.name = "guard", .kind = WW_ROCK_CHOICE, .offset = AT(guard), .choices = guards, .first = WHALEWALL_GUARD_AUTO},
    {.name = "trust_image_labels", .kind = WW_ROCK_FLAG, .offset = AT(trust_image_labels)},
    {.name = "audit", .kind = WW_ROCK_FLAG, .offset = AT(audit)},
    {.name = "audit_labels",
     .kind = WW_ROCK_CHOICE,
     .offset = AT(audit_labels),
     .choices = audit_labels,
     .first = WHALEWALL_AUDIT_LABELS_AUTO},
    {.name = "docker_user", .kind = WW_ROCK_FLAG, .offset = AT(docker_user)},
    {.name = "shared_table", .kind = WW_ROCK_FLAG, .offset = AT(shared_table)},
    {.name = "kernel_drop_log", .offset = AT(kernel_drop_log)},
    {.name = "metrics", .offset = AT(metrics)},
    {.name = "network_namespace", .kind = WW_ROCK_OTHER},
    {.name = "notify_socket", .offset = AT(notify_socket)},
    {.name = "watchdog_usec", .offset = AT(watchdog_usec)},
    {.name = "watchdog_pid", .offset = AT(watchdog_pid)},
};

_Static_assert(sizeof(enum whalewall_level) == sizeof(int) && sizeof(enum whalewall_guard) == sizeof(int) &&
                   sizeof(enum whalewall_audit_labels) == sizeof(int),
               "a choice is written as an int");

/* The table's own field; true: it has one, which is pushed. */
static bool get(lua_State *L, int arg, const char *name)
{
    lua_pushstring(L, name);
    if (lua_rawget(L, arg) != LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

/* Becomes a value of the agent, at 1. */
static bool take_callback(lua_State *L, int arg, const char *name, int value)
{
    if (!get(L, arg, name))
        return false;
    if (!lua_isfunction(L, -1))
        luaL_error(L, "%s: a function is needed, and not a %s", name, luaL_typename(L, -1));
    lua_setiuservalue(L, 1, value);
    return true;
}

static void close_descriptor(void *memory)
{
    close((int)(intptr_t)memory - 1);
}

/* It is closed when it is collected: the library has one of its own then. */
static int open_namespace(lua_State *L, int arg)
{
    if (!get(L, arg, "network_namespace"))
        return 0;
    const char *path = ww_rock_text(L, -1, "network_namespace");
    struct ww_rock_box *box = ww_rock_box(L, close_descriptor);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        luaL_error(L, "network_namespace: cannot open '%s': %s", path, strerror(errno));
    box->memory = (void *)((intptr_t)fd + 1); /* of which 0 is none */
    return fd;
}

void ww_rock_agent_options(lua_State *L, int arg, struct ww_rock_agent *agent, struct whalewall_agent_options *options)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    ww_rock_given(L, arg, fields, sizeof(fields) / sizeof(fields[0]), options);
    options->policies = ww_rock_texts(L, arg, "policies", &options->n_policies);
    options->log = take_callback(L, arg, "log", WW_ROCK_LOG) ? ww_rock_told_line : NULL;
    options->state = take_callback(L, arg, "state", WW_ROCK_STATE) ? ww_rock_told_state : NULL;
    options->log_arg = options->state_arg = agent;
    bool jailed = get(L, arg, "jail");
    int jail = lua_gettop(L);
    if (jailed)
        ww_rock_check_jail(L, jail);
    options->network_namespace = open_namespace(L, arg);
    if (jailed)
        options->jail = ww_rock_take_jail(L, jail);
}
