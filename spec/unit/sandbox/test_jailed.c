/* The policy in workers says what the policy in the process says. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bindings/policy_lua.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "spec/unit/sandbox/helper_procs.h"
#include "spec/unit/sandbox/helper_worker.h"

static const char *const labels[] = {
    NULL,
    "",
    "output:\n- network: default\n  container: db\n  proto: tcp\n  dst_ports: [5432]\n",
    "output:\n- network: default\n  container: db\n  proto: tcp\n  dst_ports: [5432]\n  verdict: {queue: 7}\n"
    "input:\n- ips: [192.0.2.0/24]\n  proto: udp\n  dst_ports: [53]\n  log_prefix: \"a\\n\\\"b\\\"\"\n",
    "output:\n- network: default\n  container: nobody\n  proto: tcp\n  dst_ports: [5432]\n",
    "output: 7\n",
    "mapped_ports:\n  external:\n    allow: true\n    ips: [192.0.2.1-192.0.2.9, 2001:db8::/32]\n",
    "a: &x [*x]\n",
};

/* What came of one label, as text. */
static void say(const struct ww_policy *p, const char *label, struct ww_buf *out)
{
    struct scene s;
    struct ww_error err = {0};
    struct ww_names names = {0};
    struct ww_compiled compiled = {0};
    set_scene(&s);
    s.facts.label_rules = label;
    int rc = p->ops->mentions(p->self, label, &names, &err);
    ww_buf_fmt(out, "%d %s\n", rc, err.text);
    for (size_t i = 0; i < names.n; i++)
        ww_buf_fmt(out, "name %s\n", names.names[i]);
    rc = p->ops->compile(p->self, &s.facts, &compiled, &err);
    ww_buf_fmt(out, "%d %s\n", rc, err.text);
    ww_compiled_write(&compiled, out);
    ww_compiled_done(&compiled);
    for (size_t i = 0; i < names.n; i++)
        free(names.names[i]);
    free(names.names);
}

static void a_worker_gives_the_same_rules_names_and_errors(void **state)
{
    (void)state;
    static struct ww_worker worker;
    struct ww_jail_report report;
    struct ww_policy jailed = helper_jailed(&worker, (struct ww_worker_policy){.make = helper_lua}, &report);
    struct ww_policy plain;
    assert_int_equal(helper_lua(NULL, &plain, NULL), 0);
    assert_string_equal(jailed.ops->version(jailed.self), plain.ops->version(plain.self));
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        struct ww_buf here = {0};
        struct ww_buf there = {0};
        say(&plain, labels[i], &here);
        say(&jailed, labels[i], &there);
        assert_string_equal(there.data, here.data);
        ww_buf_done(&here);
        ww_buf_done(&there);
    }
    jailed.ops->free(jailed.self);
    plain.ops->free(plain.self);
}

/* --- Labels that do something to their worker. */

static bool marked;

static void die(void)
{
    abort();
}

static void jump(void)
{
    ((void (*)(void))(uintptr_t)16)();
}

static void open_a_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
    marked = true;
}

static void spin(void)
{
    for (volatile int i = 0;; i++)
        continue;
}

static void mark(void)
{
    if (marked)
        abort();
    marked = true;
}

static void count(void)
{
    static int times;
    if (++times > 100)
        abort();
}

static const struct act acts[] = {{"die", die},
                                  {"jump", jump},
                                  {"open a socket", open_a_socket},
                                  {"spin", spin},
                                  {"mark", mark},
                                  {"see", mark},
                                  {"count", count},
                                  {0}};

static struct ww_policy start_acting(struct ww_worker *worker)
{
    struct ww_jail_report report;
    return helper_jailed(worker, (struct ww_worker_policy){.make = helper_acting, .arg = (void *)acts}, &report);
}

static void a_worker_that_dies_or_spins_costs_its_own_container_only(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *error;
    } rows[] = {
        {"die", "died of it"},        {"jump", "died of it"}, {"open a socket", "died of it"},
        {"spin", "WW_LIMIT_JAIL_MS"}, {"die", "died of it"},
    };
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_error err = {0};
        assert_int_equal(helper_compile(&p, rows[i].label, &err), -ECHILD);
        if (!strstr(err.text, rows[i].error) &&
            !(i == 3 && strstr(err.text, "died of it"))) /* its second is over first */
            fail_msg("%s: %s", rows[i].label, err.text);
        assert_int_equal(helper_compile(&p, "nothing", &err), 0);
        assert_int_equal(p.ops->failures(p.self), i + 1);
    }
    p.ops->free(p.self);
}

