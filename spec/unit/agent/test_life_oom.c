/*
 * One container's life, in which the Nth of something fails, for every N: an answer of what reads labels, a message to
 * the kernel or from it, a step of the database, an allocation. What was not open before or after is never open, the
 * other container stays managed, and in the end all is as without a failure.
 */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/helper_oom.h"
#include "spec/unit/kernel/helper_netns.h"

#define OPENED "198.51.100.100 . tcp . 80"
#define OTHER "198.51.100.100" /* db */
#define NO_SPACE 13            /* SQLITE_FULL */
#define TRIES 6                /* after a failure; the program tries on and on */

enum kind { ANSWER_LOST, ANSWER_LATE, SENT, RECEIVED, STORED, ALLOCATED };

static long countdown; /* what fails: 1 is the next; 0: nothing */
static enum kind armed;
static bool failed;

static bool fails(enum kind kind)
{
    if (!countdown || kind != armed || --countdown)
        return false;
    failed = true;
    return true;
}

/* --- What is asked: in the place of the C library's, and of SQLite's, for the kernel's sockets. */

ssize_t sendto(int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to, socklen_t size)
{
    if (to && to->sa_family == AF_NETLINK && fails(SENT)) {
        errno = ENOBUFS;
        return -1;
    }
    return syscall(SYS_sendto, fd, bytes, n, flags, to, size);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
    if (msg->msg_namelen == 12 && fails(RECEIVED)) { /* struct sockaddr_nl's */
        errno = ENOBUFS;
        return -1;
    }
    return syscall(SYS_recvmsg, fd, msg, flags);
}

int sqlite3_step(void *stmt);
int sqlite3_step(void *stmt)
{
    static int (*real)(void *stmt);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_step");
    return fails(STORED) ? NO_SPACE : real(stmt);
}

static int compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled, struct ww_error *err)
{
    long allocations = oom_countdown;
    oom_countdown = 0; /* not the test's own */
    int rc = fails(ANSWER_LOST)   ? ww_fail(err, -ECHILD, "the process that reads the label died of it")
             : fails(ANSWER_LATE) ? ww_fail(err, -EAGAIN, "there is no process that reads labels")
                                  : helper_policy.compile(self, facts, ret_compiled, err);
    oom_countdown = allocations;
    return rc;
}

static int mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    if (fails(ANSWER_LOST))
        return ww_fail(err, -ECHILD, "the process that reads the label died of it");
    return helper_policy.mentions(self, label, ret_names, err);
}

static char version_text[24]; /* another one for each try, so that no answer is remembered */
static long versions;

static const char *version(void *self)
{
    (void)self;
    return version_text;
}

static const struct ww_policy_ops policy = {.mentions = mentions, .compile = compile, .version = version};

/* --- A life. */

static void opens(struct ww_agent *a)
{
    helper_put(a, "web", "net", "opens db");
    helper_attach(a, (const char *[]){"db", "web", NULL});
}

static void opens_nothing(struct ww_agent *a)
{
    helper_put(a, "web", "net", "none");
}

static void is_left_alone(struct ww_agent *a)
{
    helper_put(a, "web", "net", NULL);
}

static void is_faulty(struct ww_agent *a)
{
    helper_put(a, "web", "net", "faulty");
}

static void is_gone(struct ww_agent *a)
{
    ww_world_remove_container(a->world, "web");
    helper_attach(a, (const char *[]){"db", NULL});
}

