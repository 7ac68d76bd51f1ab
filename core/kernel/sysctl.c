#include "core/kernel/sysctl.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "core/base/mem.h"

/* Entries of /proc/sys/net show the network namespace of the reading thread. */
bool ww_sysctl_sees_bridged(int family)
{
    ww_auto_close int fd = open(family == AF_INET6 ? "/proc/sys/net/bridge/bridge-nf-call-ip6tables"
                                                   : "/proc/sys/net/bridge/bridge-nf-call-iptables",
                                O_RDONLY | O_CLOEXEC);
    char value = '0';
    return fd >= 0 && read(fd, &value, 1) == 1 && value != '0';
}
