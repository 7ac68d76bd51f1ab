/* Agents in a process that is not theirs: in network namespaces of their own, without an engine. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/lib/whalewall.h"

/* What the host sees. */
struct host {
    char dir[64];
    int namespace;
    struct whalewall_agent *agent;
    char lines[65536];
    struct whalewall_state state;
    unsigned states;
};

struct both {
    struct host one;
    struct host two;
    struct stat own; /* the thread's network namespace */
};

static void note_line(void *arg, const struct whalewall_line *line)
{
    struct host *host = arg;
    size_t n = strlen(host->lines);
    assert_int_equal(line->size, sizeof(*line));
    n += whalewall_line_text(line, host->lines + n, sizeof(host->lines) - n - 1);
    if (n < sizeof(host->lines) - 1)
        memcpy(host->lines + n, "\n", 2);
}

static void note_state(void *arg, const struct whalewall_state *state)
{
    struct host *host = arg;
    assert_int_equal(state->size, sizeof(*state));
    host->state = *state;
    host->states++;
}

static struct stat own_namespace(void)
{
    struct stat st = {0};
    assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
    return st;
}

/* A network namespace, of which only this descriptor is left. */
static int make_namespace(void)
{
    int before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWNET) < 0)
        fail_msg("this test needs root: it works in network namespaces of its own");
    int made = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_int_equal(setns(before, CLONE_NEWNET), 0);
    close(before);
    return made;
}

static struct whalewall_agent_options options_of(struct host *host)
{
    return (struct whalewall_agent_options){.size = sizeof(struct whalewall_agent_options),
                                            .data_dir = host->dir,
                                            .docker_host = "unix:///proc/no/engine.sock",
                                            .network_namespace = host->namespace,
                                            .log = note_line,
                                            .log_arg = host,
                                            .state = note_state,
                                            .state_arg = host};
}

static void open_host(struct host *host)
{
    struct whalewall_error error = {0};
    snprintf(host->dir, sizeof(host->dir), "/tmp/whalewall-XXXXXX");
    assert_non_null(mkdtemp(host->dir));
    host->namespace = make_namespace();
    struct whalewall_agent_options options = options_of(host);
    if (whalewall_agent_new(&options, &host->agent, &error) < 0)
        fail_msg("%s", error.text);
}

static void start(struct host *host)
{
    struct whalewall_error error = {0};
    if (whalewall_agent_start(host->agent, &error) < 0)
        fail_msg("%s", error.text);
}

static void close_host(struct host *host)
{
    char command[128];
    whalewall_agent_free(host->agent);
    close(host->namespace);
    snprintf(command, sizeof(command), "rm -r '%s'", host->dir);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a folder of this test */
}

static int open_both(void **state)
{
    struct both *both = calloc(1, sizeof(*both));
    assert_non_null(both);
    both->own = own_namespace();
    open_host(&both->one);
    open_host(&both->two);
    *state = both;
    return 0;
}

static int close_both(void **state)
{
    struct both *both = *state;
    close_host(&both->one);
    close_host(&both->two);
    struct stat now = own_namespace();
    assert_int_equal(now.st_ino, both->own.st_ino);
    free(both);
    return 0;
}

/* A loop as an embedder has it, until the condition holds. */
static void turn_until(struct host *host, bool (*holds)(const struct host *host))
{
    struct whalewall_error error = {0};
    while (!holds(host)) {
        struct pollfd p = {.fd = whalewall_agent_fd(host->agent), .events = POLLIN};
        if (whalewall_agent_dispatch(host->agent, &error) < 0)
            fail_msg("%s", error.text);
        if (!holds(host))
            poll(&p, 1, whalewall_agent_timeout(host->agent));
    }
}

static bool has_told(const struct host *host)
{
    return strstr(host->lines, "engine") != NULL;
}

static void two_work_in_one_process(void **state)
{
    struct both *both = *state;
    start(&both->one);
    start(&both->two);
    assert_string_not_equal(both->one.dir, both->two.dir);
    turn_until(&both->one, has_told);
    turn_until(&both->two, has_told);
    struct stat now = own_namespace();
    assert_int_equal(now.st_ino, both->own.st_ino);
}

static void two_in_one_network_namespace_are_refused(void **state)
{
    struct both *both = *state;
    struct whalewall_error error = {0};
    struct whalewall_agent *third = NULL;
    struct whalewall_agent_options options = options_of(&both->one);
    start(&both->one);
    options.data_dir = both->two.dir;
    assert_int_equal(whalewall_agent_new(&options, &third, &error), 0);
    assert_true(whalewall_agent_start(third, &error) < 0); /* by the kernel, where tables have owners */
    assert_non_null(strstr(error.text, "stop that one first"));
    whalewall_agent_free(third);
    options = options_of(&both->two);
    options.data_dir = both->one.dir;
    assert_int_equal(whalewall_agent_new(&options, &third, &error), 0);
    assert_int_equal(whalewall_agent_start(third, &error), -EBUSY);
    assert_non_null(strstr(error.text, "data directory"));
    whalewall_agent_free(third);
}

