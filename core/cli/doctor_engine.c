/* The engine: can it be asked, what is it, and which ways past the rules does it have? */
#include <stdlib.h>
#include <string.h>

#include "core/agent/process.h"
#include "core/cli/ask.h"
#include "core/cli/doctor_internal.h"
#include "core/cli/field.h"
#include "core/docker/json.h"

#define OLDEST 20 /* that is tested */

static int ask(const struct ww_doctor *d, const char *path, cJSON **ret_json, struct ww_error *err)
{
    const struct ww_ask_engine engine = {
        .host = d->options->host, .cert_path = d->options->cert_path, .tls_verify = d->options->tls_verify};
    struct ww_reply reply;
    int rc = ww_ask_engine(&engine, path, &reply, err);
    if (rc == 0 && reply.status != 200)
        rc = ww_fail(err, -1, "it answers with status %ld", reply.status);
    if (rc == 0)
        rc = ww_json_parse(reply.body.data ? reply.body.data : "", reply.body.len, ret_json, err);
    ww_buf_done(&reply.body);
    return rc;
}

/* Of the pairs in FirewallBackend.Info. "" where the engine does not say. */
static const char *backend_info(const cJSON *backend, const char *key)
{
    const cJSON *pair;
    cJSON_ArrayForEach(pair, ww_field(backend, "Info"))
    {
        const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 0));
        const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1));
        if (name && value && strcmp(name, key) == 0)
            return value;
    }
    return "";
}

static int is_there(pid_t pid, void *arg)
{
    (void)pid;
    (void)arg;
    return 1;
}

/* Engines before 28 do not say: a process of it is there while a port is published. */
static void look_for_proxy(struct ww_doctor *d, const cJSON *backend)
{
    const char *said = backend_info(backend, "EnableUserlandProxy");
    if (strcmp(said, "true") != 0 && (*said || ww_process_each("docker-proxy", is_there, NULL) <= 0))
        return;
    ww_findings_add(
        &d->found, WW_FINDING_NOTE, "userland_proxy",
        "\"userland-proxy\": false in daemon.json, where no client needs it",
        "the engine's userland proxy takes connections from this host, and some of IPv6, to published ports: "
        "containers see the host as their sender, and rules treat them so (localhost)");
}

static bool is_rootless(const cJSON *info)
{
    const cJSON *option;
    cJSON_ArrayForEach(option, ww_field(info, "SecurityOptions"))
    {
        const char *value = cJSON_GetStringValue(option);
        if (value && strstr(value, "name=rootless"))
            return true;
    }
    return false;
}

static void tell_engine(struct ww_doctor *d)
{
    const cJSON *backend = ww_field(d->info, "FirewallBackend");
    const char *driver = ww_field_words(backend, "Driver");
    long major = ww_doctor_engine_major(d);
    ww_findings_add(&d->found, WW_FINDING_OK, "engine", NULL, "engine %s; firewall backend: %s",
                    ww_field_words(d->info, "ServerVersion"),
                    *driver ? driver : "iptables (engines before 28 have no other)");
    if (major && major < OLDEST)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "engine_old", "use engine 20.10 or newer",
                        "engine %s is older than any that whalewall is tested with",
                        ww_field_words(d->info, "ServerVersion"));
    if (is_rootless(d->info))
        ww_findings_add(
            &d->found, WW_FINDING_WRONG, "engine_rootless",
            "run whalewall in the engine's network namespace, or the engine as root",
            "the engine is rootless: its networks are in a namespace of its own, where this host's rules do "
            "not reach");
    look_for_proxy(d, backend);
}

void ww_doctor_engine(struct ww_doctor *d)
{
    struct ww_error err = {0};
    if (ask(d, "/info", &d->info, &err) < 0) {
        ww_findings_add(&d->found, WW_FINDING_WRONG, "engine_away",
                        "start it; or be root, or of its group; DOCKER_HOST names another",
                        "the engine cannot be asked: %s", err.text);
        return;
    }
    tell_engine(d);
    if (ask(d, "/containers/json", &d->containers, &err) < 0)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "engine_list", NULL,
                        "the engine's containers cannot be listed: %s", err.text);
}
