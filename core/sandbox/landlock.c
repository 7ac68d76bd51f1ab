#include "core/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/mem.h"

#define CREATE_VERSION 1u
#define RULE_BENEATH 1 /* LANDLOCK_RULE_PATH_BENEATH */
#define BIND_TCP 1u
#define SCOPE_SIGNAL 2u

/* LANDLOCK_ACCESS_FS_… */
#define BIT(n) (UINT64_C(1) << (n))
#define WRITE_FILE BIT(1)
#define READ_FILE BIT(2)
#define READ_DIR BIT(3)
#define REMOVE_FILE BIT(5)
#define MAKE_REG BIT(8)
#define MAKE_SOCK BIT(9)
#define TRUNCATE BIT(14)
#define IOCTL_DEV BIT(15)

/* struct landlock_path_beneath_attr */
struct __attribute__((packed)) beneath {
    uint64_t allowed;
    int32_t parent;
};

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

/* The version of the interface; 0: there is none, in the kernel, or for a container whose system calls are filtered,
 * where the question is refused: the kernel itself answers it to all. -errno. */
static int version_of_kernel(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
    if (version > 0)
        return (int)version;
    return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
}

int ww_landlock_nothing(void)
{
    int version = version_of_kernel();
    if (version <= 0)
        return version;
    struct ruleset all = all_of(version);
    ww_auto_close int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        return -errno;
    return version;
}

/* What a place may be used for, by WW_PLACE_…; and what of it is for a file, where the place is one. */
static const uint64_t rights[] = {
    [WW_PLACE_READ] = READ_FILE | READ_DIR,
    [WW_PLACE_APPEND] = WRITE_FILE | MAKE_REG | IOCTL_DEV,
    [WW_PLACE_KEEP] = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_SOCK | REMOVE_FILE,
};
#define OF_FILES (READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV)

/* One that is not there cannot be used. */
static int add_place(int ruleset, const struct ruleset *handled, const struct ww_place *place)
{
    struct stat st;
    ww_auto_close int fd = open(place->path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return 0;
    uint64_t allowed = rights[place->use] & handled->files & (S_ISDIR(st.st_mode) ? ~UINT64_C(0) : OF_FILES);
    const struct beneath beneath = {.allowed = allowed, .parent = fd};
    return allowed && syscall(SYS_landlock_add_rule, ruleset, RULE_BENEATH, &beneath, 0) < 0 ? -errno : 0;
}

int ww_landlock_places(const struct ww_place *places, size_t n)
{
    int version = version_of_kernel();
    if (version <= 0)
        return version;
    struct ruleset handled = all_of(version);
    handled.net &= BIND_TCP;        /* the engine may be at any port */
    handled.scoped &= SCOPE_SIGNAL; /* … or socket */
    ww_auto_close int fd = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    int rc = fd < 0 ? -errno : 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_place(fd, &handled, &places[i]);
    if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        rc = -errno;
    return rc < 0 ? rc : version;
}
