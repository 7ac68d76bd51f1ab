#include "core/cli/options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/cli/duration.h"
#include "core/cli/options_internal.h"
#include "core/cli/slips.h"

/* An act is a switch that has something done in place of running: it is for the command line only. */
enum option_kind { OPTION_BOOL, OPTION_ACT, OPTION_TEXT, OPTION_DURATION, OPTION_CHOICE, OPTION_POLICY, OPTION_LISTEN };

#define BYTES_OF_SLIP 3 /* a word that is mistaken has at least so many for each slip */

#define RUN (1u << WW_COMMAND_RUN)
#define STATUS (1u << WW_COMMAND_STATUS)
#define TEST (1u << WW_COMMAND_TEST)
#define CHECK (1u << WW_COMMAND_CHECK)
#define PLAN (1u << WW_COMMAND_PLAN)
#define EXPLAIN (1u << WW_COMMAND_EXPLAIN)
#define SHOW (1u << WW_COMMAND_SHOW)
#define DROPS (1u << WW_COMMAND_DROPS)
#define EVENTS (1u << WW_COMMAND_EVENTS)
#define SUGGEST (1u << WW_COMMAND_SUGGEST)
#define COMPLETION (1u << WW_COMMAND_COMPLETION)
#define METRICS (1u << WW_COMMAND_METRICS)
#define DOCTOR (1u << WW_COMMAND_DOCTOR)
#define ASK (STATUS | EXPLAIN | SHOW | DROPS | EVENTS | SUGGEST) /* commands that ask the program that runs */
#define ALL (RUN | TEST | CHECK | PLAN | COMPLETION | ASK | METRICS | DOCTOR)

static const struct option {
    const char *name;
    enum option_kind kind;
    unsigned commands; /* with which it goes */
    size_t offset;
    const char *value; /* what the help calls it */
    const char *help;
} options[] = {
    {"audit", OPTION_BOOL, RUN, offsetof(struct ww_options, audit), NULL,
     "drop nothing of any container; count and report what would be dropped, for `whalewall suggest`"},
    {"audit-labels", OPTION_CHOICE, RUN, offsetof(struct ww_options, audit_labels), "auto|on|off",
     "obey labels whalewall.audit: \"true\" (default: auto, not where there are policies of this site)"},
    {"clear", OPTION_ACT, RUN, offsetof(struct ww_options, clear), NULL,
     "remove every rule that whalewall (or the Go whalewall) made, and exit"},
    {"d", OPTION_TEXT, RUN | ASK | METRICS | DOCTOR | PLAN, offsetof(struct ww_options, data_dir), "DIR",
     "directory of the database and the control socket (default: ., or the service's; of plan: none is asked)"},
    {"debug", OPTION_BOOL, RUN, offsetof(struct ww_options, debug), NULL, "log more"},
    {"docker-user", OPTION_BOOL, RUN, offsetof(struct ww_options, docker_user), NULL,
     "what is allowed wins over Docker's own drops: one rule in DOCKER-USER"},
    {"dot", OPTION_BOOL, PLAN, offsetof(struct ww_options, dot), NULL, "with plan: print a graph for Graphviz"},
    {"f", OPTION_BOOL, DROPS | EVENTS, offsetof(struct ww_options, follow), NULL,
     "with drops and events: go on, and print what comes"},
    {"guard", OPTION_CHOICE, RUN, offsetof(struct ww_options, guard), "auto|all|off",
     "which networks only known endpoints may talk on (default: auto)"},
    {"html", OPTION_TEXT, PLAN, offsetof(struct ww_options, html), "FILE",
     "with plan: write it as a page to this file"},
    {"json", OPTION_BOOL, CHECK | PLAN | ASK | DOCTOR, offsetof(struct ww_options, json), NULL,
     "with status, show, explain, drops, events, suggest, check, plan, doctor: print it as JSON"},
    {"kernel", OPTION_BOOL, TEST, offsetof(struct ww_options, kernel), NULL,
     "with test: ask the kernel, too, with real packets (as root)"},
    {"kernel-drop-log", OPTION_BOOL, RUN, offsetof(struct ww_options, kernel_drop_log), NULL,
     "report dropped packets to the kernel's log, too"},
    {"l", OPTION_TEXT, RUN, offsetof(struct ww_options, log_path), "PATH",
     "log to this file, or to stdout or stderr (default: stdout)"},
    {"metrics", OPTION_LISTEN, RUN, offsetof(struct ww_options, metrics), "[ADDRESS:]PORT",
     "serve metrics over TCP, at 127.0.0.1 where no address is given"},
    {"no-sandbox", OPTION_BOOL, RUN, offsetof(struct ww_options, no_sandbox), NULL,
     "read labels in the program itself, not in processes that can do nothing else"},
    {"policy", OPTION_POLICY, RUN | CHECK | PLAN, 0, "NAME|FILE|DIR",
     "a policy of this site, beside labels; may be given several times"},
    {"policy-config", OPTION_TEXT, RUN | CHECK | PLAN, offsetof(struct ww_options, policy_config), "FILE",
     "what policies are configured with, as YAML"},
    {"project", OPTION_TEXT, SUGGEST, offsetof(struct ww_options, project), "NAME",
     "with suggest: all containers of this compose project"},
    {"shared-table", OPTION_BOOL, RUN, offsetof(struct ww_options, shared_table), NULL,
     "do not own the table: other programs can add chains for verdict.chain"},
    {"strict", OPTION_BOOL, CHECK, offsetof(struct ww_options, strict), NULL,
     "with check: warnings make the exit status 1, too"},
    {"t", OPTION_DURATION, RUN, offsetof(struct ww_options, timeout_ms), "DURATION",
     "time limit of one request to the engine (default: 10s)"},
    {"trust-image-labels", OPTION_BOOL, RUN, offsetof(struct ww_options, trust_image_labels), NULL,
     "obey whalewall.rules labels that come from the image"},
    {"watch", OPTION_BOOL, STATUS, offsetof(struct ww_options, watch), NULL,
     "with status: print it anew every two seconds, until a signal"},
    {"watch-policy", OPTION_BOOL, RUN, offsetof(struct ww_options, watch_policy), NULL,
     "read the policies anew when one of their files changes"},
    {"version", OPTION_ACT, RUN, offsetof(struct ww_options, version), NULL, "print the version and exit"},
    {"help", OPTION_ACT, ALL, offsetof(struct ww_options, help), NULL, "print this and exit"},
    {"h", OPTION_ACT, ALL, offsetof(struct ww_options, help), NULL, NULL},
};

