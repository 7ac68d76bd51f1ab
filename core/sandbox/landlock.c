#include "core/sandbox/landlock.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/mem.h"

#define CREATE_VERSION 1u

/* struct landlock_ruleset_attr of a newer kernel than the installed headers may be of: fields that an older one does
 * not know are 0. */
struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

/* The kinds of access that a version knows, all of them: what is not handled would be allowed. */
static struct ruleset all_of(int version)
{
    struct ruleset all = {.files = (1u << 13) - 1};
    if (version >= 2)
        all.files |= 1u << 13; /* LANDLOCK_ACCESS_FS_REFER */
    if (version >= 3)
        all.files |= 1u << 14; /* …_TRUNCATE */
    if (version >= 4)
        all.net = 3; /* LANDLOCK_ACCESS_NET_BIND_TCP, …_CONNECT_TCP */
    if (version >= 5)
        all.files |= 1u << 15; /* …_IOCTL_DEV */
    if (version >= 6)
        all.scoped = 3; /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, …_SIGNAL */
    return all;
}

int ww_landlock_nothing(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
    if (version <= 0)
        return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
    struct ruleset all = all_of((int)version);
    ww_auto_close int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        return -errno;
    return (int)version;
}
