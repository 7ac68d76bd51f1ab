#include "helper_room.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper_netns.h"

struct room room_open(void)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    struct room room = {.pid = fork()};
    assert_true(room.pid >= 0);
    if (room.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWNET) == 0 && write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return room;
}

void room_close(struct room room)
{
    helper_run("kill %d", room.pid);
}

void room_attach_new(struct room room, const char *port, const char *bridge, const char *mac)
{
    helper_run("ip link add %s type veth peer name eth0 address %s netns %d && ip link set %s master %s up && "
               "nsenter --net --target %d ip link set eth0 up",
               port, mac, room.pid, port, bridge, room.pid);
}

void room_attach_old(const char *port, const char *bridge)
{
    helper_run("ip link add %s type veth peer name peer%s && ip link set %s master %s up", port, port, port, bridge);
}

void room_move_old(struct room room, const char *port, const char *mac)
{
    helper_run(
        "ip link set peer%s netns %d && nsenter --net --target %d sh -c 'ip link set peer%s address %s name eth0 "
        "&& ip link set eth0 up'",
        port, room.pid, room.pid, port, mac);
}
