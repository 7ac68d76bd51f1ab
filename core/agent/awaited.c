#include "core/agent/awaited.h"

#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/managed_container.h"

struct search {
    const struct ww_agent *agent;
    const char *side; /* how the origin of such a rule begins */
    const struct ww_note *found;
    const struct ww_note *any; /* of rules of which it is not known which */
};

/* Where notes were left out, the one that says so stands for those that wait. */
static int find_first(struct search *search, const char *id)
{
    const struct ww_managed_container *s = ww_managed_container_find(&search->agent->managed, id);
    for (size_t i = 0; s && !search->found && i < s->compiled.n_notes; i++) {
        const struct ww_note *note = &s->compiled.notes[i];
        if (!note->waiting)
            continue;
        if (strncmp(note->origin, search->side, strlen(search->side)) == 0)
            search->found = note;
        else if (!*note->origin && !search->any)
            search->any = note;
    }
    return search->found != NULL;
}

static int find_sharers(const struct ww_container *c, void *arg)
{
    return find_first(arg, c->id);
}

const struct ww_note *ww_awaited_first(const struct ww_agent *a, const char *head, bool output)
{
    struct search search = {.agent = a, .side = output ? "output[" : "input["};
    if (!find_first(&search, head))
        ww_world_each_sharer(a->world, head, find_sharers, &search);
    return search.found ? search.found : search.any;
}
