/* What another thread does for the loop keeps the loop from nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "core/agent/work.h"

#define JOBS 200
#define DONE_US 1000 /* longer than the other thread takes for nothing */

struct chain {
    uv_loop_t loop;
    uv_timer_t timer;
    struct ww_work *work;
    unsigned done;
    unsigned done_at_timer; /* 0: it has not fired */
};

static void do_nothing(void *arg)
{
    (void)arg;
}

static void on_timer(uv_timer_t *timer)
{
    struct chain *c = timer->data;
    c->done_at_timer = c->done;
}

/* Each job starts the next one, which is over before this one is. The first may be late, so the timer begins with it.
 */
static void start_next(void *arg)
{
    struct chain *c = arg;
    if (++c->done == 1)
        uv_timer_start(&c->timer, on_timer, 1, 0);
    if (c->done < JOBS)
        assert_int_equal(ww_work_start(c->work, do_nothing, start_next, c, NULL), 0);
    else
        uv_stop(&c->loop);
    usleep(DONE_US);
}

static void jobs_in_a_row_let_the_loop_see_to_the_rest(void **state)
{
    struct chain c = {.done = 0};
    (void)state;
    assert_int_equal(uv_loop_init(&c.loop), 0);
    assert_int_equal(ww_work_new(&c.loop, &c.work, NULL), 0);
    uv_timer_init(&c.loop, &c.timer);
    c.timer.data = &c;
    assert_int_equal(ww_work_start(c.work, do_nothing, start_next, &c, NULL), 0);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    assert_int_equal(c.done, JOBS);
    assert_in_range(c.done_at_timer, 1, JOBS / 2);
    ww_work_stop(c.work);
    uv_walk(&c.loop, (uv_walk_cb)uv_close, NULL);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c.loop), 0);
    ww_work_free(c.work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(jobs_in_a_row_let_the_loop_see_to_the_rest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
