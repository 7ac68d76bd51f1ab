#include "core/sandbox/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/names.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/answer_groups.h"
#include "core/sandbox/frame.h"
#include "core/sandbox/handover.h"
#include "core/sandbox/hello.h"

#define REST_NS WW_NS_PER_S /* between two tries to make one anew */

struct ww_loader {
    struct ww_zygote *zygote;
    int fd;
    uint32_t serial;
    uint64_t number;       /* of the last request */
    struct ww_buf sources; /* what it has loaded */
    unsigned reads;
    struct ww_groups groups;
    int64_t not_before; /* it is not made anew until then: ww_clock_mono() */
};

static void leave(struct ww_loader *loader)
{
    if (loader->fd < 0)
        return;
    close(loader->fd);
    ww_zygote_kill(loader->zygote, loader->serial);
    loader->fd = -1;
}

/* The process, without policies. */
static int begin(struct ww_loader *loader, struct ww_jail_report *ret_report, struct ww_error *err)
{
    char version[WW_HASH_HEX];
    leave(loader);
    int rc = ww_zygote_spawn(loader->zygote, &loader->fd, &loader->serial, err);
    return rc < 0 ? rc : ww_hello_receive(loader->fd, WW_LIMIT_JAIL_LOADER_MS, ret_report, version, err);
}

int ww_loader_new(struct ww_zygote *zygote, struct ww_loader **ret_loader, struct ww_jail_report *ret_report,
                  struct ww_error *err)
{
    struct ww_loader *loader = calloc(1, sizeof(*loader));
    if (!loader)
        return ww_fail(err, -ENOMEM, "out of memory");
    *loader = (struct ww_loader){.zygote = zygote, .fd = -1};
    int rc = begin(loader, ret_report, err);
    if (rc < 0)
        ww_loader_free(loader);
    else
        *ret_loader = loader;
    return rc;
}

void ww_loader_free(struct ww_loader *loader)
{
    if (!loader)
        return;
    leave(loader);
    ww_buf_done(&loader->sources);
    ww_groups_done(&loader->groups);
    free(loader);
}

/* What is wrong with one that was to load policies. */
static int explain(int rc, struct ww_error *err)
{
    if (rc == -ETIMEDOUT)
        return ww_fail(err, -ECHILD, "the policies were not loaded within %d ms (WW_LIMIT_JAIL_LOADER_MS)",
                       WW_LIMIT_JAIL_LOADER_MS);
    if (rc == -ECONNRESET)
        return ww_fail(err, -ECHILD, "the process that loads the policies died of them");
    if (rc == -EMSGSIZE || rc == -EBADMSG)
        return ww_fail(err, -ECHILD, "the process that loads the policies answers with nonsense");
    return ww_fail(err, rc, "the process that loads the policies cannot be asked: %s", strerror(-rc));
}

static int read_loaded(struct ww_loader *loader, const struct ww_buf *answer)
{
    struct ww_groups groups;
    int rc = ww_answer_loaded_read(answer->len ? answer->data : "", answer->len, &loader->reads, &groups, NULL);
    if (rc < 0)
        return rc == -ENOMEM ? rc : -EBADMSG;
    ww_groups_done(&loader->groups);
    loader->groups = groups;
    return 0;
}

static int read_wanted(const struct ww_buf *answer, struct ww_names *ret_wanted)
{
    int rc = ww_answer_names_read(answer->data, answer->len, ret_wanted, NULL);
    return rc == -ENOMEM ? rc : rc < 0 || ret_wanted->n == 0 ? -EBADMSG : 0;
}

static int read_answer(struct ww_loader *loader, enum ww_frame_kind kind, const struct ww_buf *answer,
                       struct ww_names *ret_wanted, struct ww_error *err)
{
    int rc;
    if (kind == WW_FRAME_DONE)
        rc = read_loaded(loader, answer);
    else if (kind == WW_FRAME_WANTED)
        rc = read_wanted(answer, ret_wanted);
    else
        rc = kind == WW_FRAME_REFUSED ? ww_answer_refusal_read(answer->data, answer->len, err) : -EBADMSG;
    return kind == WW_FRAME_REFUSED && rc != -EBADMSG ? rc : rc < 0 ? explain(rc, err) : 0;
}

