#include "helper_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"

static int fill(void *arg, struct ww_status *status, struct ww_error *err)
{
    struct server *s = arg;
    if (s->n_begun < sizeof(s->begun) / sizeof(s->begun[0]))
        s->begun[s->n_begun++] = ww_clock_mono();
    usleep((useconds_t)s->status_ms * 1000);
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    *status = (struct ww_status){.version = "1.2.3", .pid = 7, .engine = {.state = "synced", .version = ""}};
    for (size_t i = 0; i < s->containers; i++) {
        struct ww_status_container *c;
        assert_int_equal(ww_status_add_container(status, &c), 0);
        c->id = "0123456789abcdef";
        c->name = "web";
    }
    return 0;
}

/* One way and one step, with what was asked in them. */
static int explain(void *arg, const struct ww_explain_question *question, struct ww_explanation *explanation,
                   struct ww_error *err)
{
    const struct server *s = arg;
    struct ww_explain_way *way;
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    if (!question->from || !question->to || !question->what)
        return ww_fail(err, -EINVAL, "something is missing");
    explanation->from = (struct ww_explain_end){.kind = "address", .name = "198.51.100.2"};
    explanation->to = (struct ww_explain_end){.kind = "host", .name = "host"};
    explanation->protocol = strcmp(question->what, "tcp/80") == 0 ? "tcp" : "icmp";
    assert_int_equal(ww_explanation_add_way(explanation, &way), 0);
    way->steps[way->n_steps++] =
        (struct ww_explain_step){.at = strcmp(question->from, "a b&c") == 0 ? "sender" : "guard"};
    return 0;
}

static int show(void *arg, const char *container, struct ww_show *ret_show, struct ww_error *err)
{
    const struct server *s = arg;
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    if (!container)
        return ww_fail(err, -EINVAL, "something is missing");
    ret_show->id = "0123456789abcdef";
    ret_show->name = strcmp(container, "web") == 0 ? "web" : "other";
    return 0;
}

static int drops(void *arg, const char *container, uint64_t since, struct ww_drops_answer *ret_drops,
                 struct ww_error *err)
{
    const struct server *s = arg;
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    ret_drops->next = since + (container ? 1000 : 1);
    return 0;
}

static int enforced(void *arg, const char *after, struct ww_enforced *ret_enforced, struct ww_error *err)
{
    const struct server *s = arg;
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    ret_enforced->next = after && strcmp(after, "a") == 0 ? "b" : NULL;
    return 0;
}

static int events(void *arg, uint64_t since, struct ww_events_answer *ret_events, struct ww_error *err)
{
    const struct server *s = arg;
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    ret_events->next = since + 1;
    return 0;
}

static int suggest(void *arg, const char *container, struct ww_suggestion *ret_suggestion, struct ww_error *err)
{
    const struct server *s = arg;
    if (s->fails)
        return ww_fail(err, s->fails, "it \"fails\"");
    *ret_suggestion = (struct ww_suggestion){.name = container, .left_out = 3};
    return 0;
}

static int clear(void *arg, struct ww_error *err)
{
    struct server *s = arg;
    s->cleared++;
    return s->fails ? ww_fail(err, s->fails, "it \"fails\"") : 42;
}

static int metrics(void *arg, struct ww_buf *out, struct ww_error *err)
{
    const struct server *s = arg;
    ww_buf_str(out, "whalewall_healthy 1\n");
    return s->fails ? ww_fail(err, s->fails, "it \"fails\"") : 0;
}

int server_set_up(void **state)
{
    struct server *s = calloc(1, sizeof(*s));
    struct ww_control_ops ops = {.arg = s,
                                 .status = fill,
                                 .explain = explain,
                                 .show = show,
                                 .drops = drops,
                                 .enforced = enforced,
                                 .events = events,
                                 .suggest = suggest,
                                 .clear = clear,
                                 .metrics = metrics};
    struct ww_error err = {0};
    assert_non_null(s);
    signal(SIGPIPE, SIG_IGN);
    strcpy(s->dir, "/tmp/ww-control-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%s/control.sock", s->dir);
    if (ww_control_new(s->dir, &ops, &s->control, &err) < 0)
        fail_msg("%s", err.text);
    *state = s;
    return 0;
}

int server_tear_down(void **state)
{
    struct server *s = *state;
    ww_control_free(s->control);
    assert_int_equal(access(s->path, F_OK), -1);
    snprintf(s->path, sizeof(s->path), "%s/control.lock", s->dir);
    assert_int_equal(unlink(s->path), 0);
    assert_int_equal(rmdir(s->dir), 0);
    free(s);
    return 0;
}

int server_run(struct server *s, int ms)
{
    int64_t end = ww_clock_mono() + ms * WW_NS_PER_MS;
    int times = 0;
    for (;;) {
        int64_t left = (end - ww_clock_mono()) / WW_NS_PER_MS;
        int64_t due = ww_control_timeout(s->control);
        bool ours = due < 0 || due > left;
        struct pollfd fd = {.fd = ww_control_fd(s->control), .events = POLLIN};
        int rc = poll(&fd, 1, (int)(ours ? (left > 0 ? left : 0) : due));
        if (rc == 0 && ours)
            return times;
        ww_control_run(s->control);
        times++;
    }
}

int client_connect(const struct server *s)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->path);
    if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    int code = -errno;
    close(fd);
    return code;
}

void client_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

char *client_read(struct server *s, int fd, int ms)
{
    struct ww_buf buf = {0};
    int64_t end = ww_clock_mono() + ms * WW_NS_PER_MS;
    while (ww_clock_mono() < end) {
        char chunk[4096];
        server_run(s, 1);
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n > 0)
            ww_buf_add(&buf, chunk, (size_t)n);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            ww_buf_str(&buf, "");
            return ww_buf_take(&buf);
        }
    }
    ww_buf_done(&buf);
    return NULL;
}

char *client_ask(struct server *s, const char *request)
{
    int fd = client_connect(s);
    assert_true(fd >= 0);
    client_send(fd, request);
    char *answer = client_read(s, fd, 20000);
    close(fd);
    assert_non_null(answer);
    return answer;
}
