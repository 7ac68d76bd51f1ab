/* What the running program says of itself. */
#include <errno.h>
#include <string.h>

#include "core/agent/process.h"
#include "core/cli/ask.h"
#include "core/cli/doctor_internal.h"
#include "core/cli/field.h"
#include "core/docker/json.h"

/* Where it runs with another directory than the one that was named, that one is meant. */
static int ask(const char *data_dir, struct ww_reply *reply, struct ww_error *err)
{
    char other[4096];
    int rc = ww_ask_program(data_dir, "/v1/status", false, reply, err);
    if ((rc != -ENOENT && rc != -ECONNREFUSED) || ww_process_find_running(other, sizeof(other)) <= 0)
        return rc;
    ww_buf_done(&reply->body);
    return ww_ask_program(other, "/v1/status", false, reply, err);
}

/* Before the engine's first list no container has a name, so none is in the status. */
static bool is_listed(const cJSON *status)
{
    const cJSON *problem;
    cJSON_ArrayForEach(problem, ww_field(status, "problems"))
    {
        if (strcmp(ww_field_words(problem, "code"), "engine_listing") == 0)
            return false;
    }
    return strcmp(ww_field_words(ww_field(status, "engine"), "state"), "synced") == 0;
}

void ww_doctor_program_tell(struct ww_doctor *d)
{
    const cJSON *program = ww_field(d->status, "program");
    const cJSON *problem;
    const int n = cJSON_GetArraySize(ww_field(d->status, "containers"));
    if (n == 0 && !is_listed(d->status))
        ww_findings_add(&d->found, WW_FINDING_OK, "program", NULL,
                        "whalewall %s runs; which containers it manages is known with the engine's first list",
                        ww_field_words(program, "version"));
    else
        ww_findings_add(&d->found, WW_FINDING_OK, "program", NULL, "whalewall %s runs; it manages %d container%s",
                        ww_field_words(program, "version"), n, n == 1 ? "" : "s");
    cJSON_ArrayForEach(problem, ww_field(d->status, "problems"))
    {
        const char *subject = ww_field_words(problem, "subject");
        ww_findings_add(&d->found, WW_FINDING_WRONG, "problem", "docs/status.md says what to do, by this code",
                        "%s%s%s: %s", ww_field_words(problem, "code"), *subject ? " " : "", subject,
                        ww_field_words(problem, "text"));
    }
    if (strcmp(ww_field_words(program, "sandbox"), "off") == 0)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "sandbox_off", "start it without -no-sandbox",
                        "labels are read in the program itself: a fault in what reads them would give away the host");
    if (!cJSON_IsTrue(ww_field(ww_field(d->status, "table"), "owned")))
        ww_findings_add(&d->found, WW_FINDING_NOTE, "table_shared",
                        "Linux 6.9 or newer, without -shared-table, keeps all others out",
                        "other programs can change whalewall's table; it notices, and undoes that");
}

void ww_doctor_program(struct ww_doctor *d)
{
    struct ww_reply reply;
    struct ww_error err = {0};
    int rc = ask(d->options->data_dir, &reply, &err);
    if (rc == 0 && reply.status != 200)
        rc = ww_reply_error(&reply, &err);
    if (rc == 0)
        rc = ww_json_parse(reply.body.data ? reply.body.data : "", reply.body.len, &d->status, &err);
    ww_buf_done(&reply.body);
    if (rc == 0)
        ww_doctor_program_tell(d);
    else if (rc == -ENOENT || rc == -ECONNREFUSED)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "program_away", "start it (systemctl start whalewall)",
                        "no whalewall runs: what was in force stays so, and nothing new is enforced");
    else
        ww_findings_add(&d->found, WW_FINDING_WARNING, "program_silent",
                        "be root, or the user that it runs as; see its log", "%s", err.text);
}
