/*
 * Golden files: what a test must come to, kept as text. With WW_GOLDEN_UPDATE set in the environment they are written
 * anew: look at what git shows then. The Lua specs do the same (spec/lua/support/files.lua).
 */
#ifndef WW_SPEC_GOLDEN_H
#define WW_SPEC_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Before the file is read. */
static inline void golden_update(const char *path, const char *text)
{
    if (!getenv("WW_GOLDEN_UPDATE"))
        return;
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

#endif
