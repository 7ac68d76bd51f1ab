#include "core/main/run.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/main/places.h"
#include "core/main/signals.h"
#include "core/sandbox/self.h"

static int fail(struct ww_log *log, const char *msg, const char *text)
{
    ww_log(log, WW_ERROR, msg, WW_S("error", text));
    return EXIT_FAILURE;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

void ww_start_early(const struct ww_options *o, struct ww_start *ret_start)
{
    *ret_start = (struct ww_start){0};
    if (!o->no_sandbox)
        (void)whalewall_jail_new(o->n_policies > 0, &ret_start->jail, &ret_start->failure);
}

/* As the library says it, into the program's log. */
static void write_line(void *log, const struct whalewall_line *line)
{
    struct ww_field fields[32];
    size_t n = 0;
    for (size_t i = 0; i < line->n_fields && n < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct whalewall_field *f = &line->fields[i];
        fields[n++] = (struct ww_field){
            .key = f->key, .text = f->text && !f->len ? "" : f->text, .max = f->len, .number = f->number};
    }
    ww_log_write(log, (enum ww_level)((int)line->level + (int)WW_INFO), line->message, fields, n);
}

static struct whalewall_agent_options agent_options(const struct ww_options *o, struct ww_log *log)
{
    static const enum whalewall_guard guards[] = {[WW_GUARD_AUTO] = WHALEWALL_GUARD_AUTO,
                                                  [WW_GUARD_ALL] = WHALEWALL_GUARD_ALL,
                                                  [WW_GUARD_OFF] = WHALEWALL_GUARD_OFF};
    static const enum whalewall_audit_labels audit_labels[] = {
        [WW_AUDIT_LABELS_AUTO] = WHALEWALL_AUDIT_LABELS_AUTO,
        [WW_AUDIT_LABELS_ON] = WHALEWALL_AUDIT_LABELS_ON,
        [WW_AUDIT_LABELS_OFF] = WHALEWALL_AUDIT_LABELS_OFF,
    };
    return (struct whalewall_agent_options){
        .size = sizeof(struct whalewall_agent_options),
        .data_dir = o->data_dir,
        .docker_host = environment("DOCKER_HOST"),
        .api_version = environment("DOCKER_API_VERSION"),
        .cert_path = environment("DOCKER_CERT_PATH"),
        .tls_verify = environment("DOCKER_TLS_VERIFY") != NULL,
        .timeout_ms = o->timeout_ms,
        .log = write_line,
        .log_arg = log,
        .log_level = o->debug ? WHALEWALL_DEBUG : WHALEWALL_INFO,
        .policies = o->policies,
        .n_policies = o->n_policies,
        .policy_config = o->policy_config,
        .watch_policies = o->watch_policy,
        .guard = guards[o->guard],
        .trust_image_labels = o->trust_image_labels,
        .audit = o->audit,
        .audit_labels = audit_labels[o->audit_labels],
        .docker_user = o->docker_user,
        .shared_table = o->shared_table,
        .kernel_drop_log = o->kernel_drop_log ? "/dev/kmsg" : NULL,
        .metrics = o->metrics.len ? o->metrics.text : NULL,
        .give_back = true,
        .notify_socket = environment("NOTIFY_SOCKET"),
        .watchdog_usec = environment("WATCHDOG_USEC"),
        .watchdog_pid = environment("WATCHDOG_PID"),
    };
}

static void take_signals(int signals, struct whalewall_agent *agent, struct ww_log *log)
{
    struct ww_error err = {0};
    for (int number = ww_signals_next(signals); number; number = ww_signals_next(signals)) {
        if (number != SIGHUP) {
            whalewall_agent_stop(agent);
            continue;
        }
        if (ww_log_reopen(log, &err) < 0)
            ww_log(log, WW_ERROR, "cannot open the log anew; writing to the old one", WW_S("error", err.text));
        whalewall_agent_reload(agent);
    }
}

/* Until it has stopped. */
static int follow(struct whalewall_agent *agent, int signals, struct ww_log *log, struct whalewall_error *error)
{
    struct pollfd fds[] = {{.fd = whalewall_agent_fd(agent), .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    int rc;
    while ((rc = whalewall_agent_dispatch(agent, error)) == 0) {
        if (poll(fds, 2, whalewall_agent_timeout(agent)) > 0 && fds[1].revents)
            take_signals(signals, agent, log);
    }
    return rc;
}

/* What the program does not need, it gives up for good: system calls before policies are read, … */
static int give_up_calls(const struct ww_options *o, uint32_t *ret_calls, struct ww_log *log,
                         struct whalewall_error *error)
{
    struct ww_error err = {0};
    if (o->no_sandbox) {
        ww_log(
            log, WW_WARN,
            "labels and policies are read in the program itself (-no-sandbox): a fault in what reads them would give "
            "away this host");
        return 0;
    }
    if (ww_self_restrict(ret_calls, &err) < 0) {
        *error = (struct whalewall_error){.code = err.code};
        memcpy(error->text, err.text, sizeof(error->text));
        return err.code;
    }
    ww_log(log, WW_INFO, "the program has given up what it does not need", WW_I("system_calls", *ret_calls));
    return 0;
}

/* … and files when it is known which these are. */
static int start_agent(const struct ww_options *o, struct whalewall_agent *agent, struct ww_log *log,
                       struct whalewall_error *error)
{
    struct ww_error err = {0};
    if (o->no_sandbox || ww_places_restrict(o, environment("DOCKER_CERT_PATH"), agent, log, &err) == 0)
        return whalewall_agent_start(agent, error);
    memcpy(error->text, err.text, sizeof(error->text));
    return err.code;
}

static int run_agent(const struct ww_options *o, struct ww_start *early, int signals, struct ww_log *log)
{
    struct whalewall_error error = early->failure;
    struct whalewall_agent_options options = agent_options(o, log);
    struct whalewall_agent *agent = NULL;
    int rc = error.code ? error.code : give_up_calls(o, &options.system_calls, log, &error);
    if (rc < 0)
        return fail(log, "cannot start", error.text);
    options.jail = early->jail;
    early->jail = NULL;
    if (whalewall_agent_new(&options, &agent, &error) < 0)
        return fail(log, "cannot start", error.text);
    int status = EXIT_SUCCESS;
    if (start_agent(o, agent, log, &error) < 0)
        status = fail(log, "cannot start", error.text);
    else if (follow(agent, signals, log, &error) < 0)
        status = fail(log, "stopped by a failure; the rules stay in force", error.text);
    whalewall_agent_free(agent);
    return status;
}

int ww_run(const struct ww_options *o, struct ww_start *early, struct ww_log *log)
{
    struct ww_error err = {0};
    ww_log(log, WW_INFO, "whalewall starts", WW_S("version", WW_VERSION), WW_S("data_dir", o->data_dir));
    int signals = ww_signals_open(&err);
    if (signals < 0)
        return fail(log, "cannot start", err.text);
    int status = run_agent(o, early, signals, log);
    close(signals);
    return status;
}
