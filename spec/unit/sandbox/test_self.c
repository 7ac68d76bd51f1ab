/* What the program itself cannot do any more, and what it still can. Each attempt is made in a process of its own. */
#include <errno.h>
#include <linux/capability.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sandbox/self.h"

#define EXIT_DONE 7    /* the attempt succeeded, or failed otherwise than by the filter */
#define EXIT_REFUSED 8 /* there is no such call, it says */
#define EXIT_NOT_SHUT 9
#define EXIT_UNFILTERED 10 /* AddressSanitizer */
#define EXEC (PROT_READ | PROT_WRITE | PROT_EXEC)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static char page[64];

#define AT ((long)page)

static const struct attempt {
    const char *what;
    int ends; /* SIGSYS, or 0: it is refused */
    long call;
    long args[6];
} attempts[] = {
    {"a program", SIGSYS, SYS_execve, {(long)"/bin/true", 0, 0}},
    {"a program by descriptor", SIGSYS, SYS_execveat, {0, (long)"", 0, 0, 0x1000}},
#ifdef SYS_fork
    {"a process, older", SIGSYS, SYS_fork, {0}},
    {"a process, oldest", SIGSYS, SYS_vfork, {0}},
#endif
    {"a process", 0, SYS_clone, {SIGCHLD}},
    {"a process that shares memory", 0, SYS_clone, {CLONE_VM | SIGCHLD}},
    {"a thread in another network", 0, SYS_clone, {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_NEWNET}},
    {"a process, newer", 0, SYS_clone3, {AT, 64}},
    {"tracing", SIGSYS, SYS_ptrace, {0, 0, 0, 0}},
    {"another's memory", SIGSYS, SYS_process_vm_readv, {1, AT, 1, AT, 1, 0}},
    {"writing another's memory", SIGSYS, SYS_process_vm_writev, {1, AT, 1, AT, 1, 0}},
    {"another's descriptor", 0, SYS_pidfd_getfd, {0, 0, 0}},
    {"a signal to another", 0, SYS_kill, {1, 0}},
    {"a packet socket", 0, SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
    {"a socket to the host of a machine", 0, SYS_socket, {40 /* AF_VSOCK */, SOCK_STREAM, 0}},
    {"a socket of the kernel's ciphers", 0, SYS_socket, {38 /* AF_ALG */, SOCK_SEQPACKET, 0}},
    {"a program for the kernel", 0, SYS_bpf, {0, AT, 8}},
    {"counters", 0, SYS_perf_event_open, {AT, 0, -1, -1, 0}},
    {"a ring", 0, SYS_io_uring_setup, {1, AT}},
    {"faults for itself", 0, SYS_userfaultfd, {0}},
    {"a key", 0, SYS_keyctl, {0, -3, 1}},
    {"a mount", 0, SYS_mount, {(long)"none", (long)"/nonexistent", (long)"tmpfs", 0, 0}},
    {"a mount, newer", 0, SYS_fsopen, {(long)"tmpfs", 0}},
    {"another root", 0, SYS_chroot, {(long)"/"}},
    {"namespaces of its own", 0, SYS_unshare, {CLONE_NEWNET}},
    {"another's namespace", 0, SYS_setns, {0, 0}},
    {"a module", 0, SYS_init_module, {AT, 0, (long)""}},
    {"a kernel", 0, SYS_kexec_load, {0, 0, 0, 0}},
    {"the machine's end", 0, SYS_reboot, {0, 0, 0, 0}},
    {"another user", 0, SYS_setresuid, {0, 0, 0}},
    {"a capability", 0, SYS_capset, {AT, AT}},
    {"its own traits", 0, SYS_prctl, {4 /* PR_SET_DUMPABLE */, 1}},
    {"its own limits", 0, SYS_prlimit64, {0, RLIMIT_CORE, AT, 0}},
    {"a terminal's input", 0, SYS_ioctl, {0, 0x5412 /* TIOCSTI */, AT}},
    {"a file by its handle", 0, SYS_open_by_handle_at, {0, AT, 0}},
    {"a link", 0, SYS_linkat, {-100, (long)"/a", -100, (long)"/b", 0}},
    {"a symbolic link", 0, SYS_symlinkat, {(long)"/a", -100, (long)"/nonexistent/b"}},
    {"a device", 0, SYS_mknodat, {-100, (long)"/nonexistent/b", 0020600, 0}},
    {"the mode of new files", 0, SYS_umask, {0}},
    {"a file's mode by its name", 0, SYS_fchmodat, {-100, (long)"/nonexistent/b", 0600}},
#ifdef SYS_chmod
    {"a file's mode by its name, older", 0, SYS_chmod, {(long)"/nonexistent/b", 0600}},
#endif
    {"a file's times", 0, SYS_utimensat, {-100, (long)"/nonexistent/b", 0, 0}},
    {"room for a file", 0, SYS_fallocate, {-1, 0, 0, 1}},
    {"a file in memory", 0, SYS_memfd_create, {(long)"x", 0}},
    {"memory that can be written and executed", 0, SYS_mmap, {0, 4096, EXEC, PRIVATE, -1, 0}},
    {"making memory executable", 0, SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC}},
    {"the clock", 0, SYS_clock_settime, {0, AT}},
};

