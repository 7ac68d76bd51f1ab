/* `docker whalewall …`: the program as a plugin of Docker's client, called docker-whalewall in a folder cli-plugins. */
#ifndef WW_CLI_PLUGIN_H
#define WW_CLI_PLUGIN_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/error.h"

/* Does the client ask what this is? */
bool ww_plugin_is_asked(int argc, char *const argv[]);
void ww_plugin_describe(FILE *out);

/*
 * Is it called as a plugin, take what the client has put before the command's own words away: its -H becomes
 * DOCKER_HOST. Otherwise nothing. -EINVAL, with a text: another option of the client's.
 */
int ww_plugin_take(int *argc, char ***argv, struct ww_error *err);

#endif
