#include "core/agent/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/agent/lock.h"
#include "core/base/mem.h"
#include "core/control/socket.h"
#include "core/store/store.h"

static const char *const files[] = {WW_LOCK_FILE,      WW_STORE_FILE,   WW_STORE_FILE "-wal",    WW_STORE_FILE "-shm",
                                    WW_CONTROL_SOCKET, WW_CONTROL_LOCK, WW_STORE_FILE "-journal"};

/* Why one fails is told by what opens a file there. */
static int make_all(const char *dir, struct ww_error *err)
{
    ww_auto_free char *path = strdup(dir);
    if (!path)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
    return 0;
}

/* Whose files the process uses. No number changes it, and asks only. Where it cannot be another user's that is not
 * asked, for the program that runs, and a service, may not. */
static uid_t files_user(void)
{
    return geteuid() == 0 ? (uid_t)setfsuid((uid_t)-1) : geteuid();
}

static int check_rights(const char *dir, const struct stat *info, bool make, struct ww_error *err)
{
    uid_t user = make ? geteuid() : files_user();
    if (info->st_uid != 0 && info->st_uid != user)
        return ww_fail(err, -EPERM,
                       "the data directory '%s' is user %lu's, who could change what is remembered there: give it to "
                       "the user that whalewall runs as (chown), or choose another (-d, or data_dir of the library)",
                       dir, (unsigned long)info->st_uid);
    if (info->st_mode & (S_IWGRP | S_IWOTH))
        return ww_fail(
            err, -EPERM,
            "users other than its owner may write in the data directory '%s' (mode %04o): take that away (chmod "
            "go-w), or choose another (-d, or data_dir of the library)",
            dir, (unsigned)(info->st_mode & 07777));
    return 0;
}

static int check_files(const char *dir, int fd, struct ww_error *err)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct stat info;
        if (fstatat(fd, files[i], &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode))
            return ww_fail(err, -EPERM,
                           "'%s/%s' is a symbolic link, which is not followed: remove it; to have the data elsewhere "
                           "choose that directory (-d, or data_dir of the library)",
                           dir, files[i]);
    }
    return 0;
}

int ww_data_dir_open(const char *dir, bool make, struct ww_error *err)
{
    struct stat info;
    int rc = make ? make_all(dir, err) : 0;
    if (rc < 0)
        return rc;
    ww_auto_close int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0)
        return 0;
    rc = check_rights(dir, &info, make, err);
    return rc < 0 ? rc : check_files(dir, fd, err);
}

uid_t ww_data_dir_as_owner(const char *dir)
{
    uid_t user = files_user();
    struct stat info;
    if (geteuid() == 0 && stat(dir, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid != 0)
        setfsuid(info.st_uid);
    return user;
}
