#include "core/sandbox/handle.h"

#include <poll.h>
#include <unistd.h>

#include "core/sandbox/hello.h"

int ww_handle_order(struct ww_handle *handle, const struct ww_forker *forker, struct ww_error *err)
{
    handle->greeted = false;
    return forker->loader ? ww_loader_fork(forker->loader, &handle->fd, err)
                          : ww_zygote_spawn(forker->zygote, &handle->fd, &handle->serial, err);
}

int ww_handle_greet(struct ww_handle *handle, int64_t ms, struct ww_jail_report *ret_report,
                    char ret_version[static WW_HASH_HEX], struct ww_error *err)
{
    int rc = ww_hello_receive(handle->fd, ms, ret_report, ret_version, err);
    handle->greeted = rc == 0;
    return rc;
}

bool ww_handle_has_ended(const struct ww_handle *handle)
{
    struct pollfd p = {.fd = handle->fd};
    return poll(&p, 1, 0) > 0;
}

void ww_handle_end(struct ww_handle *handle, const struct ww_forker *forker)
{
    if (handle->fd < 0)
        return;
    close(handle->fd);
    if (forker->zygote)
        ww_zygote_kill(forker->zygote, handle->serial);
    *handle = WW_HANDLE_NONE;
}
