/* The unix socket in the data directory: <directory>/control.sock, for its owner only. */
#ifndef WW_CONTROL_SOCKET_H
#define WW_CONTROL_SOCKET_H

#include <sys/un.h>

#include "core/base/error.h"

#define WW_CONTROL_SOCKET "control.sock"
/* Not the directory itself, which other users may be able to open, and so to lock. */
#define WW_CONTROL_LOCK "control.lock"

/* Where it is. All -1 and empty is none. */
struct ww_control_socket {
    int dir;  /* the data directory */
    int lock; /* held while we listen */
    int fd;   /* listening */
    struct sockaddr_un
        addr; /* its path; through the descriptor of the directory where that is too long for the kernel */
};

/*
 * Listen, mode 0600, non-blocking. A socket that is left of a process that is gone is replaced. -EADDRINUSE when
 * another whalewall listens in this directory, -EEXIST when the name belongs to something that is no socket, or the
 * errno of open(2), bind(2).
 */
int ww_control_socket_listen(const char *dir, struct ww_control_socket *ret_socket, struct ww_error *err);
/* Close and remove it. */
void ww_control_socket_close(struct ww_control_socket *socket);

/* Write the address of the directory's socket; `dir_fd` is the directory, open, and must be so while the address is in
 * use. -ENAMETOOLONG only where there is no /proc. */
int ww_control_socket_address(const char *dir, int dir_fd, struct sockaddr_un *ret_addr, struct ww_error *err);

#endif
