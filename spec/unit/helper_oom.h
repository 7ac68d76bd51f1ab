/* Allocations that fail when the test says so: what is linked with --wrap (cmake/tests.cmake) calls helper_oom.c's. */
#ifndef WW_SPEC_HELPER_OOM_H
#define WW_SPEC_HELPER_OOM_H

#include <stdbool.h>

extern long oom_countdown; /* the allocation that fails: 1 is the next; 0: none */
extern bool oom_for_good;  /* all after it fail, too */
extern bool oom_failed;    /* it has */

/* The Nth from now on fails, alone or with all after it; 0: none. */
void oom_arm(long n, bool for_good);

#endif