/* … which also a handler of a signal may ask for. */
static void it_stops_when_it_is_asked_to(void **state)
{
    struct both *both = *state;
    struct whalewall_error error = {0};
    start(&both->one);
    assert_int_equal(whalewall_agent_dispatch(both->one.agent, &error), 0);
    whalewall_agent_stop(both->one.agent);
    assert_int_equal(whalewall_agent_run(both->one.agent, &error), 0);
    assert_int_equal(whalewall_agent_dispatch(both->one.agent, &error), 1);
    assert_non_null(strstr(both->one.lines, "stopping; the rules stay in force"));
}

/* As where a signal's handler is there before the agent. */
static void it_stops_when_it_was_asked_to_before_its_start(void **state)
{
    struct both *both = *state;
    struct whalewall_error error = {0};
    whalewall_agent_stop(NULL);
    whalewall_agent_reload(NULL);
    whalewall_agent_reload(both->one.agent);
    whalewall_agent_stop(both->one.agent);
    start(&both->one);
    assert_int_equal(whalewall_agent_dispatch(both->one.agent, &error), 1);
    assert_int_equal(whalewall_agent_dispatch(both->one.agent, &error), 1);
}

static void it_answers_what_the_control_socket_answers(void **state)
{
    struct both *both = *state;
    struct whalewall_error error = {0};
    char *text = NULL;
    static const char *const web[] = {"container", "web", NULL};
    start(&both->one);
    assert_int_equal(whalewall_agent_ask(both->one.agent, "status", NULL, &text, &error), 0);
    assert_non_null(strstr(text, "\"sandbox\":\"off\""));
    whalewall_free(text);
    assert_int_equal(whalewall_agent_ask(both->one.agent, "show", web, &text, &error), -ENOENT);
    assert_non_null(strstr(error.text, "'web' is no container"));
    assert_int_equal(whalewall_agent_ask(both->one.agent, "show", NULL, &text, &error), -EINVAL);
    assert_int_equal(whalewall_agent_ask(both->one.agent, "enforced", NULL, &text, &error), -EAGAIN);
    assert_int_equal(whalewall_agent_ask(both->one.agent, "shwo", NULL, &text, &error), -ENOENT);
    assert_non_null(strstr(error.text, "there is no question 'shwo'; there are: status, explain, show, drops,"));
    assert_null(strstr(error.text, "/v1/"));
}

/* The answer, for whalewall_free; NULL: the question is not one, which is in the error. */
static char *answer_to(struct host *host, const char *question, const char *const *values,
                       struct whalewall_error *error)
{
    char *text = NULL;
    *error = (struct whalewall_error){0};
    int rc = whalewall_agent_ask(host->agent, question, values, &text, error);
    assert_int_equal(rc, error->code);
    return text;
}

/* Which questions there are is said by the answer to one that is none. */
static void the_header_has_every_question(void **state)
{
    struct both *both = *state;
    struct whalewall_error error;
    char header[32768] = "";
    unsigned questions = 0;
    FILE *file = fopen("core/lib/whalewall.h", "re");
    assert_non_null(file);
    assert_true(fread(header, 1, sizeof(header) - 1, file) > 0);
    fclose(file);
    const char *told = strstr(header, "What the control socket answers, without one.");
    assert_non_null(told);
    start(&both->one);
    assert_null(answer_to(&both->one, "", NULL, &error));
    const char *at = strstr(error.text, "there are:");
    assert_non_null(at);
    for (at += strlen("there are:"); *at == ' ' || *at == ','; questions++) {
        char name[32];
        char quoted[40];
        at += strspn(at, ", ");
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ","), at);
        snprintf(quoted, sizeof(quoted), "\"%s\"", name);
        if (!strstr(told, quoted))
            fail_msg("core/lib/whalewall.h does not have the question %s", name);
        at += strlen(name);
    }
    assert_true(questions >= 9);
}

/* … as a name that is misspelled would be without effect. */
static void a_value_that_a_question_does_not_take_is_refused(void **state)
{
    static const char *const wrong[] = {"contaner", "web", NULL};
    static const char *const right[] = {"since", "0", NULL};
    static const char *const questions[] = {"status", "drops", "events", "enforced", "metrics", "clear"};
    struct both *both = *state;
    struct whalewall_error error;
    start(&both->one);
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        assert_null(answer_to(&both->one, questions[i], wrong, &error));
        assert_int_equal(error.code, -EINVAL);
        assert_non_null(strstr(error.text, "takes no value 'contaner'"));
    }
    char *text = answer_to(&both->one, "drops", right, &error);
    assert_non_null(text);
    whalewall_free(text);
    assert_int_equal(whalewall_agent_dispatch(both->one.agent, &error), 0); /* nothing was cleared */
}