static void what_one_label_does_to_its_worker_no_other_meets(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    struct ww_error err = {0};
    struct ww_names names = {0};
    static const char *const order[] = {"mark", "see", "mark", "nothing", "mark", "see"};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        assert_int_equal(helper_compile(&p, order[i], &err), 0);
    assert_int_equal(p.ops->mentions(p.self, "mentions mark", &names, &err), 0);
    assert_int_equal(p.ops->mentions(p.self, "mentions see", &names, &err), 0);
    assert_int_equal(helper_compile(&p, "mark", &err), 0);
    assert_int_equal(helper_compile(&p, NULL, &err), 0);
    assert_int_equal(helper_compile(&p, "see", &err), 0);
    p.ops->free(p.self);
}

/* Each costs time: all together they must not use up what one worker may have. */
static void many_containers_with_one_label_get_a_new_worker_now_and_then(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    struct ww_error err = {0};
    for (int i = 0; i < 300; i++)
        if (helper_compile(&p, "count", &err) != 0)
            fail_msg("%d: %s", i, err.text);
    p.ops->free(p.self);
}

/* Those that stay: one that is asked nothing more may be about to end. */
static size_t workers_that_stay(pid_t zygote, pid_t workers[static 8])
{
    pid_t before[8];
    size_t n = helper_children(zygote, before, 8);
    usleep(50000);
    return helper_children(zygote, workers, 8) == n && !memcmp(before, workers, n * sizeof(*workers)) ? n : 0;
}

static void the_processes_hold_one_socket_and_nothing_else(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_error err = {0};
    pid_t workers[8];
    size_t sockets;
    int leaked = open("/dev/null", O_RDONLY); /* not close-on-exec, and there before */
    struct ww_policy p = start_acting(&worker);
    pid_t zygote = helper_zygote();
    assert_int_equal(helper_descriptors(zygote, &sockets), 1);
    assert_int_equal(sockets, 1);
    size_t n = 0;
    for (int i = 0; i < 500 && n < 2; i++) { /* where requests come one after the other one has a label, one waits */
        assert_int_equal(helper_compile(&p, "any", &err), 0);
        n = helper_children(zygote, workers, 8) == 2 ? workers_that_stay(zygote, workers) : 0;
    }
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 500 && helper_descriptors(workers[i], &sockets) != 1; k++)
            usleep(10000); /* it is about to close the other descriptors */
        assert_int_equal(helper_descriptors(workers[i], &sockets), 1);
        assert_int_equal(sockets, 1);
    }
    assert_int_equal(helper_compile(&p, "any", &err), 0);
    p.ops->free(p.self);
    assert_int_equal(helper_children(getpid(), workers, 8), 0);
    close(leaked);
}

/* Memory is given back when nothing is to be read: the next label has a worker that waits for it. */
static void one_worker_is_left_when_nothing_is_to_be_read(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_error err = {0};
    pid_t workers[8];
    size_t n = 8;
    struct ww_policy p = start_acting(&worker);
    pid_t zygote = helper_zygote();
    for (int i = 0; i < 3; i++)
        assert_int_equal(helper_compile(&p, "any", &err), 0);
    p.ops->rest(p.self);
    for (int i = 0; i < 500 && n != 1; i++) {
        usleep(10000);
        n = helper_children(zygote, workers, 8);
    }
    assert_int_equal(n, 1);
    assert_int_equal(helper_compile(&p, "any", &err), 0);
    p.ops->free(p.self);
}

/* Forking takes the processor from what is done with the answer: a transaction of the kernel's. */
static void the_next_worker_is_made_when_the_answer_has_been_used(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_error err = {0};
    pid_t before[8];
    pid_t after[8];
    size_t n = 8;
    struct ww_policy p = start_acting(&worker);
    pid_t zygote = helper_zygote();
    assert_int_equal(helper_children(zygote, before, 8), 1);
    assert_int_equal(helper_compile(&p, "any", &err), 0);
    usleep(50000);
    assert_int_equal(helper_children(zygote, after, 8), 1);
    assert_int_equal(after[0], before[0]);
    p.ops->prepare(p.self);
    for (int i = 0; i < 500 && (n != 1 || after[0] == before[0]); i++) {
        usleep(10000);
        n = helper_children(zygote, after, 8);
    }
    assert_int_equal(n, 1);
    assert_int_not_equal(after[0], before[0]);
    assert_int_equal(helper_compile(&p, "another", &err), 0);
    p.ops->free(p.self);
}

