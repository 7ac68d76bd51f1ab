#include "core/cli/suggest.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/cli/ask.h"
#include "core/cli/project.h"
#include "core/cli/query.h"
#include "core/cli/question.h"

/* Of one container; the worst exit status that there was is kept. */
static int suggest_one(const char *data_dir, const char *word, bool json, struct ww_suggested *file, FILE *out)
{
    struct ww_buf path = {0};
    struct ww_reply reply = {0};
    struct ww_error err = {0};
    int status = WW_QUESTION_SILENT;
    ww_buf_str(&path, "/v1/suggest");
    ww_query_add(&path, "container", word);
    int rc = ww_buf_ok(&path) ? ww_ask_program(data_dir, path.data, false, &reply, &err)
                              : ww_fail(&err, -ENOMEM, "out of memory");
    const char *body = reply.body.data ? reply.body.data : "";
    if (rc == 0 && reply.status != 200) {
        rc = ww_reply_error(&reply, &err);
        status = reply.status == 400 || reply.status == 404 ? WW_QUESTION_USAGE : WW_QUESTION_SILENT;
    } else if (rc == 0) {
        rc = json ? ww_suggest_is_whole(body, reply.body.len, &err)
                  : ww_suggest_show(body, reply.body.len, file, out, &err);
    }
    if (json && rc >= 0)
        fputs(body, out);
    status = rc < 0 ? ww_question_complain(&err, status) : rc > 0 ? EXIT_SUCCESS : WW_QUESTION_NO;
    ww_buf_done(&path);
    ww_buf_done(&reply.body);
    return status;
}

static int suggest_words(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out)
{
    struct ww_suggested file = {0};
    int worst = EXIT_SUCCESS;
    for (size_t i = 0; i < n; i++) {
        int status = suggest_one(data_dir, words[i], json, &file, out);
        worst = status > worst ? status : worst;
    }
    ww_suggested_done(&file);
    return worst;
}

/* Nothing was seen of one that is not managed, and labels that say so would close it. */
static int suggest_of_project(const char *data_dir, const struct ww_project_container *c, bool json,
                              struct ww_suggested *file, FILE *out)
{
    if (c->managed)
        return suggest_one(data_dir, c->id, json, file, out);
    ww_suggest_show_unmanaged(c->name, json ? stderr : out);
    return WW_QUESTION_NO;
}

static int suggest_project(const char *data_dir, const char *project, bool json, FILE *out)
{
    struct ww_project found ww_auto(ww_project_done) = {0};
    struct ww_suggested file = {0};
    struct ww_error err = {0};
    int worst = EXIT_SUCCESS;
    int rc = ww_project_ask(data_dir, project, &found, &err);
    if (rc < 0)
        return ww_question_complain(&err, rc == -ESRCH ? WW_QUESTION_USAGE : WW_QUESTION_SILENT);
    for (size_t i = 0; i < found.n; i++) {
        int status = suggest_of_project(data_dir, &found.list[i], json, &file, out);
        worst = status > worst ? status : worst;
    }
    ww_suggested_done(&file);
    return worst;
}

int ww_suggest(const char *data_dir, const char *project, const char *const *words, size_t n, bool json, FILE *out)
{
    struct ww_error err = {0};
    if ((n == 0) == (project == NULL)) {
        ww_fail(&err, -EINVAL,
                n ? "containers and -project: one of both is enough"
                  : "a container or a project is needed: whalewall suggest CONTAINER..., or -project NAME");
        return ww_question_complain(&err, WW_QUESTION_USAGE);
    }
    int worst = project ? suggest_project(data_dir, project, json, out) : suggest_words(data_dir, words, n, json, out);
    if (fflush(out) == 0 && !ferror(out))
        return worst;
    ww_fail(&err, -EIO, "cannot write the answer");
    return ww_question_complain(&err, WW_QUESTION_SILENT);
}
