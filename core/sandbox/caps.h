/* Capabilities of this process, by the system calls alone: a worker is made too often to read files in /proc for them.
 */
#ifndef WW_SANDBOX_CAPS_H
#define WW_SANDBOX_CAPS_H

#include <stdbool.h>

bool ww_caps_have(unsigned capability); /* in the effective set */

/* Give all up. 0 when none is left, else -errno. */
int ww_caps_clear(void);

#endif
