/* Requests for metrics over TCP, and the addresses where they may come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/control/listen.h"
#include "core/control/scrape_request.h"

static void requests_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        {"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200},
        {"GET /metrics HTTP/1.0\n\n", 200},
        {"GET /metrics?a=b HTTP/1.1\r\n\r\n", 200},
        {"HEAD /metrics HTTP/1.1\r\n\r\n", 200},
        {"GET /metrics HTTP/1.1\r\n\r\nand more", 200},
        {"POST /metrics HTTP/1.1\r\n\r\n", 405},
        {"GET / HTTP/1.1\r\n\r\n", 404},
        {"GET /metrics/ HTTP/1.1\r\n\r\n", 404},
        {"GET /v1/status HTTP/1.1\r\n\r\n", 404},
        {"POST /v1/clear HTTP/1.1\r\n\r\n", 404},
        {"GET /metrics HTTP/2.0\r\n\r\n", 505},
        {"GET /metrics\r\n\r\n", 400},
        {"GET  /metrics HTTP/1.1\r\n\r\n", 400},
        {"GET /metrics HTTP/1.1 x\r\n\r\n", 400},
        {"\r\n\r\n", 400},
        {"\n\n", 400},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\n", 0},
        {"GET /metrics HTTP/1.1", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool head;
        unsigned status = ww_scrape_read(rows[i].request, strlen(rows[i].request), &head);
        if (status != rows[i].status)
            fail_msg("%s: %u", rows[i].request, status);
    }
}

static void only_so_much_is_read(void **state)
{
    (void)state;
    char bytes[WW_LIMIT_SCRAPE_BYTES];
    bool head;
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(ww_scrape_read(bytes, sizeof(bytes) - 1, &head), 0);
    assert_int_equal(ww_scrape_read(bytes, sizeof(bytes), &head), 431);
    bytes[7] = '\0';
    assert_int_equal(ww_scrape_read(bytes, 8, &head), 400);
}

static void answers_say_how_long_they_are(void **state)
{
    (void)state;
    struct ww_buf body = {0};
    struct ww_buf out = {0};
    ww_buf_str(&body, "x 1\n");
    ww_scrape_answer(200, false, &body, &out);
    assert_string_equal(out.data, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                  "Content-Length: 4\r\nConnection: close\r\n\r\nx 1\n");
    ww_buf_reset(&out);
    ww_scrape_answer(200, true, &body, &out);
    assert_null(strstr(out.data, "x 1"));
    assert_non_null(strstr(out.data, "Content-Length: 4\r\n"));
    ww_buf_reset(&out);
    ww_scrape_answer(405, false, &body, &out);
    assert_string_equal(out.data,
                        "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\nContent-Length: 23\r\n"
                        "Connection: close\r\nAllow: GET, HEAD\r\n\r\nthere is: GET /metrics\n");
    ww_buf_done(&body);
    ww_buf_done(&out);
}

static void addresses_to_listen_on_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int family; /* 0: refused */
    } rows[] = {
        {"9101", AF_INET},
        {":9101", AF_INET},
        {"192.0.2.1:1", AF_INET},
        {"0.0.0.0:65535", AF_INET},
        {"[::1]:9101", AF_INET6},
        {"[::]:9101", AF_INET6},
        {"", 0},
        {":", 0},
        {"0", 0},
        {"65536", 0},
        {"-1", 0},
        {"9101x", 0},
        {"localhost:9101", 0},
        {"::1:9101", 0},
        {"[::1]", 0},
        {"[]:1", 0},
        {"192.0.2.1", 0},
        {"192.0.2.256:1", 0},
        {"[192.0.2.1]:1", 0},
        {"00009101", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_listen at = {.len = 0};
        struct ww_error err = {0};
        int rc = ww_listen_parse(rows[i].text, &at, &err);
        if ((rc == 0) != (rows[i].family != 0) || at.addr.ss_family != rows[i].family)
            fail_msg("%s: %d %s", rows[i].text, rc, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_told_apart),
        cmocka_unit_test(only_so_much_is_read),
        cmocka_unit_test(answers_say_how_long_they_are),
        cmocka_unit_test(addresses_to_listen_on_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
