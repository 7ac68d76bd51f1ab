#include "core/sandbox/self.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/sandbox/caps.h"
#include "core/sandbox/filter.h"

/*
 * CAP_NET_ADMIN is for the rules. The other capabilities are there only where the program was started with them (the
 * systemd unit gives none): an engine's socket or certificates of another user; and a Go program of the same name with
 * another data directory.
 */
static const unsigned kept[] = {CAP_NET_ADMIN, CAP_DAC_OVERRIDE, CAP_SYS_PTRACE};

#define KEPT (sizeof(kept) / sizeof(kept[0]))

static int keep_capabilities(void)
{
    bool had[KEPT];
    for (size_t i = 0; i < KEPT; i++)
        had[i] = ww_caps_have(kept[i]);
    capng_clear(CAPNG_SELECT_ALL);
    for (size_t i = 0; i < KEPT; i++)
        if (had[i])
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
    ww_caps_bound();
    capng_apply(CAPNG_SELECT_AMBIENT);
    return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

static int install(uint32_t *ret_calls, struct ww_error *err)
{
#ifdef __SANITIZE_ADDRESS__
    (void)err;
    *ret_calls = 0; /* it looks for leaks with a process of its own */
    return 0;
#else
    struct ww_filter filter;
    int rc = ww_filter_program(&filter, err);
    if (rc < 0)
        return rc;
    rc = ww_filter_install(&filter);
    *ret_calls = filter.calls;
    ww_filter_done(&filter);
    return rc < 0 ? ww_fail(err, rc, "cannot give up system calls: %s", strerror(-rc)) : 0;
#endif
}

int ww_self_restrict(uint32_t *ret_calls, struct ww_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return ww_fail(err, -errno, "cannot give up new privileges: %s", strerror(errno));
    int rc = keep_capabilities();
    if (rc < 0)
        return ww_fail(err, rc, "cannot give up capabilities");
    return install(ret_calls, err);
}

int ww_self_restrict_files(const struct ww_place *places, size_t n, uint32_t *ret_version, struct ww_error *err)
{
#ifdef __SANITIZE_ADDRESS__
    (void)places;
    (void)n;
    (void)err;
    *ret_version = 0; /* it looks into processes, and writes reports */
    return 0;
#else
    int version = ww_landlock_places(places, n);
    if (version < 0)
        return ww_fail(err, version, "cannot give up files: %s", strerror(-version));
    *ret_version = (uint32_t)version;
    return 0;
#endif
}
