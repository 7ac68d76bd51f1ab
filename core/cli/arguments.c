/* What was called: the command line, and behind it the environment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/options_internal.h"
#include "core/control/socket.h"
#include "core/store/store.h"

#define SERVICE_DIRECTORY "/var/lib/whalewall" /* packaging/whalewall.service */

static int words_parse(struct ww_options *o, int first, int argc, char *const argv[], struct ww_error *err)
{
    for (int i = first; i < argc; i++) {
        /* "-" is the standard input, of a command that takes files. */
        bool file = argv[i][0] != '-' || !argv[i][1];
        int rc = file ? ww_file_take(o, argv[i], err) : ww_option_take(o, argc, argv, &i, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Policies that the command line names are in place of those of the environment, not beside them. */
static void drop_policies(struct ww_options *o, size_t n)
{
    if (o->n_policies == n)
        return;
    o->n_policies -= n;
    memmove(o->policies, o->policies + n, o->n_policies * sizeof(o->policies[0]));
}

static int check_together(const struct ww_options *o, struct ww_error *err)
{
    if (o->policy_config && !o->n_policies)
        return ww_fail(err, -EINVAL, "option -policy-config needs -policy: there is no policy to configure");
    if (o->watch_policy && !o->n_policies)
        return ww_fail(err, -EINVAL, "option -watch-policy needs -policy: there is no policy to watch");
    if (o->json + o->dot + (o->html != NULL) > 1)
        return ww_fail(err, -EINVAL, "only one of the options -json, -dot and -html can be given: one form is written");
    return 0;
}

/* A command that asks may run in any directory: where no program was started in this directory, the service's counts.
 */
static const char *default_directory(const struct ww_options *o)
{
    bool asks = o->command != WW_COMMAND_RUN || o->clear;
    bool here = access(WW_CONTROL_SOCKET, F_OK) == 0 || access(WW_STORE_FILE, F_OK) == 0;
    return asks && !here && access(SERVICE_DIRECTORY, F_OK) == 0 ? SERVICE_DIRECTORY : ".";
}

/* Both are read to the end, as -help and -version are answered whatever variables there are. */
static int take_all(struct ww_options *o, int argc, char *const argv[], char *const variables[], struct ww_error *err)
{
    int first = 1 + ww_command_take(argc, argv, o);
    struct ww_error of_variables = {0};
    int variables_rc = ww_environment_take(o, variables, &of_variables);
    size_t policies = o->n_policies;
    int rc = words_parse(o, first, argc, argv, err);
    drop_policies(o, policies);
    if (variables_rc == 0 || (rc == 0 && (o->help || o->version)))
        return rc;
    if (err)
        *err = of_variables;
    return variables_rc;
}

int ww_options_parse(int argc, char *const argv[], char *const variables[], struct ww_options *ret_options,
                     struct ww_error *err)
{
    struct ww_options o = {.log_path = "stdout", .timeout_ms = 10000};
    int rc = take_all(&o, argc, argv, variables, err);
    if (!o.data_dir && o.command != WW_COMMAND_PLAN)
        o.data_dir = default_directory(&o);
    if (rc == 0)
        rc = check_together(&o, err);
    if (rc < 0)
        ww_options_done(&o);
    else
        *ret_options = o;
    return rc;
}

void ww_options_done(struct ww_options *o)
{
    for (size_t i = 0; i < o->n_words; i++)
        free(o->words[i]);
    free(o->words);
    o->words = NULL;
    o->n_words = 0;
}
