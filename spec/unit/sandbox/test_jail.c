/* What a process in the jail can do: nothing. Each attempt is made in a process of its own, which the kernel ends. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/sandbox/jail.h"
#include "core/sandbox/landlock.h"

#define EXIT_HERE 7    /* an attempt came back */
#define EXIT_NO_JAIL 8 /* it did not even begin */
#define EXEC (PROT_READ | PROT_WRITE | PROT_EXEC)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static int shared_page[2]; /* something to point at */

#define AT ((long)shared_page)

/* A system call and its arguments. */
static const struct attempt {
    const char *what;
    long call;
    long args[6];
} attempts[] = {
    {"a socket", SYS_socket, {AF_INET, SOCK_STREAM}},
    {"a netlink socket", SYS_socket, {AF_NETLINK, SOCK_RAW, 12}},
    {"a pair of sockets", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, AT}},
    {"a connection", SYS_connect, {0, AT, 8}},
    {"a descriptor by its socket", SYS_recvmsg, {0, AT, 0}},
    {"a descriptor over its socket", SYS_sendmsg, {0, AT, 0}},
    {"reading from another descriptor", SYS_recvfrom, {1, AT, 4}},
    {"writing to another descriptor", SYS_sendto, {1, AT, 4, MSG_NOSIGNAL}},
    {"urgent bytes", SYS_sendto, {0, AT, 1, MSG_OOB}},
    {"reading urgent bytes", SYS_recvfrom, {0, AT, 1, MSG_OOB}},
    {"a look at what can be read", SYS_recvfrom, {0, AT, 1, MSG_PEEK}},
    {"writing that a signal may end", SYS_sendto, {0, AT, 1, 0}},
    {"writing to an address", SYS_sendto, {0, AT, 1, MSG_NOSIGNAL, AT, 2}},
    {"the address of what was read", SYS_recvfrom, {0, AT, 1, 0, AT, AT}},
    {"reading", SYS_read, {0, AT, 4}},
    {"writing", SYS_write, {2, AT, 4}},
    {"a file", SYS_openat, {AT_FDCWD, (long)"/etc/passwd", O_RDONLY}},
    {"a file, newer", SYS_openat2, {AT_FDCWD, (long)"/etc/passwd", AT, 24}},
#ifdef SYS_open
    {"a file, older", SYS_open, {(long)"/etc/passwd", O_RDONLY}},
    {"a process, oldest", SYS_vfork, {0}},
    {"a process, older", SYS_fork, {0}},
#endif
    {"a file by its handle", SYS_open_by_handle_at, {0, AT, 0}},
    {"removing a file", SYS_unlinkat, {AT_FDCWD, (long)"/nonexistent", 0}},
    {"a look at a file", SYS_newfstatat, {AT_FDCWD, (long)"/", AT, 0}},
    {"a program", SYS_execve, {(long)"/bin/true", 0, 0}},
    {"a program by descriptor", SYS_execveat, {0, (long)"", 0, 0, AT_EMPTY_PATH}},
    {"a process", SYS_clone, {SIGCHLD}},
    {"a process, newer", SYS_clone3, {AT, 64}},
    {"another's memory", SYS_process_vm_readv, {1, AT, 1, AT, 1, 0}},
    {"writing another's memory", SYS_process_vm_writev, {1, AT, 1, AT, 1, 0}},
    {"tracing", SYS_ptrace, {0, 0, 0, 0}},
    {"a signal", SYS_kill, {1, 0}},
    {"a signal to itself", SYS_tgkill, {1, 1, 9}},
    {"another's descriptor", SYS_pidfd_getfd, {0, 0, 0}},
    {"a process's descriptor", SYS_pidfd_open, {1, 0}},
    {"a program for the kernel", SYS_bpf, {0, AT, 8}},
    {"counters", SYS_perf_event_open, {AT, 0, -1, -1, 0}},
    {"a ring", SYS_io_uring_setup, {1, AT}},
    {"faults for itself", SYS_userfaultfd, {0}},
    {"a key", SYS_keyctl, {0, -3, 1}},
    {"adding a key", SYS_add_key, {AT, AT, AT, 1, -3}},
    {"a mount", SYS_mount, {(long)"none", (long)"/", (long)"tmpfs", 0, 0}},
    {"a mount, newer", SYS_fsopen, {(long)"tmpfs", 0}},
    {"another root", SYS_chroot, {(long)"/"}},
    {"namespaces of its own", SYS_unshare, {0x10000000}},
    {"another's namespace", SYS_setns, {0, 0}},
    {"a module", SYS_init_module, {AT, 0, (long)""}},
    {"a kernel", SYS_kexec_load, {0, 0, 0, 0}},
    {"being root", SYS_setresuid, {0, 0, 0}},
    {"a capability", SYS_capset, {AT, AT}},
    {"another filter", SYS_seccomp, {1, 0, AT}},
    {"its own traits", SYS_prctl, {4 /* PR_SET_DUMPABLE */, 1}},
    {"its own limits", SYS_prlimit64, {0, RLIMIT_CPU, AT, 0}},
    {"a terminal's input", SYS_ioctl, {0, 0x5412 /* TIOCSTI */, AT}},
    {"a descriptor's traits", SYS_fcntl, {0, F_GETFL}},
    {"a second descriptor", SYS_dup, {0}},
    {"a file in memory", SYS_memfd_create, {(long)"x", 0}},
    {"memory that can be executed", SYS_mmap, {0, 4096, EXEC, PRIVATE, -1, 0}},
    {"memory of a file", SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE, 0, 0}},
    {"shared memory", SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0}},
    {"making memory executable", SYS_mprotect, {0, 0, EXEC}},
    {"old shared memory", SYS_shmget, {0, 4096, 0600}},
    {"sleeping", SYS_nanosleep, {AT, 0}},
    {"the machine's end", SYS_reboot, {0, 0, 0, 0}},
    {"a handler for signals", SYS_rt_sigaction, {SIGSYS, AT, 0, 8}},
    {"a call that does not exist", 100000, {0}},
};

