/* What the program itself needs, and why. Its libraries' needs are those that were seen, and what their sources say. */
#include <errno.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sandbox/calls.h"

#define NAMESPACES                                                                                                     \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)

static const struct ww_call allowed[] = {
    /* files: the database, the log, the lock, certificates, what the C library reads to look up names, /proc */
    {SCMP_SYS(openat), WW_ANYHOW},
    {SCMP_SYS(open), WW_ANYHOW},
    {SCMP_SYS(close), WW_ANYHOW},
    {SCMP_SYS(read), WW_ANYHOW},
    {SCMP_SYS(write), WW_ANYHOW},
    {SCMP_SYS(readv), WW_ANYHOW},
    {SCMP_SYS(writev), WW_ANYHOW},
    {SCMP_SYS(pread64), WW_ANYHOW},
    {SCMP_SYS(pwrite64), WW_ANYHOW},
    {SCMP_SYS(lseek), WW_ANYHOW},
    {SCMP_SYS(stat), WW_ANYHOW},
    {SCMP_SYS(fstat), WW_ANYHOW},
    {SCMP_SYS(lstat), WW_ANYHOW},
    {SCMP_SYS(newfstatat), WW_ANYHOW},
    {SCMP_SYS(statx), WW_ANYHOW},
    {SCMP_SYS(statfs), WW_ANYHOW},
    {SCMP_SYS(fstatfs), WW_ANYHOW},
    {SCMP_SYS(access), WW_ANYHOW},
    {SCMP_SYS(faccessat), WW_ANYHOW},
    {SCMP_SYS(faccessat2), WW_ANYHOW},
    {SCMP_SYS(readlink), WW_ANYHOW},
    {SCMP_SYS(readlinkat), WW_ANYHOW},
    {SCMP_SYS(getdents64), WW_ANYHOW},
    {SCMP_SYS(getcwd), WW_ANYHOW},
    {SCMP_SYS(fcntl), WW_ANYHOW},
    {SCMP_SYS(flock), WW_ANYHOW},
    {SCMP_SYS(ftruncate), WW_ANYHOW},
    {SCMP_SYS(fsync), WW_ANYHOW},
    {SCMP_SYS(fdatasync), WW_ANYHOW},
    {SCMP_SYS(mkdir), WW_ANYHOW},
    {SCMP_SYS(mkdirat), WW_ANYHOW},
    {SCMP_SYS(rename), WW_ANYHOW},
    {SCMP_SYS(renameat), WW_ANYHOW},
    {SCMP_SYS(renameat2), WW_ANYHOW},
    {SCMP_SYS(unlink), WW_ANYHOW},
    {SCMP_SYS(unlinkat), WW_ANYHOW},
    /* SQLite gives its journal the database's owner and mode; the control socket is given its mode */
    {SCMP_SYS(fchmod), WW_ANYHOW},
    {SCMP_SYS(fchown), WW_ANYHOW},
    /* files are given up once all is known that is needed: self.h */
    {SCMP_SYS(landlock_create_ruleset), WW_ANYHOW},
    {SCMP_SYS(landlock_add_rule), WW_ANYHOW},
    {SCMP_SYS(landlock_restrict_self), WW_ANYHOW},
    /* policies' files are watched */
    {SCMP_SYS(inotify_init1), WW_ANYHOW},
    {SCMP_SYS(inotify_add_watch), WW_ANYHOW},
    {SCMP_SYS(inotify_rm_watch), WW_ANYHOW},
    /* pipes of libuv, curl and libmicrohttpd */
    {SCMP_SYS(pipe), WW_ANYHOW},
    {SCMP_SYS(pipe2), WW_ANYHOW},
    {SCMP_SYS(eventfd2), WW_ANYHOW},
    {SCMP_SYS(dup), WW_ANYHOW},
    {SCMP_SYS(dup3), WW_ANYHOW},
    /* a terminal for the log; sockets that do not block; an interface's number. Not TIOCSTI */
    {SCMP_SYS(ioctl), WW_ARG(1, TCGETS)},
    {SCMP_SYS(ioctl), WW_ARG(1, TIOCGWINSZ)},
    {SCMP_SYS(ioctl), WW_ARG(1, FIONBIO)},
    {SCMP_SYS(ioctl), WW_ARG(1, FIONREAD)},
    {SCMP_SYS(ioctl), WW_ARG(1, FIOCLEX)},
    {SCMP_SYS(ioctl), WW_ARG(1, 0x8910 /* SIOCGIFNAME */)},
    {SCMP_SYS(ioctl), WW_ARG(1, 0x8933 /* SIOCGIFINDEX */)},
    /* the kernel, the engine, the control socket, name servers, workers; no packet sockets */
    {SCMP_SYS(socket), WW_ARG(0, AF_UNIX)},
    {SCMP_SYS(socket), WW_ARG(0, AF_NETLINK)},
    {SCMP_SYS(socket), WW_ARG(0, AF_INET)},
    {SCMP_SYS(socket), WW_ARG(0, AF_INET6)},
    {SCMP_SYS(socketpair), WW_ARG(0, AF_UNIX)},
    {SCMP_SYS(bind), WW_ANYHOW},
    {SCMP_SYS(connect), WW_ANYHOW},
    {SCMP_SYS(listen), WW_ANYHOW},
    {SCMP_SYS(accept), WW_ANYHOW},
    {SCMP_SYS(accept4), WW_ANYHOW},
    {SCMP_SYS(shutdown), WW_ANYHOW},
    {SCMP_SYS(getsockname), WW_ANYHOW},
    {SCMP_SYS(getpeername), WW_ANYHOW},
    {SCMP_SYS(getsockopt), WW_ANYHOW},
    {SCMP_SYS(setsockopt), WW_ANYHOW},
    {SCMP_SYS(sendto), WW_ANYHOW},
    {SCMP_SYS(sendmsg), WW_ANYHOW},
    {SCMP_SYS(sendmmsg), WW_ANYHOW},
    {SCMP_SYS(recvfrom), WW_ANYHOW},
    {SCMP_SYS(recvmsg), WW_ANYHOW},
    {SCMP_SYS(recvmmsg), WW_ANYHOW},
    /* waiting */
    {SCMP_SYS(poll), WW_ANYHOW},
    {SCMP_SYS(ppoll), WW_ANYHOW},
    {SCMP_SYS(select), WW_ANYHOW},
    {SCMP_SYS(pselect6), WW_ANYHOW},
    {SCMP_SYS(epoll_create1), WW_ANYHOW},
    {SCMP_SYS(epoll_ctl), WW_ANYHOW},
    {SCMP_SYS(epoll_wait), WW_ANYHOW},
    {SCMP_SYS(epoll_pwait), WW_ANYHOW},
    {SCMP_SYS(nanosleep), WW_ANYHOW},
    {SCMP_SYS(clock_nanosleep), WW_ANYHOW},
    {SCMP_SYS(restart_syscall), WW_ANYHOW},
    /* the clock */
    {SCMP_SYS(clock_gettime), WW_ANYHOW},
    {SCMP_SYS(clock_getres), WW_ANYHOW},
    {SCMP_SYS(gettimeofday), WW_ANYHOW},
    {SCMP_SYS(time), WW_ANYHOW},
    /* memory; libraries for looking up names are loaded when they are needed: their code is mapped, never written */
    {SCMP_SYS(brk), WW_ANYHOW},
    {SCMP_SYS(mmap), WW_ARG_BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(mmap), WW_ARG_BITS(2, PROT_EXEC | PROT_WRITE, PROT_EXEC)},
    {SCMP_SYS(mprotect), WW_ARG_BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(munmap), WW_ANYHOW},
    {SCMP_SYS(mremap), WW_ANYHOW},
    {SCMP_SYS(madvise), WW_ANYHOW},
    /* threads: one for what the loop does not wait for, and curl's for names. clone3 hides what it is asked for: below
     */
    {SCMP_SYS(clone), WW_ARG_BITS(0, CLONE_THREAD | CLONE_VM | NAMESPACES, CLONE_THREAD | CLONE_VM)},
    {SCMP_SYS(set_robust_list), WW_ANYHOW},
    {SCMP_SYS(rseq), WW_ANYHOW},
    {SCMP_SYS(futex), WW_ANYHOW},
    {SCMP_SYS(sched_yield), WW_ANYHOW},
    {SCMP_SYS(sched_getaffinity), WW_ANYHOW},
    {SCMP_SYS(membarrier), WW_ANYHOW},
    {SCMP_SYS(prctl), WW_ARG(0, PR_SET_NAME)},
    {SCMP_SYS(exit), WW_ANYHOW},
    /* signals to itself, and how they are taken */
    {SCMP_SYS(rt_sigaction), WW_ANYHOW},
    {SCMP_SYS(rt_sigprocmask), WW_ANYHOW},
    {SCMP_SYS(rt_sigreturn), WW_ANYHOW},
    {SCMP_SYS(sigaltstack), WW_ANYHOW},
    {SCMP_SYS(tgkill), WW_ANYHOW},
    /* its own ids, and where it is; chance for TLS */
    {SCMP_SYS(getpid), WW_ANYHOW},
    {SCMP_SYS(getppid), WW_ANYHOW},
    {SCMP_SYS(gettid), WW_ANYHOW},
    {SCMP_SYS(getuid), WW_ANYHOW},
    {SCMP_SYS(geteuid), WW_ANYHOW},
    {SCMP_SYS(getgid), WW_ANYHOW},
    {SCMP_SYS(getegid), WW_ANYHOW},
    {SCMP_SYS(uname), WW_ANYHOW},
    {SCMP_SYS(sysinfo), WW_ANYHOW},
    {SCMP_SYS(getrusage), WW_ANYHOW},
    {SCMP_SYS(getrandom), WW_ANYHOW},
    {SCMP_SYS(prlimit64), WW_ARG(2, 0)}, /* asking, not setting */
    /* the zygote has ended */
    {SCMP_SYS(wait4), WW_ANYHOW},
    {SCMP_SYS(exit_group), WW_ANYHOW},
};

/* It makes no processes and looks into none: a process that tries is not this program any more. */
static const int fatal[] = {
    SCMP_SYS(execve),           SCMP_SYS(execveat),          SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
};

int ww_filter_program(struct ww_filter *ret_filter, struct ww_error *err)
{
    /* The C library goes on with clone where there is no clone3, and so with other calls that are newer than their
     * like. */
    const struct ww_calls calls = {.allowed = allowed,
                                   .n_allowed = sizeof(allowed) / sizeof(allowed[0]),
                                   .fatal = fatal,
                                   .n_fatal = sizeof(fatal) / sizeof(fatal[0]),
                                   .otherwise = SCMP_ACT_ERRNO(ENOSYS)};
    return ww_calls_filter(&calls, ret_filter, err);
}
