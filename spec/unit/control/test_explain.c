/* Explanations: the verdict on all ways, and the JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/explain.h"

static void the_verdict_is_that_of_all_ways(void **state)
{
    static const struct {
        size_t n;
        enum ww_explain_verdict ways[3];
        const char *verdict;
    } rows[] = {
        {0, {0}, "refused"},
        {1, {WW_EXPLAIN_ALLOWED}, "allowed"},
        {2, {WW_EXPLAIN_ALLOWED, WW_EXPLAIN_ALLOWED}, "allowed"},
        {2, {WW_EXPLAIN_REFUSED, WW_EXPLAIN_REFUSED}, "refused"},
        {2, {WW_EXPLAIN_ALLOWED, WW_EXPLAIN_REFUSED}, "partly"},
        {3, {WW_EXPLAIN_UNFILTERED, WW_EXPLAIN_UNFILTERED, WW_EXPLAIN_REFUSED}, "partly"},
        {1, {WW_EXPLAIN_UNFILTERED}, "unfiltered"},
        {3, {WW_EXPLAIN_ALLOWED, WW_EXPLAIN_UNKNOWN, WW_EXPLAIN_REFUSED}, "unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_explanation e = {0};
        for (size_t k = 0; k < rows[i].n; k++) {
            struct ww_explain_way *way;
            assert_int_equal(ww_explanation_add_way(&e, &way), 0);
            way->verdict = rows[i].ways[k];
        }
        ww_explanation_sum_up(&e);
        assert_string_equal(ww_explain_verdict_text(e.verdict), rows[i].verdict);
        ww_explanation_done(&e);
    }
}

static void a_note_is_said_once(void **state)
{
    struct ww_explanation e = {0};
    (void)state;
    assert_int_equal(ww_explanation_note(&e, "it is %d", 1), 0);
    assert_int_equal(ww_explanation_note(&e, "it is %d", 2), 0);
    assert_int_equal(ww_explanation_note(&e, "it is %d", 1), 0);
    assert_int_equal(e.n_notes, 2);
    ww_explanation_done(&e);
}

static void an_explanation_is_written_whole(void **state)
{
    static const char wanted[] =
        "{\"format\":1,\"from\":{\"kind\":\"container\",\"name\":\"web\",\"id\":\"0123\",\"managed\":true},"
        "\"to\":{\"kind\":\"internet\",\"name\":\"internet\",\"id\":null,\"managed\":false},"
        "\"protocol\":\"tcp\",\"port\":80,\"verdict\":\"refused\",\"ways\":[{\"verdict\":\"refused\","
        "\"network\":null,\"through\":\"host port\",\"source\":\"198.51.100.2\",\"destination\":\"2001:db8::1\","
        "\"destination_port\":80,\"dialled\":null,\"dialled_port\":8080,\"steps\":[{\"at\":\"sender\","
        "\"container\":\"web\",\"passes\":false,\"rule\":null,\"text\":\"no \\\"rule\\\"\",\"hint\":\"output\"}]}],"
        "\"ranges\":null,\"notes\":[\"a note\"]}\n";
    struct ww_explanation e = {
        .from = {.kind = "container", .name = "web", .id = "0123", .managed = true},
        .to = {.kind = "internet", .name = "internet"},
        .protocol = "tcp",
        .port = 80,
    };
    struct ww_explain_way *way;
    struct ww_buf out = {0};
    (void)state;
    assert_int_equal(ww_explanation_add_way(&e, &way), 0);
    way->verdict = WW_EXPLAIN_REFUSED;
    way->through = "host port";
    way->port = 80;
    way->dialled_port = 8080;
    assert_int_equal(ww_addr_parse("198.51.100.2", &way->source, NULL), 0);
    assert_int_equal(ww_addr_parse("2001:db8::1", &way->destination, NULL), 0);
    way->steps[way->n_steps++] =
        (struct ww_explain_step){.at = "sender", .container = "web", .text = "no \"rule\"", .hint = strdup("output")};
    assert_int_equal(ww_explanation_note(&e, "a note"), 0);
    ww_explanation_sum_up(&e);
    ww_explanation_write(&e, &out);
    assert_true(ww_buf_ok(&out));
    assert_string_equal(out.data, wanted);
    ww_buf_done(&out);
    ww_explanation_done(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_is_that_of_all_ways),
        cmocka_unit_test(a_note_is_said_once),
        cmocka_unit_test(an_explanation_is_written_whole),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
