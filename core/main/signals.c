#include "core/main/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int ww_signals_open(struct ww_error *err)
{
    sigset_t taken;
    sigemptyset(&taken);
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGHUP);
    sigprocmask(SIG_BLOCK, &taken, NULL);
    int fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? ww_fail(err, -errno, "cannot take signals: %s", strerror(errno)) : fd;
}

int ww_signals_next(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
