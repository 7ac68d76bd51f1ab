#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ir/text.h"
#include "spec/unit/golden.h"

#define GOLDEN WW_SPEC_DIR "/golden/ir"

static void path_of(const char *name, const char *suffix, char ret[static 512])
{
    snprintf(ret, 512, "%s/%s%s", GOLDEN, name, suffix);
}

static char *load(const char *name, const char *suffix)
{
    char path[512];
    struct ww_buf text = {0};
    char block[4096];
    size_t n;
    path_of(name, suffix, path);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    while ((n = fread(block, 1, sizeof(block), file)) > 0)
        ww_buf_add(&text, block, n);
    fclose(file);
    return ww_buf_take(&text);
}

static char *read_as(const char *name, const char *in)
{
    struct ww_ruleset *rs = NULL;
    struct ww_buf text = {0};
    struct ww_error err = {0};
    if (ww_ruleset_read(in, &rs, &err) < 0)
        fail_msg("%s: %s", name, err.text);
    ww_ruleset_write(rs, &text);
    ww_ruleset_unref(rs);
    return ww_buf_take(&text);
}

static void assert_reads_as(const char *name, const char *in, const char *out)
{
    char *text = read_as(name, in);
    if (strcmp(text, out) != 0)
        fail_msg("%s reads as\n%s", name, text);
    free(text);
}

static void update(const char *name, const char *in)
{
    char path[512];
    char *text = read_as(name, in);
    path_of(name, ".out", path);
    golden_update(path, text);
    free(text);
}

/* <name>.in is read, and written as <name>.out, which reads as itself. */
static void golden_files_read_as_expected(void **state)
{
    unsigned seen = 0;
    struct dirent *entry;
    DIR *dir = opendir(GOLDEN);
    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        char name[sizeof(entry->d_name)];
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".in") != 0)
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(dot - entry->d_name), entry->d_name);
        char *in = load(name, ".in");
        update(name, in);
        char *out = load(name, ".out");
        assert_reads_as(name, in, out);
        assert_reads_as(name, out, out);
        free(in);
        free(out);
        seen++;
    }
    closedir(dir);
    assert_true(seen >= 4);
}

static void refuses_a_ruleset_with_the_place(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"", "line 1, column 1: 'ruleset' is missing here"},
        {"rules a \"a\"\n", "line 1, column 1: 'ruleset' is missing here"},
        {"ruleset\n", "line 1, column 8: a container's id is missing here"},
        {"ruleset a\n", "line 1, column 10: a container's name in double quotes is missing here"},
        {"ruleset a \"a\n", "line 1, column 13: the closing quote is missing"},
        {"ruleset a \"\\q\"\n", "line 1, column 12: this is not one of \\\" \\\\ \\n \\xNN"},
        {"ruleset a \"\\x00\"\n", "line 1, column 12: this is not one of \\\" \\\\ \\n \\xNN"},
        {"ruleset a \"a\"b\n", "line 1, column 14: a blank is missing after the closing quote"},
        {"ruleset a \"a\" quarantine\n", "line 1, column 15: 'quarantine' is not expected here"},
        {"ruleset \"\" \"a\"\n", "a ruleset without a container's id"},
        {"ruleset a \"a\"\n\n", "line 2, column 1: a rule starts with localhost, external, input or output"},
        {"ruleset a \"a\"\nendpoint 198.51.100.2 -\n", "line 2, column 24: a MAC address is missing here"},
        {"ruleset a \"a\"\nendpoint 198.51.100.300 - -\n",
         "line 2, column 10: '198.51.100.300' is not an IPv4 or IPv6 address"},
        {"ruleset a \"a\"\nendpoint 2001:db8::1 - -\n", "an endpoint's IPv4 address is not one"},
        {"ruleset a \"a\"\nendpoint - 192.0.2.1 -\n", "an endpoint's IPv6 address is not one"},
        {"ruleset a \"a\"\nendpoint - - 02:42:00:00:00:01:02\n", "line 2, column 14: this is not a MAC address"},
        {"ruleset a \"a\"\npublish 80\n", "line 2, column 11: a port must be a number from 1 to 65535"},
        {"ruleset a \"a\"\npublish 300 80\n", "line 2, column 9: a protocol is missing here"},
        {"ruleset a \"a\"\npublish tcp 0 on ::\n", "line 2, column 13: a port must be a number from 1 to 65535"},
        {"ruleset a \"a\"\npublish tcp 080 on ::\n", "line 2, column 13: a port must be a number from 1 to 65535"},
        {"ruleset a \"a\"\npublish tcp 80 at ::\n", "line 2, column 16: 'on' is missing here"},
        {"ruleset a \"a\"\npublish tcp 80 on :: port 65536\n",
         "line 2, column 27: a port must be a number from 1 to 65535"},
        {"ruleset a \"a\"\nlocalhost\noutput to any tcp dport x\n",
         "line 3, column 25: 'x' is neither a port from 1 to 65535 nor a range of ports"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_ruleset *rs = NULL;
        struct ww_error err = {0};
        assert_int_equal(ww_ruleset_read(rows[i].text, &rs, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].message);
        assert_null(rs);
    }
}

