/* Questions to an agent, as the control socket's clients ask them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/control/answer.h"
#include "core/lib/agent_internal.h"
#include "core/lib/failure.h"
#include "core/lib/namespace.h"

#define OK 200
#define NOT_YET 503

#define VALUES 16 /* more than any question takes */

/* Names and values, one after the other, and which of these were looked at. */
struct given {
    const char *const *values; /* NULL: none */
    bool seen[VALUES];
};

static const char *value_of(void *arg, const char *name)
{
    struct given *given = arg;
    for (size_t i = 0; i < VALUES && given->values && given->values[2 * i]; i++) {
        if (strcmp(given->values[2 * i], name) != 0)
            continue;
        given->seen[i] = true;
        return given->values[2 * i + 1];
    }
    return NULL;
}

/* The first that the question does not take; NULL: there is none. */
static const char *unseen(const struct given *given)
{
    for (size_t i = 0; given->values && given->values[2 * i]; i++)
        if (i >= VALUES || !given->seen[i])
            return given->values[2 * i];
    return NULL;
}

static int code_of(unsigned status)
{
    return status == 400 ? -EINVAL : status == 404 ? -ENOENT : status == NOT_YET ? -EAGAIN : -EIO;
}

/* A question that changes something takes another method, which the answer names, and no value. */
static void ask_agent(struct ww_agent *a, const char *path, struct given *given, struct ww_answer *answer)
{
    struct ww_request request = {.method = "GET", .path = path, .value = value_of, .arg = given};
    ww_agent_ask(a, &request, answer);
    if (!answer->allow || unseen(given))
        return;
    request.method = answer->allow;
    ww_buf_done(&answer->body);
    *answer = (struct ww_answer){0};
    ww_agent_ask(a, &request, answer);
}

/* A name that is misspelled would be without effect. */
static int check_given(const char *question, const struct given *given, const struct ww_answer *answer,
                       struct ww_error *err)
{
    bool read = answer->status == OK || answer->status == NOT_YET || answer->allow;
    const char *name = read ? unseen(given) : NULL;
    return name ? ww_fail(err, -EINVAL, "the question '%.40s' takes no value '%.40s'", question, name) : 0;
}

static int fail_unknown(const char *question, struct ww_error *err)
{
    struct ww_buf known ww_auto(ww_buf_done) = {0};
    ww_answer_questions(&known);
    return ww_fail(err, -ENOENT, "there is no question '%.40s'; there are:%s", question,
                   ww_buf_ok(&known) ? known.data : " …");
}

/* rc: what was found wrong already. The answer is released. */
static int take_answer(int rc, const char *question, struct ww_answer *answer, char **ret_text, struct ww_error *err)
{
    if (rc == 0 && answer->unknown)
        rc = fail_unknown(question, err);
    else if (rc == 0 && answer->status != OK)
        rc = ww_fail(err, code_of(answer->status), "%s", answer->why);
    else if (rc == 0 && !ww_buf_ok(&answer->body))
        rc = ww_fail(err, -ENOMEM, "out of memory");
    else if (rc == 0)
        *ret_text = ww_buf_take(&answer->body);
    ww_buf_done(&answer->body);
    return rc;
}

int whalewall_agent_ask(struct whalewall_agent *a, const char *question, const char *const *values, char **ret_text,
                        struct whalewall_error *error)
{
    struct ww_error err = {0};
    struct ww_answer answer = {0};
    struct given given = {.values = values};
    char path[64];
    int back;
    int rc =
        a->agent ? ww_namespace_enter(a->namespace, &back, &err) : ww_fail(&err, -EINVAL, "the agent was not started");
    if (rc < 0)
        return ww_failure(error, &err);
    snprintf(path, sizeof(path), "/v1/%s", question);
    ask_agent(a->agent, path, &given, &answer);
    rc = take_answer(check_given(question, &given, &answer, &err), question, &answer, ret_text, &err);
    int left = ww_namespace_leave(&back, rc < 0 ? NULL : &err);
    return rc < 0 || left < 0 ? ww_failure(error, &err) : 0;
}