/* Under AddressSanitizer its own calls are let through. */
static bool is_left_out(const struct attempt *a)
{
#ifdef __SANITIZE_ADDRESS__
    return a->call == SYS_mmap || a->call == SYS_write;
#else
    (void)a;
    return false;
#endif
}

/* In a child that is shut in: its exit status, or -SIG where a signal ended it. */
static int in_jail(void (*fn)(void *arg), void *arg)
{
    struct ww_filter filter;
    struct ww_jail_report report;
    struct ww_error err = {0};
    pid_t parent = getpid();
    int status;
    assert_int_equal(ww_filter_worker(&filter, &err), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (ww_jail_enter(&filter, parent, &report, &err) < 0)
            _exit(EXIT_NO_JAIL);
        fn(arg);
        _exit(EXIT_HERE);
    }
    ww_filter_done(&filter);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void attempt(void *arg)
{
    const struct attempt *a = arg;
    syscall(a->call, a->args[0], a->args[1], a->args[2], a->args[3], a->args[4], a->args[5]);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void a_jailed_process_that_does_nothing_lives(void **state)
{
    (void)state;
    assert_int_equal(in_jail(nothing, NULL), EXIT_HERE);
}

static void every_way_out_ends_the_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        if (is_left_out(&attempts[i]))
            continue;
        int got = in_jail(attempt, (void *)&attempts[i]);
        if (got != -SIGSYS)
            fail_msg("%s: %d", attempts[i].what, got);
    }
}

#ifdef __x86_64__
static void i386_call(void *arg)
{
    (void)arg;
    long number = 20; /* getpid */
    __asm__ volatile("int $0x80" : "+a"(number) : : "memory");
}

static void x32_call(void *arg)
{
    (void)arg;
    syscall(0x40000000 | SYS_getpid);
}

static void calls_of_other_architectures_end_it(void **state)
{
    (void)state;
    int i386 = in_jail(i386_call, NULL);
    assert_true(i386 == -SIGSYS || i386 == -SIGSEGV); /* a kernel may have no such calls at all */
    assert_int_equal(in_jail(x32_call, NULL), -SIGSYS);
}
#endif

/* --- What is there below the filter: the same jail, but for a filter that lets everything through. */

static struct sock_filter let_all[] = {{.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW}};

static int beneath(int (*fn)(void))
{
    const struct ww_filter open_filter = {.code = let_all, .n = 1};
    struct ww_jail_report report;
    struct ww_error err = {0};
    pid_t parent = getpid();
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(ww_jail_enter(&open_filter, parent, &report, &err) < 0 ? EXIT_NO_JAIL : fn());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The value of a line of /proc/self/status, which must be opened before. */
static bool status_has(const char *text, const char *line)
{
    char needle[64];
    snprintf(needle, sizeof(needle), "\n%s\n", line);
    return strstr(text, needle) != NULL;
}

static int has_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &head, data) < 0)
        return 1;
    return (data[0].effective | data[0].permitted | data[0].inheritable | data[1].effective | data[1].permitted |
            data[1].inheritable) != 0;
}

static int may_get_privileges(void)
{
    return syscall(SYS_prctl, 39 /* PR_GET_NO_NEW_PRIVS */, 0, 0, 0, 0) != 1;
}

static int is_dumpable(void)
{
    return syscall(SYS_prctl, 3 /* PR_GET_DUMPABLE */, 0, 0, 0, 0) != 0;
}

