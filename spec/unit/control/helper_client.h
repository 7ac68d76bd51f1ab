/* A server in a folder of its own, and clients of every manner, in one thread. */
#ifndef WW_SPEC_HELPER_CLIENT_H
#define WW_SPEC_HELPER_CLIENT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/control/control.h"

struct server {
    char dir[64];
    char path[96]; /* of the socket */
    struct ww_control *control;
    int cleared;       /* how often clear was asked for */
    size_t containers; /* how many the status has */
    int status_ms;     /* how long it takes */
    int64_t begun[8];  /* … and when the first ones began: ww_clock_mono() */
    size_t n_begun;
    int fails; /* -errno that both requests end with; 0: none */
};

int server_set_up(void **state);
int server_tear_down(void **state);

/* Drive the server for at least so many milliseconds; how often it had something to do. */
int server_run(struct server *s, int ms);

/* Connected, non-blocking; what is sent is sent at once. */
int client_connect(const struct server *s);
void client_send(int fd, const char *text);
/* All that comes until the server closes, while that is driven; NULL after `ms` without an end. The caller frees it. */
char *client_read(struct server *s, int fd, int ms);
/* The answer to one request, on a connection of its own. */
char *client_ask(struct server *s, const char *request);

#endif
