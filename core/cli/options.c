#include "core/cli/options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/cli/duration.h"

enum option_kind { OPTION_BOOL, OPTION_TEXT, OPTION_DURATION, OPTION_GUARD, OPTION_POLICY };

static const struct option {
    const char *name;
    enum option_kind kind;
    size_t offset;
    const char *value; /* what the help calls it */
    const char *help;
} options[] = {
    {"clear", OPTION_BOOL, offsetof(struct ww_options, clear), NULL,
     "remove every rule that whalewall (or the Go whalewall) made, and exit"},
    {"d", OPTION_TEXT, offsetof(struct ww_options, data_dir), "DIR",
     "directory of the database and the control socket (default: .)"},
    {"debug", OPTION_BOOL, offsetof(struct ww_options, debug), NULL, "log more"},
    {"docker-user", OPTION_BOOL, offsetof(struct ww_options, docker_user), NULL,
     "what is allowed wins over Docker's own drops: one rule in DOCKER-USER"},
    {"guard", OPTION_GUARD, offsetof(struct ww_options, guard), "auto|all|off",
     "which networks only known endpoints may talk on (default: auto)"},
    {"json", OPTION_BOOL, offsetof(struct ww_options, json), NULL, "with status: print it as JSON"},
    {"kernel-drop-log", OPTION_BOOL, offsetof(struct ww_options, kernel_drop_log), NULL,
     "report dropped packets to the kernel's log, too"},
    {"l", OPTION_TEXT, offsetof(struct ww_options, log_path), "PATH",
     "log to this file, or to stdout or stderr (default: stdout)"},
    {"no-sandbox", OPTION_BOOL, offsetof(struct ww_options, no_sandbox), NULL,
     "read labels in the program itself, not in processes that can do nothing else"},
    {"policy", OPTION_POLICY, 0, "NAME|FILE|DIR", "a policy of this site, beside labels; may be given several times"},
    {"policy-config", OPTION_TEXT, offsetof(struct ww_options, policy_config), "FILE",
     "what policies are configured with, as YAML"},
    {"shared-table", OPTION_BOOL, offsetof(struct ww_options, shared_table), NULL,
     "do not own the table: others can add chains for verdict.chain"},
    {"t", OPTION_DURATION, offsetof(struct ww_options, timeout_ms), "DURATION",
     "time limit of one request to the engine (default: 10s)"},
    {"trust-image-labels", OPTION_BOOL, offsetof(struct ww_options, trust_image_labels), NULL,
     "obey whalewall.rules labels that come from the image"},
    {"watch-policy", OPTION_BOOL, offsetof(struct ww_options, watch_policy), NULL,
     "read the policies anew when one of their files changes"},
    {"version", OPTION_BOOL, offsetof(struct ww_options, version), NULL, "print the version and exit"},
    {"help", OPTION_BOOL, offsetof(struct ww_options, help), NULL, "print this and exit"},
    {"h", OPTION_BOOL, offsetof(struct ww_options, help), NULL, NULL},
};

static const struct option *option_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0)
            return &options[i];
    }
    return NULL;
}

static int option_set_bool(bool *field, const char *name, const char *value, struct ww_error *err)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; value && i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            *field = strcmp(value, yes[i]) == 0;
            return 0;
        }
    }
    if (value)
        return ww_fail(err, -EINVAL, "option -%s: '%.32s' is not a boolean; write -%s or -%s=false", name, value, name,
                       name);
    *field = true;
    return 0;
}

static int option_set_guard(enum ww_guard_mode *field, const char *name, const char *value, struct ww_error *err)
{
    static const char *const modes[] = {[WW_GUARD_AUTO] = "auto", [WW_GUARD_ALL] = "all", [WW_GUARD_OFF] = "off"};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(value, modes[i]) == 0) {
            *field = (enum ww_guard_mode)i;
            return 0;
        }
    }
    return ww_fail(err, -EINVAL, "option -%s: '%.32s' is not a way to guard; write auto, all or off", name, value);
}

static int option_add_policy(struct ww_options *o, const char *value, struct ww_error *err)
{
    if (o->n_policies == WW_LIMIT_POLICIES)
        return ww_fail(err, -EINVAL, "option -policy: more than %d policies", WW_LIMIT_POLICIES);
    o->policies[o->n_policies++] = value;
    return 0;
}

