/* The program: options and environment in, exit status out. */
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/module/command.h"
#include "bindings/module/specs.h"
#include "core/agent/agent.h"
#include "core/agent/data_dir.h"
#include "core/agent/go_program.h"
#include "core/base/log.h"
#include "core/cli/clear.h"
#include "core/cli/completion.h"
#include "core/cli/doctor.h"
#include "core/cli/drops.h"
#include "core/cli/explain.h"
#include "core/cli/metrics.h"
#include "core/cli/options.h"
#include "core/cli/show.h"
#include "core/cli/status.h"
#include "core/cli/table.h"
#include "core/control/listen.h"
#include "core/main/places.h"
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

static struct ww_agent_options agent_options(const struct ww_options *o, const struct ww_reader *reader)
{
    return (struct ww_agent_options){
        .data_dir = o->data_dir,
        .trust_image_labels = o->trust_image_labels,
        .docker_user = o->docker_user,
        .shared_table = o->shared_table,
        .kernel_drop_log = o->kernel_drop_log ? "/dev/kmsg" : NULL,
        .guard = o->guard,
        .load_policy = o->n_policies ? ww_reader_load_policies : NULL,
        .load_from = reader,
        .sandbox = !o->no_sandbox,
        .notify =
            {
                .socket = environment("NOTIFY_SOCKET"),
                .watchdog_usec = environment("WATCHDOG_USEC"),
                .watchdog_pid = environment("WATCHDOG_PID"),
            },
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

/* The data directory has to be there for that. */
static int give_up_files(const struct ww_options *o, const struct ww_reader *reader, const char *certificates,
                         struct ww_log *log, struct ww_error *err)
{
    int rc = ww_data_dir_open(o->data_dir, true, err);
    return rc < 0 ? rc : ww_places_restrict(o, certificates, &reader->read, log, err);
}

/* Before files and sockets are given up. Rules are enforced without metrics, too. 0: there are none. */
static int open_metrics(const struct ww_options *o, struct ww_log *log)
{
    struct ww_error err = {0};
    int fd = o->metrics.len ? ww_listen_open(&o->metrics, &err) : 0;
    if (fd < 0)
        ww_log(log, WW_ERROR, "cannot listen for metrics (-metrics); going on without", WW_S("error", err.text));
    return fd > 0 ? fd : 0;
}

static int run_agent(const struct ww_options *o, struct ww_reader *reader, struct ww_log *log)
{
    struct ww_error err = {0};
    struct ww_policy policy = {0};
    struct ww_agent *agent = NULL;
    struct ww_agent_options options = agent_options(o, reader);
    struct watched watched = {0};
    if (o->watch_policy) {
        find_watched(o, &watched);
        options.watch_paths = watched.paths;
        options.n_watch_paths = watched.n;
    }
    ww_log(log, WW_INFO, "whalewall starts", WW_S("version", WW_VERSION), WW_S("data_dir", o->data_dir));
    int made = ww_reader_open(reader, log, &policy, &err);
    if (made < 0) {
        free(watched.config);
        return fail(log, "cannot start the policy", &err);
    }
    options.system_calls = reader->system_calls;
    options.go_program = ww_go_program_elsewhere();
    options.metrics_fd = open_metrics(o, log);
    made = o->no_sandbox ? 0 : give_up_files(o, reader, options.source.cert_path, log, &err);
    if (made < 0)
        policy.ops->free(policy.self);
    else
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
        ww_reader_fork(&reader, o);
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
    ww_reader_done(&reader);
    ww_log_free(log);
    return status;
}

static int run_specs(const char *path, bool kernel)
{
    struct ww_error err = {0};
    int rc = ww_specs_run(path, kernel, &err);
    if (rc < 0)
        fprintf(stderr, "whalewall: %s\n", err.text);
    return rc == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_lua(const char *module, const struct ww_options *o)
{
    struct ww_error err = {0};
    struct ww_lua_command command = {
        .module = module,
        .files = o->files,
        .n_files = o->n_files,
        .policies = o->policies,
        .n_policies = o->n_policies,
        .policy_config = o->policy_config,
        .json = o->json,
        .dot = o->dot,
        .strict = o->strict,
        .colours = ww_colours_wanted(stdout),
    };
    int status = ww_lua_command_run(&command, &err);
    if (status < 0)
        fprintf(stderr, "whalewall: %s\n", err.text);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "whalewall: cannot write what was found\n");
        return EXIT_USAGE;
    }
    return status < 0 ? EXIT_USAGE : status;
}

static int run_doctor(const struct ww_options *o)
{
    const struct ww_doctor_options options = {
        .data_dir = o->data_dir,
        .host = environment("DOCKER_HOST"),
        .cert_path = environment("DOCKER_CERT_PATH"),
        .tls_verify = environment("DOCKER_TLS_VERIFY") != NULL,
        .json = o->json,
    };
    return ww_doctor(&options, stdout);
}

static int run_drops(const struct ww_options *o)
{
    struct ww_drops_options drops = {
        .container = o->n_files ? o->files[0] : NULL, .json = o->json, .follow = o->follow};
    return ww_drops(o->data_dir, &drops, stdout);
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
        return run_specs(options.n_files ? options.files[0] : ".", options.kernel);
    if (options.command == WW_COMMAND_CHECK)
        return run_lua("check.main", &options);
    if (options.command == WW_COMMAND_COMPLETION) {
        ww_completion_print(stdout);
        return EXIT_SUCCESS;
    }
    if (options.command == WW_COMMAND_PLAN)
        return run_lua("plan.main", &options);
    if (options.command == WW_COMMAND_EXPLAIN)
        return ww_explain(options.data_dir, options.files, options.n_files, options.json, stdout);
    if (options.command == WW_COMMAND_SHOW)
        return ww_show(options.data_dir, options.files, options.n_files, options.json, stdout);
    if (options.command == WW_COMMAND_DROPS)
        return run_drops(&options);
    if (options.command == WW_COMMAND_STATUS)
        return (options.watch ? ww_status_watch : ww_status)(options.data_dir, options.json, stdout);
    if (options.command == WW_COMMAND_DOCTOR)
        return run_doctor(&options);
    if (options.command == WW_COMMAND_METRICS)
        return ww_metrics(options.data_dir, stdout);
    signal(SIGPIPE, SIG_IGN); /* a log or an engine that goes away is an error to handle, not a death */
    return run(&options);
}
