/* `whalewall doctor`: whether this host can be enforced, what else is on it, and what is open; each with what to do. */
#ifndef WW_CLI_DOCTOR_H
#define WW_CLI_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

/* The engine, as the environment names it; NULL: not set. */
struct ww_doctor_options {
    const char *data_dir;
    const char *host;
    const char *cert_path;
    bool tls_verify;
    bool json;
};

/* Look, change nothing, print, and return the exit status: EXIT_SUCCESS, or 1 where something is wrong or a warning. */
int ww_doctor(const struct ww_doctor_options *options, FILE *out);

#endif
