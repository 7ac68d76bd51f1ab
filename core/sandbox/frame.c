#include "core/sandbox/frame.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/clock.h"

/*
 * Of a body: memory grows with what has come, not with what is announced. It is on the stack, of which each page that a
 * worker has not written to yet is a fault.
 */
#define PIECE 8192

/* Until the descriptor is ready. */
static int wait_for(int fd, short events, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = until - ww_clock_mono();
        if (left <= 0)
            return -ETIMEDOUT;
        int64_t ms = left / WW_NS_PER_MS + 1;
        int rc = poll(&p, 1, ms > INT_MAX ? INT_MAX : (int)ms);
        if (rc > 0)
            return 0;
        if (rc < 0 && errno != EINTR)
            return -errno;
    }
}

/* After a call that failed: 0 to try again. */
static int again(int fd, short events, int64_t until)
{
    if (errno == EINTR)
        return 0;
    if (errno == EAGAIN && until)
        return wait_for(fd, events, until);
    return errno == EPIPE || errno == ECONNRESET ? -ECONNRESET : -errno;
}

static int send_all(int fd, const char *bytes, size_t n, int64_t until)
{
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        int rc = sent < 0 ? again(fd, POLLOUT, until) : 0;
        if (rc < 0)
            return rc;
        if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        }
    }
    return 0;
}

static int receive_all(int fd, char *bytes, size_t n, int64_t until)
{
    while (n) {
        ssize_t got = recv(fd, bytes, n, 0);
        int rc = got < 0 ? again(fd, POLLIN, until) : got == 0 ? -ECONNRESET : 0;
        if (rc < 0)
            return rc;
        if (got > 0) {
            bytes += got;
            n -= (size_t)got;
        }
    }
    return 0;
}

/* The head goes with what there is of the body: alone it would wake the other end, which then waits once more. */
int ww_frame_send(int fd, struct ww_frame frame, const void *body, int64_t until)
{
    char piece[PIECE];
    const size_t room = sizeof(piece) - sizeof(frame);
    const size_t n = frame.bytes < room ? frame.bytes : room;
    memcpy(piece, &frame, sizeof(frame));
    if (n)
        memcpy(piece + sizeof(frame), body, n);
    int rc = send_all(fd, piece, sizeof(frame) + n, until);
    return rc < 0 || n == frame.bytes ? rc : send_all(fd, (const char *)body + n, frame.bytes - n, until);
}

int ww_frame_receive(int fd, size_t limit, int64_t until, struct ww_frame *ret_frame, struct ww_buf *body)
{
    struct ww_frame frame;
    char piece[PIECE];
    int rc = receive_all(fd, (char *)&frame, sizeof(frame), until);
    if (rc == 0 && frame.bytes > limit)
        rc = -EMSGSIZE;
    ww_buf_reset(body);
    for (size_t left = rc == 0 ? frame.bytes : 0; left && rc == 0;) {
        size_t n = left < sizeof(piece) ? left : sizeof(piece);
        rc = receive_all(fd, piece, n, until);
        if (rc == 0)
            ww_buf_add(body, piece, n);
        left -= n;
    }
    if (rc == 0 && !ww_buf_ok(body))
        rc = -ENOMEM;
    if (rc == 0)
        *ret_frame = frame;
    return rc;
}

int ww_frame_check(const struct ww_buf *body, long limit, const char *name, const char *what, struct ww_error *err)
{
    if (!ww_buf_ok(body))
        return ww_fail(err, -ENOMEM, "out of memory");
    if (body->len <= (size_t)limit)
        return 0;
    return ww_fail(err, -E2BIG, "%s take %zu bytes; at most %ld are allowed (%s)", what, body->len, limit, name);
}
