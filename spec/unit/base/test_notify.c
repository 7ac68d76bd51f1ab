/* What the service manager is told, and where. */
#include "core/base/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A socket at this address, as it is in the kernel. */
static int listen_at(const char *name, size_t len)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    memcpy(addr.sun_path, name, len);
    assert_int_equal(
        bind(fd, (const struct sockaddr *)&addr, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    return fd;
}

static void expect(int fd, const char *text)
{
    char got[64];
    ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
    assert_true(n >= 0);
    got[n] = '\0';
    assert_string_equal(got, text);
}

static void a_path_is_told(void **state)
{
    (void)state;
    char dir[] = "/tmp/ww-notify-XXXXXX";
    char path[64];
    struct ww_notify n;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/n", dir);
    int fd = listen_at(path, strlen(path) + 1);
    ww_notify_open(&(struct ww_notify_options){.socket = path}, &n);
    assert_true(ww_notify_send(&n, "READY=1"));
    expect(fd, "READY=1");
    close(fd);
    assert_false(ww_notify_send(&n, "READY=1"));
    unlink(path);
    rmdir(dir);
    ww_notify_close(&n);
}

static void an_abstract_name_is_told(void **state)
{
    (void)state;
    char name[64];
    struct ww_notify n;
    snprintf(name, sizeof(name), "@ww-notify-%d", (int)getpid());
    char kernels[64] = "";
    memcpy(kernels + 1, name + 1, strlen(name) - 1);
    int fd = listen_at(kernels, strlen(name));
    ww_notify_open(&(struct ww_notify_options){.socket = name}, &n);
    assert_true(ww_notify_send(&n, "A=1\nB=2"));
    expect(fd, "A=1\nB=2");
    ww_notify_close(&n);
    close(fd);
}

/* A manager that does not read is not waited for. */
static void a_full_socket_is_not_waited_for(void **state)
{
    (void)state;
    char name[64];
    char kernels[64] = "";
    struct ww_notify n;
    bool sent = true;
    snprintf(name, sizeof(name), "@ww-notify-full-%d", (int)getpid());
    memcpy(kernels + 1, name + 1, strlen(name) - 1);
    int fd = listen_at(kernels, strlen(name));
    ww_notify_open(&(struct ww_notify_options){.socket = name}, &n);
    for (int i = 0; i < 100000 && sent; i++)
        sent = ww_notify_send(&n, "STATUS=x");
    assert_false(sent);
    ww_notify_close(&n);
    close(fd);
}

static void without_an_address_nothing_is_sent(void **state)
{
    (void)state;
    char long_path[200];
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    const char *texts[] = {NULL, "/", "@", "", "relative", "vsock:2:1234", long_path};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ww_notify n;
        ww_notify_open(&(struct ww_notify_options){.socket = texts[i], .watchdog_usec = "1000000"}, &n);
        assert_int_equal(n.len, 0);
        assert_int_equal(n.watchdog_ms, 0);
        assert_false(ww_notify_send(&n, "READY=1"));
    }
}

static void the_watchdog_is_read(void **state)
{
    (void)state;
    char own[32];
    snprintf(own, sizeof(own), "%d", (int)getpid());
    const struct {
        const char *usec;
        const char *pid;
        int64_t ms;
    } rows[] = {
        {"60000000", own, 60000}, {"60000000", NULL, 60000},
        {"60000000", "1", 0},     {"60000000", "x", 0},
        {NULL, own, 0},           {"0", own, 0},
        {"-5", own, 0},           {"1s", own, 0},
        {"10", own, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_notify n;
        const struct ww_notify_options o = {
            .socket = "/run/x", .watchdog_usec = rows[i].usec, .watchdog_pid = rows[i].pid};
        ww_notify_open(&o, &n);
        assert_int_equal(n.watchdog_ms, rows[i].ms);
        ww_notify_close(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_told),
        cmocka_unit_test(an_abstract_name_is_told),
        cmocka_unit_test(a_full_socket_is_not_waited_for),
        cmocka_unit_test(without_an_address_nothing_is_sent),
        cmocka_unit_test(the_watchdog_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