static const struct step {
    const char *what;
    void (*change)(struct ww_agent *a);
    bool open;
} steps[] = {
    {"opens nothing any more", opens_nothing, false},
    {"opens again", opens, true},
    {"is gone", is_gone, false},
    {"is back", opens, true},
    {"is faulty", is_faulty, false},
    {"is mended", opens, true},
    {"is not managed", is_left_alone, false},
    {"is managed again", opens, true},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static char *expected[STEPS]; /* the table, as it is without a failure */
static char folder[] = "/tmp/ww-life-XXXXXX";

/* Without comments, which names of containers are, and which are left out where there is no memory for them. */
static char *table(void)
{
    static const char comment[] = " comment \"";
    char *text = helper_output("nft -s list table inet whalewall");
    for (char *at = text; (at = strstr(at, comment));) {
        const char *rest = strchr(at + sizeof(comment), '"');
        memmove(at, rest + 1, strlen(rest + 1) + 1);
    }
    return text;
}

static void arm(enum kind kind, long n)
{
    armed = kind;
    countdown = kind == ALLOCATED ? 0 : n;
    failed = false;
    oom_arm(kind == ALLOCATED ? n : 0, false);
}

static void disarm(void)
{
    failed = failed || oom_failed;
    oom_countdown = countdown = 0;
}

static bool is_managed(const char *text)
{
    const char *set = strstr(text, "set managed4 {");
    const char *at = set ? strstr(set, OTHER) : NULL;
    return at && at < strstr(set, "set managed6");
}

/* What holds at any moment. */
static void hold(const struct step *step, bool open_before, const char *text, long n)
{
    bool open = strstr(text, OPENED) != NULL;
    if (open && !open_before && !step->open)
        fail_msg("%s, %ld: open, which it was not and is not to be:\n%s", step->what, n, text);
    if (!is_managed(text))
        fail_msg("%s, %ld: the other one is not managed any more:\n%s", step->what, n, text);
}

/* The line in which they part; in `text`. */
static const char *first_difference(char *text, const char *wanted)
{
    size_t line = 0;
    for (size_t i = 0; text[i] && text[i] == wanted[i]; i++)
        line = text[i] == '\n' ? i + 1 : line;
    text[line + strcspn(text + line, "\n")] = '\0';
    return text + line;
}

/* text: the table as it is now. */
static void recover(struct ww_agent *a, const struct step *step, char *text, const char *wanted, long n)
{
    for (int i = 0; i < TRIES && strcmp(text, wanted) != 0; i++) {
        free(text);
        ww_reconcile_retry_faults(a);
        text = table();
    }
    if (strcmp(text, wanted) != 0)
        fail_msg("%s, %ld: in the end it is not as without a failure: %s", step->what, n,
                 first_difference(text, wanted));
    free(text);
}

static struct ww_agent *begin(void)
{
    struct ww_agent *a;
    struct ww_error err = {0};
    assert_int_equal(live_open((void **)&a), 0);
    a->policy.ops = &policy;
    ww_store_close(a->store);
    assert_int_equal(ww_store_open(folder, &a->store, &err), 0);
    return a;
}

static void end(struct ww_agent *a)
{
    live_close((void **)&a);
    helper_run("rm -rf -- %s/*", folder);
}

/* Nothing fails: what the step comes to. What was judged before is not known any more. */
static void go(struct ww_agent *a, const struct step *step)
{
    snprintf(version_text, sizeof(version_text), "%ld", ++versions);
    step->change(a);
    ww_reconcile(a);
}

/* Is there an Nth in this step? It fails. */
static bool try_step(struct ww_agent *a, size_t i, enum kind kind, long n)
{
    const struct step *before = i > 0 ? &steps[i - 1] : &steps[STEPS - 1];
    go(a, before);
    snprintf(version_text, sizeof(version_text), "%ld", ++versions);
    steps[i].change(a);
    arm(kind, n);
    ww_reconcile(a);
    disarm();
    if (!failed)
        return false;
    char *text = table();
    hold(&steps[i], before->open, text, n);
    recover(a, &steps[i], text, expected[i], n);
    return true;
}

static void for_all_in(size_t n_steps, enum kind kind)
{
    struct ww_agent *a = begin();
    long tried = 0;
    for (size_t i = 0; i < n_steps; i++)
        for (long n = 1; try_step(a, i, kind, n); n++)
            tried++;
    print_message("figures: %ld of them\n", tried);
    assert_true(tried > (long)n_steps / 2);
    end(a);
}

static void for_all_of(enum kind kind)
{
    for_all_in(STEPS, kind);
}

static int without_a_failure(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct ww_agent *a = begin();
    for (size_t i = 0; i < STEPS; i++) {
        go(a, &steps[i]);
        expected[i] = table();
        if (!strstr(expected[i], OPENED) == steps[i].open)
            fail_msg("%s:\n%s", steps[i].what, expected[i]);
    }
    end(a);
    return 0;
}

static int done(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++)
        free(expected[i]);
    return rmdir(folder);
}

static void an_answer_is_lost(void **state)
{
    (void)state;
    for_all_of(ANSWER_LOST);
}

static void an_answer_cannot_be_had_now(void **state)
{
    (void)state;
    for_all_of(ANSWER_LATE);
}

static void a_message_to_the_kernel_is_refused(void **state)
{
    (void)state;
    for_all_of(SENT);
}

static void an_answer_of_the_kernel_is_lost(void **state)
{
    (void)state;
    for_all_of(RECEIVED);
}

static void a_step_of_the_database_fails(void **state)
{
    (void)state;
    for_all_of(STORED);
}

static void an_allocation_fails(void **state)
{
    (void)state;
    for_all_in(1, ALLOCATED); /* in the step that closes: scans pile up here in the other steps */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_lost),
        cmocka_unit_test(an_answer_cannot_be_had_now),
        cmocka_unit_test(a_message_to_the_kernel_is_refused),
        cmocka_unit_test(an_answer_of_the_kernel_is_lost),
        cmocka_unit_test(a_step_of_the_database_fails),
        cmocka_unit_test(an_allocation_fails),
    };
    return cmocka_run_group_tests_name("life", tests, without_a_failure, done);
}
