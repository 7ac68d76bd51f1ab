/* landlock(7), by its system calls: the C library has no functions for them. */
#ifndef WW_SANDBOX_LANDLOCK_H
#define WW_SANDBOX_LANDLOCK_H

#include <stdint.h>

/*
 * This process opens, makes and removes no file, binds and connects no TCP socket, and (from version 6) reaches no
 * abstract socket and signals no process outside. The version of the interface; 0: the kernel has none. -errno. Needs
 * no_new_privs.
 */
int ww_landlock_nothing(void);

#endif
