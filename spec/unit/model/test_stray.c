/* Labels that look like ours and are none: which they are, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/stray.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define KNOWN " unknown key, so it is not obeyed (known: whalewall.enabled, whalewall.rules, whalewall.audit)"
#define MEANT(key) " unknown key, so it is not obeyed; did you mean '" key "'?"
#define ENABLED MEANT("whalewall.enabled")
#define RULES MEANT("whalewall.rules")
#define GUARD MEANT("whalewall.guard")
#define C WW_LABEL_ON_CONTAINER
#define N WW_LABEL_ON_NETWORK
#define S WW_LABEL_ON_SERVICE
#define SERVICES(what)                                                                                                 \
    " not obeyed, for it is the service's and not its containers'; write " what                                        \
    " under the service's 'labels', beside 'deploy', or use --container-label"

static const struct {
    enum ww_label_place place;
    const char *key;
    const char *shown; /* NULL: as it is */
    const char *said;  /* behind the key; NULL: nothing */
} cases[] = {
    {C, "whalewall.enabled", NULL, NULL},
    {C, "whalewall.rules", NULL, NULL},
    {C, "whalewall.audit", NULL, NULL},
    {C, "whalewall.audited", NULL, MEANT("whalewall.audit")},
    {N, "whalewall.guard", NULL, NULL},
    /* what a service has itself is never obeyed */
    {S, "whalewall.enabled", NULL, SERVICES("it")},
    {S, "whalewall.rules", NULL, SERVICES("it")},
    {S, "whalewall.enable", NULL, SERVICES("'whalewall.enabled'")},
    {S, "whalewall.guard", NULL, " not obeyed here; 'whalewall.guard' is for networks"},
    {S, "whalewall.foo", NULL, KNOWN},
    {S, "traefik.enable", NULL, NULL},
    /* a letter more or less, another, or two that changed places */
    {C, "whalewall.enable", NULL, ENABLED},
    {C, "whalewall.rule", NULL, RULES},
    {C, "whalewall.rulez", NULL, RULES},
    {C, "whalewall.ruless", NULL, RULES},
    {C, "whalewall.enabeld", NULL, ENABLED},
    {C, "wahlewall.enabeld", NULL, ENABLED},
    {C, "whalwall.enabled", NULL, ENABLED},
    {C, "walewall.enable", NULL, ENABLED},
    {C, "hwalewall.rules", NULL, RULES},
    {N, "whalewall.gaurd", NULL, GUARD},
    {N, "whalewall.guarded", NULL, GUARD},
    /* case, and what is between the words */
    {C, "Whalewall.enabled", NULL, ENABLED},
    {C, "WHALEWALL.RULES", NULL, RULES},
    {C, "whalewall_enabled", NULL, ENABLED},
    {C, "whalewall-rules", NULL, RULES},
    {C, "whalewall/enabled", NULL, ENABLED},
    {C, "whalewall:rules", NULL, RULES},
    {C, "whale-wall.enabled", NULL, ENABLED},
    {C, "whalewallenabled", NULL, ENABLED},
    {N, "whalewall_guard", NULL, GUARD},
    /* invisible characters */
    {C, "whalewall.enabled ", NULL, ENABLED},
    {C, " whalewall.rules", NULL, RULES},
    {C, "whalewall.enabled\t", "whalewall.enabled<U+0009>", ENABLED},
    {C, "whalewall.enabled\xc2\xa0", "whalewall.enabled<U+00A0>", ENABLED},
    {C, "\xef\xbb\xbfwhalewall.rules", "<U+FEFF>whalewall.rules", RULES},
    {C, "whalewall.en\xd0\xb0\x62led", "whalewall.en<U+0430>bled", ENABLED},
    {C, "whalewall.rules\xff", "whalewall.rules<0xFF>", RULES},
    /* close to none */
    {C, "whalewall.foo", NULL, KNOWN},
    {C, "whalewall.", NULL, KNOWN},
    {C, "whalewall", NULL, KNOWN},
    {C, "WhaleWall.Foo", NULL, KNOWN},
    {C, "whalewall.\x1b[31mred\n", "whalewall.<U+001B>[31mred<U+000A>", KNOWN},
    {N, "whalewall.foo", NULL, " unknown key, so it is not obeyed (known: whalewall.guard, whalewall.accept)"},
    {N, "whalewall.accept", NULL, NULL},
    {N, "whalewall.accepts", NULL, MEANT("whalewall.accept")},
    {C, "whalewall.accept", NULL, " not obeyed here; 'whalewall.accept' is for networks"},
    {C, "whalewall.0123456789012345678901234567890123456789012345678901234567890123456789",
     "whalewall.012345678901234567890123456789012345678901234567890...", KNOWN},
    /* in the wrong place */
    {C, "whalewall.guard", NULL, " not obeyed here; 'whalewall.guard' is for networks"},
    {C, "whalewall.gaurd", NULL, " not obeyed here; 'whalewall.guard' is for networks"},
    {N, "whalewall.rules", NULL, " not obeyed here; 'whalewall.rules' is for containers"},
    {N, "whalewall.enable", NULL, " not obeyed here; 'whalewall.enabled' is for containers"},
    /* of other programs */
    {C, "com.docker.compose.service", NULL, NULL},
    {C, "com.docker.compose", NULL, NULL},
    {C, "org.whalewall.enabled", NULL, NULL},
    {C, "traefik.enable", NULL, NULL},
    {C, "firewall.enabled", NULL, NULL},
    {C, "firewall.rules", NULL, NULL},
    {C, "whalewalls", NULL, NULL},
    {C, "whale.rules", NULL, NULL},
    {C, "maintainer", NULL, NULL},
    {C, "", NULL, NULL},
};

