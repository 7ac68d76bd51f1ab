/* The fake engine (spec/fake-engine) as a child process, and a source connected to it. */
#ifndef SPEC_DOCKER_FAKE_H
#define SPEC_DOCKER_FAKE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/base/buf.h"
#include "core/docker/source.h"
#include "core/model/world.h"
#include "helper_loop.h"

struct fake {
    pid_t pid;
    char address[128]; /* for DOCKER_HOST */
};

/* Start one; `args` are more arguments for it, NULL-terminated (or NULL). Fails the test when it does not start. */
void fake_start(struct fake *fake, const char *listen, const char *const *args);
void fake_stop(struct fake *fake);

/* POST to it (on a unix socket); returns the answer's body, the caller's. */
char *fake_tell(const struct fake *fake, const char *path, const char *json);
/* The same where the answer does not matter. */
void fake_do(const struct fake *fake, const char *path, const char *json);
/* A folder of this test's own, for sockets; removed at the end. */
const char *fake_folder(void);

/* A source and its world. */
struct client {
    struct loop loop;
    struct ww_world *world;
    struct ww_source *source;
};

/* Not started yet. The options' host is the fake's where it is NULL. */
void client_open(struct client *client, const struct fake *fake, struct ww_source_options options);
void client_close(struct client *client);
/* Drive until it is synced and all is answered; fails the test after 10 seconds. */
void client_settle(struct client *client);
/* Drive until the generation is at least this. */
bool client_reaches(struct client *client, uint64_t generation, int ms);
/* Drive until a notice that contains `text` came; it is in `ret_notice` then. */
bool client_hears(struct client *client, const char *text, struct ww_notice *ret_notice, int ms);

/* Everything of one object, as text; but not when it was started, which lists do not say. */
void container_write(const struct ww_container *c, struct ww_buf *out);
void network_write(const struct ww_network *n, struct ww_buf *out);

/* The whole world as text, the caller's. */
char *world_text(const struct ww_world *w);

#endif
