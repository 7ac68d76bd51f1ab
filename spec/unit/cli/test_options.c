#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/duration.h"
#include "core/cli/options.h"

#define ARGS_MAX 8

static int parse(const char *const args[ARGS_MAX], struct ww_options *o, struct ww_error *err)
{
    char *argv[ARGS_MAX + 2] = {"whalewall"};
    int argc = 1;
    for (int i = 0; i < ARGS_MAX && args[i]; i++)
        argv[argc++] = (char *)args[i];
    return ww_options_parse(argc, argv, NULL, o, err);
}

static void options_have_defaults(void **state)
{
    (void)state;
    struct ww_options o;
    const char *none[ARGS_MAX] = {0};
    assert_int_equal(parse(none, &o, NULL), 0);
    assert_string_equal(o.data_dir, ".");
    assert_string_equal(o.log_path, "stdout");
    assert_int_equal(o.timeout_ms, 10000);
    assert_false(o.clear || o.debug || o.version || o.help || o.trust_image_labels || o.docker_user);
}

static void options_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const char *const spellings[][ARGS_MAX] = {
        {"-d", "/x", "-debug", "-t", "1m30s", NULL},
        {"--d=/x", "--debug=true", "--t=1m30s", NULL},
        {"-d=/x", "-debug=1", "-t=90s", NULL},
        {"--d", "/x", "--debug", "--t", "90000ms", NULL},
    };
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct ww_options o;
        assert_int_equal(parse(spellings[i], &o, NULL), 0);
        assert_string_equal(o.data_dir, "/x");
        assert_true(o.debug);
        assert_int_equal(o.timeout_ms, 90000);
    }
}

static void a_boolean_can_be_switched_off(void **state)
{
    (void)state;
    struct ww_options o;
    const char *args[ARGS_MAX] = {"-debug", "-debug=false", NULL};
    assert_int_equal(parse(args, &o, NULL), 0);
    assert_false(o.debug);
}

static void switches_are_off_unless_given(void **state)
{
    (void)state;
    struct ww_options o;
    const char *none[ARGS_MAX] = {NULL};
    const char *all[ARGS_MAX] = {"--docker-user", "-shared-table", "--kernel-drop-log", "-no-sandbox", NULL};
    assert_int_equal(parse(none, &o, NULL), 0);
    assert_false(o.docker_user || o.shared_table || o.kernel_drop_log || o.no_sandbox);
    assert_int_equal(parse(all, &o, NULL), 0);
    assert_true(o.docker_user && o.shared_table && o.kernel_drop_log && o.no_sandbox);
}

static void policies_are_kept_in_order(void **state)
{
    (void)state;
    struct ww_options o;
    const char *args[ARGS_MAX] = {"-policy", "b.lua", "--policy=a", "-policy-config", "p.yaml", NULL};
    assert_int_equal(parse(args, &o, NULL), 0);
    assert_int_equal(o.n_policies, 2);
    assert_string_equal(o.policies[0], "b.lua");
    assert_string_equal(o.policies[1], "a");
    assert_string_equal(o.policy_config, "p.yaml");
}