static int option_set(struct ww_options *o, const struct option *option, const char *value, struct ww_error *err)
{
    void *field = (char *)o + option->offset;
    if (option->kind == OPTION_BOOL)
        return option_set_bool(field, option->name, value, err);
    if (!value || !*value)
        return ww_fail(err, -EINVAL, "option -%s needs a value: -%s %s", option->name, option->name, option->value);
    if (option->kind == OPTION_DURATION) {
        int rc = ww_duration_parse(value, field, err);
        return rc < 0 ? ww_context(err, "option -%s", option->name) : 0;
    }
    if (option->kind == OPTION_POLICY)
        return option_add_policy(o, value, err);
    if (option->kind == OPTION_GUARD)
        return option_set_guard(field, option->name, value, err);
    *(const char **)field = value;
    return 0;
}

static bool option_goes_with(const struct option *option, enum ww_command command)
{
    static const char *const of_status[] = {"help", "h", "d", "json"};
    size_t n = command == WW_COMMAND_TEST ? 2 : sizeof(of_status) / sizeof(of_status[0]);
    if (command == WW_COMMAND_RUN)
        return strcmp(option->name, "json") != 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(option->name, of_status[i]) == 0)
            return true;
    return false;
}

/* The command, if the first argument is one: how many arguments it takes, so far. */
static int command_parse(int argc, char *const argv[], struct ww_options *o)
{
    if (argc > 1 && strcmp(argv[1], "status") == 0) {
        o->command = WW_COMMAND_STATUS;
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "test") == 0) {
        o->command = WW_COMMAND_TEST;
        o->specs = argc > 2 && argv[2][0] != '-' ? argv[2] : ".";
        return argc > 2 && argv[2][0] != '-' ? 2 : 1;
    }
    return 0;
}

int ww_options_parse(int argc, char *const argv[], struct ww_options *ret_options, struct ww_error *err)
{
    struct ww_options o = {.data_dir = ".", .log_path = "stdout", .timeout_ms = 10000};
    static const char *const commands[] = {"", " status", " test"};
    for (int i = 1 + command_parse(argc, argv, &o); i < argc; i++) {
        const char *arg = argv[i];
        if (arg[0] != '-' || !arg[1])
            return ww_fail(err, -EINVAL, "unexpected argument '%.64s'; options begin with a dash", arg);
        const char *name = arg + (arg[1] == '-' ? 2 : 1);
        const char *equals = strchr(name, '=');
        const struct option *option = option_find(name, equals ? (size_t)(equals - name) : strlen(name));
        if (!option)
            return ww_fail(err, -EINVAL, "unknown option '%.64s'; -help lists them", arg);
        if (!option_goes_with(option, o.command))
            return ww_fail(err, -EINVAL, "option -%s is not for `whalewall%s`; -help lists them", option->name,
                           commands[o.command]);
        const char *value = equals ? equals + 1 : NULL;
        if (!value && option->kind != OPTION_BOOL && i + 1 < argc)
            value = argv[++i];
        int rc = option_set(&o, option, value, err);
        if (rc < 0)
            return rc;
    }
    if (o.policy_config && !o.n_policies)
        return ww_fail(err, -EINVAL, "option -policy-config needs -policy: there is no policy to configure");
    if (o.watch_policy && !o.n_policies)
        return ww_fail(err, -EINVAL, "option -watch-policy needs -policy: there is no policy to watch");
    *ret_options = o;
    return 0;
}

void ww_options_print_help(FILE *out)
{
    fprintf(out, "whalewall: nftables rules for Docker containers, from their labels\n\n"
                 "usage: whalewall [options]\n"
                 "       whalewall status [-json] [-d DIR]    what it enforces, and whether all is well\n"
                 "       whalewall test [DIR|FILE]            run the specs of a site's policies\n\n");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const struct option *o = &options[i];
        char left[48];
        if (!o->help)
            continue;
        snprintf(left, sizeof(left), "-%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        fprintf(out, "  %-22s %s\n", left, o->help);
    }
    fprintf(out, "\nenvironment: DOCKER_HOST, DOCKER_API_VERSION, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY\n"
                 "exit status: 0 stopped by a signal or done, 1 failure, 2 wrong usage\n"
                 "       of status: 0 all is well, 1 something is wrong, 2 wrong usage, 3 no answer\n"
                 "       of test: 0 all hold, 1 one does not, 2 wrong usage\n");
}
