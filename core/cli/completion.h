/* `whalewall completion [bash|zsh]`: what a shell completes a command line with. */
#ifndef WW_CLI_COMPLETION_H
#define WW_CLI_COMPLETION_H

#include <stdio.h>

#include "core/base/error.h"

/* Print a script for the shell (NULL: bash), of the table of options (core/cli/options.h): nothing has to be added here
 * for a new one. -EINVAL: there is none for this shell. */
int ww_completion_print(const char *shell, FILE *out, struct ww_error *err);

/* One for each shell. Private to completion*.c. */
void ww_completion_bash(FILE *out);
void ww_completion_zsh(FILE *out);

#endif
