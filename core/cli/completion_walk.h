/* What shells complete, walked through once for all of them; how each is told. */
#ifndef WW_CLI_COMPLETION_WALK_H
#define WW_CLI_COMPLETION_WALK_H

#include <stdio.h>

#include "core/cli/options.h"

struct ww_completion_shell {
    void (*options)(enum ww_command command, FILE *out); /* writes the lines that offer a command's options */
    const char *names_begin; /* around the names of commands, offered for the first word only */
    const char *names_end;
    const char *words_begin; /* around words, one of which is an option's value */
    const char *words_end;
    const char *files; /* such a value is a file or directory */
};

/* The cases of a command: its options, and `files` whether it takes some; of none: the commands, too. */
void ww_completion_commands(const struct ww_completion_shell *shell, FILE *out);
/* The cases of an option before the word: its values. */
void ww_completion_values(const struct ww_completion_shell *shell, FILE *out);

#endif