/* What is there already is loaded into the process. */
static int load(struct ww_loader *loader, struct ww_names *ret_wanted, struct ww_error *err)
{
    int64_t until = ww_clock_mono() + WW_LIMIT_JAIL_LOADER_MS * WW_NS_PER_MS;
    struct ww_buf answer ww_auto(ww_buf_done) = {0};
    struct ww_frame frame = {
        .bytes = (uint32_t)loader->sources.len, .kind = WW_FRAME_SOURCES, .number = ++loader->number};
    int rc = ww_frame_check(&loader->sources, WW_LIMIT_JAIL_LOADER_BYTES, "WW_LIMIT_JAIL_LOADER_BYTES",
                            "the policies, and what they are configured with,", err);
    if (rc < 0)
        return rc;
    rc = ww_frame_send(loader->fd, frame, loader->sources.data, until);
    if (rc == 0)
        rc = ww_frame_receive(loader->fd, WW_LIMIT_JAIL_BYTES, until, &frame, &answer);
    if (rc == 0 && frame.number != loader->number)
        rc = -EBADMSG;
    return rc < 0 ? explain(rc, err) : read_answer(loader, frame.kind, &answer, ret_wanted, err);
}

int ww_loader_load_policies(struct ww_loader *loader, struct ww_buf *sources, struct ww_names *ret_wanted,
                            struct ww_error *err)
{
    ww_buf_done(&loader->sources);
    loader->sources = *sources;
    *sources = (struct ww_buf){0};
    *ret_wanted = (struct ww_names){0};
    return load(loader, ret_wanted, err);
}

unsigned ww_loader_reads(const struct ww_loader *loader)
{
    return loader->reads;
}

const struct ww_groups *ww_loader_groups(const struct ww_loader *loader)
{
    return &loader->groups;
}

/* It has died: of its processor's time, for want of memory, or was killed. */
static int revive(struct ww_loader *loader, struct ww_error *err)
{
    struct ww_jail_report report;
    struct ww_names wanted = {0};
    if (ww_clock_mono() < loader->not_before)
        return ww_fail(err, -EAGAIN, "the process that has the policies is gone, and is not made anew yet");
    loader->not_before = ww_clock_mono() + REST_NS;
    int rc = begin(loader, &report, err);
    if (rc == 0)
        rc = load(loader, &wanted, err);
    if (rc == 0 && wanted.n)
        rc = explain(-EBADMSG, err);
    ww_names_done(&wanted);
    if (rc == 0)
        return 0;
    leave(loader);
    return rc == -EPIPE ? rc : -EAGAIN;
}

static int hand_over(const struct ww_loader *loader, const int ends[static 2])
{
    static const char order;
    if (loader->fd < 0)
        return -EPIPE;
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno
                                                   : ww_handover_send(loader->fd, &order, sizeof(order), ends[1]);
}

int ww_loader_fork(struct ww_loader *loader, int *ret_fd, struct ww_error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return ww_fail(err, -EAGAIN, "cannot make a pair of sockets: %s", strerror(errno));
    int rc = hand_over(loader, ends);
    if (rc == -EPIPE || rc == -ECONNRESET) {
        rc = revive(loader, err);
        rc = rc < 0 ? rc : hand_over(loader, ends);
    } else if (rc < 0) {
        rc = ww_fail(err, -EAGAIN, "cannot have a reader of labels forked: %s", strerror(-rc));
    }
    close(ends[1]);
    if (rc < 0) {
        close(ends[0]);
        return rc == -EPIPE ? rc : -EAGAIN;
    }
    *ret_fd = ends[0];
    return 0;
}
