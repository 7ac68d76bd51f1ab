#include "core/cli/drops.h"

#include <errno.h>

#include "core/base/buf.h"
#include "core/cli/follow.h"
#include "core/cli/query.h"
#include "core/cli/question.h"

static void make_path(const void *container, uint64_t since, struct ww_buf *path)
{
    ww_buf_str(path, "/v1/drops");
    if (container)
        ww_query_add(path, "container", container);
    ww_follow_since(path, since);
}

int ww_drops(const char *data_dir, const struct ww_drops_options *options, FILE *out)
{
    static const struct ww_question question = {.show = ww_drops_show_table, .verdict = ww_drops_check};
    struct ww_follow follow = {
        .path = make_path, .show = ww_drops_show_lines, .arg = options->container, .json = options->json};
    struct ww_error err = {0};
    struct ww_buf path = {0};
    if (options->follow)
        return ww_follow(data_dir, &follow, out);
    make_path(options->container, 0, &path);
    ww_fail(&err, -ENOMEM, "out of memory");
    int status = ww_buf_ok(&path) ? ww_question_ask(&question, data_dir, path.data, options->json, out)
                                  : ww_question_complain(&err, WW_QUESTION_SILENT);
    ww_buf_done(&path);
    return status;
}
