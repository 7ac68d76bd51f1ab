#include "core/sandbox/jail.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/sandbox/caps.h"
#include "core/sandbox/landlock.h"

#define NOBODY 65534 /* the kernel's overflowuid: owns nothing */

static const unsigned kept[] = {CAP_SETUID, CAP_SETGID, CAP_KILL};

void ww_jail_shed(void)
{
    bool had[sizeof(kept) / sizeof(kept[0])];
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        had[i] = ww_caps_have(kept[i]);
    capng_clear(CAPNG_SELECT_ALL);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (had[i])
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
    ww_caps_bound();
    capng_apply(CAPNG_SELECT_CAPS);
    capng_apply(CAPNG_SELECT_AMBIENT);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Another user, where that is allowed: asking without being allowed would end a process that systemd filters. */
static void become_nobody(void)
{
    if (!ww_caps_have(CAP_SETUID) || !ww_caps_have(CAP_SETGID))
        return;
    if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0)
        (void)!setresuid(NOBODY, NOBODY, NOBODY);
}

/* forks: it makes workers, which then take less. */
static int set_limits(bool forks)
{
    const struct {
        int what;
        rlim_t most;
    } limits[] = {
#ifndef __SANITIZE_ADDRESS__ /* which maps terabytes, and is slow */
        {RLIMIT_AS, WW_LIMIT_JAIL_MEMORY},
        {RLIMIT_CPU, forks ? WW_LIMIT_JAIL_LOADER_CPU_S : WW_LIMIT_JAIL_CPU_S},
#endif
        {RLIMIT_NOFILE, forks ? 2 : 1}, /* its socket, and a worker's on the way */
        {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0},
    };
    static const struct rlimit none = {0};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const struct rlimit limit = {.rlim_cur = limits[i].most, .rlim_max = limits[i].most};
        if (setrlimit((__rlimit_resource_t)limits[i].what, &limit) < 0)
            return -errno;
    }
    /* The kernel counts all processes of that user, so a process that forks cannot have a number of its own. */
    return !forks && setrlimit(RLIMIT_NPROC, &none) < 0 ? -errno : 0;
}

/* A change of user makes the kernel forget both, so they come after it. */
static int tie_to_parent(pid_t parent)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return -errno;
    return getppid() == parent ? 0 : -ESRCH;
}

static int fail(struct ww_error *err, int rc, const char *step)
{
    return ww_fail(err, rc, "cannot shut in the process that reads labels (%s): %s", step, strerror(-rc));
}

static int enter_jail(const struct ww_filter *filter, pid_t parent, bool forks, struct ww_jail_report *ret_report,
                      struct ww_error *err)
{
    const char *step = "ending with its parent";
    become_nobody();
    int rc = tie_to_parent(parent);
    if (rc == 0) {
        step = "no_new_privs";
        rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
    }
    if (rc == 0) {
        step = "no capabilities";
        rc = ww_caps_clear();
    }
    int landlock = rc;
    if (rc == 0) {
        step = "landlock";
        landlock = ww_landlock_nothing();
        rc = landlock < 0 ? landlock : 0;
    }
    if (rc == 0) {
        step = "limits";
        rc = set_limits(forks);
    }
    struct ww_jail_report report = {.landlock = (uint32_t)landlock, .user = getuid(), .calls = filter->calls};
    if (rc == 0) {
        step = "seccomp";
        rc = ww_filter_install(filter);
    }
    if (rc < 0)
        return fail(err, rc, step);
    *ret_report = report;
    return 0;
}

int ww_jail_enter(const struct ww_filter *filter, pid_t parent, struct ww_jail_report *ret_report, struct ww_error *err)
{
    return enter_jail(filter, parent, false, ret_report, err);
}

int ww_jail_enter_loader(const struct ww_filter *filter, pid_t parent, struct ww_jail_report *ret_report,
                         struct ww_error *err)
{
    return enter_jail(filter, parent, true, ret_report, err);
}

int ww_jail_narrow(const struct ww_filter *filter, pid_t parent, struct ww_error *err)
{
    int rc = tie_to_parent(parent);
    if (rc < 0)
        return fail(err, rc, "ending with its parent");
    rc = set_limits(false);
    if (rc < 0)
        return fail(err, rc, "limits");
    rc = ww_filter_install(filter);
    return rc < 0 ? fail(err, rc, "seccomp") : 0;
}
