/* The facts of a container on one network, whose rules name the service db there. */
#ifndef WW_SPEC_HELPER_SCENE_H
#define WW_SPEC_HELPER_SCENE_H

#include "core/model/facts.h"

struct scene {
    struct ww_facts facts; /* its pointers lead into the scene itself */
    struct ww_facts_endpoint own;
    struct ww_facts_endpoint other;
    struct ww_facts_target db;
    struct ww_publish published;
};

/* The scene must not move afterwards. */
void set_scene(struct scene *s);

#endif
