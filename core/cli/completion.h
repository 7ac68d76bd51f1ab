/* `whalewall completion`: what bash completes a command line with. */
#ifndef WW_CLI_COMPLETION_H
#define WW_CLI_COMPLETION_H

#include <stdio.h>

/* Print a script for bash, of the table of options (core/cli/options.h): nothing has to be added here for a new one. */
void ww_completion_print(FILE *out);

#endif
