#include "core/cli/explain.h"

#include <errno.h>

#include "core/base/buf.h"
#include "core/cli/query.h"
#include "core/cli/question.h"

#define WORDS 3

int ww_explain(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out)
{
    static const struct ww_question question = {.show = ww_explain_show, .verdict = ww_explain_passes};
    static const char *const names[WORDS] = {"from", "to", "what"};
    struct ww_error err = {0};
    struct ww_buf path = {0};
    if (n != WORDS && n != WORDS - 1) {
        ww_fail(&err, -EINVAL,
                "two or three words are needed: whalewall explain FROM TO [PROTO/PORT], "
                "as in: whalewall explain web db tcp/5432");
        return ww_question_complain(&err, WW_QUESTION_USAGE);
    }
    ww_buf_str(&path, "/v1/explain");
    for (size_t i = 0; i < n; i++)
        ww_query_add(&path, names[i], words[i]);
    ww_fail(&err, -ENOMEM, "out of memory");
    int status = ww_buf_ok(&path) ? ww_question_ask(&question, data_dir, path.data, json, out)
                                  : ww_question_complain(&err, WW_QUESTION_SILENT);
    ww_buf_done(&path);
    return status;
}
