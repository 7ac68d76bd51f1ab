/* Workers that answer as no worker of ours would: the one container is told of, and the next one gets what is right. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/ir/names.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/frame.h"
#include "spec/unit/sandbox/helper_worker.h"

/* What the enemy sends to the request `number`. */
static void die(uint64_t number)
{
    (void)number;
    _exit(0);
}

static void be_silent(uint64_t number)
{
    char byte;
    (void)number;
    recv(WW_WORKER_FD, &byte, 1, 0);
}

static void send_raw(const void *bytes, size_t n)
{
    (void)!send(WW_WORKER_FD, bytes, n, MSG_NOSIGNAL);
}

static void send_frame(uint32_t kind, uint64_t number, const void *body, size_t n)
{
    const struct ww_frame frame = {.bytes = (uint32_t)n, .kind = kind, .number = number};
    ww_frame_send(WW_WORKER_FD, frame, body, 0);
}

static void half_a_head(uint64_t number)
{
    send_raw(&number, sizeof(number));
    _exit(0);
}

static void half_a_body(uint64_t number)
{
    const struct ww_frame frame = {.bytes = 100, .kind = WW_FRAME_DONE, .number = number};
    send_raw(&frame, sizeof(frame));
    send_raw("half", 4);
    _exit(0);
}

static void drip(uint64_t number)
{
    const struct ww_frame frame = {.bytes = 100000, .kind = WW_FRAME_DONE, .number = number};
    send_raw(&frame, sizeof(frame));
    for (int i = 0; i < 1000; i++) {
        send_raw("x", 1);
        usleep(10000);
    }
}

static void announce_too_much(uint64_t number)
{
    const struct ww_frame frame = {.bytes = WW_LIMIT_JAIL_BYTES + 1, .kind = WW_FRAME_DONE, .number = number};
    send_raw(&frame, sizeof(frame));
    be_silent(number);
}

static void answer_another(uint64_t number)
{
    send_frame(WW_FRAME_DONE, number + 1, "\0\0\0\0", 4);
}

static void answer_what_was(uint64_t number)
{
    send_frame(WW_FRAME_DONE, number - 1, "\0\0\0\0", 4);
}

static void say_hello_again(uint64_t number)
{
    send_frame(WW_FRAME_HELLO, number, "\0\0\0\0", 4);
}

static void send_a_request(uint64_t number)
{
    send_frame(WW_FRAME_COMPILE, number, "\0\0\0\0", 4);
}

static void send_no_names(uint64_t number)
{
    send_frame(WW_FRAME_DONE, number, "names!", 6);
}

static void send_an_empty_body(uint64_t number)
{
    send_frame(WW_FRAME_DONE, number, NULL, 0);
}

static void refuse_without_reason(uint64_t number)
{
    send_frame(WW_FRAME_REFUSED, number, NULL, 0);
}

static void refuse_as_the_zygote(uint64_t number)
{
    const struct ww_error gone = {.code = -EPIPE, .text = "gone"};
    struct ww_buf body = {0};
    ww_answer_refusal_write(&gone, &body);
    send_frame(WW_FRAME_REFUSED, number, body.data, body.len);
}

static void claim_no_memory(uint64_t number)
{
    const struct ww_error none = {.code = -ENOMEM, .text = "none"};
    struct ww_buf body = {0};
    ww_answer_refusal_write(&none, &body);
    send_frame(WW_FRAME_REFUSED, number, body.data, body.len);
}

static void behave(uint64_t number)
{
    send_frame(WW_FRAME_DONE, number, "\0\0\0\0", 4);
}

/* Long enough to be slow, and in time. */
static void refuse_late(uint64_t number)
{
    const struct ww_error why = {.code = -EINVAL, .text = "late"};
    struct ww_buf body = {0};
    usleep(WW_LIMIT_JAIL_MS * 1000 / 2);
    ww_answer_refusal_write(&why, &body);
    send_frame(WW_FRAME_REFUSED, number, body.data, body.len);
}

static void send_no_names_late(uint64_t number)
{
    usleep(WW_LIMIT_JAIL_MS * 1000 / 2);
    send_no_names(number);
}

static void answer_right_late(uint64_t number)
{
    usleep(WW_LIMIT_JAIL_MS * 1000 / 2);
    behave(number);
}

/* The first request is answered; the next one is read late, and never answered. It is too long for the socket. */
static void read_late(uint64_t number)
{
    static bool before;
    if (before)
        be_silent(number);
    before = true;
    behave(number);
    usleep(WW_LIMIT_JAIL_MS * 900);
}

static void answer_twice(uint64_t number)
{
    behave(number);
    behave(number);
}

