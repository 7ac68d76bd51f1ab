#include "core/sandbox/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/sandbox/calls.h"

#define FRESH_MEMORY                                                                                                   \
    2,                                                                                                                 \
    {                                                                                                                  \
        {.arg = 2, .op = SCMP_CMP_EQ, .datum_a = PROT_READ | PROT_WRITE},                                              \
        {                                                                                                              \
            .arg = 3, .op = SCMP_CMP_EQ, .datum_a = MAP_PRIVATE | MAP_ANONYMOUS                                        \
        }                                                                                                              \
    }

/* On its socket, with these flags (an int), without an address: what else a socket can do is kernel that no worker
 * needs. */
#define ITS_SOCKET(flags)                                                                                              \
    3,                                                                                                                 \
    {                                                                                                                  \
        {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = WW_WORKER_FD},                                                        \
            {.arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = (flags)},                           \
        {                                                                                                              \
            .arg = 4, .op = SCMP_CMP_EQ, .datum_a = 0                                                                  \
        }                                                                                                              \
    }

static const struct ww_call worker[] = {
    /* requests and answers: frame.c */
    {SCMP_SYS(recvfrom), ITS_SOCKET(0)},
    {SCMP_SYS(sendto), ITS_SOCKET(MSG_NOSIGNAL)},
    /* malloc: never memory that can be executed, never a file's */
    {SCMP_SYS(brk), WW_ANYHOW},
    {SCMP_SYS(mmap), FRESH_MEMORY},
    {SCMP_SYS(mremap), WW_ANYHOW},
    {SCMP_SYS(munmap), WW_ANYHOW},
    /* a new Lua state's seed is the time, which is a system call where the machine's clock is slow */
    {SCMP_SYS(clock_gettime), WW_ANYHOW},
    {SCMP_SYS(gettimeofday), WW_ANYHOW},
    {SCMP_SYS(time), WW_ANYHOW},
    /* the end */
    {SCMP_SYS(exit_group), WW_ANYHOW},
#ifdef __SANITIZE_ADDRESS__
    /* AddressSanitizer's own memory, its lock, and its report; such a build is for tests */
    {SCMP_SYS(mmap), WW_ARG_BITS(4, UINT32_MAX, UINT32_MAX)},
    {SCMP_SYS(madvise), WW_ANYHOW},
    {SCMP_SYS(futex), WW_ANYHOW},
    {SCMP_SYS(gettid), WW_ANYHOW},
    {SCMP_SYS(getpid), WW_ANYHOW},
    {SCMP_SYS(sigaltstack), WW_ANYHOW},
    {SCMP_SYS(sched_yield), WW_ANYHOW},
    {SCMP_SYS(write), WW_ARG(0, STDERR_FILENO)},
#endif
};

/* What one that forks workers may beside. */
static const struct ww_call forking[] = {
    /* a worker's socket, which becomes its only descriptor */
    {SCMP_SYS(recvmsg), WW_ARG(0, WW_WORKER_FD)},
    {SCMP_SYS(close), WW_ANYHOW},
    {SCMP_SYS(close_range), WW_ANYHOW},
    {SCMP_SYS(dup2), WW_ARG(1, WW_WORKER_FD)},
    {SCMP_SYS(dup3), WW_ARG(1, WW_WORKER_FD)},
    /* fork, as the C library does it: no thread, no namespace */
    {SCMP_SYS(clone), WW_ARG(0, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)},
    {SCMP_SYS(rt_sigprocmask), WW_ANYHOW},
    {SCMP_SYS(set_robust_list), WW_ANYHOW},
    /* in the worker, while it waits, and until it has shut itself in */
    {SCMP_SYS(poll), WW_ANYHOW},
    {SCMP_SYS(ppoll), WW_ANYHOW},
    {SCMP_SYS(prctl), WW_ARG(0, PR_SET_NAME)},
    {SCMP_SYS(prctl), WW_ARG(0, PR_SET_DUMPABLE)},
    {SCMP_SYS(prctl), WW_ARG(0, PR_SET_PDEATHSIG)},
    {SCMP_SYS(getpid), WW_ANYHOW},
    {SCMP_SYS(getppid), WW_ANYHOW},
    {SCMP_SYS(setrlimit), WW_ANYHOW},
    {SCMP_SYS(prlimit64), WW_ARG(0, 0)},
    {SCMP_SYS(seccomp), WW_ARG(0, SECCOMP_SET_MODE_FILTER)},
};

int ww_filter_worker(struct ww_filter *ret_filter, struct ww_error *err)
{
    const struct ww_calls calls = {
        .allowed = worker, .n_allowed = sizeof(worker) / sizeof(worker[0]), .otherwise = SCMP_ACT_KILL_PROCESS};
    return ww_calls_filter(&calls, ret_filter, err);
}

int ww_filter_loader(struct ww_filter *ret_filter, struct ww_error *err)
{
    const struct ww_calls calls = {.allowed = worker,
                                   .n_allowed = sizeof(worker) / sizeof(worker[0]),
                                   .more = forking,
                                   .n_more = sizeof(forking) / sizeof(forking[0]),
                                   .otherwise = SCMP_ACT_KILL_PROCESS};
    return ww_calls_filter(&calls, ret_filter, err);
}

void ww_filter_done(struct ww_filter *filter)
{
    free(filter->code);
    *filter = (struct ww_filter){0};
}

int ww_filter_install(const struct ww_filter *filter)
{
    const struct sock_fprog program = {.len = filter->n, .filter = filter->code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) < 0 ? -errno : 0;
}
