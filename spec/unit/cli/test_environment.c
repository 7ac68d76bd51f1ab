#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/options.h"

#define WORDS_MAX 6

/* Each of the two ends with NULL. */
static int parse(const char *const args[], const char *const variables[], struct ww_options *o, struct ww_error *err)
{
    char *argv[WORDS_MAX + 1] = {"whalewall"};
    int argc = 1;
    for (size_t i = 0; args[i]; i++)
        argv[argc++] = (char *)args[i];
    return ww_options_parse(argc, argv, (char *const *)variables, o, err);
}

static const char *const nothing[] = {NULL};

static void each_option_has_a_variable(void **state)
{
    (void)state;
    static const char *const variables[] = {"PATH=/bin",
                                            "WHALEWALL_D=/x",
                                            "WHALEWALL_DOCKER_USER=true",
                                            "WHALEWALL_GUARD=all",
                                            "WHALEWALL_T=1m30s",
                                            "WHALEWALL_METRICS=9470",
                                            "WHALEWALL_POLICY_CONFIG=/etc/x=y.yml",
                                            "WHALEWALL_POLICY=require-optin:/etc/policies::allow-dns",
                                            NULL};
    struct ww_options o;
    struct ww_error err = {0};
    if (parse(nothing, variables, &o, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(o.data_dir, "/x");
    assert_true(o.docker_user);
    assert_false(o.debug);
    assert_int_equal(o.guard, WW_GUARD_ALL);
    assert_int_equal(o.timeout_ms, 90000);
    assert_true(o.metrics.len);
    assert_string_equal(o.policy_config, "/etc/x=y.yml");
    assert_int_equal(o.n_policies, 3);
    assert_string_equal(o.policies[0], "require-optin");
    assert_string_equal(o.policies[1], "/etc/policies");
    assert_string_equal(o.policies[2], "allow-dns");
    ww_options_done(&o);
}

static void the_command_line_counts_before_them(void **state)
{
    (void)state;
    static const char *const variables[] = {"WHALEWALL_D=/x", "WHALEWALL_DEBUG=1", "WHALEWALL_GUARD=all",
                                            "WHALEWALL_POLICY=require-optin:allow-dns", NULL};
    static const char *const args[] = {"-d=/y", "-debug=false", "-policy=groups", NULL};
    struct ww_options o;
    assert_int_equal(parse(args, variables, &o, NULL), 0);
    assert_string_equal(o.data_dir, "/y");
    assert_false(o.debug);
    assert_int_equal(o.guard, WW_GUARD_ALL);
    assert_int_equal(o.n_policies, 1);
    assert_string_equal(o.policies[0], "groups");
    ww_options_done(&o);
}

static void an_empty_one_is_none(void **state)
{
    (void)state;
    static const char *const variables[] = {
        "WHALEWALL_D=", "WHALEWALL_POLICY=", "WHALEWALL_GUARD=", "WHALEWALL_DEBUG=", "WHALEWALL_T", NULL};
    struct ww_options o;
    assert_int_equal(parse(nothing, variables, &o, NULL), 0);
    assert_string_equal(o.data_dir, ".");
    assert_false(o.debug);
    assert_int_equal(o.n_policies, 0);
    ww_options_done(&o);
}

/* A container's environment is the same for the program and for its check of health. */
static void what_does_not_go_with_a_command_is_passed_over(void **state)
{
    (void)state;
    static const char *const variables[] = {"WHALEWALL_D=/x", "WHALEWALL_GUARD=all", "WHALEWALL_METRICS=9470", NULL};
    static const char *const args[] = {"status", NULL};
    struct ww_options o;
    assert_int_equal(parse(args, variables, &o, NULL), 0);
    assert_int_equal(o.command, WW_COMMAND_STATUS);
    assert_string_equal(o.data_dir, "/x");
    assert_int_equal(o.guard, WW_GUARD_AUTO);
    ww_options_done(&o);
}

static void what_is_no_option_is_passed_over_by_what_asks(void **state)
{
    (void)state;
    static const char *const variables[] = {"WHALEWALL_VERSION=0.3", "WHALEWALL_GAURD=all", "WHALEWALL_HELP=1",
                                            "WHALEWALL_D=/x", NULL};
    static const char *const rows[][2] = {{"status"}, {"show"}, {"drops"}, {"metrics"}, {"doctor"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_options o;
        assert_int_equal(parse(rows[i], variables, &o, NULL), 0);
        assert_false(o.version || o.help);
        assert_string_equal(o.data_dir, "/x");
        ww_options_done(&o);
    }
}

static void help_and_version_are_answered_whatever_there_is(void **state)
{
    (void)state;
    static const char *const variables[] = {"WHALEWALL_VERSION=0.3", "WHALEWALL_GUARD=some", NULL};
    static const char *const rows[][2] = {{"-help"}, {"-version"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_options o;
        assert_int_equal(parse(rows[i], variables, &o, NULL), 0);
        assert_true(i ? o.version : o.help);
        ww_options_done(&o);
    }
    static const char *const clear[] = {"-clear", NULL};
    assert_int_equal(parse(clear, variables, &(struct ww_options){0}, NULL), -EINVAL);
}

static void wrong_ones_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *variables[3];
        const char *text;
    } rows[] = {
        {{"WHALEWALL_GAURD=all"}, "variable WHALEWALL_GAURD: no option is called so; did you mean WHALEWALL_GUARD?"},
        {{"WHALEWALL_guard=all"}, "variable WHALEWALL_guard: no option is called so; did you mean WHALEWALL_GUARD?"},
        {{"WHALEWALL_"}, "variable WHALEWALL_: no option is called so; -help lists them"},
        {{"WHALEWALL_DOCKER-USER=1"},
         "variable WHALEWALL_DOCKER-USER: no option is called so; did you mean WHALEWALL_DOCKER_USER?"},
        {{"WHALEWALL_JSON=true"}, "variable WHALEWALL_JSON: no option is called so; -help lists them"},
        {{"WHALEWALL_H=true"}, "variable WHALEWALL_H: no option is called so; -help lists them"},
        {{"WHALEWALL_CLEAR=true"}, "variable WHALEWALL_CLEAR: -clear is for the command line only"},
        {{"WHALEWALL_HELP="}, "variable WHALEWALL_HELP: -help is for the command line only"},
        {{"WHALEWALL_D=/x", "WHALEWALL_GUARD=some"},
         "variable WHALEWALL_GUARD: option -guard: 'some' is none of auto|all|off"},
        {{"WHALEWALL_DEBUG=yes"},
         "variable WHALEWALL_DEBUG: option -debug: 'yes' is not a boolean; write -debug or -debug=false"},
        {{"WHALEWALL_WATCH_POLICY=1"}, "option -watch-policy needs -policy: there is no policy to watch"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_options o;
        struct ww_error err = {0};
        assert_int_equal(parse(nothing, rows[i].variables, &o, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_has_a_variable),
        cmocka_unit_test(the_command_line_counts_before_them),
        cmocka_unit_test(an_empty_one_is_none),
        cmocka_unit_test(what_does_not_go_with_a_command_is_passed_over),
        cmocka_unit_test(what_is_no_option_is_passed_over_by_what_asks),
        cmocka_unit_test(help_and_version_are_answered_whatever_there_is),
        cmocka_unit_test(wrong_ones_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
