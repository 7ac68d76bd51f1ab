/* Options in the environment: WHALEWALL_POLICY_CONFIG is -policy-config, by the same table as the command line. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/cli/options_internal.h"

#define PREFIX "WHALEWALL_"

/* Whether the variable, which ends before `=`, is named after this option. */
static bool is_named(const char *variable, size_t len, const char *option)
{
    if (strlen(option) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (variable[i] != (option[i] == '-' ? '_' : toupper((unsigned char)option[i])))
            return false;
    return true;
}

/* Options of the program that runs; others say what one call of a command is to print. */
static bool find(const char *variable, size_t len, enum ww_command command, struct ww_option_row *ret_row,
                 bool *ret_goes)
{
    struct ww_option_row row;
    bool runs;
    for (size_t i = 0; ww_options_row(i, WW_COMMAND_RUN, &row, &runs); i++)
        if (runs && !row.hidden && is_named(variable, len, row.name))
            return ww_options_row(i, command, ret_row, ret_goes);
    return false;
}

static int add_word(struct ww_options *o, const char *option, const char *value, size_t len, struct ww_error *err)
{
    char **words = realloc(o->words, (o->n_words + 1) * sizeof(*words));
    size_t size = strlen(option) + len + sizeof("-=");
    if (words)
        o->words = words;
    char *word = words ? malloc(size) : NULL;
    if (!word)
        return ww_fail(err, -ENOMEM, "out of memory");
    snprintf(word, size, "-%s=%.*s", option, (int)len, value);
    o->words[o->n_words++] = word;
    int first = 0;
    return ww_option_take(o, 1, &word, &first, err);
}

/* What may be given several times is written as PATH is: with colons between. */
static int take_list(struct ww_options *o, const char *option, const char *value, struct ww_error *err)
{
    int rc = 0;
    while (rc == 0 && *value) {
        size_t len = strcspn(value, ":");
        if (len)
            rc = add_word(o, option, value, len, err);
        value += len + (value[len] == ':');
    }
    return rc;
}

static int unknown_variable(const char *variable, const char *name, size_t len, struct ww_error *err)
{
    char meant[64];
    const int shown = (int)(strlen(PREFIX) + len);
    const char *nearest = ww_option_nearest(name, len, WW_COMMAND_RUN, true);
    if (!nearest)
        return ww_fail(err, -EINVAL, "variable %.*s: no option is called so; -help lists them", shown, variable);
    size_t n = 0;
    for (; nearest[n] && n + 1 < sizeof(meant); n++)
        meant[n] = nearest[n] == '-' ? '_' : (char)toupper((unsigned char)nearest[n]);
    meant[n] = '\0';
    return ww_fail(err, -EINVAL, "variable %.*s: no option is called so; did you mean " PREFIX "%s?", shown, variable,
                   meant);
}

/* An empty one counts as none: so Compose passes on a variable that is not set. */
static int take(struct ww_options *o, const char *variable, struct ww_error *err)
{
    const char *name = variable + strlen(PREFIX);
    size_t len = strcspn(name, "=");
    int name_len = (int)(strlen(PREFIX) + len);
    struct ww_option_row row;
    bool goes;
    bool found = find(name, len, o->command, &row, &goes);
    /* What asks goes on: it must not fail for a variable that something else on this machine is told by. */
    if (o->command != WW_COMMAND_RUN && (!found || row.act))
        return 0;
    if (!found)
        return unknown_variable(variable, name, len, err);
    if (row.act)
        return ww_fail(err, -EINVAL, "variable %.*s: -%s is for the command line only", name_len, variable, row.name);
    if (!goes || name[len] != '=' || !name[len + 1])
        return 0;
    const char *value = name + len + 1;
    int rc = row.list ? take_list(o, row.name, value, err) : add_word(o, row.name, value, strlen(value), err);
    return rc < 0 ? ww_context(err, "variable %.*s", name_len, variable) : 0;
}

int ww_environment_take(struct ww_options *o, char *const variables[], struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && variables && variables[i]; i++)
        if (strncmp(variables[i], PREFIX, strlen(PREFIX)) == 0)
            rc = take(o, variables[i], err);
    return rc;
}
