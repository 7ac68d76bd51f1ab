/* A world of containers and networks, from tables of stock Lua. */
#ifndef WW_BINDINGS_MODULE_SCENE_H
#define WW_BINDINGS_MODULE_SCENE_H

#include <lua.h>

#include "core/model/world.h"

/*
 * Put in what the table at `index` has: images = {{id, labels}}, containers = {{id, name, image, image_id,
 * network_mode, labels, networks = {name}, published = {{proto, cport, host, hport}}}}, networks = {{id, name, driver,
 * default_bridge, labels, subnets = {text}, endpoints = {{container, ipv4, ipv6}}}}. Labels are tables of texts. Raises
 * Lua errors.
 */
void ww_module_read_scene(lua_State *L, int index, struct ww_world *world);

#endif
