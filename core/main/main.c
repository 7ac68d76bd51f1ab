/* The program: options and environment in, exit status out. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bindings/module/command.h"
#include "bindings/module/specs.h"
#include "core/base/log.h"
#include "core/cli/clear.h"
#include "core/cli/completion.h"
#include "core/cli/doctor.h"
#include "core/cli/drops.h"
#include "core/cli/enforced.h"
#include "core/cli/events.h"
#include "core/cli/explain.h"
#include "core/cli/metrics.h"
#include "core/cli/options.h"
#include "core/cli/plugin.h"
#include "core/cli/question.h"
#include "core/cli/show.h"
#include "core/cli/status.h"
#include "core/cli/suggest.h"
#include "core/cli/table.h"
#include "core/main/run.h"

#define EXIT_USAGE 2

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int run(const struct ww_options *o)
{
    struct ww_error err = {0};
    struct ww_log *log = NULL;
    struct ww_start early = {0};
    int status = EXIT_FAILURE;
    if (!o->clear)
        ww_start_early(o, &early);
    if (ww_log_new(o->log_path, o->debug ? WW_DEBUG : WW_INFO, &log, &err) < 0)
        fprintf(stderr, "whalewall: %s\n", err.text);
    else if (!o->clear)
        status = ww_run(o, &early, log);
    else if (ww_clear(o->data_dir, log, &err) < 0)
        ww_log(log, WW_ERROR, "cannot remove the rules", WW_S("error", err.text));
    else
        status = EXIT_SUCCESS;
    whalewall_jail_free(early.jail);
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
        .html = o->html,
        .json = o->json,
        .dot = o->dot,
        .strict = o->strict,
        .colours = ww_colours_wanted(stdout),
    };
    struct ww_enforced_answers enforced = {0};
    if (o->command == WW_COMMAND_PLAN && o->data_dir && ww_enforced_ask(o->data_dir, &enforced, &err) < 0) {
        fprintf(stderr, "whalewall: %s\n", err.text);
        return WW_QUESTION_SILENT;
    }
    command.enforced = (const char *const *)enforced.answers;
    command.n_enforced = enforced.n;
    int status = ww_lua_command_run(&command, &err);
    ww_enforced_answers_done(&enforced);
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

static int run_completion(const struct ww_options *o)
{
    struct ww_error err = {0};
    if (ww_completion_print(o->n_files ? o->files[0] : NULL, stdout, &err) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "whalewall: %s\n", err.text);
    return EXIT_USAGE;
}

/* The commands that ask the running program. */
static int run_question(const struct ww_options *options)
{
    if (options->command == WW_COMMAND_EXPLAIN)
        return ww_explain(options->data_dir, options->files, options->n_files, options->json, stdout);
    if (options->command == WW_COMMAND_SHOW)
        return ww_show(options->data_dir, options->files, options->n_files, options->json, stdout);
    if (options->command == WW_COMMAND_DROPS)
        return run_drops(options);
    if (options->command == WW_COMMAND_EVENTS)
        return ww_events(options->data_dir, options->json, options->follow, stdout);
    if (options->command == WW_COMMAND_SUGGEST)
        return ww_suggest(options->data_dir, options->project, options->files, options->n_files, options->json, stdout);
    if (options->command == WW_COMMAND_METRICS)
        return ww_metrics(options->data_dir, stdout);
    return (options->watch ? ww_status_watch : ww_status)(options->data_dir, options->json, stdout);
}

static int run_command(const struct ww_options *options)
{
    if (options->help) {
        ww_options_print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (options->version) {
        printf("whalewall %s\n", WW_VERSION);
        return EXIT_SUCCESS;
    }
    if (options->command == WW_COMMAND_TEST)
        return run_specs(options->n_files ? options->files[0] : ".", options->kernel);
    if (options->command == WW_COMMAND_CHECK)
        return run_lua("check.main", options);
    if (options->command == WW_COMMAND_COMPLETION)
        return run_completion(options);
    if (options->command == WW_COMMAND_PLAN)
        return run_lua("plan.main", options);
    if (options->command == WW_COMMAND_DOCTOR)
        return run_doctor(options);
    if (options->command != WW_COMMAND_RUN)
        return run_question(options);
    signal(SIGPIPE, SIG_IGN); /* a log or an engine that goes away is an error to handle, not a death */
    return run(options);
}

int main(int argc, char *argv[])
{
    struct ww_options options;
    struct ww_error err = {0};
    if (ww_plugin_is_asked(argc, argv)) {
        ww_plugin_describe(stdout);
        return EXIT_SUCCESS;
    }
    if (ww_plugin_take(&argc, &argv, &err) < 0 || ww_options_parse(argc, argv, environ, &options, &err) < 0) {
        fprintf(stderr, "whalewall: %s\n", err.text);
        return EXIT_USAGE;
    }
    int status = run_command(&options);
    ww_options_done(&options);
    return status;
}
