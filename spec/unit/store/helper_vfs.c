#include "helper_vfs.h"

#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    int left; /* operations that still succeed; negative: all */
    int code;
    int read_code;
    bool once;
    bool failed;
} shim = {.left = -1};

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* lies right behind this struct */
};

/* SQLITE_OK, or the code that this operation is to fail with. */
static int shim_step(void)
{
    if (shim.left < 0)
        return SQLITE_OK;
    if (shim.left > 0) {
        shim.left--;
        return SQLITE_OK;
    }
    if (shim.once)
        shim.left = -1;
    shim.failed = true;
    return shim.code;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct shim_file *)f)->real;
}

static int shim_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int shim_read(sqlite3_file *f, void *data, int n, sqlite3_int64 at)
{
    return shim.read_code ? shim.read_code : real_of(f)->pMethods->xRead(real_of(f), data, n, at);
}

static int shim_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
    int rc = shim_step();
    return rc ? rc : real_of(f)->pMethods->xWrite(real_of(f), data, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = shim_step();
    return rc ? rc : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    int rc = shim_step();
    return rc ? rc : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int shim_lock(sqlite3_file *f, int lock)
{
    return real_of(f)->pMethods->xLock(real_of(f), lock);
}

static int shim_unlock(sqlite3_file *f, int lock)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), lock);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int shim_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    int rc = extend ? shim_step() : SQLITE_OK;
    return rc ? rc : real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shim_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    (void)vfs;
    struct shim_file *file = (struct shim_file *)f;
    file->real = (sqlite3_file *)(file + 1);
    int rc = shim.real->xOpen(shim.real, name, file->real, flags, ret_flags);
    file->base.pMethods = file->real->pMethods ? &shim_methods : NULL;
    return rc;
}

void helper_vfs_install(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.zName = "shim";
    shim.vfs.xOpen = shim_open;
    shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
    sqlite3_vfs_register(&shim.vfs, 1);
}

void helper_vfs_fail(int after, int code, bool once)
{
    shim.left = after;
    shim.code = code;
    shim.once = once;
    shim.failed = false;
}

bool helper_vfs_has_failed(void)
{
    return shim.failed;
}

void helper_vfs_fail_reads(int code)
{
    shim.read_code = code;
}
