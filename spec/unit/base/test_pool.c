/* The memory of a command's state: pieces keep what is in them, whatever size they get, and never lie upon each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/pool.h"

#define PIECES 300
#define STEPS 200000
#define LARGEST 700

struct piece {
    unsigned char *at;
    size_t size;
    unsigned char mark;
};

static void check(const struct piece *p)
{
    for (size_t i = 0; i < p->size; i++)
        assert_int_equal(p->at[i], p->mark);
    assert_int_equal((uintptr_t)p->at % WW_POOL_STEP, 0);
}

/* As Lua does: made, made larger or smaller, given back. */
static void step(struct ww_pool *pool, struct piece *p, unsigned char mark)
{
    size_t size = rand() % 4 ? (size_t)(rand() % LARGEST) : 0;
    size_t kept = size < p->size ? size : p->size;
    check(p);
    unsigned char *at = ww_pool_alloc(pool, p->at, p->size, size);
    if (!size) {
        assert_null(at);
        *p = (struct piece){0};
        return;
    }
    assert_non_null(at);
    for (size_t i = 0; i < kept; i++)
        assert_int_equal(at[i], p->mark);
    memset(at, mark, size);
    *p = (struct piece){.at = at, .size = size, .mark = mark};
}

static void pieces_keep_what_is_in_them(void **state)
{
    static struct piece pieces[PIECES];
    struct ww_pool pool = {0};
    (void)state;
    srand(7);
    for (int i = 0; i < STEPS; i++)
        step(&pool, &pieces[rand() % PIECES], (unsigned char)i);
    for (size_t i = 0; i < PIECES; i++) {
        check(&pieces[i]);
        if (pieces[i].at)
            ww_pool_alloc(&pool, pieces[i].at, pieces[i].size, 0);
    }
    ww_pool_done(&pool);
    assert_null(pool.chunks);
}

/* What is given back is taken again, so that a state which makes garbage does not grow. */
static void pieces_are_used_again(void **state)
{
    struct ww_pool pool = {0};
    (void)state;
    void *first = ww_pool_alloc(&pool, NULL, 5, 40);
    for (int i = 0; i < 100000; i++) {
        void *piece = ww_pool_alloc(&pool, NULL, 5, 100);
        ww_pool_alloc(&pool, piece, 100, 0);
    }
    assert_true(pool.left > 200000);
    ww_pool_alloc(&pool, first, 40, 0);
    assert_ptr_equal(ww_pool_alloc(&pool, NULL, 5, 33), first);
    ww_pool_done(&pool);
}

/* A forked process is to write to few pages, and to none that others have. */
static void pieces_lie_together_once_it_was_renewed(void **state)
{
    struct ww_pool pool = {0};
    char *pieces[1000];
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        pieces[i] = ww_pool_alloc(&pool, NULL, 5, 256);
    for (size_t i = 0; i < 1000; i += 17)
        ww_pool_alloc(&pool, pieces[i], 256, 0);
    ww_pool_renew(&pool, 4096);
    char *first = ww_pool_alloc(&pool, NULL, 5, 256);
    for (size_t i = 1; i < 100; i++)
        assert_ptr_equal(ww_pool_alloc(&pool, NULL, 5, 256), first + i * 256);
    assert_int_equal(pool.bytes, 2 * 256 * 1024);
    ww_pool_done(&pool);
    assert_int_equal(pool.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_keep_what_is_in_them),
        cmocka_unit_test(pieces_are_used_again),
        cmocka_unit_test(pieces_lie_together_once_it_was_renewed),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
