#include "helper_oom.h"

#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *text);

long oom_countdown;
bool oom_for_good;
bool oom_failed;

void oom_arm(long n, bool for_good)
{
    oom_countdown = n;
    oom_for_good = for_good;
    oom_failed = false;
}

static bool fails(void)
{
    if (oom_failed && oom_for_good)
        return true;
    if (!oom_countdown || --oom_countdown)
        return false;
    oom_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

/* Freeing does not fail. */
void *__wrap_realloc(void *p, size_t size)
{
    return size > 0 && fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return n > 0 && size > 0 && fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}
