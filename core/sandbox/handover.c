#include "core/sandbox/handover.h"

#include <errno.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/sandbox/filter.h"

union rights {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

int ww_handover_send(int socket, const void *bytes, size_t n, int fd)
{
    union rights rights = {0};
    struct iovec io = {.iov_base = (void *)bytes, .iov_len = n};
    struct msghdr msg = {.msg_iov = &io, .msg_iovlen = 1};
    if (fd >= 0) {
        rights.head =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&rights.head), &fd, sizeof(fd));
        msg.msg_control = rights.room;
        msg.msg_controllen = sizeof(rights.room);
    }
    return sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

bool ww_handover_receive(int socket, void *ret_bytes, size_t n, int *ret_fd)
{
    union rights rights = {0};
    struct iovec io = {.iov_base = ret_bytes, .iov_len = n};
    struct msghdr msg = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = rights.room, .msg_controllen = sizeof(rights.room)};
    ssize_t got;
    do
        got = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)n)
        return false;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    *ret_fd = -1;
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
    return true;
}

void ww_handover_keep_only(int fd)
{
    if (fd != WW_WORKER_FD)
        dup2(fd, WW_WORKER_FD);
    syscall(SYS_close_range, WW_WORKER_FD + 1, ~0u, 0);
}
