/* A network namespace of the test's own, and programs run in it. */
#ifndef WW_SPEC_HELPER_NETNS_H
#define WW_SPEC_HELPER_NETNS_H

#include <stdbool.h>

/* Move this process into a fresh network namespace with lo up. False without the right to. */
bool helper_netns_enter(void);

/* Run a shell command; fails the test with the command's text when it does not succeed. */
void helper_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Lines for ip(8), without its name, in one process: each container of a lab takes a dozen of them. */
void helper_ip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The standard output of a shell command; the caller frees it. */
char *helper_output(const char *command);

#endif
