#include "core/cli/completion_walk.h"

/* All commands but the one without a name, with a blank between them. */
static void print_names(FILE *out)
{
    const char *name;
    bool files;
    for (size_t i = 1; (name = ww_options_command(i, &files)) != NULL; i++)
        fprintf(out, "%s%s", i > 1 ? " " : "", name);
}

void ww_completion_commands(const struct ww_completion_shell *shell, FILE *out)
{
    const char *name;
    bool files;
    for (size_t i = 1; (name = ww_options_command(i, &files)) != NULL; i++) {
        fprintf(out, "    %s)\n", name);
        shell->options((enum ww_command)i, out);
        fprintf(out, "        files=%d\n        ;;\n", files);
    }
    fputs("    *)\n", out);
    shell->options(WW_COMMAND_RUN, out);
    fprintf(out, "        %s", shell->names_begin);
    print_names(out);
    fprintf(out, "%s\n        ;;\n", shell->names_end);
}

void ww_completion_values(const struct ww_completion_shell *shell, FILE *out)
{
    struct ww_option_row row;
    bool goes;
    for (size_t i = 0; ww_options_row(i, WW_COMMAND_RUN, &row, &goes); i++) {
        if (!row.takes_value)
            continue;
        fprintf(out, "    -%s | --%s)\n        ", row.name, row.name);
        if (row.choice) {
            fputs(shell->words_begin, out);
            for (const char *c = row.value; *c; c++)
                fputc(*c == '|' ? ' ' : *c, out);
            fputs(shell->words_end, out);
        } else {
            fputs(shell->files, out);
        }
        fputs("\n        return\n        ;;\n", out);
    }
}
