/* What zsh completes a command line with: options with what the help says of them. */
#include "core/cli/completion.h"
#include "core/cli/options.h"

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

static void print_commands(FILE *out)
{
    const char *name;
    bool files;
    for (size_t i = 1; (name = ww_options_command(i, &files)) != NULL; i++) {
        fprintf(out, "    %s)\n", name);
        print_options((enum ww_command)i, out);
        fprintf(out, "        files=%d\n        ;;\n", files);
    }
    fputs("    *)\n", out);
    print_options(WW_COMMAND_RUN, out);
    fputs("        ((CURRENT > 2)) || commands=(", out);
    for (size_t i = 1; (name = ww_options_command(i, &files)) != NULL; i++)
        fprintf(out, "%s%s", i > 1 ? " " : "", name);
    fputs(")\n        ;;\n", out);
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
            fputs("compadd -- ", out);
            for (const char *c = row.value; *c; c++)
                fputc(*c == '|' ? ' ' : *c, out);
        } else {
            fputs("_files", out);
        }
        fputs("\n        return\n        ;;\n", out);
    }
}

void ww_completion_zsh(FILE *out)
{
    fputs("#compdef whalewall\n"
          "# zsh completion for whalewall, made by `whalewall completion zsh`\n"
          "_whalewall() {\n"
          "    local files=0\n"
          "    local -a offered commands\n"
          "    case ${words[CURRENT - 1]} in\n",
          out);
    print_values(out);
    fputs("    esac\n    case ${words[2]} in\n", out);
    print_commands(out);
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