/* A program with a worker that spins, which is killed. */
static pid_t start_program(pid_t *ret_zygote)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct ww_worker worker;
        struct ww_policy p = start_acting(&worker);
        pid_t zygote = helper_zygote();
        (void)!write(ends[1], &zygote, sizeof(zygote));
        for (;;)
            helper_compile(&p, "spin", NULL);
    }
    assert_int_equal(read(ends[0], ret_zygote, sizeof(*ret_zygote)), sizeof(*ret_zygote));
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void none_of_them_outlives_a_program_that_is_killed(void **state)
{
    (void)state;
    pid_t all[8];
    pid_t program = start_program(&all[0]);
    size_t n = 0;
    for (int i = 0; i < 500 && (n = helper_children(all[0], all + 1, 7)) < 1; i++)
        usleep(10000);
    assert_int_equal(n, 1);
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
    for (size_t i = 0; i < n + 1; i++) {
        for (int k = 0; k < 1000 && helper_lives(all[i]); k++)
            usleep(10000);
        assert_false(helper_lives(all[i]));
    }
}

static void a_worker_that_was_killed_while_it_waited_costs_nothing(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    struct ww_error err = {0};
    pid_t zygote = helper_zygote();
    for (int i = 0; i < 5; i++) {
        pid_t waiting[8];
        size_t n = helper_children(zygote, waiting, 8);
        for (size_t k = 0; k < n; k++) {
            kill(waiting[k], SIGKILL);
            while (helper_lives(waiting[k]))
                usleep(1000);
        }
        assert_int_equal(helper_compile(&p, "nothing", &err), 0);
    }
    p.ops->free(p.self);
}

/* The one that waits now is killed, and its end is seen by what the agent's loop watches. */
static pid_t kill_waiting(const struct ww_policy *p, pid_t zygote)
{
    pid_t waiting[8];
    struct pollfd watch = {.fd = p->ops->waiting_fd(p->self), .events = POLLIN};
    assert_int_equal(helper_children(zygote, waiting, 8), 1);
    kill(waiting[0], SIGKILL);
    assert_int_equal(poll(&watch, 1, 10000), 1);
    while (helper_lives(waiting[0])) /* its socket is closed before it is gone */
        usleep(1000);
    return waiting[0];
}

static void a_worker_that_was_killed_while_it_waited_is_replaced_at_once(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    struct ww_error err = {0};
    pid_t zygote = helper_zygote();
    pid_t now[8];
    size_t n = 0;
    struct pollfd watch = {.fd = p.ops->waiting_fd(p.self), .events = POLLIN};
    assert_int_equal(poll(&watch, 1, 0), 0); /* what it said at its start is no end */
    pid_t before = kill_waiting(&p, zygote);
    assert_int_equal(p.ops->look(p.self), -1);
    for (int i = 0; i < 500 && (n != 1 || now[0] == before); i++) {
        usleep(10000);
        n = helper_children(zygote, now, 8);
    }
    assert_int_equal(n, 1);
    assert_int_not_equal(now[0], before);
    assert_int_equal(p.ops->failures(p.self), 1);
    assert_int_equal(poll(&watch, 1, 0), 0);
    assert_int_equal(helper_compile(&p, "nothing", &err), 0);
    p.ops->free(p.self);
}

static void one_whose_like_died_just_before_is_not_made_at_once_but_for_a_label(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    struct ww_error err = {0};
    pid_t zygote = helper_zygote();
    pid_t now[8];
    int64_t ms = -1;
    int64_t last = 0;
    for (int i = 0; i < 6; i++) { /* each is waited for longer than the one before */
        for (int k = 0; k < 10000 && helper_children(zygote, now, 8) != 1; k++)
            usleep(1000);
        kill_waiting(&p, zygote);
        ms = p.ops->look(p.self);
        if (ms > 0) {
            assert_true(ms > last);
            assert_true(ms <= 5001);
            last = ms;
            assert_int_equal(helper_children(zygote, now, 8), 0);
            if (i == 5)
                break;
            while ((ms = p.ops->look(p.self)) >= 0)
                usleep((useconds_t)ms * 1000);
        }
    }
    assert_true(last > 100);
    assert_int_equal(helper_compile(&p, "nothing", &err), 0);
    p.ops->free(p.self);
}