/* … has not come after 10 seconds: it will not. */
static void turn_until_event(struct host *host, const char *kind)
{
    struct whalewall_error error;
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\"kind\":\"%s\"", kind);
    for (int i = 0; i < 200; i++) {
        struct pollfd p = {.fd = whalewall_agent_fd(host->agent), .events = POLLIN};
        poll(&p, 1, 50);
        assert_int_equal(whalewall_agent_dispatch(host->agent, &error), 0);
        char *events = answer_to(host, "events", NULL, &error);
        bool there = strstr(events, wanted) != NULL;
        whalewall_free(events);
        if (there)
            return;
    }
    fail_msg("no event of the kind %s was told", kind);
}

static void log_nothing(struct whalewall_agent_options *options)
{
    options->log = NULL;
}

static void log_errors(struct whalewall_agent_options *options)
{
    options->log_level = WHALEWALL_ERROR;
}

static void log_less(struct whalewall_agent_options *options)
{
    options->log_level = WHALEWALL_ERROR + 1;
}

/* … which the host may not want to hear. */
static void events_and_the_last_error_do_not_depend_on_the_log(void **state)
{
    void (*const ways[])(struct whalewall_agent_options *) = {log_nothing, log_errors, log_less};
    struct both *both = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct whalewall_error error = {0};
        struct whalewall_agent_options options = options_of(&both->one);
        options.metrics = "no address";
        ways[i](&options);
        whalewall_agent_free(both->one.agent);
        both->one.agent = NULL;
        if (whalewall_agent_new(&options, &both->one.agent, &error) < 0)
            fail_msg("%s", error.text);
        start(&both->one);
        turn_until_event(&both->one, "engine");
        char *status = answer_to(&both->one, "status", NULL, &error);
        assert_non_null(strstr(status, "\"last_error\":{"));
        whalewall_free(status);
    }
}

static void clear(struct host *host)
{
    struct whalewall_error error = {0};
    char *text = NULL;
    assert_int_equal(whalewall_agent_ask(host->agent, "clear", NULL, &text, &error), 0);
    assert_non_null(strstr(text, "\"removed\":"));
    whalewall_free(text);
}

/* … with the control socket and without, and a loop around it is woken for that. */
static void it_stops_after_its_rules_were_cleared(void **state)
{
    struct both *both = *state;
    struct whalewall_error error = {0};
    struct whalewall_agent_options options = options_of(&both->two);
    struct host *hosts[] = {&both->one, &both->two};
    options.no_control_socket = true;
    whalewall_agent_free(both->two.agent);
    both->two.agent = NULL;
    assert_int_equal(whalewall_agent_new(&options, &both->two.agent, &error), 0);
    for (size_t i = 0; i < 2; i++) {
        start(hosts[i]);
        turn_until(hosts[i], has_told);
        clear(hosts[i]);
        struct pollfd p = {.fd = whalewall_agent_fd(hosts[i]->agent), .events = POLLIN};
        assert_int_equal(poll(&p, 1, 0), 1);
        assert_int_equal(whalewall_agent_dispatch(hosts[i]->agent, &error), 1);
        assert_int_equal(whalewall_agent_dispatch(hosts[i]->agent, &error), 1);
    }
}

static void handle(int number)
{
    (void)number;
}

/* Signals, the umask and the environment are the host's. */
static void the_process_stays_as_it_was(void **state)
{
    struct both *both = *state;
    struct sigaction mine = {.sa_handler = handle};
    struct sigaction found;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE};
    sigset_t before;
    sigset_t after;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_int_equal(sigaction(numbers[i], &mine, NULL), 0);
    sigprocmask(SIG_SETMASK, NULL, &before);
    umask(0);
    start(&both->one);
    turn_until(&both->one, has_told);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_int_equal(sigaction(numbers[i], NULL, &found), 0);
        assert_ptr_equal(found.sa_handler, handle);
    }
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
    assert_int_equal(umask(022), 0);
    assert_null(getenv("UV_THREADPOOL_SIZE"));
    char path[128];
    struct stat socket;
    snprintf(path, sizeof(path), "%s/control.sock", both->one.dir);
    assert_int_equal(stat(path, &socket), 0);
    assert_int_equal(socket.st_mode & 0777, 0600);
}

