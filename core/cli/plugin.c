#include "core/cli/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME "whalewall"
#define ASKED "docker-cli-plugin-metadata"
#define CLIENT "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND" /* set where the client calls */

bool ww_plugin_is_asked(int argc, char *const argv[])
{
    return argc == 2 && strcmp(argv[1], ASKED) == 0;
}

void ww_plugin_describe(FILE *out)
{
    fputs("{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"" NAME "\",\"Version\":\"" WW_VERSION
          "\",\"ShortDescription\":\"Rules between containers, from their labels\"}\n",
          out);
}

static bool is_plugin(int argc, char *const argv[])
{
    const char *slash = argc ? strrchr(argv[0], '/') : NULL;
    return argc && getenv(CLIENT) && strcmp(slash ? slash + 1 : argv[0], "docker-" NAME) == 0;
}

/* The host, where the word at *i names it; *i is then the last word of that. NULL: it is another option. */
static const char *host_of(int argc, char *const argv[], int *i)
{
    const char *word = argv[*i];
    if (strncmp(word, "--host=", 7) == 0)
        return word + 7;
    if (strcmp(word, "-H") != 0 && strcmp(word, "--host") != 0)
        return NULL;
    return *i + 1 < argc ? argv[++*i] : NULL;
}

int ww_plugin_take(int *argc, char ***argv, struct ww_error *err)
{
    static char help[] = "-help";
    char **words = *argv;
    int i = 1;
    if (!is_plugin(*argc, words))
        return 0;
    for (; i < *argc && words[i][0] == '-'; i++) {
        const char *option = words[i];
        const char *host = host_of(*argc, words, &i);
        if (!host)
            return ww_fail(err, -EINVAL,
                           "docker's option '%.64s' means nothing here; only -H does, and DOCKER_HOST. Options of "
                           "whalewall stand behind its name: docker whalewall status -d DIR",
                           option);
        if (setenv("DOCKER_HOST", host, 1) < 0)
            return ww_fail(err, -ENOMEM, "out of memory");
    }
    if (i == *argc)
        return 0;
    bool asked = i + 1 < *argc && strcmp(words[i], "help") == 0; /* docker help whalewall */
    if (strcmp(words[i], NAME) != 0 && !asked)
        return 0;
    if (asked)
        words[i + 1] = help;
    *argv = words + i;
    *argc -= i;
    return 0;
}