static void what_looks_like_ours_is_said_and_what_is_not_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_strays *strays = NULL;
        char wanted[512];
        assert_int_equal(ww_strays_note(&strays, cases[i].place, cases[i].key, NULL), 0);
        assert_int_equal(ww_strays_end(strays, NULL), 0);
        snprintf(wanted, sizeof(wanted), "label '%s':%s", cases[i].shown ? cases[i].shown : cases[i].key,
                 cases[i].said ? cases[i].said : "");
        if (!cases[i].said && strays)
            fail_msg("'%s' said: %s", cases[i].key, strays->texts[0]);
        if (cases[i].said && !strays)
            fail_msg("'%s' said nothing", cases[i].key);
        if (cases[i].said) {
            assert_int_equal(strays->n, 1);
            assert_string_equal(strays->texts[0], wanted);
        }
        ww_strays_free(strays);
    }
}

/* A container with many is told of few, and what was written first does not hide what is close. */
static void of_many_those_that_are_close_are_said(void **state)
{
    struct ww_strays *strays = NULL;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char key[300];
        snprintf(key, sizeof(key), "whalewall.%d%0280d", i, i);
        assert_int_equal(ww_strays_note(&strays, WW_LABEL_ON_CONTAINER, key, NULL), 0);
    }
    assert_int_equal(ww_strays_note(&strays, WW_LABEL_ON_CONTAINER, "whalewall.enable", NULL), 0);
    assert_int_equal(ww_strays_note(&strays, WW_LABEL_ON_CONTAINER, "whalewall.rule", NULL), 0);
    assert_int_equal(ww_strays_note_idle_rules(&strays, NULL), 0); /* which the first one has said */
    assert_int_equal(ww_strays_end(strays, NULL), 0);
    assert_int_equal(strays->n, WW_LIMIT_STRAYS + 1);
    assert_non_null(strstr(strays->texts[0], "'whalewall.enable'"));
    assert_non_null(strstr(strays->texts[1], "'whalewall.rule'"));
    assert_non_null(strstr(strays->texts[2], "'whalewall.0"));
    assert_string_equal(strays->texts[WW_LIMIT_STRAYS], "labels with unknown keys that are not obeyed, and not listed: "
                                                        "998");
    for (size_t i = 0; i < strays->n; i++)
        assert_true(strlen(strays->texts[i]) < 200);
    ww_strays_free(strays);
}

static void as_many_close_ones_as_there_may_be_leave_room_for_the_rest(void **state)
{
    struct ww_strays *strays = NULL;
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(ww_strays_note(&strays, WW_LABEL_ON_CONTAINER, "whalewall.rule", NULL), 0);
    assert_int_equal(ww_strays_note_idle_rules(&strays, NULL), 0);
    assert_int_equal(ww_strays_end(strays, NULL), 0);
    assert_int_equal(strays->n, WW_LIMIT_STRAYS + 2);
    assert_non_null(strstr(strays->texts[WW_LIMIT_STRAYS], "'whalewall.enabled' is missing or empty"));
    assert_non_null(strstr(strays->texts[WW_LIMIT_STRAYS + 1], ": 96"));
    ww_strays_free(strays);
}

static void they_are_equal_when_the_same_is_said(void **state)
{
    struct ww_strays *a = NULL;
    struct ww_strays *b = NULL;
    (void)state;
    assert_true(ww_strays_equal(NULL, NULL));
    assert_int_equal(ww_strays_note(&a, WW_LABEL_ON_CONTAINER, "whalewall.rule", NULL), 0);
    assert_false(ww_strays_equal(a, NULL));
    assert_int_equal(ww_strays_note(&b, WW_LABEL_ON_CONTAINER, "whalewall.rule", NULL), 0);
    assert_true(ww_strays_equal(a, b));
    assert_int_equal(ww_strays_note(&b, WW_LABEL_ON_CONTAINER, "whalewall.foo", NULL), 0);
    assert_false(ww_strays_equal(a, b));
    ww_strays_free(a);
    ww_strays_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_looks_like_ours_is_said_and_what_is_not_is_not),
        cmocka_unit_test(of_many_those_that_are_close_are_said),
        cmocka_unit_test(as_many_close_ones_as_there_may_be_leave_room_for_the_rest),
        cmocka_unit_test(they_are_equal_when_the_same_is_said),
    };
    return cmocka_run_group_tests_name("model.stray", tests, NULL, NULL);
}
