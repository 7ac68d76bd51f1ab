/* Lowering: what becomes elements and what becomes chains, by files of rules and of what they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/limits.h"
#include "core/ir/text.h"
#include "core/kernel/lower/lower.h"
#include "spec/unit/golden.h"
#include "spec/unit/least_time.h"

#define FOLDER WW_SPEC_DIR "/golden/lower/"

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return NULL;
    char *text = calloc(1, 1 << 20);
    if (text)
        text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

static void path_of(const char *rules, const char *suffix, char ret[static 512])
{
    snprintf(ret, 512, "%s%.*s%s", FOLDER, (int)(strlen(rules) - strlen(".rules")), rules, suffix);
}

static void becomes_what_the_file_says(const char *name)
{
    char in[512];
    char expected[512];
    struct ww_error err = {0};
    struct ww_ruleset *rs = NULL;
    struct ww_buf out = {0};
    path_of(name, ".rules", in);
    path_of(name, ".lowered", expected);
    char *rules = slurp(in);
    assert_non_null(rules);
    if (ww_ruleset_read(rules, &rs, &err) < 0 || ww_lower_write(rs, &out, &err) < 0)
        fail_msg("%s: %s", name, err.text);
    char *got = ww_buf_take(&out);
    assert_non_null(got);
    golden_update(expected, got);
    char *want = slurp(expected);
    if (!want)
        fail_msg("%s is missing", expected);
    if (strcmp(want, got) != 0)
        fail_msg("%s becomes:\n%s", name, got);
    free(want);
    free(got);
    free(rules);
    ww_buf_done(&out);
    ww_ruleset_unref(rs);
}

static int is_rules(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 6 && !strcmp(entry->d_name + len - 6, ".rules");
}

static void rules_become_what_the_files_say(void **state)
{
    (void)state;
    struct dirent **names = NULL;
    int n = scandir(FOLDER, &names, is_rules, alphasort);
    assert_true(n > 15);
    for (int i = 0; i < n; i++) {
        becomes_what_the_file_says(names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

static struct ww_ruleset *with_rule(const struct ww_rule *rule, unsigned copies)
{
    struct ww_error err = {0};
    struct ww_ruleset *rs = ww_ruleset_new("0123456789abcdef", "web");
    struct ww_endpoint_addrs e = {.mac = {{2, 0, 0, 0, 0, 1}}};
    assert_int_equal(ww_addr_parse("198.51.100.2", &e.ipv4, &err), 0);
    assert_int_equal(ww_ruleset_add_endpoint(rs, &e), 0);
    for (unsigned i = 0; i < copies; i++)
        assert_int_equal(ww_ruleset_add_rule(rs, rule), 0);
    if (ww_ruleset_seal(rs, &err) < 0)
        fail_msg("%s", err.text);
    return rs;
}

static void many_ports_become_elements_up_to_the_limit_and_a_chain_above(void **state)
{
    (void)state;
    static const struct {
        unsigned ports;
        size_t chains;
    } cases[] = {{WW_LIMIT_ATOMS / 2, 0}, {WW_LIMIT_ATOMS + 1, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_error err = {0};
        struct ww_lowered lowered = {0};
        struct ww_rule rule = {.side = WW_OUTPUT, .proto = IPPROTO_TCP};
        for (unsigned p = 0; p < cases[i].ports; p++)
            assert_int_equal(ww_rule_add_dport(&rule, (uint16_t)(1 + 2 * p), (uint16_t)(1 + 2 * p)), 0);
        struct ww_ruleset *rs = with_rule(&rule, 1);
        assert_int_equal(ww_lower(rs, &lowered, &err), 0);
        assert_int_equal(lowered.n_chains, cases[i].chains);
        ww_lowered_done(&lowered);
        ww_ruleset_unref(rs);
        ww_rule_done(&rule);
    }
}

static void too_many_verdicts_are_refused_by_name_of_the_limit(void **state)
{
    (void)state;
    struct ww_error err = {0};
    struct ww_ruleset *rs = ww_ruleset_new("0123456789abcdef", "web");
    for (unsigned i = 0; i <= WW_LIMIT_VERDICTS; i++) {
        struct ww_rule rule = {
            .side = WW_OUTPUT, .proto = IPPROTO_TCP, .verdict = {.kind = WW_CHAIN, .chain = strdup("user")}};
        assert_int_equal(ww_rule_add_dport(&rule, (uint16_t)(1 + i), (uint16_t)(1 + i)), 0);
        assert_int_equal(ww_ruleset_add_rule(rs, &rule), 0);
        ww_rule_done(&rule);
    }
    assert_int_equal(ww_ruleset_seal(rs, &err), 0);
    struct ww_lowered lowered = {0};
    assert_int_equal(ww_lower(rs, &lowered, &err), -E2BIG);
    assert_string_equal(err.text, "65 rules with a chain or queue, the limit is 64");
    ww_ruleset_unref(rs);
}

static void an_unsealed_ruleset_is_refused(void **state)
{
    (void)state;
    struct ww_error err = {0};
    struct ww_lowered lowered = {0};
    struct ww_ruleset *rs = ww_ruleset_new("0123456789abcdef", "web");
    assert_int_equal(ww_lower(rs, &lowered, &err), -EINVAL);
    ww_ruleset_unref(rs);
}

static void spans_that_touch_or_overlap_are_merged(void **state)
{
    (void)state;
    static const struct {
        struct ww_span in[4];
        size_t n_in;
        struct ww_span out[4];
        size_t n_out;
    } cases[] = {
        {{{{0, 80}, {0, 90}}, {{0, 91}, {0, 99}}}, 2, {{{0, 80}, {0, 99}}}, 1},
        {{{{0, 80}, {0, 90}}, {{0, 92}, {0, 99}}}, 2, {{{0, 80}, {0, 90}}, {{0, 92}, {0, 99}}}, 2},
        {{{{0, 255}, {0, 255}}, {{1, 0}, {1, 0}}}, 2, {{{0, 255}, {1, 0}}}, 1},
        {{{{0, 1}, {255, 255}}, {{0, 7}, {0, 9}}}, 2, {{{0, 1}, {255, 255}}}, 1},
        {{{{255, 255}, {255, 255}}, {{0, 0}, {0, 0}}}, 2, {{{0, 0}, {0, 0}}, {{255, 255}, {255, 255}}}, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_span spans[4];
        memcpy(spans, cases[i].in, sizeof(spans));
        assert_int_equal(ww_spans_merge(spans, cases[i].n_in, 2), cases[i].n_out);
        assert_memory_equal(spans, cases[i].out, cases[i].n_out * sizeof(spans[0]));
    }
}

static void every_set_has_a_key_that_fits_and_a_name_that_is_found(void **state)
{
    (void)state;
    char name[WW_SET_NAME];
    for (unsigned set = 0; set < WW_SETS; set++) {
        if (!ww_set_exists(set))
            continue;
        unsigned len = 0;
        for (unsigned i = 0; i < ww_set_fields(set); i++)
            len += (ww_field_info(ww_set_schema(set)->key[i], ww_set_family(set))->len + 3u) & ~3u;
        assert_in_range(len, 1, WW_KEY_BYTES);
        assert_in_range(ww_set_key_len(set), 1, WW_KEY_BYTES);
        assert_int_equal(ww_set_find(ww_set_table(set), ww_set_name(set, name)), set);
    }
    assert_int_equal(ww_set_find(WW_INET, "another-programs"), -1);
}

static void lower_once(void *arg)
{
    struct ww_lowered lowered = {0};
    assert_int_equal(ww_lower(arg, &lowered, NULL), 0);
    ww_lowered_done(&lowered);
}

/* For so many rules of other containers. */
static int64_t time_of_rules(unsigned n)
{
    struct ww_ruleset *rs;
    struct ww_buf text = {0};
    ww_buf_str(&text, "ruleset aaaa \"db\"\nendpoint 198.51.100.2 - 02:42:c6:33:64:02\n");
    for (unsigned i = 0; i < n; i++)
        ww_buf_fmt(&text, "input consent from 10.0.%u.%u to 198.51.100.2 tcp dport 5432\n", i >> 8, i & 255);
    assert_int_equal(ww_ruleset_read(text.data, &rs, NULL), 0);
    int64_t least = least_time(lower_once, rs);
    ww_ruleset_unref(rs);
    ww_buf_done(&text);
    return least;
}

/* Sixteen times as many take about sixteen times as long; each looked for among all before it would be 256 times. */
static void many_rules_are_lowered_soon(void **state)
{
    (void)state;
    int64_t few = time_of_rules(1000);
    int64_t many = time_of_rules(16000);
    if (many > 80 * few)
        fail_msg("1000 rules take %lld ns, 16000 %lld ns", (long long)few, (long long)many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_become_what_the_files_say),
        cmocka_unit_test(many_ports_become_elements_up_to_the_limit_and_a_chain_above),
        cmocka_unit_test(too_many_verdicts_are_refused_by_name_of_the_limit),
        cmocka_unit_test(an_unsealed_ruleset_is_refused),
        cmocka_unit_test(spans_that_touch_or_overlap_are_merged),
        cmocka_unit_test(many_rules_are_lowered_soon),
        cmocka_unit_test(every_set_has_a_key_that_fits_and_a_name_that_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
