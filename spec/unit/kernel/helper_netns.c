#include "helper_netns.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

bool helper_netns_enter(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        return false;
    helper_run("ip link set lo up");
    return true;
}

static void format(char *buf, size_t size, const char *fmt, va_list args)
{
    int len = vsnprintf(buf, size, fmt, args);
    assert_true(len > 0 && (size_t)len < size);
}

void helper_run(const char *fmt, ...)
{
    char command[4096];
    va_list args;
    va_start(args, fmt);
    format(command, sizeof(command), fmt, args);
    va_end(args);
    if (system(command) != 0)
        fail_msg("command failed: %s", command);
}

void helper_ip(const char *fmt, ...)
{
    char lines[4000];
    va_list args;
    va_start(args, fmt);
    format(lines, sizeof(lines), fmt, args);
    va_end(args);
    helper_run("ip -batch - <<'LINES'\n%s\nLINES", lines);
}

char *helper_output(const char *command)
{
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t cap = 65536;
    char *text = calloc(1, cap);
    assert_non_null(text);
    size_t len = fread(text, 1, cap - 1, pipe);
    text[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}
