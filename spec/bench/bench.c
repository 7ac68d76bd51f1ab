/* wwbench: the measurements of scripts/bench that must be quick or precise. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    void (*fn)(int argc, char *argv[]);
} commands[] = {{"copy", bench_copy},   {"policy", bench_policy},   {"usual", bench_usual},
                {"watch", bench_watch}, {"packets", bench_packets}, {"connections", bench_connections},
                {"track", bench_track}};

void bench_die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("wwbench: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

int bench_must(int rc, const char *what)
{
    if (rc < 0)
        bench_die("%s: %s", what, strerror(errno));
    return rc;
}

void bench_enter(const char *netns)
{
    int fd = bench_must(open(netns, O_RDONLY | O_CLOEXEC), netns);
    bench_must(setns(fd, CLONE_NEWNET), netns);
    close(fd);
}

int64_t bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char *argv[])
{
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, argv[1]) != 0)
            continue;
        commands[i].fn(argc - 2, argv + 2);
        return 0;
    }
    bench_die("usage: wwbench copy|policy|usual|watch|packets|connections …");
}
