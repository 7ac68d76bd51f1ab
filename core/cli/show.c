#include "core/cli/show.h"

#include <errno.h>

#include "core/base/buf.h"
#include "core/cli/query.h"
#include "core/cli/question.h"

int ww_show(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out)
{
    static const struct ww_question question = {.show = ww_show_show, .verdict = ww_show_is_well};
    struct ww_error err = {0};
    struct ww_buf path = {0};
    if (n != 1) {
        ww_fail(&err, -EINVAL, "a container is needed: whalewall show CONTAINER");
        return ww_question_complain(&err, WW_QUESTION_USAGE);
    }
    ww_buf_str(&path, "/v1/show");
    ww_query_add(&path, "container", words[0]);
    ww_fail(&err, -ENOMEM, "out of memory");
    int status = ww_buf_ok(&path) ? ww_question_ask(&question, data_dir, path.data, json, out)
                                  : ww_question_complain(&err, WW_QUESTION_SILENT);
    ww_buf_done(&path);
    return status;
}
