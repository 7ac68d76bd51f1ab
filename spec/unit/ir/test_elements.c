/* How many elements a container's rules are counted as, against those that the lowering is known to make of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ir/elements.h"
#include "core/model/facts.h"
#include "spec/unit/addr.h"

#define GATES (9 + 4) /* what leads into the chains: nine of the endpoint, and two of each port */
#define WEB "rule output to 192.0.2.1 tcp dport 80\n"

/* The container has one IPv4 and one IPv6 address, and publishes two ports; a target has one IPv4 address. */
static const struct {
    const char *text;
    uint64_t elements;
} rows[] = {
    {"", 0},
    {WEB, 1},
    {WEB WEB, 2},
    {"rule output to any tcp dport 80\n", 2},
    {"rule output from 10.1.0.2 to any tcp dport 80\n", 1},
    {"rule output to 192.0.2.1,192.0.2.3,2001:db8::1 tcp dport 80,90\n", 6},
    {"rule output to 192.0.2.0/24 tcp dport 80\n", 2},
    {"rule output to 192.0.2.0/24,192.0.3.1 tcp dport 80,90\n", 6},
    {"rule output to 192.0.2.0/24,192.0.3.1 tcp dport 80-90\n",
     8 + GATES},                                                        /* in a chain: twice its lists, and itself */
    {"rule output to 192.0.2.1 tcp dport 80 log \"x\"\n", 6 + GATES},   /* so is it */
    {"rule output to 192.0.2.1,192.0.2.3 tcp\n", 6 + GATES},            /* so is it */
    {"rule output to 192.0.2.1 tcp sport 1-9 dport 80\n", 8 + GATES},   /* so is it */
    {"rule input from 192.0.2.1 tcp dport 90 log \"x\"\n", 12 + GATES}, /* in two chains */
    {"rule output to any\n", 2 + GATES},                                /* so is it */
    {"rule output to any\nrule output to any tcp\n", 4 + GATES},        /* what leads there is counted once */
    {"rule input from 192.0.2.1 tcp dport 90\n", 1},                    /* not published */
    {"rule input from 192.0.2.1 tcp dport 80\n", 1 + 1 + 1 + 2},        /* and the client's way to the host's port */
    {"rule input from 192.0.2.1\n", 1 + 2 * (1 + 1 + 2)},               /* to both */
    {"consent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80\n", 1},
};

/* Leads into static memory. */
static struct ww_facts scene(void)
{
    static struct ww_facts_endpoint own, other;
    static struct ww_publish published[2];
    static struct ww_facts_target target;
    own = (struct ww_facts_endpoint){.addrs = {.ipv4 = addr_of("10.1.0.2"), .ipv6 = addr_of("fd00::2")}};
    other = (struct ww_facts_endpoint){.addrs.ipv4 = addr_of("10.1.0.3")};
    published[0] = (struct ww_publish){6, 80, addr_of("0.0.0.0"), 8080};
    published[1] = (struct ww_publish){6, 443, addr_of("0.0.0.0"), 8443};
    target = (struct ww_facts_target){.id = "bbb", .endpoints = &other, .n_endpoints = 1};
    return (struct ww_facts){.id = "aaa",
                             .endpoints = &own,
                             .n_endpoints = 1,
                             .published = published,
                             .n_published = 2,
                             .targets = &target,
                             .n_targets = 1};
}

static void elements_are_counted(void **state)
{
    (void)state;
    const struct ww_facts facts = scene();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        if (ww_compiled_read(rows[i].text, &c, &err) < 0)
            fail_msg("%s: %s", rows[i].text, err.text);
        uint64_t n = ww_compiled_elements(&c, &facts);
        if (n != rows[i].elements)
            fail_msg("%s is %llu elements, not %llu", rows[i].text, (unsigned long long)n,
                     (unsigned long long)rows[i].elements);
        ww_compiled_done(&c);
    }
}

/* Of `n` rules, or consents, each with 64 ports, one has 65. */
static int check(const char *line, int n, struct ww_error *err)
{
    struct ww_facts facts = scene();
    struct ww_buf text = {0};
    struct ww_compiled c = {0};
    facts.n_published = 0;
    for (int i = 0; i < n; i++) {
        ww_buf_str(&text, line);
        for (int port = 1; port <= 64 + (i == 5); port++)
            ww_buf_fmt(&text, "%s%d", port > 1 ? "," : " tcp dport ", 2 * port);
        ww_buf_fmt(&text, " origin \"output[%d]\"\n", i);
    }
    assert_int_equal(ww_compiled_read(text.data, &c, err), 0);
    int rc = ww_compiled_check_elements(&c, &facts, err);
    ww_compiled_done(&c);
    ww_buf_done(&text);
    return rc;
}

static void more_than_the_limit_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"rule output to 192.0.2.1", "rule input from 10.9.0.1 to 10.1.0.2",
                                        "consent bbb input consent from 10.1.0.2 to 10.1.0.3"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct ww_error err = {0};
        assert_int_equal(check(lines[i], WW_LIMIT_ELEMENTS / 64 - 1, &err), 0);
        assert_int_equal(check(lines[i], WW_LIMIT_ELEMENTS / 64, &err), -E2BIG);
        assert_non_null(strstr(err.text, "WW_LIMIT_ELEMENTS"));
        assert_non_null(strstr(err.text, "65, is 'output[5]'"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_counted),
        cmocka_unit_test(more_than_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
