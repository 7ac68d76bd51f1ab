#include "core/sandbox/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

#define CODE_MAX (BPF_MAXINSNS * sizeof(struct sock_filter))

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

/* A negative number: this architecture has no such call. */
static int allow(scmp_filter_ctx context, const struct ww_call *list, size_t n, struct ww_filter *filter)
{
    int rc = 0;
    int last = -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct ww_call *c = &list[i];
        if (c->call < 0)
            continue;
        rc = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, c->call, c->n, c->args);
        filter->calls += c->call != last;
        last = c->call;
    }
    return rc;
}

static int add_rules(scmp_filter_ctx context, const struct ww_calls *calls, struct ww_filter *filter)
{
    int rc = allow(context, calls->allowed, calls->n_allowed, filter);
    if (rc == 0)
        rc = allow(context, calls->more, calls->n_more, filter);
    for (size_t i = 0; rc == 0 && i < calls->n_fatal; i++)
        if (calls->fatal[i] >= 0)
            rc = seccomp_rule_add(context, SCMP_ACT_KILL_PROCESS, calls->fatal[i], 0);
    return rc;
}

static int fill(scmp_filter_ctx context, const struct ww_calls *calls, struct ww_filter *filter)
{
    int rc = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a long list is searched by halves */
    if (rc == 0)
        rc = add_rules(context, calls, filter);
    return rc < 0 ? rc : export_code(context, filter);
}

int ww_calls_filter(const struct ww_calls *calls, struct ww_filter *ret_filter, struct ww_error *err)
{
    struct ww_filter filter = {0};
    ww_auto(context_release) scmp_filter_ctx context = seccomp_init(calls->otherwise);
    int rc = context ? fill(context, calls, &filter) : -ENOMEM;
    if (rc < 0)
        return ww_fail(err, rc, "cannot make a list of system calls: %s", strerror(-rc));
    *ret_filter = filter;
    return 0;
}
