/* `whalewall metrics`. */
#ifndef WW_CLI_METRICS_H
#define WW_CLI_METRICS_H

#include <stdio.h>

/* Ask the program that runs with this data directory, print its metrics as they are, and return the exit status:
 * EXIT_SUCCESS, or WW_STATUS_SILENT. */
int ww_metrics(const char *data_dir, FILE *out);

#endif
