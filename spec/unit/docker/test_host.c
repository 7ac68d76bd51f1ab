#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/docker/host.h"

static const struct {
    const char *text;
    bool tls;
    const char *socket;
    const char *base;
    bool is_tls;
} good[] = {
    {NULL, false, "/var/run/docker.sock", "http://localhost", false},
    {"", true, "/var/run/docker.sock", "http://localhost", false},
    {"unix:///run/user/1000/podman/podman.sock", false, "/run/user/1000/podman/podman.sock", "http://localhost", false},
    {"tcp://192.0.2.1", false, NULL, "http://192.0.2.1:2375", false},
    {"tcp://192.0.2.1", true, NULL, "https://192.0.2.1:2376", true},
    {"tcp://engine.example:4243", true, NULL, "https://engine.example:4243", true},
    {"tcp://[2001:db8::1]:2375", false, NULL, "http://[2001:db8::1]:2375", false},
    {"tcp://[2001:db8::1]", false, NULL, "http://[2001:db8::1]:2375", false},
    {"tcp://192.0.2.1:2375/prefix/", false, NULL, "http://192.0.2.1:2375/prefix", false},
    {"http://engine.example", false, NULL, "http://engine.example:80", false},
    {"http://engine.example:1", true, NULL, "https://engine.example:1", true},
    {"https://engine.example", false, NULL, "https://engine.example:443", true},
    {"https://engine.example/a/b", false, NULL, "https://engine.example:443/a/b", true},
};

static void good_ones_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct ww_host host;
        struct ww_error err = {0};
        if (ww_host_parse(good[i].text, good[i].tls, &host, &err) < 0)
            fail_msg("%s: %s", good[i].text, err.text);
        assert_string_equal(host.base, good[i].base);
        assert_int_equal(host.tls, good[i].is_tls);
        assert_int_equal(host.socket != NULL, good[i].socket != NULL);
        if (host.socket)
            assert_string_equal(host.socket, good[i].socket);
        ww_host_done(&host);
    }
}

static const struct {
    const char *text;
    const char *why;
} bad[] = {
    {"/var/run/docker.sock", "the kind of address is missing"},
    {"192.0.2.1:2375", "the kind of address is missing"},
    {"unix://", "must be absolute"},
    {"unix://docker.sock", "must be absolute"},
    {"unix:///aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaa",
     "more than 107 bytes"},
    {"ssh://root@192.0.2.1", "not supported"},
    {"npipe:////./pipe/docker_engine", "not supported"},
    {"fd://", "not supported"},
    {"tcp://", "no host name"},
    {"tcp://:2375", "no host name"},
    {"tcp:///path", "no host name"},
    {"tcp://[2001:db8::1", "no host name"},
    {"tcp://[nonsense]:1", "no host name"},
    {"tcp://2001:db8::1:2375", "the port must be"},
    {"tcp://192.0.2.1:0", "the port must be"},
    {"tcp://192.0.2.1:65536", "the port must be"},
    {"tcp://192.0.2.1:", "the port must be"},
    {"tcp://192.0.2.1:23x", "the port must be"},
    {"tcp://[2001:db8::1]x", "in brackets"},
    {"tcp://user@192.0.2.1", "'@' cannot be in it"},
    {"tcp://192.0.2.1/?q", "'?' cannot be in it"},
    {"tcp://192.0.2.1 ", "' ' cannot be in it"},
};

static void bad_ones_are_refused_and_the_error_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ww_host host;
        struct ww_error err = {0};
        assert_int_equal(ww_host_parse(bad[i].text, false, &host, &err), -EINVAL);
        assert_int_equal(err.code, -EINVAL);
        if (!strstr(err.text, bad[i].why) || !strstr(err.text, bad[i].text))
            fail_msg("'%s' gave: %s", bad[i].text, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones_are_taken_apart),
        cmocka_unit_test(bad_ones_are_refused_and_the_error_says_why),
    };
    return cmocka_run_group_tests_name("docker.host", tests, NULL, NULL);
}