static void refuses_a_rule_with_the_column(void **state)
{
    static const struct {
        const char *line;
        const char *message;
    } rows[] = {
        {"", "column 1: a rule starts with localhost, external, input or output"},
        {"forward to any", "column 1: a rule starts with localhost, external, input or output"},
        {"output", "column 7: 'to' is missing here"},
        {"output to", "column 10: an address range is missing here"},
        {"output to -", "column 11: '' is not an IPv4 or IPv6 address"},
        {"input", "column 6: 'from' is missing here"},
        {"external", "column 9: 'from' is missing here"},
        {"output to 192.0.2.1,", "column 21: '' is not an IPv4 or IPv6 address"},
        {"output to 192.0.2.1,,192.0.2.3", "column 21: '' is not an IPv4 or IPv6 address"},
        {"output to 192.0.2.9-192.0.2.1",
         "column 11: '192.0.2.9-192.0.2.1': the range's start is greater than its end"},
        {"output from 192.0.2.0/24 to any", "column 13: '192.0.2.0/24' is not an IPv4 or IPv6 address"},
        {"output to any tcp dport", "column 24: a port is missing here"},
        {"output to any tcp dport 0", "column 25: '0' is neither a port from 1 to 65535 nor a range of ports"},
        {"output to any tcp dport 1-", "column 25: '1-' is neither a port from 1 to 65535 nor a range of ports"},
        {"output to any tcp dport 80,70000",
         "column 28: '70000' is neither a port from 1 to 65535 nor a range of ports"},
        {"output to any tcp dport 9-8", "column 1: destination port range 9-8 starts after its end"},
        {"output to any dport 80", "column 1: ports without a protocol that has them"},
        {"output to any 47 dport 80", "column 1: protocol 47 cannot be named in a rule"},
        {"output to any tcp dport 80 sport 80", "column 28: 'sport' is not expected here"},
        {"output consent to any", "column 1: a consent that is not an input rule"},
        {"output to any log x", "column 19: a log prefix in double quotes is missing here"},
        {"output to any chain \"x\" queue 1", "column 25: 'queue' is not expected here"},
        {"output to any queue 0", "column 21: a queue must be a number from 1 to 65535"},
        {"output to any\noutput to any", "more than one line"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_rule rule = {0};
        struct ww_error err = {0};
        assert_int_equal(ww_rule_read(rows[i].line, &rule, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].message);
        assert_null(rule.origin);
    }
}

static void names_the_limit_of_a_list(void **state)
{
    struct ww_buf line = {0};
    struct ww_rule rule;
    struct ww_error err = {0};
    (void)state;
    ww_buf_str(&line, "output to any tcp dport 1");
    for (unsigned i = 0; i < WW_LIMIT_LIST; i++)
        ww_buf_str(&line, ",1");
    assert_int_equal(ww_rule_read(line.data, &rule, &err), -EINVAL);
    assert_string_equal(err.text, "column 8217: a list of more than 4096 entries");
    line.data[line.len - 2] = '\0';
    assert_int_equal(ww_rule_read(line.data, &rule, &err), 0);
    ww_rule_done(&rule);
    ww_buf_done(&line);
}

static void every_byte_of_a_string_comes_back(void **state)
{
    char bytes[256];
    struct ww_buf text = {0};
    struct ww_rule back;
    (void)state;
    for (unsigned i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    bytes[255] = '\0';
    struct ww_rule rule = {.side = WW_OUTPUT, .origin = bytes};
    ww_rule_write(&rule, &text);
    for (size_t i = 0; i + 1 < text.len; i++)
        assert_in_range((unsigned char)text.data[i], 0x20, 0x7e);
    assert_int_equal(ww_rule_read(text.data, &back, NULL), 0);
    assert_string_equal(back.origin, bytes);
    ww_rule_done(&back);
    ww_buf_done(&text);
}

/* A line that lost its end must not read as a rule that allows more. */
static void a_cut_line_never_allows_more(void **state)
{
    static const char line[] = "output from 198.51.100.2 to 192.0.2.0/24 tcp sport 4000 dport 443";
    char cut[sizeof(line)];
    (void)state;
    for (size_t len = 0; len < strlen("output from 198.51.100.2 to "); len++) {
        struct ww_rule rule;
        memcpy(cut, line, len);
        cut[len] = '\0';
        assert_int_equal(ww_rule_read(cut, &rule, NULL), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_read_as_expected),     cmocka_unit_test(refuses_a_ruleset_with_the_place),
        cmocka_unit_test(refuses_a_rule_with_the_column),    cmocka_unit_test(names_the_limit_of_a_list),
        cmocka_unit_test(every_byte_of_a_string_comes_back), cmocka_unit_test(a_cut_line_never_allows_more),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
