#include "core/cli/enforced.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/cli/ask.h"
#include "core/cli/field.h"
#include "core/cli/query.h"
#include "core/control/enforced.h"
#include "core/docker/json.h"

void ww_enforced_answers_done(struct ww_enforced_answers *answers)
{
    for (size_t i = 0; i < answers->n; i++)
        free(answers->answers[i]);
    free(answers->answers);
    *answers = (struct ww_enforced_answers){0};
}

/* Take an answer over; *next is the path of what comes after it, empty: nothing does. */
static int take(struct ww_enforced_answers *answers, struct ww_buf *body, struct ww_buf *next, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    char **list = reallocarray(answers->answers, answers->n + 1, sizeof(*list));
    if (!list)
        return ww_fail(err, -ENOMEM, "out of memory");
    answers->answers = list;
    int rc = ww_json_parse(body->data ? body->data : "", body->len, &answer, err);
    if (rc == 0)
        rc = ww_field_format(answer, WW_ENFORCED_FORMAT, err);
    if (rc < 0)
        return rc;
    ww_buf_reset(next);
    if (ww_field_text(answer, "next")) {
        ww_buf_str(next, "/v1/enforced");
        ww_query_add(next, "after", ww_field_text(answer, "next"));
    }
    list[answers->n] = ww_buf_take(body);
    if (!list[answers->n] || !ww_buf_ok(next))
        return ww_fail(err, -ENOMEM, "out of memory");
    answers->n++;
    return 0;
}

int ww_enforced_ask(const char *data_dir, struct ww_enforced_answers *ret_answers, struct ww_error *err)
{
    struct ww_enforced_answers answers = {0};
    struct ww_buf path = {0};
    int rc = 0;
    ww_buf_str(&path, "/v1/enforced");
    while (rc == 0 && path.len) {
        struct ww_reply reply = {0};
        rc = ww_ask_program(data_dir, path.data, false, &reply, err);
        if (rc == 0 && reply.status != 200)
            rc = ww_reply_error(&reply, err);
        if (rc == 0)
            rc = take(&answers, &reply.body, &path, err);
        ww_buf_done(&reply.body);
    }
    ww_buf_done(&path);
    if (rc < 0)
        ww_enforced_answers_done(&answers);
    else
        *ret_answers = answers;
    return rc;
}
