/* A network namespace as a process that sleeps in it: a container as far as its links go. */
#ifndef WW_SPEC_HELPER_ROOM_H
#define WW_SPEC_HELPER_ROOM_H

#include <sys/types.h>

struct room {
    pid_t pid;
};

struct room room_open(void);
void room_close(struct room room);

/* As engines since 28 do: at once where it belongs, with its address, before any event tells of it. */
void room_attach_new(struct room room, const char *port, const char *bridge, const char *mac);

/* As engines before 28 do until `network connect`: both ends are theirs, and the address is not the later one. */
void room_attach_old(const char *port, const char *bridge);
/* And what they do right before the process starts. */
void room_move_old(struct room room, const char *port, const char *mac);

#endif
