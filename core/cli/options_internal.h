/* What the files of the command line share. Texts are borrowed. */
#ifndef WW_CLI_OPTIONS_INTERNAL_H
#define WW_CLI_OPTIONS_INTERNAL_H

#include "core/cli/options.h"

/* The command, if the first argument is one: how many arguments it takes, so far. */
int ww_command_take(int argc, char *const argv[], struct ww_options *o);

/* A file, or what else the command takes beside options. */
int ww_file_take(struct ww_options *o, const char *arg, struct ww_error *err);

/* The option at argv[*i], which goes on to the last of its arguments. */
int ww_option_take(struct ww_options *o, int argc, char *const argv[], int *i, struct ww_error *err);

/* The option of the command that a word was probably meant to be, without dashes; variable: the rest of a variable's
 * name, which is one of those that the environment may have. NULL: it is near none. */
const char *ww_option_nearest(const char *word, size_t len, enum ww_command command, bool variable);

/* The options that variables name, for the command that is known by now. */
int ww_environment_take(struct ww_options *o, char *const variables[], struct ww_error *err);

#endif
