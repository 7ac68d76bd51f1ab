/* The same flows as real packets, through the rules as the kernel has them: a lab of namespaces (core/lab). */
#ifndef WW_BINDINGS_MODULE_ENFORCE_H
#define WW_BINDINGS_MODULE_ENFORCE_H

#include <lua.h>

/* lua_CFunction: simulation:enforce{hosts = {address}, ways = {{proto, from, from_port, to, to_port}}}: make the lab of
 * the world, and put the plan in force there. Raises what cannot be had. */
int ww_module_enforce(lua_State *L);

/* lua_CFunction: simulation:send(flows, quiet_ms) -> a list of {delivered, answered, strayed, untold, error}: flows as
 * for judge, no two from one port. untold: why no packet was sent; error: why its sender could not send it. */
int ww_module_send(lua_State *L);

#endif
