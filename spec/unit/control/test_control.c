/* The control socket, and what clients may do to it. */
#include "helper_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/control/socket.h"

#define STATUS "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"

static void requests_are_answered_in_json(void **state)
{
    static const struct {
        const char *request;
        const char *status;
        const char *part;
    } rows[] = {
        {STATUS, "200", "{\"format\":1,\"program\":{\"version\":\"1.2.3\""},
        {"GET /v1/status HTTP/1.0\r\n\r\n", "200", "\"ok\":true"},
        {"GET /v1/status?x=y HTTP/1.1\r\nHost: x\r\n\r\n", "200", "\"ok\":true"},
        {"POST /v1/clear HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "200",
         "{\"format\":1,\"removed\":42,\"pid\":"},
        {"GET /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         "\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"},
        {"GET /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200", "\r\n\r\nwhalewall_healthy 1\n"},
        {"GET /v1/explain?from=a%20b%26c&to=host&what=tcp/80 HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         "\"protocol\":\"tcp\",\"port\":0,\"verdict\":\"allowed\",\"ways\":[{\"verdict\":\"allowed\","},
        {"GET /v1/explain?from=a%20b%26c&to=host&what=icmp HTTP/1.1\r\nHost: x\r\n\r\n", "200", "{\"at\":\"sender\","},
        {"GET /v1/explain?from=a&to=host HTTP/1.1\r\nHost: x\r\n\r\n", "400",
         "{\"format\":1,\"error\":\"something is missing\"}\n"},
        {"GET /v1/explain?from&to=host&what=icmp HTTP/1.1\r\nHost: x\r\n\r\n", "400", "something is missing"},
        {"GET /v1/show?container=web HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         "{\"format\":1,\"id\":\"0123456789abcdef\",\"name\":\"web\",\"managed\":false,\"status\":null,"},
        {"GET /v1/drops?container=web&since=41 HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         "{\"format\":1,\"next\":1041,\"left_out\":0,\"drops\":[]}\n"},
        {"GET /v1/drops HTTP/1.1\r\nHost: x\r\n\r\n", "200", "\"next\":1,"},
        {"GET /v1/drops?since=-1 HTTP/1.1\r\nHost: x\r\n\r\n", "400", "'since' is the number"},
        {"GET /v1/drops?since=1x HTTP/1.1\r\nHost: x\r\n\r\n", "400", "'since' is the number"},
        {"GET /v1/drops?since=99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n", "400", "'since' is the number"},
        {"GET /v1/events?since=41 HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         "{\"format\":1,\"next\":42,\"missed\":0,\"events\":[]}\n"},
        {"GET /v1/events?since=x HTTP/1.1\r\nHost: x\r\n\r\n", "400", "'since' is the number"},
        {"GET /v1/enforced HTTP/1.1\r\nHost: x\r\n\r\n", "200", "{\"format\":1,\"next\":null,\"networks\":[],"},
        {"GET /v1/enforced?after=a HTTP/1.1\r\nHost: x\r\n\r\n", "200", "\"next\":\"b\","},
        {"GET /v1/suggest?container=web HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         "\"left_out\":3,\"rules\":\"\",\"flows\":[]}\n"},
        {"GET /v1/show HTTP/1.1\r\nHost: x\r\n\r\n", "400", "something is missing"},
        {"POST /v1/explain?from=a HTTP/1.1\r\nHost: x\r\n\r\n", "405", "\nAllow: GET\r\n"},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404",
         "{\"format\":1,\"error\":\"there is no such path; there are: GET /v1/status, GET /v1/explain, GET /v1/show, "
         "GET /v1/drops, GET /v1/enforced, GET /v1/events, GET /v1/suggest, POST /v1/clear, GET /v1/metrics\"}\n"},
        {"GET /v1/status/ HTTP/1.1\r\nHost: x\r\n\r\n", "404", "there are"},
        {"GET /v1/clear HTTP/1.1\r\nHost: x\r\n\r\n", "405", "\nAllow: POST\r\n"},
        {"POST /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", "405", "\nAllow: GET\r\n"},
        {"DELETE /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", "405", "\"error\":\"this path takes another method\""},
        {"POST /v1/clear HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "413", "has no body"},
        {"POST /v1/clear HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "413", "has no body"},
    };
    struct server *s = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *answer = client_ask(s, rows[i].request);
        char head[32];
        print_message("%.30s\n", rows[i].request);
        snprintf(head, sizeof(head), "HTTP/1.1 %s", rows[i].status);
        if (strncmp(answer, head, strlen(head)) != 0 || !strstr(answer, rows[i].part))
            fail_msg("%s", answer);
        free(answer);
    }
    assert_int_equal(s->cleared, 1);
}

static void what_fails_says_why(void **state)
{
    static const char *const requests[] = {STATUS, "POST /v1/clear HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n"};
    struct server *s = *state;
    s->fails = -EPERM;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char *answer = client_ask(s, requests[i]);
        assert_non_null(strstr(answer, " 500 "));
        assert_non_null(strstr(answer, "{\"format\":1,\"error\":\"it \\\"fails\\\"\"}\n"));
        free(answer);
    }
}

static void what_is_not_there_is_no_failure_of_the_program(void **state)
{
    struct server *s = *state;
    s->fails = -ENOENT;
    static const char *const requests[] = {"GET /v1/explain?from=a&to=b&what=icmp HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /v1/show?container=a HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /v1/drops?container=a HTTP/1.1\r\nHost: x\r\n\r\n",
                                           "GET /v1/suggest?container=a HTTP/1.1\r\nHost: x\r\n\r\n"};
    for (size_t i = 0; i < 4; i++) {
        char *answer = client_ask(s, requests[i]);
        assert_non_null(strstr(answer, " 404 "));
        assert_non_null(strstr(answer, "{\"format\":1,\"error\":\"it \\\"fails\\\"\"}\n"));
        free(answer);
    }
}

static void no_client_is_no_work(void **state)
{
    struct server *s = *state;
    free(client_ask(s, STATUS));
    assert_false(ww_control_is_busy(s->control));
    assert_int_equal(ww_control_timeout(s->control), -1);
    assert_int_equal(server_run(s, 300), 0);
}

static void the_socket_is_for_its_owner_only(void **state)
{
    const struct server *s = *state;
    struct stat info;
    assert_int_equal(stat(s->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
}

/* Another user, where the file's mode would let them in. */
static void strangers_are_turned_away(void **state)
{
    struct server *s = *state;
    if (geteuid() != 0)
        fail_msg("this test needs root: it becomes another user");
    assert_int_equal(chmod(s->dir, 0755), 0);
    assert_int_equal(seteuid(65534), 0);
    int refused = client_connect(s);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(refused, -EACCES);
    assert_int_equal(chmod(s->path, 0666), 0);
    assert_int_equal(seteuid(65534), 0);
    int fd = client_connect(s);
    assert_int_equal(seteuid(0), 0);
    assert_true(fd >= 0);
    client_send(fd, "POST /v1/clear HTTP/1.1\r\nHost: x\r\n\r\n");
    char *answer = client_read(s, fd, 3000);
    assert_non_null(strstr(answer, " 403 "));
    assert_int_equal(s->cleared, 0);
    free(answer);
    close(fd);
}

static void a_slow_client_keeps_no_other_waiting(void **state)
{
    struct server *s = *state;
    int slow[4];
    for (size_t i = 0; i < 4; i++) {
        slow[i] = client_connect(s);
        client_send(slow[i], i % 2 ? "GET /v1/sta" : "GET /v1/status HTTP/1.1\r\nHost: ");
    }
    int64_t begin = ww_clock_mono();
    char *answer = client_ask(s, STATUS);
    assert_non_null(strstr(answer, " 200 "));
    assert_true(ww_clock_mono() - begin < WW_NS_PER_S);
    free(answer);
    assert_true(server_run(s, 300) < 30); /* waiting is no work */
    for (size_t i = 0; i < 4; i++)
        close(slow[i]);
    server_run(s, 20);
    assert_false(ww_control_is_busy(s->control));
}

/* The loop has most of its time for what else happens, and those that wait lose nothing. */
static void costly_answers_are_made_one_at_a_time_with_rests(void **state)
{
    struct server *s = *state;
    int clients[5];
    s->status_ms = 5;
    for (size_t i = 0; i < 5; i++) {
        clients[i] = client_connect(s);
        client_send(clients[i], STATUS);
    }
    for (size_t i = 0; i < 4; i++) {
        char *answer = client_read(s, clients[i], 3000);
        assert_non_null(strstr(answer, " 200 "));
        free(answer);
    }
    assert_int_equal(s->n_begun, 4);
    for (size_t i = 1; i < 4; i++)
        assert_true(s->begun[i] - s->begun[i - 1] >= 5 * (1 + WW_LIMIT_CONTROL_REST) * WW_NS_PER_MS);
    assert_true(server_run(s, 5) < 10); /* waiting is no work */
    close(clients[0]);                  /* the last one still waits when the server ends */
}

static void no_rest_is_longer_than_half_a_second(void **state)
{
    struct server *s = *state;
    s->status_ms = 600;
    free(client_ask(s, STATUS));
    int64_t rests = ww_clock_mono();
    free(client_ask(s, STATUS));
    assert_int_equal(s->n_begun, 2);
    assert_in_range(s->begun[1] - rests, 300 * WW_NS_PER_MS, 1500 * WW_NS_PER_MS);
}

/* A byte now and then, for ever; and an answer that is never read. */
static void a_client_has_its_time_and_no_more(void **state)
{
    struct server *s = *state;
    s->containers = 20000;
    int dripping = client_connect(s);
    int deaf = client_connect(s);
    int64_t begin = ww_clock_mono();
    client_send(dripping, "GET /");
    client_send(deaf, STATUS);
    int work = 0;
    while (ww_clock_mono() - begin < (WW_LIMIT_CONTROL_MS - 500) * WW_NS_PER_MS) {
        work += server_run(s, 200);
        client_send(dripping, "x");
    }
    assert_true(ww_control_is_busy(s->control));
    work += server_run(s, 1000);
    assert_false(ww_control_is_busy(s->control));
    print_message("%d runs\n", work);
    assert_true(work < 200);
    close(dripping);
    close(deaf);
}

static void a_large_answer_arrives_whole(void **state)
{
    struct server *s = *state;
    s->containers = 20000;
    char *answer = client_ask(s, STATUS);
    size_t len = strlen(answer);
    assert_true(len > 20000 * 100);
    assert_string_equal(answer + len - 4, "}]}\n");
    free(answer);
}

static void garbage_is_answered_or_closed(void **state)
{
    static const char *const garbage[] = {
        "hello\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
        "GET /v1/status HTTP/9.9\r\n\r\n",
        "GET /v1/status HTTP/1.1\r\nHost x\r\n: y\r\n\r\n",
        "POST /v1/clear HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/clear HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "GET /%00%ff/../v1/clear HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    struct server *s = *state;
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        int fd = client_connect(s);
        client_send(fd, garbage[i]);
        shutdown(fd, SHUT_WR);
        char *answer = client_read(s, fd, 3000);
        assert_non_null(answer);
        assert_null(strstr(answer, " 200 "));
        free(answer);
        close(fd);
    }
    assert_int_equal(s->cleared, 0);
    free(client_ask(s, STATUS));
}

static void a_request_may_not_be_long(void **state)
{
    struct server *s = *state;
    char *line = malloc(64 * 1024 + 1);
    assert_non_null(line);
    memset(line, 'x', 64 * 1024);
    line[64 * 1024] = '\0';
    int fd = client_connect(s);
    client_send(fd, "GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Long: ");
    client_send(fd, line);
    free(line);
    char *answer = client_read(s, fd, 3000);
    assert_non_null(answer);
    assert_null(strstr(answer, " 200 "));
    free(answer);
    close(fd);
    free(client_ask(s, STATUS));
}

/* More than may be connected, with nothing to say; then they go. */
static void a_thousand_connections_do_no_harm(void **state)
{
    struct server *s = *state;
    struct rlimit limit = {4096, 4096};
    int fds[1000];
    size_t n = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (; n < 1000; n++) {
        fds[n] = client_connect(s);
        if (fds[n] < 0)
            break; /* the backlog is full, too */
        server_run(s, 0);
    }
    print_message("%zu connected\n", n);
    assert_true(n >= WW_LIMIT_CONTROL_CONNECTIONS && n < 1000);
    assert_true(server_run(s, 300) < 30);
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    server_run(s, 100);
    char *answer = client_ask(s, STATUS);
    assert_non_null(strstr(answer, " 200 "));
    free(answer);
    for (int i = 0; i < 1000; i++)
        free(client_ask(s, STATUS));
    server_run(s, 20);
    assert_false(ww_control_is_busy(s->control));
}

static void remove_lock(const char *dir)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/control.lock", dir);
    assert_int_equal(unlink(path), 0);
}

static void make_stale(const char *dir)
{
    struct ww_control_socket left;
    struct ww_error err = {0};
    if (ww_control_socket_listen(dir, &left, &err) < 0)
        fail_msg("%s", err.text);
    close(left.fd); /* as the end of its process does */
    close(left.lock);
    close(left.dir);
}

static void the_socket_of_a_dead_process_is_replaced(void **state)
{
    (void)state;
    char dir[] = "/tmp/ww-control-XXXXXX";
    struct ww_control_socket socket;
    struct ww_error err = {0};
    assert_non_null(mkdtemp(dir));
    make_stale(dir);
    if (ww_control_socket_listen(dir, &socket, &err) < 0)
        fail_msg("%s", err.text);
    struct ww_control_socket second = {.fd = -1};
    assert_int_equal(ww_control_socket_listen(dir, &second, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "another whalewall runs with the data directory"));
    assert_int_equal(second.fd, -1);
    assert_int_equal(access(socket.addr.sun_path, F_OK), 0);
    ww_control_socket_close(&socket);
    assert_int_equal(access(socket.addr.sun_path, F_OK), -1);
    remove_lock(dir);
    assert_int_equal(rmdir(dir), 0);
}

static void what_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    char dir[] = "/tmp/ww-control-XXXXXX";
    char path[64];
    struct ww_control_socket socket;
    struct ww_error err = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/control.sock", dir);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(ww_control_socket_listen(dir, &socket, &err), -EEXIST);
    assert_int_equal(unlink(path), 0);
    remove_lock(dir);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(ww_control_socket_listen(dir, &socket, &err), -ENOENT);
}

/* Whoever may look into the directory may lock it. */
static void others_cannot_hold_the_lock(void **state)
{
    (void)state;
    char dir[] = "/tmp/ww-control-XXXXXX";
    char path[64];
    struct ww_control_socket socket;
    struct ww_error err = {0};
    assert_non_null(mkdtemp(dir));
    int theirs = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
    if (ww_control_socket_listen(dir, &socket, &err) < 0)
        fail_msg("%s", err.text);
    ww_control_socket_close(&socket);
    close(theirs);
    remove_lock(dir);
    snprintf(path, sizeof(path), "%s/control.lock", dir);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(ww_control_socket_listen(dir, &socket, &err), -ELOOP);
    remove_lock(dir);
    assert_int_equal(rmdir(dir), 0);
}

static void a_path_may_be_longer_than_an_address(void **state)
{
    (void)state;
    char dir[256] = "/tmp/ww-control-XXXXXX";
    struct ww_control_socket socket;
    struct ww_error err = {0};
    assert_non_null(mkdtemp(dir));
    size_t short_len = strlen(dir);
    memset(dir + short_len, 'd', 150);
    dir[short_len] = '/';
    assert_int_equal(mkdir(dir, 0700), 0);
    if (ww_control_socket_listen(dir, &socket, &err) < 0)
        fail_msg("%s", err.text);
    char path[512];
    snprintf(path, sizeof(path), "%s/control.sock", dir);
    assert_int_equal(access(path, F_OK), 0);
    ww_control_socket_close(&socket);
    remove_lock(dir);
    assert_int_equal(rmdir(dir), 0);
    dir[short_len] = '\0';
    assert_int_equal(rmdir(dir), 0);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, server_set_up, server_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(requests_are_answered_in_json),
        SERVED(what_fails_says_why),
        SERVED(what_is_not_there_is_no_failure_of_the_program),
        SERVED(no_client_is_no_work),
        SERVED(the_socket_is_for_its_owner_only),
        SERVED(strangers_are_turned_away),
        SERVED(a_slow_client_keeps_no_other_waiting),
        SERVED(costly_answers_are_made_one_at_a_time_with_rests),
        SERVED(no_rest_is_longer_than_half_a_second),
        SERVED(a_client_has_its_time_and_no_more),
        SERVED(a_large_answer_arrives_whole),
        SERVED(garbage_is_answered_or_closed),
        SERVED(a_request_may_not_be_long),
        SERVED(a_thousand_connections_do_no_harm),
        cmocka_unit_test(the_socket_of_a_dead_process_is_replaced),
        cmocka_unit_test(what_is_no_socket_is_left_alone),
        cmocka_unit_test(others_cannot_hold_the_lock),
        cmocka_unit_test(a_path_may_be_longer_than_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
