#include "core/cli/events.h"

#include "core/base/buf.h"
#include "core/cli/follow.h"
#include "core/cli/question.h"

static void make_path(const void *arg, uint64_t since, struct ww_buf *path)
{
    (void)arg;
    ww_buf_str(path, "/v1/events");
    ww_follow_since(path, since);
}

int ww_events(const char *data_dir, bool json, bool follow, FILE *out)
{
    static const struct ww_question question = {.show = ww_events_show, .verdict = ww_events_check};
    struct ww_follow following = {.path = make_path, .show = ww_events_show_lines, .json = json};
    return follow ? ww_follow(data_dir, &following, out)
                  : ww_question_ask(&question, data_dir, "/v1/events", json, out);
}
