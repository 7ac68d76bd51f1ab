/* The command line. */
#ifndef WW_CLI_OPTIONS_H
#define WW_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/error.h"

/* Strings are borrowed from argv. */
struct ww_options {
    bool clear;
    bool debug;
    bool version;
    bool help;
    bool trust_image_labels;
    bool docker_user;
    bool shared_table;
    const char *data_dir;
    const char *log_path;
    int64_t timeout_ms;
};

/*
 * Parse, with one or two dashes, `-d DIR` or `-d=DIR`, `-debug` or `-debug=false`. Everything has a default.
 * -EINVAL with a text that says which option and what would be right.
 */
int ww_options_parse(int argc, char *const argv[], struct ww_options *ret_options, struct ww_error *err);

void ww_options_print_help(FILE *out);

#endif
