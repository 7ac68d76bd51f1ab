#include "core/cli/completion.h"

#include <errno.h>
#include <string.h>

#include "core/cli/completion_walk.h"

/* The options of a command, a blank before each. */
static void print_options(enum ww_command command, FILE *out)
{
    struct ww_option_row row;
    bool goes;
    fputs("        words='", out);
    for (size_t i = 0; ww_options_row(i, command, &row, &goes); i++)
        if (goes && !row.hidden)
            fprintf(out, " -%s", row.name);
    fputs("'\n", out);
}

static const struct ww_completion_shell bash = {.options = print_options,
                                                .names_begin = "((COMP_CWORD > 1)) || words+=' ",
                                                .names_end = "'",
                                                .words_begin = "mapfile -t COMPREPLY < <(compgen -W '",
                                                .words_end = "' -- \"$word\")",
                                                .files = "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"};

void ww_completion_bash(FILE *out)
{
    fputs("# bash completion for whalewall, made by `whalewall completion`\n"
          "_whalewall() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words='' files=0\n"
          "    case ${COMP_WORDS[COMP_CWORD - 1]} in\n",
          out);
    ww_completion_values(&bash, out);
    fputs("    esac\n    case ${COMP_WORDS[1]} in\n", out);
    ww_completion_commands(&bash, out);
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
