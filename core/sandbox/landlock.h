/* landlock(7), by its system calls: the C library has no functions for them. */
#ifndef WW_SANDBOX_LANDLOCK_H
#define WW_SANDBOX_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * This process opens, makes and removes no file, binds and connects no TCP socket, and (from version 6) reaches no
 * abstract socket and signals no process outside. The version of the interface; 0: there is none here. -errno. Needs
 * no_new_privs.
 */
int ww_landlock_nothing(void);

/* A file, or a directory with all that is in it. */
struct ww_place {
    const char *path;
    enum ww_place_use {
        WW_PLACE_READ,
        WW_PLACE_APPEND, /* write to files, and make some */
        WW_PLACE_KEEP,   /* the program's own: read and write, make and remove files and sockets */
    } use;
};

/*
 * This thread, and those that it makes, use files at these places only, as said there: places that are not there now
 * are not among them, and no program is run. It listens at no TCP port, and signals no other process. Where a file will
 * be put in the place of another, the directory has to be the place. The same results.
 */
int ww_landlock_places(const struct ww_place *places, size_t n);

#endif
