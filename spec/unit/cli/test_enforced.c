/* All answers are asked for, one after the other, and none that is not understood is taken. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/cli/enforced.h"

#define PAGES 3

struct stage {
    char dir[64];
    char path[96];
    pid_t server;
};

/* Each client gets the next answer if it asks for that. */
static void serve(int fd, const char *const *pages)
{
    static const char *const wanted[] = {"GET /v1/enforced HTTP", "GET /v1/enforced?after=a%26b HTTP",
                                         "GET /v1/enforced?after=c HTTP"};
    for (size_t i = 0; i < PAGES && pages[i]; i++) {
        char request[1024] = "";
        int client = accept(fd, NULL, NULL);
        if (client < 0 || read(client, request, sizeof(request) - 1) <= 0 ||
            strncmp(request, wanted[i], strlen(wanted[i])) != 0)
            _exit(1);
        dprintf(client, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(pages[i]),
                pages[i]);
        close(client);
    }
    _exit(0);
}

static void stage_open(struct stage *s, const char *const *pages)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    strcpy(s->dir, "/tmp/ww-enforced-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%s/control.sock", s->dir);
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(fd, 8), 0);
    s->server = fork();
    assert_true(s->server >= 0);
    if (s->server == 0)
        serve(fd, pages);
    close(fd);
}

static void stage_close(const struct stage *s)
{
    int status = 0;
    assert_int_equal(waitpid(s->server, &status, 0), s->server);
    assert_int_equal(status, 0);
    unlink(s->path);
    rmdir(s->dir);
}

static void all_answers_are_asked_for(void **state)
{
    static const char *const pages[PAGES] = {"{\"format\":1,\"next\":\"a&b\"}", "{\"format\":1,\"next\":\"c\"}",
                                             "{\"format\":1,\"next\":null}"};
    struct stage s;
    struct ww_enforced_answers answers = {0};
    struct ww_error err = {0};
    (void)state;
    stage_open(&s, pages);
    if (ww_enforced_ask(s.dir, &answers, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(answers.n, PAGES);
    for (size_t i = 0; i < PAGES; i++)
        assert_string_equal(answers.answers[i], pages[i]);
    ww_enforced_answers_done(&answers);
    stage_close(&s);
}

static void what_is_not_understood_is_not_taken(void **state)
{
    static const char *const pages[PAGES] = {"{\"format\":1,\"next\":\"a&b\"}", "{\"format\":2,\"next\":\"c\"}", NULL};
    struct stage s;
    struct ww_enforced_answers answers = {0};
    struct ww_error err = {0};
    (void)state;
    stage_open(&s, pages);
    assert_int_equal(ww_enforced_ask(s.dir, &answers, &err), -EBADMSG);
    assert_int_equal(answers.n, 0);
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_answers_are_asked_for),
        cmocka_unit_test(what_is_not_understood_is_not_taken),
    };
    return cmocka_run_group_tests_name("enforced", tests, NULL, NULL);
}
