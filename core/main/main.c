/* The program: options and environment in, exit status out. */
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/module/specs.h"
#include "bindings/policy_files.h"
#include "bindings/policy_lua.h"
#include "core/agent/agent.h"
#include "core/base/log.h"
#include "core/cli/clear.h"
#include "core/cli/options.h"
#include "core/cli/status.h"
#include "core/main/reader.h"

#define EXIT_USAGE 2

static int fail(struct ww_log *log, const char *msg, const struct ww_error *err)
{
    ww_log(log, WW_ERROR, msg, WW_S("error", err->text));
    return EXIT_FAILURE;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* At the start, and with SIGHUP. */
static int load_policy(const void *options, struct ww_policy *ret_policy, struct ww_error *err)
{
    const struct ww_options *o = options;
    struct ww_policy_sources sources = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->n_policies; i++)
        rc = ww_policy_sources_add(&sources, o->policies[i], err);
    if (rc == 0 && o->policy_config)
        rc = ww_policy_sources_configure(&sources, o->policy_config, err);
    if (rc == 0)
        return ww_policy_lua_new_site(&sources, ret_policy, err);
    ww_policy_sources_done(&sources);
    return rc;
}

/* Policies of the site are run in the program itself, and so are labels then. */
static bool is_sandboxed(const struct ww_options *o)
{
    return !o->no_sandbox && o->n_policies == 0;
}

static int open_policies(const struct ww_options *o, struct ww_log *log, struct ww_policy *ret_policy,
                         struct ww_error *err)
{
    ww_log(log, WW_WARN,
           "labels and policies are read in the program itself, for there are policies of the site (-policy): a fault "
           "in what reads them would give away this host");
    return load_policy(o, ret_policy, err);
}

static struct ww_agent_options agent_options(const struct ww_options *o)
{
    return (struct ww_agent_options){
        .data_dir = o->data_dir,
        .trust_image_labels = o->trust_image_labels,
        .docker_user = o->docker_user,
        .shared_table = o->shared_table,
        .kernel_drop_log = o->kernel_drop_log ? "/dev/kmsg" : NULL,
        .guard = o->guard,
        .load_policy = o->n_policies ? load_policy : NULL,
        .load_from = o,
        .sandbox = is_sandboxed(o),
        .source =
            {
                .host = environment("DOCKER_HOST"),
                .api_version = environment("DOCKER_API_VERSION"),
                .cert_path = environment("DOCKER_CERT_PATH"),
                .tls_verify = environment("DOCKER_TLS_VERIFY") != NULL,
                .timeout_ms = o->timeout_ms,
            },
    };
}

/* What is watched: each policy, and the configuration's directory, as it names files there. */
struct watched {
    const char *paths[WW_LIMIT_POLICIES + 1];
    size_t n;
    char *config;
};

static void find_watched(const struct ww_options *o, struct watched *w)
{
    *w = (struct watched){.config = o->policy_config ? strdup(o->policy_config) : NULL};
    for (; w->n < o->n_policies; w->n++)
        w->paths[w->n] = o->policies[w->n];
    if (w->config)
        w->paths[w->n++] = dirname(w->config);
}

static int run_agent(const struct ww_options *o, struct ww_reader *reader, struct ww_log *log)
{
    struct ww_error err = {0};
    struct ww_policy policy = {0};
    struct ww_agent *agent = NULL;
    struct ww_agent_options options = agent_options(o);
    struct watched watched = {0};
    if (o->watch_policy) {
        find_watched(o, &watched);
        options.watch_paths = watched.paths;
        options.n_watch_paths = watched.n;
    }
    ww_log(log, WW_INFO, "whalewall starts", WW_S("version", WW_VERSION), WW_S("data_dir", o->data_dir));
    int made = o->n_policies ? open_policies(o, log, &policy, &err) : ww_reader_open(reader, log, &policy, &err);
    if (made < 0) {
        free(watched.config);
        return fail(log, "cannot start the policy", &err);
    }
    options.system_calls = reader->system_calls;
    made = ww_agent_new(&options, policy, log, &agent, &err);
    free(watched.config);
    if (made < 0)
        return fail(log, "cannot start", &err);
    int rc = ww_agent_run(agent, &err);
    ww_agent_free(agent);
    return rc < 0 ? fail(log, "stopped by a failure; the rules stay in force", &err) : EXIT_SUCCESS;
}

static int run(const struct ww_options *o)
{
    struct ww_error err = {0};
    struct ww_log *log = NULL;
    struct ww_reader reader = {0};
    if (!o->clear)
        ww_reader_fork(&reader, is_sandboxed(o));
    if (ww_log_new(o->log_path, o->debug ? WW_DEBUG : WW_INFO, &log, &err) < 0) {
        fprintf(stderr, "whalewall: %s\n", err.text);
        ww_reader_done(&reader);
        return EXIT_FAILURE;
    }
    int status;
    if (!o->clear)
        status = run_agent(o, &reader, log);
    else
        status = ww_clear(o->data_dir, log, &err) < 0 ? fail(log, "cannot remove the rules", &err) : EXIT_SUCCESS;
    ww_log_free(log);
    return status;
}

static int run_specs(const char *path)
{
    struct ww_error err = {0};
    int rc = ww_specs_run(path, &err);
    if (rc < 0)
        fprintf(stderr, "whalewall: %s\n", err.text);
    return rc == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    struct ww_options options;
    struct ww_error err = {0};
    if (ww_options_parse(argc, argv, &options, &err) < 0) {
        fprintf(stderr, "whalewall: %s\n", err.text);
        return EXIT_USAGE;
    }
    if (options.help) {
        ww_options_print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (options.version) {
        printf("whalewall %s\n", WW_VERSION);
        return EXIT_SUCCESS;
    }
    if (options.command == WW_COMMAND_TEST)
        return run_specs(options.specs);
    if (options.command == WW_COMMAND_STATUS)
        return ww_status(options.data_dir, options.json, stdout);
    signal(SIGPIPE, SIG_IGN); /* a log or an engine that goes away is an error to handle, not a death */
    return run(&options);
}
