#include "core/agent/scrape.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core/agent/agent_internal.h"
#include "core/agent/metrics.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/control/scrape_request.h"

#define TURN_MS 250        /* overdue clients are looked for so often, while there are any */
#define AGE_NS WW_NS_PER_S /* of what was made last */
#define SHARE 100          /* of the loop's time at most one part in so many goes into making it */

enum place { FREE, TAKEN, CLOSING };

struct client {
    struct ww_scraping *server;
    enum place place;
    uv_poll_t poll;
    int fd;
    int64_t due;
    char request[WW_LIMIT_SCRAPE_BYTES];
    size_t got;
    struct ww_buf answer; /* empty while the request is read */
    size_t sent;
};

struct ww_scraping {
    struct ww_agent *agent;
    int fd;
    bool listens;
    uv_poll_t poll;
    uv_timer_t timer;
    struct client clients[WW_LIMIT_SCRAPE_CLIENTS];
    struct ww_buf body; /* what was made last */
    int64_t made;       /* then; 0: never */
    int64_t took;
    int64_t second; /* that `accepted` is of */
    unsigned accepted;
};

static void on_connection(uv_poll_t *poll, int status, int events);
static void follow(struct ww_scraping *s);

static void on_poll_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;
    c->place = FREE;
    follow(c->server);
}

static void end_client(struct client *c)
{
    c->place = CLOSING;
    ww_buf_done(&c->answer);
    uv_close((uv_handle_t *)&c->poll, on_poll_closed);
    close(c->fd);
    c->fd = -1;
}

/* What was made last, or made anew; false: it cannot be had. */
static bool make_body(struct ww_scraping *s)
{
    int64_t now = ww_clock_mono();
    int64_t age = s->took * SHARE > AGE_NS ? s->took * SHARE : AGE_NS;
    if (s->made && now - s->made < age)
        return s->body.len > 0;
    ww_buf_reset(&s->body);
    if (ww_agent_metrics(s->agent, &s->body, NULL) < 0)
        ww_buf_reset(&s->body);
    s->made = ww_clock_mono();
    s->took = s->made - now;
    return s->body.len > 0;
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct client *c = poll->data;
    const char *left = c->answer.data + c->sent;
    ssize_t n = status < 0 ? -1 : send(c->fd, left, c->answer.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)events;
    if (n < 0 && status >= 0 && (errno == EAGAIN || errno == EINTR))
        return;
    c->sent += n > 0 ? (size_t)n : 0;
    if (n > 0 && c->sent < c->answer.len)
        return;
    if (n > 0)
        shutdown(c->fd, SHUT_WR);
    end_client(c);
}

static void answer(struct client *c, unsigned status, bool head)
{
    if (status == 200 && !make_body(c->server))
        status = 503;
    ww_scrape_answer(status, head, &c->server->body, &c->answer);
    if (!ww_buf_ok(&c->answer) || uv_poll_start(&c->poll, UV_WRITABLE, on_writable) < 0)
        end_client(c);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct client *c = poll->data;
    bool head;
    (void)events;
    ssize_t n = status < 0 ? 0 : recv(c->fd, c->request + c->got, sizeof(c->request) - c->got, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end_client(c);
        return;
    }
    c->got += (size_t)n;
    unsigned code = ww_scrape_read(c->request, c->got, &head);
    if (code)
        answer(c, code, head);
}

static struct client *find_place(struct ww_scraping *s)
{
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++)
        if (s->clients[i].place == FREE)
            return &s->clients[i];
    return NULL;
}

static bool is_idle(const struct ww_scraping *s)
{
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++)
        if (s->clients[i].place == TAKEN)
            return false;
    return true;
}

static bool may_come(struct ww_scraping *s)
{
    int64_t second = ww_clock_mono() / WW_NS_PER_S;
    if (second != s->second)
        s->accepted = 0;
    s->second = second;
    return s->accepted < WW_LIMIT_SCRAPE_RATE && find_place(s);
}

static void on_turn(uv_timer_t *timer)
{
    struct ww_scraping *s = timer->data;
    int64_t now = ww_clock_mono();
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++)
        if (s->clients[i].place == TAKEN && s->clients[i].due <= now)
            end_client(&s->clients[i]);
    follow(s);
}

/* Whether it listens, and whether there is anything to be waited for. */
static void follow(struct ww_scraping *s)
{
    bool listens = may_come(s);
    if (!s->agent->uv || uv_is_closing((const uv_handle_t *)&s->poll))
        return;
    if (listens != s->listens && listens)
        uv_poll_start(&s->poll, UV_READABLE, on_connection);
    else if (listens != s->listens)
        uv_poll_stop(&s->poll);
    s->listens = listens;
    if (listens && is_idle(s))
        uv_timer_stop(&s->timer);
    else if (!uv_is_active((const uv_handle_t *)&s->timer))
        uv_timer_start(&s->timer, on_turn, TURN_MS, TURN_MS);
}

static void take_client(struct ww_scraping *s, struct client *c, int fd)
{
    if (uv_poll_init(s->agent->uv, &c->poll, fd) < 0) {
        close(fd);
        return;
    }
    c->server = s;
    c->place = TAKEN;
    c->poll.data = c;
    c->fd = fd;
    c->due = ww_clock_mono() + WW_LIMIT_SCRAPE_MS * WW_NS_PER_MS;
    c->got = c->sent = 0;
    s->accepted++;
    uv_poll_start(&c->poll, UV_READABLE, on_readable);
}

/* One at a time: what else is to be done comes in between. */
static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct ww_scraping *s = poll->data;
    struct client *c = find_place(s);
    (void)status;
    (void)events;
    int fd = c ? accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    if (fd >= 0)
        take_client(s, c, fd);
    follow(s);
}

int ww_scraping_new(struct ww_agent *a, int fd, struct ww_scraping **ret_scraping, struct ww_error *err)
{
    struct ww_scraping *s = calloc(1, sizeof(*s));
    if (!s || uv_poll_init(a->uv, &s->poll, fd) < 0) {
        free(s);
        close(fd);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    s->agent = a;
    s->fd = fd;
    s->poll.data = s;
    uv_timer_init(a->uv, &s->timer);
    s->timer.data = s;
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++)
        s->clients[i].fd = -1;
    follow(s);
    *ret_scraping = s;
    return 0;
}

void ww_scraping_free(struct ww_scraping *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++) {
        ww_buf_done(&s->clients[i].answer);
        if (s->clients[i].fd >= 0)
            close(s->clients[i].fd);
    }
    ww_buf_done(&s->body);
    close(s->fd);
    free(s);
}