static bool is_switch(const struct option *option)
{
    return option->kind == OPTION_BOOL || option->kind == OPTION_ACT;
}

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

/* One of the words of its help: the field is an enum with these values in that order. */
static int option_set_choice(unsigned *field, const struct option *option, const char *value, struct ww_error *err)
{
    size_t n = strlen(value);
    unsigned choice = 0;
    for (const char *word = option->value; *word; choice++) {
        size_t len = strcspn(word, "|");
        if (len == n && strncmp(word, value, n) == 0) {
            *field = choice;
            return 0;
        }
        word += len + (word[len] == '|');
    }
    return ww_fail(err, -EINVAL, "option -%s: '%.32s' is none of %s", option->name, value, option->value);
}

static int option_add_policy(struct ww_options *o, const char *value, struct ww_error *err)
{
    if (o->n_policies == WW_LIMIT_POLICIES)
        return ww_fail(err, -EINVAL, "option -policy: more than %d policies", WW_LIMIT_POLICIES);
    o->policies[o->n_policies++] = value;
    return 0;
}

static int option_set_listen(struct ww_listen *field, const char *name, const char *value, struct ww_error *err)
{
    int rc = ww_listen_parse(value, field, err);
    return rc < 0 ? ww_context(err, "option -%s", name) : 0;
}

static int option_set(struct ww_options *o, const struct option *option, const char *value, struct ww_error *err)
{
    void *field = (char *)o + option->offset;
    if (is_switch(option))
        return option_set_bool(field, option->name, value, err);
    if (!value || !*value)
        return ww_fail(err, -EINVAL, "option -%s needs a value: -%s %s", option->name, option->name, option->value);
    if (option->kind == OPTION_DURATION) {
        int rc = ww_duration_parse(value, field, err);
        return rc < 0 ? ww_context(err, "option -%s", option->name) : 0;
    }
    if (option->kind == OPTION_POLICY)
        return option_add_policy(o, value, err);
    if (option->kind == OPTION_CHOICE)
        return option_set_choice(field, option, value, err);
    if (option->kind == OPTION_LISTEN)
        return option_set_listen(field, option->name, value, err);
    *(const char **)field = value;
    return 0;
}

