#include "core/sandbox/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/trim.h"
#include "core/sandbox/filter.h"
#include "core/sandbox/handover.h"
#include "core/sandbox/jail.h"

#define CHILDREN 8     /* workers at a time; there are two, and one that is being ended */
#define START_MS 10000 /* until it has said that it is there */

struct ww_zygote {
    int fd;
    pid_t pid;
    uint32_t last; /* serial of the worker that was forked last */
};

/* An order; a serial of 0 is no worker's. With `spawn` comes the worker's socket. */
struct order {
    uint32_t kill;
    uint32_t spawn;
};

struct child {
    uint32_t serial; /* 0: none */
    pid_t pid;
};

/* --- The zygote's side */

static void end_child(struct child *c)
{
    if (!c->serial)
        return;
    kill(c->pid, SIGKILL); /* it is not waited for before, so the number is still its own */
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *c = (struct child){0};
}

static void end_children(struct child *children)
{
    for (size_t i = 0; i < CHILDREN; i++)
        end_child(&children[i]);
}

/* A free place; where there is none, the oldest worker's. */
static struct child *place(struct child *children)
{
    struct child *oldest = &children[0];
    for (size_t i = 0; i < CHILDREN; i++) {
        if (!children[i].serial)
            return &children[i];
        if (children[i].serial < oldest->serial)
            oldest = &children[i];
    }
    end_child(oldest);
    return oldest;
}

/* Where it cannot be forked the agent sees its end of the socket closed. */
static void fork_worker(const struct ww_zygote_job *job, struct child *children, uint32_t serial, int fd)
{
    struct child *c = place(children);
    pid_t pid = fork();
    if (pid == 0) {
        ww_handover_keep_only(fd);
        prctl(PR_SET_NAME, "ww-worker", 0, 0, 0);
        job->serve(job->arg);
        _exit(0);
    }
    if (pid > 0)
        *c = (struct child){.serial = serial, .pid = pid};
}

static void obey(const struct ww_zygote_job *job)
{
    struct child children[CHILDREN] = {0};
    struct order order;
    int fd;
    while (ww_handover_receive(WW_WORKER_FD, &order, sizeof(order), &fd)) {
        for (size_t i = 0; order.kill && i < CHILDREN; i++)
            if (children[i].serial == order.kill)
                end_child(&children[i]);
        if (order.spawn && fd >= 0)
            fork_worker(job, children, order.spawn, fd);
        if (fd >= 0)
            close(fd);
    }
    end_children(children);
}

/* A terminal's ^C and systemd's stop go to all processes; this one ends when the agent has. */
static void ignore_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        signal(numbers[i], SIG_IGN);
}

static void be_zygote(int fd, const struct ww_zygote_job *job)
{
    struct ww_error err = {0};
    ww_handover_keep_only(fd);
    ignore_signals();
    prctl(PR_SET_NAME, "ww-zygote", 0, 0, 0);
    if (job->prepare && job->prepare(job->arg, &err) < 0 && !err.code)
        err.code = -EINVAL;
    ww_jail_shed();
    ww_trim();
    if (send(WW_WORKER_FD, &err, sizeof(err), MSG_NOSIGNAL) == (ssize_t)sizeof(err) && err.code == 0)
        obey(job);
    _exit(0);
}

/* --- The agent's side */

static int await_start(int fd, struct ww_error *err)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    struct ww_error said = {0};
    int rc;
    do
        rc = poll(&p, 1, START_MS);
    while (rc < 0 && errno == EINTR);
    if (rc <= 0)
        return ww_fail(err, -ETIMEDOUT, "the process that forks workers did not start within %d ms", START_MS);
    if (recv(fd, &said, sizeof(said), 0) != (ssize_t)sizeof(said))
        return ww_fail(err, -EPIPE, "the process that forks workers died at its start");
    said.text[sizeof(said.text) - 1] = '\0';
    return said.code ? ww_fail(err, said.code, "%s", said.text) : 0;
}

int ww_zygote_start(const struct ww_zygote_job *job, struct ww_zygote **ret_zygote, struct ww_error *err)
{
    int ends[2];
    struct ww_zygote *z = calloc(1, sizeof(*z));
    if (!z || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        free(z);
        return ww_fail(err, -ENOMEM, "cannot make a pair of sockets: %s", strerror(errno));
    }
    *z = (struct ww_zygote){.fd = ends[0], .pid = fork()};
    if (z->pid == 0)
        be_zygote(ends[1], job);
    close(ends[1]);
    int rc = z->pid < 0 ? ww_fail(err, -errno, "cannot fork: %s", strerror(errno)) : await_start(z->fd, err);
    if (rc < 0) {
        ww_zygote_free(z);
        return rc;
    }
    *ret_zygote = z;
    return 0;
}

void ww_zygote_free(struct ww_zygote *z)
{
    if (!z)
        return;
    close(z->fd);
    while (z->pid > 0 && waitpid(z->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(z);
}

/* Hand one end to the zygote, for a worker of that serial. */
static int send_socket(const struct ww_zygote *z, uint32_t serial, const int ends[static 2], struct ww_error *err)
{
    const struct order order = {.spawn = serial};
    int rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : ww_handover_send(z->fd, &order, sizeof(order), ends[1]);
    if (rc == -EPIPE || rc == -ECONNRESET)
        return ww_fail(err, -EPIPE, "the process that forks the readers of labels is gone");
    return rc < 0 ? ww_fail(err, rc, "cannot have a reader of labels forked: %s", strerror(-rc)) : 0;
}

int ww_zygote_spawn(struct ww_zygote *z, int *ret_fd, uint32_t *ret_serial, struct ww_error *err)
{
    int ends[2];
    uint32_t serial = z->last + 1 ? z->last + 1 : 1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return ww_fail(err, -errno, "cannot make a pair of sockets: %s", strerror(errno));
    int rc = send_socket(z, serial, ends, err);
    close(ends[1]);
    if (rc < 0) {
        close(ends[0]);
        return rc;
    }
    z->last = serial;
    *ret_fd = ends[0];
    *ret_serial = serial;
    return 0;
}

void ww_zygote_kill(struct ww_zygote *z, uint32_t serial)
{
    const struct order order = {.kill = serial};
    (void)ww_handover_send(z->fd, &order, sizeof(order), -1); /* else it is gone, or so busy that it ends the oldest */
}
