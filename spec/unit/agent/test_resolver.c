/* Which resolv.conf makes names a way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/resolver.h"

static void a_name_server_on_loopback_is_found(void **state)
{
    static const struct {
        const char *text;
        const char *server; /* NULL: none */
    } rows[] = {
        {"", NULL},
        {"nameserver 192.0.2.1\n", NULL},
        {"nameserver 127.0.0.1\n", "127.0.0.1"},
        {"# nameserver 127.0.0.1\nsearch 127.0.0.1\nnameserver\t192.0.2.1", NULL},
        {"nameserver 192.0.2.1\r\nnameserver   ::1 # this host", "::1"},
        {"nameserver 127.0.0.53\noptions edns0\n", NULL},
        {"nameserver 127.0.0.53\nnameserver 192.0.2.1\n", "127.0.0.53"},
        {"nameserver 127.0.0.53%lo\nnameserver 127.0.0.1\n", "127.0.0.53"},
        {"nameserver localhost\nnameservers 127.0.0.1\nnameserver\n", NULL},
        {"nameserver 127.0.0.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22\n", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = 0;
        const char *found = ww_resolver_loopback(rows[i].text, &len);
        bool right =
            rows[i].server ? found && len == strlen(rows[i].server) && !strncmp(found, rows[i].server, len) : !found;
        if (!right)
            fail_msg("'%s': found '%.*s'", rows[i].text, (int)len, found ? found : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_server_on_loopback_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