static int outlives_its_parent(void)
{
    int sig = 0;
    syscall(SYS_prctl, 2 /* PR_GET_PDEATHSIG */, &sig, 0, 0, 0);
    return sig != SIGKILL;
}

static int is_root(void)
{
    return getuid() == 0 || geteuid() == 0 || getgid() == 0 || getgroups(0, NULL) != 0;
}

static int has_other_limits(void)
{
    static const struct {
        int what;
        rlim_t most;
    } limits[] = {
#ifndef __SANITIZE_ADDRESS__
        {RLIMIT_AS, WW_LIMIT_JAIL_MEMORY},
        {RLIMIT_CPU, WW_LIMIT_JAIL_CPU_S},
#endif
        {RLIMIT_NOFILE, 1},
        {RLIMIT_NPROC, 0},
        {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit is;
        if (getrlimit((__rlimit_resource_t)limits[i].what, &is) < 0 || is.rlim_cur != limits[i].most ||
            is.rlim_max != limits[i].most)
            return (int)i + 1;
    }
    return 0;
}

static int has_files(void)
{
    return open("/", O_RDONLY | O_DIRECTORY) >= 0 || open("/etc/passwd", O_RDONLY) >= 0;
}

static void beneath_the_filter_there_is_nothing_either(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int (*fn)(void);
        bool of_root; /* where the tests run as root */
    } rows[] = {
        {"capabilities", has_capabilities, false},
        {"privileges", may_get_privileges, false},
        {"dumpable", is_dumpable, false},
        {"outlives its parent", outlives_its_parent, false},
        {"limits", has_other_limits, false},
        {"root", is_root, true},
        {"files", has_files, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].of_root && geteuid() != 0)
            continue;
        int got = beneath(rows[i].fn);
        if (got != 0)
            fail_msg("%s: %d", rows[i].what, got);
    }
}

/* More than any other part: without its limits landlock alone keeps files away. */
static int opens_after_landlock(void)
{
    int version = ww_landlock_nothing();
    if (version <= 0)
        return version;
    return open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES;
}

static void landlock_alone_keeps_files_away(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        syscall(SYS_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
        _exit(opens_after_landlock() & 0xff);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* As systemd-nspawn and some engines do with system calls that they do not know. */
static int refuse_landlock(void)
{
    struct sock_filter words[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(words) / sizeof(words[0]), .filter = words};
    syscall(SYS_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static void a_container_that_refuses_landlock_has_none(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(refuse_landlock() == 0 && ww_landlock_nothing() == 0 && ww_landlock_places(NULL, 0) == 0 ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_filter_and_the_bounding_set_show_in_proc(void **state)
{
    (void)state;
    struct ww_filter filter;
    int ends[2];
    char text[8192] = "";
    char path[64];
    char byte;
    assert_int_equal(ww_filter_worker(&filter, NULL), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        struct ww_jail_report report;
        close(ends[0]);
        dup2(ends[1], WW_WORKER_FD);
        ww_jail_shed();
        if (ww_jail_enter(&filter, parent, &report, NULL) < 0)
            _exit(EXIT_NO_JAIL);
        send(WW_WORKER_FD, "x", 1, MSG_NOSIGNAL);
        recv(WW_WORKER_FD, &byte, 1, 0);
        _exit(0);
    }
    ww_filter_done(&filter);
    close(ends[1]);
    assert_int_equal(recv(ends[0], &byte, 1, 0), 1);
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    close(ends[0]);
    waitpid(pid, NULL, 0);
    assert_true(status_has(text, "Seccomp:\t2"));
    assert_true(status_has(text, "NoNewPrivs:\t1"));
    assert_true(status_has(text, "CapEff:\t0000000000000000"));
    if (geteuid() == 0)
        assert_true(status_has(text, "CapBnd:\t0000000000000000"));
}

static void a_jail_for_another_parent_is_not_entered(void **state)
{
    (void)state;
    struct ww_filter filter;
    struct ww_jail_report report;
    int status;
    assert_int_equal(ww_filter_worker(&filter, NULL), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(ww_jail_enter(&filter, 1, &report, NULL) == -ESRCH ? 0 : 1);
    ww_filter_done(&filter);
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jailed_process_that_does_nothing_lives),
        cmocka_unit_test(every_way_out_ends_the_process),
#ifdef __x86_64__
        cmocka_unit_test(calls_of_other_architectures_end_it),
#endif
        cmocka_unit_test(beneath_the_filter_there_is_nothing_either),
        cmocka_unit_test(landlock_alone_keeps_files_away),
        cmocka_unit_test(a_container_that_refuses_landlock_has_none),
        cmocka_unit_test(the_filter_and_the_bounding_set_show_in_proc),
        cmocka_unit_test(a_jail_for_another_parent_is_not_entered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
