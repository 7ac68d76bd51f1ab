/***
Labels of Docker containers become nftables rules: libwhalewall for Lua 5.4.

What is wrong with a call (a misspelled option, an argument of another type) is raised as an error. What can fail
returns nil, what is wrong, and an errno, as the functions of `io` do.
@module whalewall
*/
#include <lauxlib.h>

#include "bindings/rock/agent.h"
#include "bindings/rock/answer.h"
#include "bindings/rock/jail.h"
#include "bindings/rock/world.h"

/*** The library's version.
@field version a text, as "0.3.0"
*/

/*** Make a world: what an engine said of containers and networks, without an engine, a kernel or root.
@function world
@tparam[opt] table options
@tparam[opt] {string,...} options.policies of the site, as the option `-policy` names them
@string[opt] options.policy_config the file that configures these
@bool[opt=false] options.trust_image_labels labels that come from an image open something, too
@treturn[1] World
@return[2] nil
@treturn[2] string which policy is faulty, and where
@treturn[2] integer errno
*/

/*** Make an agent, which follows an engine. It does nothing before it is started.
@function agent
@tparam table options named as those of the C library (whalewall.h); `data_dir` is needed
@treturn[1] Agent
@return[2] nil
@treturn[2] string what is wrong
@treturn[2] integer errno
*/

/*** Make a jail, the option `jail` of an agent: labels are read in processes that can do nothing else. First of all,
before the process has threads, and files open that must not get out.
@function jail
@bool[opt=false] policies the agent will have policies of a site
@treturn[1] Jail
@return[2] nil
@treturn[2] string what this system does not have
@treturn[2] integer errno
*/

static const luaL_Reg functions[] = {
    {"world", ww_rock_world}, {"agent", ww_rock_agent}, {"jail", ww_rock_jail}, {"wait", ww_rock_wait}, {NULL, NULL}};

__attribute__((visibility("default"))) int luaopen_whalewall(lua_State *L);

int luaopen_whalewall(lua_State *L)
{
    luaL_checkversion(L);
    luaL_newlib(L, functions);
    ww_rock_set_text(L, "version", whalewall_version());
    return 1;
}