static const struct command {
    const char *name;
    size_t words; /* how many may stand behind it, at most */
    bool files;   /* … which are names of files */
} commands[] = {
    [WW_COMMAND_RUN] = {"", 0, false},
    [WW_COMMAND_STATUS] = {" status", 0, false},
    [WW_COMMAND_TEST] = {" test", 1, true},
    [WW_COMMAND_CHECK] = {" check", WW_LIMIT_COMPOSE_FILES, true},
    [WW_COMMAND_PLAN] = {" plan", WW_LIMIT_COMPOSE_FILES, true},
    [WW_COMMAND_EXPLAIN] = {" explain", 3, false},
    [WW_COMMAND_SHOW] = {" show", 1, false},
    [WW_COMMAND_DROPS] = {" drops", 1, false},
    [WW_COMMAND_EVENTS] = {" events", 0, false},
    [WW_COMMAND_SUGGEST] = {" suggest", WW_LIMIT_COMPOSE_FILES, false},
    [WW_COMMAND_COMPLETION] = {" completion", 1, false},
    [WW_COMMAND_METRICS] = {" metrics", 0, false},
    [WW_COMMAND_DOCTOR] = {" doctor", 0, false},
};

int ww_command_take(int argc, char *const argv[], struct ww_options *o)
{
    for (size_t i = 1; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name + 1) == 0) {
            o->command = (enum ww_command)i;
            return 1;
        }
    }
    return 0;
}

int ww_file_take(struct ww_options *o, const char *arg, struct ww_error *err)
{
    const struct command *command = &commands[o->command];
    if (o->n_files == command->words && command->files && command->words > 1)
        return ww_fail(err, -EINVAL, "more than %zu files are named", command->words);
    if (o->n_files == command->words)
        return ww_fail(err, -EINVAL, "unexpected argument '%.64s'; options begin with a dash", arg);
    o->files[o->n_files++] = arg;
    return 0;
}

static int unknown_option(const struct ww_options *o, const char *arg, const char *name, struct ww_error *err)
{
    const char *nearest = ww_option_nearest(name, strcspn(name, "="), o->command, false);
    return nearest ? ww_fail(err, -EINVAL, "unknown option '%.64s'; did you mean -%s?", arg, nearest)
                   : ww_fail(err, -EINVAL, "unknown option '%.64s'; -help lists them", arg);
}

