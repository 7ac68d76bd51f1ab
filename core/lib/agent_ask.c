/* Questions to an agent, as the control socket's clients ask them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/control/answer.h"
#include "core/lib/agent_internal.h"
#include "core/lib/failure.h"
#include "core/lib/namespace.h"

#define OK 200

/* Of names and values, one after the other. */
static const char *value_of(void *arg, const char *name)
{
    const char *const *values = arg;
    for (size_t i = 0; values && values[i]; i += 2)
        if (strcmp(values[i], name) == 0)
            return values[i + 1];
    return NULL;
}

static int code_of(unsigned status)
{
    return status == 400 ? -EINVAL : status == 404 ? -ENOENT : -EIO;
}

/* A question that changes something takes another method, which the answer names. */
static void ask(struct ww_agent *a, const char *path, const char *const *values, struct ww_answer *answer)
{
    struct ww_request request = {.method = "GET", .path = path, .value = value_of, .arg = (void *)values};
    ww_agent_ask(a, &request, answer);
    if (!answer->allow)
        return;
    request.method = answer->allow;
    ww_buf_done(&answer->body);
    *answer = (struct ww_answer){0};
    ww_agent_ask(a, &request, answer);
}

static int take(struct ww_answer *answer, char **ret_text, struct ww_error *err)
{
    int rc = 0;
    if (answer->status != OK)
        rc = ww_fail(err, code_of(answer->status), "%s", answer->why);
    else if (!ww_buf_ok(&answer->body))
        rc = ww_fail(err, -ENOMEM, "out of memory");
    else
        *ret_text = ww_buf_take(&answer->body);
    ww_buf_done(&answer->body);
    return rc;
}

int whalewall_agent_ask(struct whalewall_agent *a, const char *question, const char *const *values, char **ret_text,
                        struct whalewall_error *error)
{
    struct ww_error err = {0};
    struct ww_answer answer = {0};
    char path[64];
    int back;
    int rc =
        a->agent ? ww_namespace_enter(a->namespace, &back, &err) : ww_fail(&err, -EINVAL, "the agent was not started");
    if (rc < 0)
        return ww_failure(error, &err);
    snprintf(path, sizeof(path), "/v1/%s", question);
    ask(a->agent, path, values, &answer);
    rc = take(&answer, ret_text, &err);
    int left = ww_namespace_leave(&back, rc < 0 ? NULL : &err);
    return rc < 0 || left < 0 ? ww_failure(error, &err) : 0;
}