static void a_zygote_that_is_gone_is_told_as_such(void **state)
{
    (void)state;
    struct ww_worker worker;
    struct ww_policy p = start_acting(&worker);
    struct ww_error err = {0};
    int rc = 0;
    kill(helper_zygote(), SIGKILL);
    for (int i = 0; i < 500 && rc != -EPIPE; i++) { /* its workers may live for a moment */
        char label[32];
        snprintf(label, sizeof(label), "nothing %d", i);
        rc = helper_compile(&p, label, &err);
        usleep(10000);
    }
    assert_int_equal(rc, -EPIPE);
    assert_non_null(strstr(err.text, "is gone"));
    p.ops->free(p.self);
}

/* --- A thousand containers, every hundredth of which ends its worker. */

struct both {
    struct ww_policy lua;
};

static int both_mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    const struct both *b = self;
    if (strcmp(label, "die") == 0)
        abort();
    return b->lua.ops->mentions(b->lua.self, label, ret_names, err);
}

static int both_compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                        struct ww_error *err)
{
    const struct both *b = self;
    return b->lua.ops->compile(b->lua.self, facts, ret_compiled, err);
}

static const char *both_version(void *self)
{
    const struct both *b = self;
    return b->lua.ops->version(b->lua.self);
}

static const struct ww_policy_ops both_ops = {
    .mentions = both_mentions, .compile = both_compile, .version = both_version};

static int make_both(void *arg, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct both *b = arg;
    *ret_policy = (struct ww_policy){.ops = &both_ops, .self = b};
    return ww_policy_lua_new(&b->lua, err);
}

static void of_a_thousand_containers_ten_that_kill_their_worker_cost_ten(void **state)
{
    (void)state;
    static struct both both;
    struct ww_worker worker;
    struct ww_jail_report report;
    struct ww_policy p = helper_jailed(&worker, (struct ww_worker_policy){.make = make_both, .arg = &both}, &report);
    int64_t began = ww_clock_mono();
    for (int i = 0; i < 1000; i++) {
        char label[128];
        struct ww_names names = {0};
        struct ww_error err = {0};
        bool killer = i % 100 == 99;
        snprintf(label, sizeof(label), "output:\n- {ips: [192.0.2.%d], proto: tcp, dst_ports: [%d]}\n", i % 256, i + 1);
        const char *said = killer ? "die" : label;
        int rc = p.ops->mentions(p.self, said, &names, &err);
        if (rc != (killer ? -ECHILD : 0) || (!killer && helper_compile(&p, said, &err) != 0))
            fail_msg("%d: %d %s", i, rc, err.text);
    }
    print_message("figures 1000 containers with ten killers: %lld ms\n",
                  (long long)((ww_clock_mono() - began) / WW_NS_PER_MS));
    p.ops->free(p.self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_gives_the_same_rules_names_and_errors),
        cmocka_unit_test(a_worker_that_dies_or_spins_costs_its_own_container_only),
        cmocka_unit_test(what_one_label_does_to_its_worker_no_other_meets),
        cmocka_unit_test(many_containers_with_one_label_get_a_new_worker_now_and_then),
        cmocka_unit_test(the_processes_hold_one_socket_and_nothing_else),
        cmocka_unit_test(one_worker_is_left_when_nothing_is_to_be_read),
        cmocka_unit_test(the_next_worker_is_made_when_the_answer_has_been_used),
        cmocka_unit_test(none_of_them_outlives_a_program_that_is_killed),
        cmocka_unit_test(a_worker_that_was_killed_while_it_waited_costs_nothing),
        cmocka_unit_test(a_worker_that_was_killed_while_it_waited_is_replaced_at_once),
        cmocka_unit_test(one_whose_like_died_just_before_is_not_made_at_once_but_for_a_label),
        cmocka_unit_test(a_zygote_that_is_gone_is_told_as_such),
        cmocka_unit_test(of_a_thousand_containers_ten_that_kill_their_worker_cost_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
