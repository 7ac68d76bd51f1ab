#include "core/sandbox/caps.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORDS _LINUX_CAPABILITY_U32S_3

static int get(struct __user_cap_data_struct data[static WORDS])
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capget, &head, data) < 0 ? -errno : 0;
}

bool ww_caps_have(unsigned capability)
{
    struct __user_cap_data_struct data[WORDS] = {{0}};
    return get(data) == 0 && (data[capability / 32].effective & 1u << capability % 32);
}

int ww_caps_clear(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[WORDS] = {{0}};
    uint32_t left = 0;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &head, data) < 0 || get(data) < 0)
        return -errno;
    for (unsigned i = 0; i < WORDS; i++)
        left |= data[i].effective | data[i].permitted | data[i].inheritable;
    return left ? -EPERM : 0;
}

void ww_caps_bound(void)
{
    if (ww_caps_have(CAP_SETPCAP))
        capng_apply(CAPNG_SELECT_BOUNDS);
}
