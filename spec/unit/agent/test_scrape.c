/* Metrics over TCP, and what clients may do there. */
#include "core/agent/scrape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/control/listen.h"
#include "helper_live.h"

#define REQUEST "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
#define AT "127.0.0.1:9101"

/* One turn of the loop, which waits for a while. */
static void turn(const struct ww_agent *a)
{
    usleep(1000);
    uv_run(a->uv, UV_RUN_NOWAIT);
}

static int set_up(void **state)
{
    struct ww_listen at;
    struct ww_error err = {0};
    int rc = live_open(state);
    struct ww_agent *a = *state;
    assert_int_equal(ww_listen_parse(AT, &at, &err), 0);
    int fd = ww_listen_open(&at, &err);
    if (fd < 0 || ww_scraping_new(a, fd, &a->scraping, &err) < 0)
        fail_msg("%s", err.text);
    return rc;
}

static int client(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9101)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr), 1);
    assert_int_equal(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that comes until the other side closes; NULL: it does not within so many milliseconds. */
static char *hear(struct ww_agent *a, int fd, int ms)
{
    struct ww_buf buf = {0};
    int64_t end = ww_clock_mono() + ms * WW_NS_PER_MS;
    ww_buf_str(&buf, "");
    while (ww_clock_mono() < end) {
        char chunk[4096];
        turn(a);
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
        if (n > 0)
            ww_buf_add(&buf, chunk, (size_t)n);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            close(fd);
            return ww_buf_take(&buf);
        }
    }
    close(fd);
    ww_buf_done(&buf);
    return NULL;
}

static char *ask(struct ww_agent *a, const char *request)
{
    int fd = client();
    say(fd, request);
    char *answer = hear(a, fd, 10000);
    assert_non_null(answer);
    return answer;
}

static void metrics_are_served(void **state)
{
    struct ww_agent *a = *state;
    char *answer = ask(a, REQUEST);
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_non_null(strstr(answer, "\nwhalewall_containers{state=\"enforced\"} 2\n"));
    assert_non_null(strstr(answer, "\nwhalewall_commits_total 1\n"));
    assert_non_null(strstr(answer, "\nwhalewall_reconciliations_total 1\n"));
    free(answer);
    answer = ask(a, "POST /v1/clear HTTP/1.1\r\n\r\n");
    assert_non_null(strstr(answer, "HTTP/1.1 404 "));
    free(answer);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    struct ww_agent *a = *state;
    int fd = client();
    for (const char *c = REQUEST; *c; c++) {
        char byte[] = {*c, '\0'};
        say(fd, byte);
        turn(a);
    }
    char *answer = hear(a, fd, 10000);
    assert_non_null(answer);
    assert_non_null(strstr(answer, " 200 OK"));
    free(answer);
}

static void what_never_ends_is_refused(void **state)
{
    struct ww_agent *a = *state;
    char flood[WW_LIMIT_SCRAPE_BYTES + 1];
    int fd = client();
    memset(flood, 'x', sizeof(flood) - 1);
    flood[sizeof(flood) - 1] = '\0';
    say(fd, flood);
    char *answer = hear(a, fd, 10000);
    assert_non_null(answer);
    assert_non_null(strstr(answer, "HTTP/1.1 431 "));
    free(answer);
}

/* All places are taken by clients that say nothing: they are sent away when their time is over, and the next client
 * gets its answer. */
static void the_silent_are_sent_away(void **state)
{
    struct ww_agent *a = *state;
    int silent[WW_LIMIT_SCRAPE_CLIENTS];
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++) {
        silent[i] = client();
        say(silent[i], "GET /metrics HTTP/1.1\r\n");
        turn(a);
    }
    int64_t began = ww_clock_mono();
    int fd = client();
    say(fd, REQUEST);
    char *answer = hear(a, fd, WW_LIMIT_SCRAPE_MS * 4);
    assert_non_null(answer);
    assert_non_null(strstr(answer, " 200 OK"));
    assert_true(ww_clock_mono() - began > (WW_LIMIT_SCRAPE_MS - 1000) * WW_NS_PER_MS);
    free(answer);
    for (size_t i = 0; i < WW_LIMIT_SCRAPE_CLIENTS; i++) {
        answer = hear(a, silent[i], 10000);
        assert_string_equal(answer, "");
        free(answer);
    }
}

/* However many come: so many in a second, and all of them are told what was made once. */
static void a_flood_is_served_slowly(void **state)
{
    enum { FLOOD = 4 * WW_LIMIT_SCRAPE_RATE };
    struct ww_agent *a = *state;
    int64_t second = 0;
    int in_second = 0;
    int answered = 0;
    free(ask(a, REQUEST));
    while (answered < FLOOD) {
        char *answer = ask(a, REQUEST);
        assert_non_null(strstr(answer, " 200 OK"));
        free(answer);
        answered++;
        if (ww_clock_mono() / WW_NS_PER_S != second)
            in_second = 0;
        second = ww_clock_mono() / WW_NS_PER_S;
        assert_true(++in_second <= WW_LIMIT_SCRAPE_RATE + WW_LIMIT_SCRAPE_CLIENTS);
    }
}

/* One that goes before its answer is there costs nothing. */
static void clients_that_go_are_forgotten(void **state)
{
    struct ww_agent *a = *state;
    for (int i = 0; i < 3 * WW_LIMIT_SCRAPE_CLIENTS; i++) {
        struct linger now = {.l_onoff = 1};
        int fd = client();
        if (i % 3)
            say(fd, i % 3 == 1 ? REQUEST : "GET");
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        if (i % 5)
            turn(a);
        close(fd);
        turn(a);
    }
    char *answer = ask(a, REQUEST);
    assert_non_null(strstr(answer, " 200 OK"));
    free(answer);
}

/* The loop is closed while clients are there. */
static void an_end_with_clients_leaves_nothing(void **state)
{
    struct ww_agent *a = *state;
    int fd[3];
    for (size_t i = 0; i < 3; i++) {
        fd[i] = client();
        if (i)
            say(fd[i], i == 1 ? "GET" : REQUEST);
        turn(a);
    }
    assert_int_equal(live_close(state), 0);
    for (size_t i = 0; i < 3; i++)
        close(fd[i]);
    assert_int_equal(set_up(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metrics_are_served, set_up, live_close),
        cmocka_unit_test_setup_teardown(a_request_may_come_byte_by_byte, set_up, live_close),
        cmocka_unit_test_setup_teardown(what_never_ends_is_refused, set_up, live_close),
        cmocka_unit_test_setup_teardown(the_silent_are_sent_away, set_up, live_close),
        cmocka_unit_test_setup_teardown(a_flood_is_served_slowly, set_up, live_close),
        cmocka_unit_test_setup_teardown(clients_that_go_are_forgotten, set_up, live_close),
        cmocka_unit_test_setup_teardown(an_end_with_clients_leaves_nothing, set_up, live_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