int ww_option_take(struct ww_options *o, int argc, char *const argv[], int *i, struct ww_error *err)
{
    const char *arg = argv[*i];
    const char *name = arg + (arg[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    const struct option *option = option_find(name, equals ? (size_t)(equals - name) : strlen(name));
    if (!option)
        return unknown_option(o, arg, name, err);
    if (!(option->commands & 1u << o->command))
        return ww_fail(err, -EINVAL, "option -%s is not for `whalewall%s`; -help lists them", option->name,
                       commands[o->command].name);
    const char *value = equals ? equals + 1 : NULL;
    if (!value && !is_switch(option) && *i + 1 < argc)
        value = argv[++*i];
    return option_set(o, option, value, err);
}

bool ww_options_row(size_t index, enum ww_command command, struct ww_option_row *ret_row, bool *ret_goes)
{
    if (index >= sizeof(options) / sizeof(options[0]))
        return false;
    const struct option *o = &options[index];
    *ret_row = (struct ww_option_row){.name = o->name,
                                      .takes_value = !is_switch(o),
                                      .value = o->value,
                                      .help = o->help,
                                      .hidden = !o->help,
                                      .choice = o->kind == OPTION_CHOICE,
                                      .act = o->kind == OPTION_ACT,
                                      .list = o->kind == OPTION_POLICY};
    *ret_goes = o->commands & 1u << command;
    return true;
}

static bool may_be_meant(const struct ww_option_row *row, bool goes, bool variable)
{
    return goes && !row->hidden && !(variable && row->act);
}

const char *ww_option_nearest(const char *word, size_t len, enum ww_command command, bool variable)
{
    struct ww_option_row row;
    bool goes;
    const char *nearest = NULL;
    size_t fewest = len / BYTES_OF_SLIP + 1;
    for (size_t i = 0; ww_options_row(i, variable ? WW_COMMAND_RUN : command, &row, &goes); i++) {
        size_t n = may_be_meant(&row, goes, variable) ? ww_slips(word, len, row.name, strlen(row.name)) : fewest;
        if (n < fewest) {
            fewest = n;
            nearest = row.name;
        }
    }
    return nearest;
}

const char *ww_options_command(size_t index, bool *ret_files)
{
    if (index >= sizeof(commands) / sizeof(commands[0]))
        return NULL;
    *ret_files = commands[index].files;
    return commands[index].name + (index ? 1 : 0);
}

void ww_options_print_help(FILE *out)
{
    fprintf(
        out,
        "whalewall: nftables rules for Docker containers, from their labels\n\n"
        "usage: whalewall [options]\n"
        "       whalewall status [-watch] [-d DIR]   what it enforces, and whether all is well\n"
        "       whalewall explain FROM TO [PROTO/PORT]  whether that passes, by which rule, and what would allow it\n"
        "       whalewall check [COMPOSE.yml]...     what is wrong with labels, before anything is started\n"
        "       whalewall plan [-d DIR] [COMPOSE.yml]...  what may reach what; -d: against what is in force\n"
        "       whalewall test [-kernel] [DIR|FILE]  run the specs of a site's policies\n"
        "       whalewall show CONTAINER             its rules in words, and where each comes from\n"
        "       whalewall drops [-f] [CONTAINER]     what was dropped of late, and why\n"
        "       whalewall suggest CONTAINER...       rules for what was seen in audit, or dropped (-project NAME: of "
        "all)\n"
        "       whalewall events [-f]                what it did of late: enforced, closed, released, …\n"
        "       whalewall completion [bash|zsh]      completion for that shell, to be read by it\n"
        "       whalewall metrics [-d DIR]           metrics, in the text format of Prometheus\n"
        "       whalewall doctor [-json] [-d DIR]    can this host be enforced, and what is open\n\n"
        "example: docker compose config | whalewall check -\n"
        "         whalewall explain -d /var/lib/whalewall web db tcp/5432\n"
        "         whalewall suggest -d /var/lib/whalewall -project shop >compose.override.yml\n\n");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const struct option *o = &options[i];
        char left[48];
        if (!o->help)
            continue;
        snprintf(left, sizeof(left), "-%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        fprintf(out, "  %-26s %s\n", left, o->help);
    }
    fprintf(
        out,
        "\nenvironment: DOCKER_HOST, DOCKER_API_VERSION, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY\n"
        "       WHALEWALL_GUARD=all is -guard all, WHALEWALL_DOCKER_USER=true is -docker-user, and so on for each\n"
        "       option of the program that runs; what is on the command line counts before them\n"
        "exit status: 0 stopped by a signal or done, 1 failure, 2 wrong usage\n"
        "       of status: 0 all is well, 1 something is wrong, 2 wrong usage, 3 no answer\n"
        "       of doctor: 0 nothing wrong, 1 a warning or something wrong, 2 wrong usage\n"
        "       of metrics: 0 printed, 2 wrong usage, 3 no answer\n"
        "       of show: 0 shown, 1 not managed, quarantined or not enforceable, 2 wrong usage, 3 no answer\n"
        "       of explain: 0 it passes (of all ports: some do), 1 it does not, or not on every way, 2 wrong usage,\n"
        "                   3 no answer\n"
        "       of drops and events: 0 printed, 2 wrong usage, 3 no answer (any more)\n"
        "       of suggest: 0 printed, 1 something is left out, 2 wrong usage, 3 no answer\n"
        "       of check: 0 no error, 1 an error (-strict: or a warning), 2 wrong usage, or a file is missing\n"
        "       of plan: 0 printed, 1 an error, 2 wrong usage, or a file is missing, 3 no answer\n"
        "       of test: 0 all hold, 1 one does not, 2 wrong usage\n");
}
