#include "core/agent/site_watch.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/site.h"

#include "core/base/mem.h"

#define SETTLE_MS 300 /* an editor writes in several steps, a package manager many files */

struct place {
    uv_fs_event_t event; /* first: libuv hands this pointer out */
    struct ww_site_watch *watch;
    char *name; /* of the file in that directory; NULL: all of it */
    struct place *next;
};

struct ww_site_watch {
    struct ww_agent *agent;
    uv_timer_t timer;
    struct place *places;
};

static void on_settled(uv_timer_t *timer)
{
    const struct ww_site_watch *watch = timer->data;
    if (ww_site_reload(watch->agent))
        ww_source_resync(watch->agent->source);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    const struct place *place = (const struct place *)event;
    (void)events;
    if (status < 0 || (place->name && name && strcmp(place->name, name) != 0))
        return;
    uv_timer_start(&place->watch->timer, on_settled, SETTLE_MS, 0);
}

/* Takes `name` over, also on failure. */
static int watch_directory(struct ww_site_watch *watch, const char *path, char *name, struct ww_error *err)
{
    struct place *place = calloc(1, sizeof(*place));
    if (!place) {
        free(name);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    place->watch = watch;
    place->name = name;
    place->next = watch->places;
    watch->places = place;
    uv_fs_event_init(watch->agent->uv, &place->event);
    int rc = uv_fs_event_start(&place->event, on_event, path, 0);
    if (rc < 0)
        ww_log(watch->agent->log, WW_WARN, "a policy's directory cannot be watched; a reload (SIGHUP) reads it",
               WW_S("path", path), WW_S("error", uv_strerror(rc)));
    return 0;
}

static int watch_file(struct ww_site_watch *watch, const char *path, struct ww_error *err)
{
    ww_auto_free char *copy = strdup(path);
    ww_auto_free char *again = strdup(path);
    char *name = again ? strdup(basename(again)) : NULL;
    if (!copy || !name) {
        free(name);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    return watch_directory(watch, dirname(copy), name, err);
}

/* One level is enough: a policy has no directories in its own. */
static int watch_inner(struct ww_site_watch *watch, const char *path, struct ww_error *err)
{
    DIR *dir = opendir(path);
    int rc = 0;
    for (const struct dirent *entry; dir && rc == 0 && (entry = readdir(dir)) != NULL;) {
        ww_auto_free char *inner = NULL;
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
            rc = ww_fail(err, -ENOMEM, "out of memory");
        else if (stat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            rc = watch_directory(watch, inner, NULL, err);
    }
    if (dir)
        closedir(dir);
    return rc;
}

static int watch_path(struct ww_site_watch *watch, const char *path, struct ww_error *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return 0; /* the name of a ready-made one */
    if (!S_ISDIR(st.st_mode))
        return watch_file(watch, path, err);
    int rc = watch_directory(watch, path, NULL, err);
    return rc < 0 ? rc : watch_inner(watch, path, err);
}

int ww_site_watch_new(struct ww_agent *a, const char *const *paths, size_t n, struct ww_site_watch **ret_watch,
                      struct ww_error *err)
{
    struct ww_site_watch *watch = calloc(1, sizeof(*watch));
    int rc = 0;
    if (!watch)
        return ww_fail(err, -ENOMEM, "out of memory");
    watch->agent = a;
    uv_timer_init(a->uv, &watch->timer);
    watch->timer.data = watch;
    *ret_watch = watch; /* also on failure: the loop has its handles */
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = watch_path(watch, paths[i], err);
    return rc;
}

void ww_site_watch_free(struct ww_site_watch *watch)
{
    if (!watch)
        return;
    for (struct place *place = watch->places, *next; place; place = next) {
        next = place->next;
        free(place->name);
        free(place);
    }
    free(watch);
}
