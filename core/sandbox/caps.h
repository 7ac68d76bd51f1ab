/* Capabilities of this process, by the system calls alone: a worker is made too often to read files in /proc for them.
 */
#ifndef WW_SANDBOX_CAPS_H
#define WW_SANDBOX_CAPS_H

#include <stdbool.h>

bool ww_caps_have(unsigned capability); /* in the effective set */

/* Give all up. 0 when none is left, else -errno. */
int ww_caps_clear(void);

/* Apply what was chosen with libcap-ng to the bounding set, too. Without CAP_SETPCAP it cannot be done, and is not
 * tried, for the library would say so in the journal; no_new_privs is what counts. */
void ww_caps_bound(void);

#endif
