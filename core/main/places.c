#include "core/main/places.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/sandbox/self.h"

/* What the C library, OpenSSL and curl read when a name is looked up, or a connection made; and the kernel's words. */
static const char *const system_places[] = {
    "/etc", /* resolv.conf, hosts, nsswitch.conf, ssl, localtime, … of which others are put in place while it runs */
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store", /* libraries that look up names, certificates, time zones */
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager", /* where resolv.conf may lead to */
    "/proc",
    "/dev/urandom",
    "/dev/random",
    "/dev/null",
};

struct places {
    struct ww_place *items;
    size_t n;
};

static void places_done(struct places *places)
{
    for (size_t i = 0; i < places->n; i++)
        free((void *)places->items[i].path);
    free(places->items);
}

static int add_path(struct places *places, const char *path, enum ww_place_use use)
{
    struct ww_place *items = realloc(places->items, (places->n + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    places->items = items;
    items[places->n] = (struct ww_place){.path = strdup(path), .use = use};
    if (!items[places->n].path)
        return -ENOMEM;
    places->n++;
    return 0;
}

/* The directory of a file, in which it can be replaced. */
static int add_directory_of(struct places *places, const char *file, enum ww_place_use use)
{
    ww_auto_free char *copy = strdup(file);
    return copy ? add_path(places, dirname(copy), use) : -ENOMEM;
}

/* A file, and what it is a link to; a directory. A policy may also be a word, which is no file. */
static int add_readable(struct places *places, const char *path)
{
    struct stat st;
    ww_auto_free char *real = realpath(path, NULL);
    if (!real || stat(real, &st) < 0)
        return 0;
    int rc =
        S_ISDIR(st.st_mode) ? add_path(places, real, WW_PLACE_READ) : add_directory_of(places, real, WW_PLACE_READ);
    return rc < 0 || S_ISDIR(st.st_mode) ? rc : add_directory_of(places, path, WW_PLACE_READ);
}

/* A log that is rotated is made anew in its directory; a device is not. */
static int add_log(struct places *places, const char *path)
{
    struct stat st;
    if (strcmp(path, "stdout") == 0 || strcmp(path, "stderr") == 0)
        return 0;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return add_path(places, path, WW_PLACE_APPEND);
    return add_directory_of(places, path, WW_PLACE_APPEND);
}

static int add_system(struct places *places)
{
    int rc = add_readable(places, "/etc/resolv.conf");
    for (size_t i = 0; rc == 0 && i < sizeof(system_places) / sizeof(system_places[0]); i++)
        rc = add_path(places, system_places[i], WW_PLACE_READ);
    return rc;
}

static int add_policies(struct places *places, const struct ww_options *o, const struct whalewall_agent *agent)
{
    int rc = o->policy_config ? add_readable(places, o->policy_config) : 0;
    for (size_t i = 0; rc == 0 && i < o->n_policies; i++)
        rc = add_readable(places, o->policies[i]);
    const char *read;
    for (size_t i = 0; rc == 0 && (read = whalewall_agent_file(agent, i)); i++)
        rc = add_readable(places, read);
    return rc;
}

static int find_places(struct places *places, const struct ww_options *o, const char *certificates,
                       const struct whalewall_agent *agent)
{
    int rc = add_path(places, o->data_dir, WW_PLACE_KEEP);
    if (rc == 0)
        rc = add_log(places, o->log_path);
    if (rc == 0 && o->kernel_drop_log)
        rc = add_path(places, "/dev/kmsg", WW_PLACE_APPEND);
    if (rc == 0 && certificates)
        rc = add_readable(places, certificates);
    if (rc == 0)
        rc = add_system(places);
    return rc < 0 ? rc : add_policies(places, o, agent);
}

int ww_places_restrict(const struct ww_options *options, const char *certificates, const struct whalewall_agent *agent,
                       struct ww_log *log, struct ww_error *err)
{
    struct places places ww_auto(places_done) = {0};
    uint32_t version = 0;
    int rc = find_places(&places, options, certificates, agent);
    if (rc < 0)
        return ww_fail(err, rc, "out of memory");
    rc = ww_self_restrict_files(places.items, places.n, &version, err);
    if (rc == 0 && version)
        ww_log(log, WW_INFO, "the program has given up files that it does not need", WW_I("landlock", version));
    return rc;
}
