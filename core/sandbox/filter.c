#include "core/sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/mem.h"

#define CODE_MAX (BPF_MAXINSNS * sizeof(struct sock_filter))

/* What a compare is about is chosen in the table, so that the table reads as the list that it is. */
#define ON_ITS_SOCKET                                                                                                  \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .arg = 0, .op = SCMP_CMP_EQ, .datum_a = WW_WORKER_FD                                                       \
        }                                                                                                              \
    }
#define FRESH_MEMORY                                                                                                   \
    2,                                                                                                                 \
    {                                                                                                                  \
        {.arg = 2, .op = SCMP_CMP_EQ, .datum_a = PROT_READ | PROT_WRITE},                                              \
        {                                                                                                              \
            .arg = 3, .op = SCMP_CMP_EQ, .datum_a = MAP_PRIVATE | MAP_ANONYMOUS                                        \
        }                                                                                                              \
    }
#define ANYHOW                                                                                                         \
    0,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

static const struct allowed {
    int call;
    unsigned n;
    struct scmp_arg_cmp args[2];
} worker[] = {
    /* requests and answers */
    {SCMP_SYS(recvfrom), ON_ITS_SOCKET},
    {SCMP_SYS(sendto), ON_ITS_SOCKET},
    /* malloc: never memory that can be executed, never a file's */
    {SCMP_SYS(brk), ANYHOW},
    {SCMP_SYS(mmap), FRESH_MEMORY},
    {SCMP_SYS(mremap), ANYHOW},
    {SCMP_SYS(munmap), ANYHOW},
    /* a new Lua state's seed is the time, which is a system call where the machine's clock is slow */
    {SCMP_SYS(clock_gettime), ANYHOW},
    {SCMP_SYS(gettimeofday), ANYHOW},
    {SCMP_SYS(time), ANYHOW},
    /* the end */
    {SCMP_SYS(exit_group), ANYHOW},
#ifdef __SANITIZE_ADDRESS__
    /* AddressSanitizer's own memory, its lock, and its report; such a build is for tests */
    {SCMP_SYS(mmap), 1, {{.arg = 4, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = UINT32_MAX}}},
    {SCMP_SYS(madvise), ANYHOW},
    {SCMP_SYS(futex), ANYHOW},
    {SCMP_SYS(gettid), ANYHOW},
    {SCMP_SYS(getpid), ANYHOW},
    {SCMP_SYS(sigaltstack), ANYHOW},
    {SCMP_SYS(sched_yield), ANYHOW},
    {SCMP_SYS(write), 1, {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = STDERR_FILENO}}},
#endif
};

static void context_release(scmp_filter_ctx *context)
{
    if (*context)
        seccomp_release(*context);
}

/* By way of a pipe, as libseccomp only writes it to a descriptor. It has room for the longest. */
static int export_code(scmp_filter_ctx context, struct ww_filter *filter)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    ww_auto_close int from = ends[0];
    ww_auto_close int to = ends[1];
    int rc = seccomp_export_bpf(context, to);
    if (rc < 0)
        return rc;
    struct sock_filter *code = malloc(CODE_MAX);
    if (!code)
        return -ENOMEM;
    ssize_t got = read(from, code, CODE_MAX);
    if (got <= 0) {
        free(code);
        return got < 0 ? -errno : -ENODATA;
    }
    filter->code = code;
    filter->n = (unsigned short)((size_t)got / sizeof(*code));
    return 0;
}

static int fill(scmp_filter_ctx context, struct ww_filter *filter)
{
    int rc = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; rc == 0 && i < sizeof(worker) / sizeof(worker[0]); i++) {
        const struct allowed *a = &worker[i];
        if (a->call == __NR_SCMP_ERROR || a->call < 0)
            continue; /* this architecture has no such call */
        rc = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, a->call, a->n, a->args);
        filter->calls++;
    }
    return rc < 0 ? rc : export_code(context, filter);
}

int ww_filter_worker(struct ww_filter *ret_filter, struct ww_error *err)
{
    struct ww_filter filter = {0};
    ww_auto(context_release) scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = context ? fill(context, &filter) : -ENOMEM;
    if (rc < 0)
        return ww_fail(err, rc, "cannot make the list of system calls for the process that reads labels: errno %d",
                       -rc);
    *ret_filter = filter;
    return 0;
}

void ww_filter_done(struct ww_filter *filter)
{
    free(filter->code);
    *filter = (struct ww_filter){0};
}

int ww_filter_install(const struct ww_filter *filter)
{
    const struct sock_fprog program = {.len = filter->n, .filter = filter->code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}
