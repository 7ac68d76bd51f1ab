/* Where the rule in Docker's chain DOCKER-USER that accepts what is marked was found; families: IPv4, IPv6. */
#ifndef WW_KERNEL_DOCKER_PLACE_H
#define WW_KERNEL_DOCKER_PLACE_H

enum ww_docker_user_place {
    WW_DOCKER_USER_NO_CHAIN,
    WW_DOCKER_USER_NOT_NEEDED, /* no chain, but dockerd itself accepts the mark: --bridge-accept-fwmark */
    WW_DOCKER_USER_MISSING,
    WW_DOCKER_USER_MISPLACED, /* before other programs' rules, behind one that returns everything, or more than once */
    WW_DOCKER_USER_IN_PLACE,
};
#define WW_DOCKER_USER_FAMILIES 2

#endif
