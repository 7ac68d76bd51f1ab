#include "core/kernel/sysctl.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"

#define TIMEOUTS "/proc/sys/net/netfilter/nf_conntrack_"

/* Entries of /proc/sys/net show the network namespace of the reading thread. */
bool ww_sysctl_sees_bridged(int family)
{
    ww_auto_close int fd = open(family == AF_INET6 ? "/proc/sys/net/bridge/bridge-nf-call-ip6tables"
                                                   : "/proc/sys/net/bridge/bridge-nf-call-iptables",
                                O_RDONLY | O_CLOEXEC);
    char value = '0';
    return fd >= 0 && read(fd, &value, 1) == 1 && value != '0';
}

bool ww_sysctl_tracks_sctp(void)
{
    return access(TIMEOUTS "sctp_timeout_established", F_OK) == 0 ||
           access(TIMEOUTS "tcp_timeout_established", F_OK) != 0;
}
