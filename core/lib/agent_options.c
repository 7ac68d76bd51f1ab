/* An agent's options, from outside to inside. */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "core/lib/agent_internal.h"
#include "core/lib/options.h"

#define TIMEOUT_MS 10000

static const size_t texts[] = {
    offsetof(struct whalewall_agent_options, data_dir),      offsetof(struct whalewall_agent_options, docker_host),
    offsetof(struct whalewall_agent_options, api_version),   offsetof(struct whalewall_agent_options, cert_path),
    offsetof(struct whalewall_agent_options, policy_config), offsetof(struct whalewall_agent_options, kernel_drop_log),
    offsetof(struct whalewall_agent_options, metrics),       offsetof(struct whalewall_agent_options, notify_socket),
    offsetof(struct whalewall_agent_options, watchdog_usec), offsetof(struct whalewall_agent_options, watchdog_pid),
};

_Static_assert(sizeof(texts) / sizeof(texts[0]) == WW_LIB_TEXTS, "each text has a place for its copy");

_Static_assert(sizeof(void *) < 8 || offsetof(struct whalewall_agent_options, watchdog_pid) + sizeof(void *) ==
                                         sizeof(struct whalewall_agent_options),
               "no padding at the end");
_Static_assert(offsetof(struct whalewall_state, reserved) + 2 == sizeof(struct whalewall_state),
               "no padding at the end");

static int copy_texts(struct whalewall_agent *a)
{
    for (size_t i = 0; i < WW_LIB_TEXTS; i++) {
        const char **text = (const char **)((char *)&a->options + texts[i]);
        a->texts[i] = *text ? strdup(*text) : NULL;
        if (*text && !a->texts[i])
            return -ENOMEM;
        *text = a->texts[i];
    }
    return 0;
}

static int copy_policies(struct whalewall_agent *a)
{
    const char *const *given = a->options.policies;
    size_t n = a->options.n_policies;
    a->options.n_policies = 0;
    a->policies = calloc(n + 1, sizeof(*a->policies));
    a->options.policies = (const char *const *)a->policies;
    for (size_t i = 0; a->policies && i < n; i++) {
        a->policies[i] = strdup(given[i]);
        if (!a->policies[i])
            return -ENOMEM;
        a->options.n_policies++;
    }
    return a->policies ? 0 : -ENOMEM;
}

/* Each policy, and the configuration's directory, as it names files there. */
static int find_watched(struct whalewall_agent *a)
{
    const struct whalewall_agent_options *o = &a->options;
    size_t n = 0;
    a->config_dir = o->policy_config ? strdup(o->policy_config) : NULL;
    a->watched = calloc(o->n_policies + 2, sizeof(*a->watched));
    if (!a->watched || (o->policy_config && !a->config_dir))
        return -ENOMEM;
    for (; n < o->n_policies; n++)
        a->watched[n] = o->policies[n];
    if (a->config_dir)
        a->watched[n] = dirname(a->config_dir);
    return 0;
}

struct whalewall_jail *ww_lib_agent_jail(const struct whalewall_agent_options *given)
{
    size_t end = offsetof(struct whalewall_agent_options, jail) + sizeof(given->jail);
    return given && given->size >= end && given->size <= WW_OPTIONS_MAX ? given->jail : NULL;
}