static void what_is_no_option_is_refused(void **state)
{
    struct whalewall_agent *agent = NULL;
    struct whalewall_error error = {0};
    (void)state;
    struct whalewall_agent_options options = WHALEWALL_AGENT_OPTIONS;
    assert_int_equal(whalewall_agent_new(&options, &agent, &error), -EINVAL);
    assert_non_null(strstr(error.text, "data_dir"));
    options.data_dir = "";
    assert_int_equal(whalewall_agent_new(&options, &agent, &error), -EINVAL);
    assert_non_null(strstr(error.text, "data_dir"));
    options.data_dir = "/proc/none";
    options.guard = 7;
    assert_int_equal(whalewall_agent_new(&options, &agent, &error), -EINVAL);
    assert_non_null(strstr(error.text, "guard"));
    options.guard = WHALEWALL_GUARD_AUTO;
    options.network_namespace = 9999;
    assert_int_equal(whalewall_agent_new(&options, &agent, &error), -EBADF);
    assert_non_null(strstr(error.text, "network_namespace"));
}

/* Labels are read in processes that can do nothing else, where the host has made the jail in time. */
static void a_jail_reads_labels_for_its_agent(void **state)
{
    struct both *both = *state;
    struct whalewall_error error = {0};
    struct whalewall_agent_options options = options_of(&both->one);
    char *text = NULL;
    whalewall_agent_free(both->one.agent);
    both->one.agent = NULL;
    if (whalewall_jail_new(false, &options.jail, &error) < 0 ||
        whalewall_agent_new(&options, &both->one.agent, &error) < 0)
        fail_msg("%s", error.text);
    assert_non_null(strstr(both->one.lines, "labels are read in processes that can do nothing else"));
    start(&both->one);
    assert_int_equal(whalewall_agent_ask(both->one.agent, "status", NULL, &text, &error), 0);
    assert_non_null(strstr(text, "\"sandbox\":\"on\""));
    whalewall_free(text);
    options.policies = (const char *const[]){"deny-metadata"};
    options.n_policies = 1;
    struct whalewall_agent *other = NULL;
    if (whalewall_jail_new(false, &options.jail, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(whalewall_agent_new(&options, &other, &error), -EINVAL);
    assert_non_null(strstr(error.text, "the jail was made without policies"));
}

/* … also with options that are not read: its process is gone. */
static void a_jail_is_taken_over_on_failure(void **state)
{
    struct {
        struct whalewall_agent_options known;
        uint64_t unknown;
    } newer = {.known = {.size = sizeof(newer)}, .unknown = 1};
    struct whalewall_agent *agent = NULL;
    struct whalewall_error error = {0};
    (void)state;
    if (whalewall_jail_new(false, &newer.known.jail, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
    assert_int_equal(whalewall_agent_new(&newer.known, &agent, &error), -EINVAL);
    assert_non_null(strstr(error.text, "does not know"));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void a_line_is_written_as_text(void **state)
{
    const struct whalewall_field fields[] = {{.key = "container.id", .text = "0123456789ab0000", .len = 12},
                                             {.key = "error", .text = "a\x1b[1m", .len = 5},
                                             {.key = "port", .number = 80},
                                             {.key = "none", .text = "", .len = 0}};
    const struct whalewall_line line = {.size = sizeof(line), .message = "said", .fields = fields, .n_fields = 4};
    char text[128];
    char few[8];
    (void)state;
    size_t len = whalewall_line_text(&line, text, sizeof(text));
    assert_string_equal(text, "said container.id=0123456789ab error=a [1m port=80 none=");
    assert_int_equal(len, strlen(text));
    assert_int_equal(whalewall_line_text(&line, few, sizeof(few)), len);
    assert_string_equal(few, "said co");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_work_in_one_process, open_both, close_both),
        cmocka_unit_test_setup_teardown(two_in_one_network_namespace_are_refused, open_both, close_both),
        cmocka_unit_test_setup_teardown(it_stops_when_it_is_asked_to, open_both, close_both),
        cmocka_unit_test_setup_teardown(it_stops_when_it_was_asked_to_before_its_start, open_both, close_both),
        cmocka_unit_test_setup_teardown(it_answers_what_the_control_socket_answers, open_both, close_both),
        cmocka_unit_test_setup_teardown(the_header_has_every_question, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_value_that_a_question_does_not_take_is_refused, open_both, close_both),
        cmocka_unit_test_setup_teardown(events_and_the_last_error_do_not_depend_on_the_log, open_both, close_both),
        cmocka_unit_test_setup_teardown(it_stops_after_its_rules_were_cleared, open_both, close_both),
        cmocka_unit_test_setup_teardown(the_process_stays_as_it_was, open_both, close_both),
        cmocka_unit_test_setup_teardown(a_jail_reads_labels_for_its_agent, open_both, close_both),
        cmocka_unit_test(what_is_no_option_is_refused),
        cmocka_unit_test(a_jail_is_taken_over_on_failure),
        cmocka_unit_test(a_line_is_written_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