static int try_call(const void *arg)
{
    const struct attempt *a = arg;
    long rc = syscall(a->call, a->args[0], a->args[1], a->args[2], a->args[3], a->args[4], a->args[5]);
    if (rc == 0 && a->call == SYS_clone)
        _exit(EXIT_DONE);
    return rc == -1 && errno == ENOSYS ? EXIT_REFUSED : EXIT_DONE;
}

/* In a child that has given up what it does not need: its exit status, or -SIG. */
static int restricted(int (*fn)(const void *arg), const void *arg)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        uint32_t calls;
        struct ww_error err = {0};
        if (ww_self_restrict(&calls, &err) < 0)
            _exit(EXIT_NOT_SHUT);
        _exit(calls ? fn(arg) : EXIT_UNFILTERED);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void what_no_firewall_needs_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        const struct attempt *a = &attempts[i];
        int got = restricted(try_call, a);
        if (got != (a->ends ? -a->ends : EXIT_REFUSED) && got != EXIT_UNFILTERED)
            fail_msg("%s: %d", a->what, got);
    }
}

static void *set_it(void *arg)
{
    *(int *)arg = 1;
    return NULL;
}

static bool finds_this_host(void)
{
    struct addrinfo *found = NULL;
    if (getaddrinfo("localhost", "2375", NULL, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

/* A thread, the host's names where it has any, the kernel, the engine, memory. */
static int work(const void *arg)
{
    pthread_t thread;
    int ran = 0;
    const bool *names = arg;
    if (pthread_create(&thread, NULL, set_it, &ran) != 0 || pthread_join(thread, NULL) != 0 || !ran)
        return 1;
    if (*names && !finds_this_host())
        return 2;
    if (socket(AF_NETLINK, SOCK_RAW, 12) < 0 || socket(AF_UNIX, SOCK_STREAM, 0) < 0 ||
        socket(AF_INET6, SOCK_STREAM, 0) < 0)
        return 3;
    void *much = malloc(32u << 20);
    if (!much)
        return 4;
    memset(much, 1, 32u << 20);
    free(much);
    FILE *f = fopen("/proc/self/status", "r");
    return f && fclose(f) == 0 ? EXIT_DONE : 5;
}

static void what_it_works_with_is_left(void **state)
{
    (void)state;
    bool names = finds_this_host();
    int got = restricted(work, &names);
    if (got != EXIT_UNFILTERED)
        assert_int_equal(got, EXIT_DONE);
}

/* The effective ones; all where they cannot be seen. */
static unsigned long long capabilities(void)
{
    unsigned long long set = ~0ULL;
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "CapEff: %llx", &set) == 1)
            break;
    if (f)
        fclose(f);
    return set;
}

static void of_its_capabilities_it_keeps_three_at_most(void **state)
{
    (void)state;
    const unsigned long long may = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_SYS_PTRACE;
    unsigned long long had = capabilities();
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        uint32_t calls;
        if (ww_self_restrict(&calls, NULL) < 0)
            _exit(EXIT_NOT_SHUT);
        _exit(capabilities() == (had & may) ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_firewall_needs_is_refused),
        cmocka_unit_test(what_it_works_with_is_left),
        cmocka_unit_test(of_its_capabilities_it_keeps_three_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
