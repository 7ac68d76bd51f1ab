#include "core/cli/completion.h"

#include <errno.h>
#include <string.h>

#include "core/cli/options.h"

/* The options of a command, a blank before each. */
static void print_options(enum ww_command command, FILE *out)
{
    struct ww_option_row row;
    bool goes;
    for (size_t i = 0; ww_options_row(i, command, &row, &goes); i++)
        if (goes && !row.hidden)
            fprintf(out, " -%s", row.name);
}

/* The cases of a command: which options it has, whether files are named. */
static void print_commands(FILE *out)
{
    const char *name;
    bool files;
    for (size_t i = 1; (name = ww_options_command(i, &files)) != NULL; i++) {
        fprintf(out, "    %s)\n        words='", name);
        print_options((enum ww_command)i, out);
        fprintf(out, "'\n        files=%d\n        ;;\n", files);
    }
    fputs("    *)\n        words='", out);
    print_options(WW_COMMAND_RUN, out);
    fputs("'\n        ((COMP_CWORD > 1)) || words+='", out);
    for (size_t i = 1; (name = ww_options_command(i, &files)) != NULL; i++)
        fprintf(out, " %s", name);
    fputs("'\n        ;;\n", out);
}

/* Values of options: words, or files and directories. */
static void print_values(FILE *out)
{
    struct ww_option_row row;
    bool goes;
    for (size_t i = 0; ww_options_row(i, WW_COMMAND_RUN, &row, &goes); i++) {
        if (!row.takes_value)
            continue;
        fprintf(out, "    -%s | --%s)\n        ", row.name, row.name);
        if (row.choice) {
            fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
            for (const char *c = row.value; *c; c++)
                fputc(*c == '|' ? ' ' : *c, out);
            fputs("' -- \"$word\")\n", out);
        } else {
            fputs("mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n", out);
        }
        fputs("        return\n        ;;\n", out);
    }
}

void ww_completion_bash(FILE *out)
{
    fputs("# bash completion for whalewall, made by `whalewall completion`\n"
          "_whalewall() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words='' files=0\n"
          "    case ${COMP_WORDS[COMP_CWORD - 1]} in\n",
          out);
    print_values(out);
    fputs("    esac\n    case ${COMP_WORDS[1]} in\n", out);
    print_commands(out);
    fputs("    esac\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    if ((files)) && [[ $word != -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _whalewall whalewall\n",
          out);
}

int ww_completion_print(const char *shell, FILE *out, struct ww_error *err)
{
    if (!shell || strcmp(shell, "bash") == 0)
        ww_completion_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        ww_completion_zsh(out);
    else
        return ww_fail(err, -EINVAL, "there is no completion for '%.32s'; write bash or zsh", shell);
    return 0;
}
