/* Messages between the program and its workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sandbox/frame.h"

#define LIMIT 100000

/* Whoever waits for it is to wake up once. */
static void a_small_message_is_sent_in_one_piece(void **state)
{
    (void)state;
    int ends[2];
    char got[100];
    const struct ww_frame frame = {.bytes = 5, .kind = WW_FRAME_DONE, .number = 7};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(ww_frame_send(ends[0], frame, "hello", 0), 0);
    assert_int_equal(recv(ends[1], got, sizeof(got), 0), sizeof(frame) + 5);
    assert_memory_equal(got, &frame, sizeof(frame));
    assert_memory_equal(got + sizeof(frame), "hello", 5);
    close(ends[0]);
    close(ends[1]);
}

static void messages_of_any_size_arrive_as_they_were(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 8175, 8176, 8177, 8191, 8192, 8193, 16384, LIMIT};
    int ends[2];
    char *body = malloc(LIMIT);
    struct ww_buf got = {0};
    assert_non_null(body);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (size_t i = 0; i < LIMIT; i++)
        body[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct ww_frame frame = {.bytes = sizes[i], .kind = WW_FRAME_DONE, .number = i};
        assert_int_equal(ww_frame_send(ends[0], frame, sizes[i] ? body : NULL, 0), 0);
        memset(&frame, 0, sizeof(frame));
        assert_int_equal(ww_frame_receive(ends[1], LIMIT, 0, &frame, &got), 0);
        assert_int_equal(frame.number, i);
        assert_int_equal(got.len, sizes[i]);
        if (got.len)
            assert_memory_equal(got.data, body, got.len);
    }
    ww_buf_done(&got);
    free(body);
    close(ends[0]);
    close(ends[1]);
}

static void a_message_above_the_limit_is_refused_by_its_head(void **state)
{
    (void)state;
    int ends[2];
    struct ww_buf got = {0};
    struct ww_frame frame = {.bytes = 11, .kind = WW_FRAME_DONE};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(ww_frame_send(ends[0], frame, "hello world", 0), 0);
    assert_int_equal(ww_frame_receive(ends[1], 10, 0, &frame, &got), -EMSGSIZE);
    ww_buf_done(&got);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_message_is_sent_in_one_piece),
        cmocka_unit_test(messages_of_any_size_arrive_as_they_were),
        cmocka_unit_test(a_message_above_the_limit_is_refused_by_its_head),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
