/* What zsh completes a command line with: options with what the help says of them. */
#include "core/cli/completion.h"
#include "core/cli/completion_walk.h"

/* Between single quotes, of which it may have some itself. */
static void print_text(const char *text, FILE *out)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
}

static void print_options(enum ww_command command, FILE *out)
{
    struct ww_option_row row;
    bool goes;
    fputs("        offered=(", out);
    for (size_t i = 0; ww_options_row(i, command, &row, &goes); i++) {
        if (!goes || row.hidden)
            continue;
        fprintf(out, "\n            '-%s:", row.name);
        print_text(row.help, out);
        fputs("'", out);
    }
    fputs(")\n", out);
}

static const struct ww_completion_shell zsh = {.options = print_options,
                                               .names_begin = "((CURRENT > 2)) || commands=(",
                                               .names_end = ")",
                                               .words_begin = "compadd -- ",
                                               .words_end = "",
                                               .files = "_files"};

void ww_completion_zsh(FILE *out)
{
    fputs("#compdef whalewall\n"
          "# zsh completion for whalewall, made by `whalewall completion zsh`\n"
          "_whalewall() {\n"
          "    local files=0\n"
          "    local -a offered commands\n"
          "    case ${words[CURRENT - 1]} in\n",
          out);
    ww_completion_values(&zsh, out);
    fputs("    esac\n    case ${words[2]} in\n", out);
    ww_completion_commands(&zsh, out);
    fputs("    esac\n"
          "    if [[ ${words[CURRENT]} == -* ]]; then\n"
          "        _describe -o option offered\n"
          "    elif ((files)); then\n"
          "        _files\n"
          "    elif (($#commands)); then\n"
          "        compadd -- $commands\n"
          "    fi\n"
          "}\n"
          "if [[ ${funcstack[1]} == _whalewall ]]; then\n"
          "    _whalewall \"$@\"\n"
          "else\n"
          "    compdef _whalewall whalewall\n"
          "fi\n",
          out);
}
