/* The command line. */
#ifndef WW_CLI_OPTIONS_H
#define WW_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/agent/audit.h"
#include "core/agent/guard.h"
#include "core/base/error.h"
#include "core/base/limits.h"
#include "core/control/listen.h"

enum ww_command {
    WW_COMMAND_RUN,
    WW_COMMAND_STATUS,
    WW_COMMAND_TEST,
    WW_COMMAND_CHECK,
    WW_COMMAND_PLAN,
    WW_COMMAND_EXPLAIN,
    WW_COMMAND_SHOW,
    WW_COMMAND_DROPS,
    WW_COMMAND_EVENTS,
    WW_COMMAND_SUGGEST,
    WW_COMMAND_COMPLETION,
    WW_COMMAND_METRICS,
    WW_COMMAND_DOCTOR
};

/* Strings are borrowed from argv, or are of `words`. */
struct ww_options {
    enum ww_command command;
    bool clear;
    bool json;   /* what a command prints */
    bool strict; /* of check: warnings count */
    bool dot;    /* of plan: a graph */
    bool follow; /* of drops and events: go on */
    bool watch;  /* of status: again and again */
    bool kernel; /* of test: real packets, too */
    bool debug;
    bool version;
    bool help;
    bool trust_image_labels;
    bool audit;
    bool docker_user;
    bool kernel_drop_log;
    bool shared_table;
    bool watch_policy;
    bool no_sandbox;
    enum ww_guard_mode guard;
    enum ww_audit_labels audit_labels;
    const char *policies[WW_LIMIT_POLICIES]; /* in the order given */
    size_t n_policies;
    const char *policy_config;
    struct ww_listen metrics;                  /* where metrics are served; len 0: nowhere */
    const char *files[WW_LIMIT_COMPOSE_FILES]; /* what stands behind the command and its options, "-" too */
    size_t n_files;
    const char *data_dir; /* of plan: NULL, where no program is to be asked */
    const char *project;  /* of suggest: a compose project; NULL: containers are named */
    const char *html;     /* of plan: the file that a page is written to; NULL: none */
    const char *log_path;
    int64_t timeout_ms;
    char **words; /* owned: options as they were taken from the environment */
    size_t n_words;
};

/*
 * Parse the command, which comes first or is missing, its options, with one or two dashes, `-d DIR` or `-d=DIR`,
 * `-debug` or `-debug=false`, and the files that it takes. Everything has a default. Before them count variables, as
 * environ(7) has them: WHALEWALL_DOCKER_USER is -docker-user; those of options that do not go with the command are
 * passed over, and so are those that are no option's where a command is given, or -help or -version. -EINVAL with a
 * text that says which option or variable and what would be right. Free with ww_options_done.
 */
int ww_options_parse(int argc, char *const argv[], char *const variables[], struct ww_options *ret_options,
                     struct ww_error *err);

void ww_options_done(struct ww_options *options);

void ww_options_print_help(FILE *out);

/* One row of the table of options, for code that makes something of it. Static texts. */
struct ww_option_row {
    const char *name;
    bool takes_value;
    const char *value; /* what the help calls it, as "auto|all|off"; NULL: it takes none */
    const char *help;  /* a line; NULL: the help does not name it */
    bool hidden;       /* … and that is so */
    bool choice;       /* the value is one of those words */
    bool act;          /* has something done in place of running, as -version */
    bool list;         /* may be given several times */
};

/* The option at this index, from 0, and whether it goes with the command. False: there are no more. */
bool ww_options_row(size_t index, enum ww_command command, struct ww_option_row *ret_row, bool *ret_goes);

/* The name of a command, "" for WW_COMMAND_RUN, and whether it takes files. NULL: there are no more. */
const char *ww_options_command(size_t index, bool *ret_files);

#endif