static void status_is_a_command(void **state)
{
    (void)state;
    struct ww_options o;
    assert_int_equal(parse((const char *[ARGS_MAX]){"-d", "/x"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_RUN);
    assert_int_equal(parse((const char *[ARGS_MAX]){"status"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_STATUS);
    assert_false(o.json);
    assert_int_equal(parse((const char *[ARGS_MAX]){"status", "--json", "-d=/x"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_STATUS);
    assert_true(o.json);
    assert_string_equal(o.data_dir, "/x");
    assert_false(o.watch);
    assert_int_equal(parse((const char *[ARGS_MAX]){"status", "-watch"}, &o, NULL), 0);
    assert_true(o.watch && !o.watch_policy);
    assert_int_equal(parse((const char *[ARGS_MAX]){"status", "-help"}, &o, NULL), 0);
    assert_true(o.help);
}

static void test_is_a_command_with_a_place(void **state)
{
    (void)state;
    struct ww_options o;
    assert_int_equal(parse((const char *[ARGS_MAX]){"test"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_TEST);
    assert_int_equal(o.n_files, 0);
    assert_int_equal(parse((const char *[ARGS_MAX]){"test", "/x"}, &o, NULL), 0);
    assert_int_equal(o.n_files, 1);
    assert_string_equal(o.files[0], "/x");
    assert_int_equal(parse((const char *[ARGS_MAX]){"test", "-help"}, &o, NULL), 0);
    assert_true(o.help);
}

static void check_and_plan_take_files_and_options_in_any_order(void **state)
{
    (void)state;
    struct ww_options o;
    assert_int_equal(parse((const char *[ARGS_MAX]){"check", "a", "-strict", "-policy", "p", "-"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_CHECK);
    assert_int_equal(o.n_files, 2);
    assert_string_equal(o.files[0], "a");
    assert_string_equal(o.files[1], "-");
    assert_int_equal(o.n_policies, 1);
    assert_true(o.strict && !o.json);
    assert_int_equal(parse((const char *[ARGS_MAX]){"plan", "--dot", "a"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_PLAN);
    assert_true(o.dot);
    assert_int_equal(parse((const char *[ARGS_MAX]){"plan", "-json"}, &o, NULL), 0);
    assert_int_equal(o.n_files, 0);
    assert_true(o.json);
    assert_null(o.data_dir);
    assert_int_equal(parse((const char *[ARGS_MAX]){"plan", "-html", "page", "-d", "/x"}, &o, NULL), 0);
    assert_string_equal(o.html, "page");
    assert_string_equal(o.data_dir, "/x");
    assert_int_equal(parse((const char *[ARGS_MAX]){"test", "-kernel", "a"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_TEST);
    assert_true(o.kernel);
}

static void explain_is_a_command_with_three_words(void **state)
{
    (void)state;
    struct ww_options o;
    assert_int_equal(parse((const char *[ARGS_MAX]){"explain", "-d", "/x", "web", "db", "tcp/80", "-json"}, &o, NULL),
                     0);
    assert_int_equal(o.command, WW_COMMAND_EXPLAIN);
    assert_int_equal(o.n_files, 3);
    assert_string_equal(o.files[2], "tcp/80");
    assert_true(o.json);
    assert_string_equal(o.data_dir, "/x");
}

static void drops_takes_a_container_and_may_go_on(void **state)
{
    (void)state;
    struct ww_options o;
    assert_int_equal(parse((const char *[ARGS_MAX]){"drops"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_DROPS);
    assert_false(o.follow);
    assert_int_equal(o.n_files, 0);
    assert_int_equal(parse((const char *[ARGS_MAX]){"drops", "-f", "web"}, &o, NULL), 0);
    assert_true(o.follow);
    assert_string_equal(o.files[0], "web");
    assert_int_equal(parse((const char *[ARGS_MAX]){"show", "web"}, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_SHOW);
}

static void wrong_options_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *args[ARGS_MAX];
        const char *text;
    } cases[] = {
        {{"-x"}, "unknown option '-x'; -help lists them"},
        {{"-gaurd=all"}, "unknown option '-gaurd=all'; did you mean -guard?"},
        {{"--polcy-confg"}, "unknown option '--polcy-confg'; did you mean -policy-config?"},
        {{"-notourswhatever"}, "unknown option '-notourswhatever'; -help lists them"},
        {{"-debug=maybe"}, "option -debug: 'maybe' is not a boolean; write -debug or -debug=false"},
        {{"-policy"}, "option -policy needs a value: -policy NAME|FILE|DIR"},
        {{"-watch-policy"}, "option -watch-policy needs -policy: there is no policy to watch"},
        {{"-policy-config", "x"}, "option -policy-config needs -policy: there is no policy to configure"},
        {{"-d"}, "option -d needs a value: -d DIR"},
        {{"-l="}, "option -l needs a value: -l PATH"},
        {{"stop"}, "unexpected argument 'stop'; options begin with a dash"},
        {{"-debug", "status"}, "unexpected argument 'status'; options begin with a dash"},
        {{"status", "-l", "x"}, "option -l is not for `whalewall status`; -help lists them"},
        {{"test", "-d", "x"}, "option -d is not for `whalewall test`; -help lists them"},
        {{"test", "x", "y"}, "unexpected argument 'y'; options begin with a dash"},
        {{"status", "-clear"}, "option -clear is not for `whalewall status`; -help lists them"},
        {{"status", "status"}, "unexpected argument 'status'; options begin with a dash"},
        {{"plan", "-strict"}, "option -strict is not for `whalewall plan`; -help lists them"},
        {{"check", "-dot"}, "option -dot is not for `whalewall check`; -help lists them"},
        {{"check", "-watch-policy"}, "option -watch-policy is not for `whalewall check`; -help lists them"},
        {{"explain", "a", "b", "c", "d"}, "unexpected argument 'd'; options begin with a dash"},
        {{"show", "-f", "x"}, "option -f is not for `whalewall show`; -help lists them"},
        {{"explain", "-l", "x"}, "option -l is not for `whalewall explain`; -help lists them"},
        {{"completion", "x", "x"}, "unexpected argument 'x'; options begin with a dash"},
        {{"completion", "-json"}, "option -json is not for `whalewall completion`; -help lists them"},
        {{"plan", "-json", "-dot"}, "only one of the options -json, -dot and -html can be given: one form is written"},
        {{"plan", "-html", "x", "-dot"},
         "only one of the options -json, -dot and -html can be given: one form is written"},
        {{"check", "-html", "x"}, "option -html is not for `whalewall check`; -help lists them"},
        {{"check", "-policy-config", "x"}, "option -policy-config needs -policy: there is no policy to configure"},
        {{"-json"}, "option -json is not for `whalewall`; -help lists them"},
        {{"-"}, "unexpected argument '-'; options begin with a dash"},
        {{"-t", "0"}, "option -t: '0' is not a duration; write for example 10s, 1m30s or 500ms (at most 24h)"},
        {{"-t", "10"}, "option -t: '10' is not a duration; write for example 10s, 1m30s or 500ms (at most 24h)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_options o;
        struct ww_error err = {0};
        assert_int_equal(parse(cases[i].args, &o, &err), -EINVAL);
        assert_string_equal(err.text, cases[i].text);
    }
}

static void durations_are_added_up(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* 0: refused */
    } cases[] = {
        {"10s", 10000},    {"1m30s", 90000}, {"500ms", 500}, {"1.5h", 5400000}, {"1us", 1}, {"2m", 120000},
        {"24h", 86400000}, {"", 0},          {"10", 0},      {"s", 0},          {"0s", 0},  {"-1s", 0},
        {"1s ", 0},        {"25h", 0},       {"1x", 0},      {"nan", 0},        {"inf", 0}, {"1e9h", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 0;
        struct ww_error err = {0};
        int rc = ww_duration_parse(cases[i].text, &ms, &err);
        assert_int_equal(rc, cases[i].ms ? 0 : -EINVAL);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void metrics_have_an_address_or_a_port(void **state)
{
    (void)state;
    struct ww_options o;
    struct ww_error err = {0};
    char *port[] = {"whalewall", "-metrics", "9470"};
    char *bad[] = {"whalewall", "-metrics=localhost:9470"};
    char *command[] = {"whalewall", "metrics", "-d", "/x"};
    char *wrong[] = {"whalewall", "metrics", "-metrics", "9470"};
    assert_int_equal(ww_options_parse(3, port, NULL, &o, &err), 0);
    assert_int_equal(o.metrics.addr.ss_family, AF_INET);
    assert_int_equal(ww_options_parse(2, bad, NULL, &o, &err), -EINVAL);
    assert_string_equal(err.text, "option -metrics: 'localhost:9470' is no address to listen on; write PORT, "
                                  "ADDRESS:PORT or [IPV6-ADDRESS]:PORT");
    assert_int_equal(ww_options_parse(4, command, NULL, &o, &err), 0);
    assert_int_equal(o.command, WW_COMMAND_METRICS);
    assert_int_equal(o.metrics.len, 0);
    assert_int_equal(ww_options_parse(4, wrong, NULL, &o, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_have_defaults),
        cmocka_unit_test(options_are_read_in_every_spelling),
        cmocka_unit_test(a_boolean_can_be_switched_off),
        cmocka_unit_test(wrong_options_say_what_is_wrong),
        cmocka_unit_test(switches_are_off_unless_given),
        cmocka_unit_test(durations_are_added_up),
        cmocka_unit_test(policies_are_kept_in_order),
        cmocka_unit_test(status_is_a_command),
        cmocka_unit_test(metrics_have_an_address_or_a_port),
        cmocka_unit_test(drops_takes_a_container_and_may_go_on),
        cmocka_unit_test(explain_is_a_command_with_three_words),
        cmocka_unit_test(test_is_a_command_with_a_place),
        cmocka_unit_test(check_and_plan_take_files_and_options_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
