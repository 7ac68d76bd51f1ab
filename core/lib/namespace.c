#include "core/lib/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

int ww_namespace_enter(int namespace, int *ret_back, struct ww_error *err)
{
    *ret_back = -1;
    if (namespace < 0)
        return 0;
    int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (back < 0)
        return ww_fail(err, -errno, "cannot tell this thread's network namespace: %s", strerror(errno));
    if (setns(namespace, CLONE_NEWNET) < 0) {
        int code = -errno;
        close(back);
        return ww_fail(err, code, "cannot enter the network namespace: %s", strerror(-code));
    }
    *ret_back = back;
    return 0;
}

int ww_namespace_leave(int *back, struct ww_error *err)
{
    if (*back < 0)
        return 0;
    int rc = setns(*back, CLONE_NEWNET) < 0 ? -errno : 0;
    close(*back);
    *back = -1;
    return rc < 0 ? ww_fail(err, rc, "cannot leave the network namespace: %s", strerror(-rc)) : 0;
}