/* The label is the row's name. */
static const struct enemy {
    const char *name;
    void (*answer)(uint64_t number);
    const char *error; /* NULL: it is taken */
} enemies[] = {
    {"dies", die, "died of it"},
    {"says half a head", half_a_head, "died of it"},
    {"says half a body", half_a_body, "died of it"},
    {"is silent", be_silent, "did not answer within 1000 ms (WW_LIMIT_JAIL_MS)"},
    {"drips", drip, "did not answer within 1000 ms (WW_LIMIT_JAIL_MS)"},
    {"announces too much", announce_too_much, "more than 8388608 bytes (WW_LIMIT_JAIL_BYTES)"},
    {"answers the next request", answer_another, "nonsense"},
    {"answers the last request", answer_what_was, "nonsense"},
    {"says hello again", say_hello_again, "nonsense"},
    {"sends a request", send_a_request, "nonsense"},
    {"sends no names", send_no_names, "what it may not: not a list of names"},
    {"sends an empty body", send_an_empty_body, "what it may not: not a list of names"},
    {"refuses without reason", refuse_without_reason, "nonsense"},
    {"refuses in the zygote's name", refuse_as_the_zygote, "nonsense"},
    {"claims that memory is short", claim_no_memory, "needs more than 268435456 bytes (WW_LIMIT_JAIL_MEMORY)"},
    {"behaves", behave, NULL},
};

static void serve(void *arg)
{
    const struct ww_jail_report report = {0};
    struct ww_frame frame;
    struct ww_buf request = {0};
    struct ww_buf hello = {0};
    (void)arg;
    ww_buf_add(&hello, &report, sizeof(report));
    ww_buf_str(&hello, "enemies");
    send_frame(WW_FRAME_HELLO, 0, hello.data, hello.len);
    while (ww_frame_receive(WW_WORKER_FD, WW_LIMIT_JAIL_BYTES, 0, &frame, &request) == 0) {
        if (strcmp(request.data, "answers twice") == 0)
            answer_twice(frame.number);
        if (strncmp(request.data, "reads late", 10) == 0)
            read_late(frame.number);
        if (strcmp(request.data, "refuses late") == 0)
            refuse_late(frame.number);
        if (strcmp(request.data, "sends no names, late") == 0)
            send_no_names_late(frame.number);
        if (strcmp(request.data, "is right, and late") == 0)
            answer_right_late(frame.number);
        for (size_t i = 0; i < sizeof(enemies) / sizeof(enemies[0]); i++)
            if (strcmp(enemies[i].name, request.data) == 0)
                enemies[i].answer(frame.number);
    }
}

static struct ww_policy start(void)
{
    const struct ww_zygote_job job = {.serve = serve};
    struct ww_zygote *zygote;
    struct ww_policy p;
    struct ww_jail_report report;
    struct ww_error err = {0};
    if (ww_zygote_start(&job, &zygote, &err) < 0 || ww_jailed_new(zygote, &p, &report, &err) < 0)
        fail_msg("%s", err.text);
    return p;
}

static int ask(const struct ww_policy *p, const char *label, struct ww_error *err)
{
    struct ww_names names = {0};
    int rc = p->ops->mentions(p->self, label, &names, err);
    ww_names_done(&names);
    return rc;
}

static void an_answer_that_is_none_is_told_and_harms_no_other(void **state)
{
    (void)state;
    struct ww_policy p = start();
    for (size_t i = 0; i < sizeof(enemies) / sizeof(enemies[0]); i++) {
        struct ww_error err = {0};
        int rc = ask(&p, enemies[i].name, &err);
        if (rc != (enemies[i].error ? -ECHILD : 0) || (enemies[i].error && !strstr(err.text, enemies[i].error)))
            fail_msg("%s: %d '%s'", enemies[i].name, rc, err.text);
        rc = ask(&p, "behaves", &err);
        if (rc != 0)
            fail_msg("after '%s': %d '%s'", enemies[i].name, rc, err.text);
    }
    p.ops->free(p.self);
}

static void a_second_answer_is_not_taken_for_the_next_request_s(void **state)
{
    (void)state;
    struct ww_policy p = start();
    struct ww_error err = {0};
    assert_int_equal(ask(&p, "answers twice", &err), 0);
    assert_int_equal(ask(&p, "answers twice", &err), -ECHILD);
    assert_non_null(strstr(err.text, "nonsense"));
    p.ops->free(p.self);
}