int ww_lib_agent_take_options(struct whalewall_agent *a, const struct whalewall_agent_options *given,
                              struct ww_error *err)
{
    int rc = ww_options_take(&a->options, sizeof(a->options), given, err);
    if (rc < 0) {
        a->options = (struct whalewall_agent_options){0};
        return rc;
    }
    /* Policies first: from then on the options count those only that are to be freed. */
    if (copy_policies(a) < 0 || copy_texts(a) < 0 || find_watched(a) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (!a->options.data_dir || !*a->options.data_dir)
        return ww_fail(err, -EINVAL, "an agent needs a data directory (data_dir)");
    if (a->options.guard < WHALEWALL_GUARD_AUTO || a->options.guard > WHALEWALL_GUARD_OFF)
        return ww_fail(err, -EINVAL, "the option 'guard' is none of WHALEWALL_GUARD_…");
    if (a->options.audit_labels < WHALEWALL_AUDIT_LABELS_AUTO || a->options.audit_labels > WHALEWALL_AUDIT_LABELS_OFF)
        return ww_fail(err, -EINVAL, "the option 'audit_labels' is none of WHALEWALL_AUDIT_LABELS_…");
    a->reader.words = (struct ww_policy_words){
        .policies = a->options.policies, .n = a->options.n_policies, .config = a->options.policy_config};
    a->listener = (struct ww_line_listener){.fn = a->options.log, .arg = a->options.log_arg};
    return 0;
}

void ww_lib_agent_drop_options(struct whalewall_agent *a)
{
    for (size_t i = 0; i < WW_LIB_TEXTS; i++)
        free(a->texts[i]);
    for (size_t i = 0; i < a->options.n_policies; i++)
        free(a->policies[i]);
    free(a->policies);
    free(a->config_dir);
    free(a->watched);
}

static void tell_state(void *agent, const struct ww_agent_state *state)
{
    static const enum whalewall_engine engines[] = {[WW_SOURCE_AWAY] = WHALEWALL_AWAY,
                                                    [WW_SOURCE_LISTING] = WHALEWALL_READING,
                                                    [WW_SOURCE_SYNCED] = WHALEWALL_FOLLOWED};
    const struct whalewall_agent *a = agent;
    const struct whalewall_state out = {.size = sizeof(out),
                                        .engine = engines[state->engine],
                                        .ready = state->ready,
                                        .refused = state->refused,
                                        .containers = state->containers,
                                        .drops = state->drops};
    a->options.state(a->options.state_arg, &out);
}

static struct ww_source_options source_options(const struct whalewall_agent_options *o)
{
    return (struct ww_source_options){
        .host = o->docker_host,
        .api_version = o->api_version,
        .cert_path = o->cert_path,
        .tls_verify = o->tls_verify,
        .timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS,
    };
}

struct ww_agent_options ww_lib_agent_options(struct whalewall_agent *a)
{
    const struct whalewall_agent_options *o = &a->options;
    static const enum ww_guard_mode guards[] = {[WHALEWALL_GUARD_AUTO] = WW_GUARD_AUTO,
                                                [WHALEWALL_GUARD_ALL] = WW_GUARD_ALL,
                                                [WHALEWALL_GUARD_OFF] = WW_GUARD_OFF};
    static const enum ww_audit_labels labels[] = {[WHALEWALL_AUDIT_LABELS_AUTO] = WW_AUDIT_LABELS_AUTO,
                                                  [WHALEWALL_AUDIT_LABELS_ON] = WW_AUDIT_LABELS_ON,
                                                  [WHALEWALL_AUDIT_LABELS_OFF] = WW_AUDIT_LABELS_OFF};
    bool watch = o->watch_policies && (o->n_policies || o->policy_config);
    return (struct ww_agent_options){
        .data_dir = o->data_dir,
        .trust_image_labels = o->trust_image_labels,
        .audit = o->audit,
        .audit_labels = labels[o->audit_labels],
        .docker_user = o->docker_user,
        .shared_table = o->shared_table,
        .kernel_drop_log = o->kernel_drop_log,
        .guard = guards[o->guard],
        .load_policy = o->n_policies ? ww_reader_load_policies : NULL,
        .load_from = &a->reader,
        .watch_paths = a->watched,
        .n_watch_paths = watch ? o->n_policies + (a->config_dir != NULL) : 0,
        .sandbox = a->reader.jail != NULL,
        .go_program = a->go_program,
        .notify = {.socket = o->notify_socket, .watchdog_usec = o->watchdog_usec, .watchdog_pid = o->watchdog_pid},
        .metrics_fd = a->metrics,
        .system_calls = o->system_calls,
        .no_control_socket = o->no_control_socket,
        .trims = o->give_back,
        .on_state = o->state ? tell_state : NULL,
        .on_state_arg = a,
        .source = source_options(o),
    };
}
