/* What the files of a world share. */
#ifndef WW_LIB_WORLD_INTERNAL_H
#define WW_LIB_WORLD_INTERNAL_H

#include "bindings/module/stage.h"
#include "core/agent/offline.h"
#include "core/lib/whalewall.h"

struct whalewall_world {
    struct ww_stage stage;
    struct ww_agent *offline; /* NULL: what was added last is not compiled yet */
    int closed;               /* containers */
};

/* Something is to be added: forget what was compiled. */
void ww_lib_world_change(struct whalewall_world *world);

/* As whalewall_world_compile. A no-op where nothing was added. */
int ww_lib_world_compile(struct whalewall_world *world, struct ww_error *err);

#endif