static void a_label_that_took_the_time_is_not_tried_again_at_once(void **state)
{
    (void)state;
    struct ww_policy p = start();
    struct ww_error first = {0};
    struct ww_error again = {0};
    int64_t began = ww_clock_mono();
    assert_int_equal(ask(&p, "is silent", &first), -ECHILD);
    int64_t middle = ww_clock_mono();
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(&p, "is silent", &again), -ECHILD);
    assert_string_equal(again.text, first.text);
    assert_true(middle - began >= WW_LIMIT_JAIL_MS * WW_NS_PER_MS);
    assert_true(ww_clock_mono() - middle < 10 * (middle - began)); /* twenty would be twenty times as much */
    p.ops->free(p.self);
}

/* It keeps the loop waiting as one that is silent does. */
static void a_late_answer_that_closes_the_container_is_not_waited_for_again_at_once(void **state)
{
    (void)state;
    static const char *const labels[] = {"refuses late", "sends no names, late"};
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        struct ww_policy p = start();
        struct ww_error err = {0};
        int64_t began = ww_clock_mono();
        assert_true(ask(&p, labels[i], &err) < 0);
        int64_t middle = ww_clock_mono();
        for (int k = 0; k < 4; k++)
            assert_true(ask(&p, labels[i], &err) < 0);
        if (ww_clock_mono() - middle >= 2 * (middle - began)) /* each waited for would be four times as much */
            fail_msg("'%s' is waited for each time", labels[i]);
        p.ops->free(p.self);
    }
}

/* Twice half of what one answer may take; whoever waits for it a third time waits too long. */
static void late_answers_are_not_waited_for_without_end(void **state)
{
    (void)state;
    struct ww_policy p = start();
    struct ww_error err = {0};
    assert_int_equal(ask(&p, "is right, and late", &err), 0);
    assert_int_equal(ask(&p, "is right, and late", &err), 0);
    assert_int_equal(ask(&p, "is right, and late", &err), -ECHILD);
    assert_non_null(strstr(err.text, "is too slow"));
    assert_int_equal(ask(&p, "behaves", &err), 0);
    p.ops->free(p.self);
}

/* How long the loop waits for the second request of that label; what comes between is the machine's. */
static int64_t wait_for_a_late_reader(const struct ww_policy *p, char *label)
{
    struct ww_error err = {0};
    assert_int_equal(ask(p, label, &err), 0);
    int64_t began = ww_clock_mono();
    assert_int_equal(ask(p, label, &err), -ECHILD);
    int64_t took = ww_clock_mono() - began;
    assert_non_null(strstr(err.text, "did not answer within 1000 ms (WW_LIMIT_JAIL_MS)"));
    label[10]++; /* the next one is another label */
    return took;
}

static void a_worker_that_reads_late_gets_no_time_beside(void **state)
{
    (void)state;
    static const char begin[] = "reads late ";
    struct ww_policy p = start();
    char *label = malloc(1 << 20);
    assert_non_null(label);
    memset(label, '#', 1 << 20);
    memcpy(label, begin, sizeof(begin) - 1);
    label[(1 << 20) - 1] = '\0';
    int64_t least = INT64_MAX;
    for (int i = 0; i < 4 && least > WW_LIMIT_JAIL_MS * WW_NS_PER_MS * 3 / 2; i++) {
        int64_t took = wait_for_a_late_reader(&p, label);
        least = took < least ? took : least;
    }
    if (least > WW_LIMIT_JAIL_MS * WW_NS_PER_MS * 3 / 2)
        fail_msg("it is waited for for %lld ms", (long long)(least / WW_NS_PER_MS));
    free(label);
    p.ops->free(p.self);
}

static void a_request_above_the_limit_is_not_sent(void **state)
{
    (void)state;
    struct ww_policy p = start();
    struct ww_error err = {0};
    char *label = malloc(WW_LIMIT_JAIL_BYTES + 2);
    assert_non_null(label);
    memset(label, '#', WW_LIMIT_JAIL_BYTES + 1);
    label[WW_LIMIT_JAIL_BYTES + 1] = '\0';
    assert_int_equal(ask(&p, label, &err), -E2BIG);
    assert_non_null(strstr(err.text, "WW_LIMIT_JAIL_BYTES"));
    free(label);
    p.ops->free(p.self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_is_none_is_told_and_harms_no_other),
        cmocka_unit_test(a_second_answer_is_not_taken_for_the_next_request_s),
        cmocka_unit_test(a_label_that_took_the_time_is_not_tried_again_at_once),
        cmocka_unit_test(a_late_answer_that_closes_the_container_is_not_waited_for_again_at_once),
        cmocka_unit_test(late_answers_are_not_waited_for_without_end),
        cmocka_unit_test(a_worker_that_reads_late_gets_no_time_beside),
        cmocka_unit_test(a_request_above_the_limit_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
