#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/trim.h"

/* Code, constants, what was written and what was allocated. */
static void all_is_there_afterwards(void **state)
{
    (void)state;
    static char written[] = "before";
    char *allocated = strdup("here");
    char text[WW_HASH_HEX];
    memcpy(written, "after!", sizeof(written));
    ww_trim();
    ww_hash_hex("abc", 3, text);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(written, "after!");
    assert_string_equal(allocated, "here");
    free(allocated);
    assert_true(snprintf(text, sizeof(text), "%.3f", 1.5) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_is_there_afterwards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
