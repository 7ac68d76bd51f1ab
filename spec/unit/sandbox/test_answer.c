/* A worker that was taken over writes what it likes: what is read of it is about the one container that it was asked
 * about. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/names.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/answer_groups.h"
#include "spec/unit/bindings/helper_scene.h"

/* The scene: the container aaa is 10.1.0.2 and fd00::2, and names bbb, which is 10.1.0.3. */
static const struct {
    const char *what;
    const char *text;
    const char *error; /* NULL: it is taken */
} rules[] = {
    {"nothing", "", NULL},
    {"its own address", "rule output from 10.1.0.2 to any tcp dport 80\n", NULL},
    {"all of its own addresses", "rule input from any tcp dport 80\n", NULL},
    {"any peer", "rule output from fd00::2 to 192.0.2.0/24,2001:db8::1 tcp dport 80 log \"x\"\n", NULL},
    {"a chain of its own rule", "rule input from any tcp dport 80 chain \"mine\"\n", NULL},
    {"a note", "note \"output[0]\" \"what\"\n", NULL},
    {"a port at a container that it names",
     "rule output from 10.1.0.2 to 10.1.0.3 tcp dport 80\n"
     "consent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80 origin \"output[0] of app-web-1\"\n",
     NULL},

    {"another's address as its own", "rule input from any to 10.1.0.3 tcp dport 80\n", "10.1.0.3, which is another's"},
    {"another's among its own", "rule output from 10.1.0.2,10.1.0.9 to any\n", "10.1.0.9, which is another's"},
    {"another's in IPv6", "rule output from fd00::3 to any\n", "fd00::3, which is another's"},
    {"a rule that says it is a consent", "rule input consent from any tcp dport 80\n", "says it is another's"},
    {"a container that it does not name",
     "rule output to any\nconsent ccc input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80\n", "does not name"},
    {"itself as a target", "rule output to any\nconsent aaa input consent from 10.1.0.2 to 10.1.0.2 tcp dport 80\n",
     "does not name"},
    {"a target's other address",
     "rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.4 tcp dport 80\n",
     "10.1.0.4, which is another's"},
    {"its own address as the target's", "rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.2\n",
     "10.1.0.2, which is another's"},
    {"all addresses of a target", "rule output to any\nconsent bbb input consent from 10.1.0.2 tcp dport 80\n",
     "all addresses of another"},
    {"a target for everybody", "rule output to any\nconsent bbb input consent from any to 10.1.0.3 tcp dport 80\n",
     "for any peer"},
    {"a target for the host", "rule output to any\nconsent bbb input consent from host to 10.1.0.3 tcp dport 80\n",
     "for any peer"},
    {"a target for a third", "rule output to any\nconsent bbb input consent from 192.0.2.1 to 10.1.0.3 tcp dport 80\n",
     "for a third"},
    {"a target for its whole network",
     "rule output to any\nconsent bbb input consent from 10.1.0.0/24 to 10.1.0.3 tcp dport 80\n", "for a third"},
    {"a target's traffic to a chain",
     "rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80 chain \"x\"\n",
     "more than an accept"},
    {"a target's traffic to a queue",
     "rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80 queue 1\n",
     "more than an accept"},
    {"a target's traffic to the log",
     "rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80 log \"x\"\n",
     "more than an accept"},
    {"more ports of others than rules",
     "rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80\n"
     "consent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 81\n",
     "2 ports of others"},
    {"a consent that is none", "rule output to any\nconsent bbb input from 10.1.0.2 to 10.1.0.3 tcp dport 80\n",
     "starts with 'input consent'"},
    {"a list that would mean any", "rule output from - to any\n", "-"},
    {"a rule that is cut off", "rule output from 10.1.0.2\n", "'to' is missing"},
    {"a rule that contradicts itself", "rule output to any dport 80\n", "ports without a protocol"},
    {"a chain that nftables refuses", "rule output to any chain \"a b\"\n", "refuse the chain name"},
    {"another kind of line", "ruleset aaa \"x\"\n", "a line starts with"},
    {"a line of nothing", "\n", "a line starts with"},
    {"a second line in the kernel's log", "rule output to any log \"a\\nb\"\n", "log prefix"},
    {"the end of a text in what nft(8) lists", "rule output to any log \"a\\\" accept comment \\\"b\"\n", "log prefix"},
};

/* The same container, where policies of the site judge it. */
static const struct {
    const char *what;
    bool opted_in;
    const char *text;
    const char *error; /* NULL: it is taken */
} decisions[] = {
    {"nothing of one that is managed", true, "", NULL},
    {"nothing of one that is not", false, "", NULL},
    {"a refusal", true, "ban \"why\" output to 192.0.2.0/24\n", NULL},
    {"a refusal of one address of its own", true, "ban \"why\" input from any to 10.1.0.2 tcp dport 80\n", NULL},
    {"managed against the label", false, "manage yes\nrule output to 192.0.2.2\nban \"why\" output to 192.0.2.1\n",
     NULL},
    {"not managed against the label", true, "manage no\n", NULL},

    {"a rule of what is refused with it", true, "rule output to any tcp dport 80\nban \"why\" output to 192.0.2.1\n",
     "allows what is refused with it"},
    {"a refusal for another's address", true, "ban \"why\" output from 10.1.0.3 to any\n",
     "10.1.0.3, which is another's"},
    {"one among its own", true, "ban \"why\" input from any to 10.1.0.2,10.1.0.3 tcp\n",
     "10.1.0.3, which is another's"},
    {"a refusal of published ports by the host", true, "ban \"why\" localhost from any\n", "about input or output"},
    {"a refusal at another", true, "ban \"why\" input consent from 10.1.0.2 to 10.1.0.3\n", "neither source ports"},
    {"a refusal with a chain", true, "ban \"why\" output to any chain \"x\"\n", "neither source ports"},
    {"a refusal without a reason", true, "ban output to any\n", "a reason"},
    {"managed, as the label says", true, "manage yes\n", "no other than the label's"},
    {"not managed, as the label says", false, "manage no\n", "no other than the label's"},
    {"rules of one that is not managed", false, "rule output to any\n", "that is not managed"},
    {"rules of one that is not to be", true, "manage no\nrule output to any\n", "that is not managed"},
    {"a word of one that is not managed", false, "note \"x\" \"y\"\n", "that is not managed"},
    {"a refusal of one that is not managed", true, "manage no\nban \"why\" output to any\n", "that is not managed"},
};

static int read_decision(bool reads, bool opted_in, const char *text, struct ww_compiled *ret_compiled,
                         struct ww_error *err)
{
    struct scene s;
    set_scene(&s);
    s.facts.reads = reads;
    s.facts.opted_in = opted_in;
    return ww_answer_compiled_read(text, strlen(text), &s.facts, ret_compiled, err);
}

static void what_policies_decide_is_held_against_the_container(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        int rc = read_decision(true, decisions[i].opted_in, decisions[i].text, &c, &err);
        if (rc != (decisions[i].error ? -EINVAL : 0) || (decisions[i].error && !strstr(err.text, decisions[i].error)))
            fail_msg("%s: %d '%s'", decisions[i].what, rc, err.text);
        ww_compiled_done(&c);
    }
}

static void without_policies_nothing_is_decided(void **state)
{
    (void)state;
    static const char *const texts[] = {"manage yes\n", "manage no\n", "ban \"why\" output to 192.0.2.0/24\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        assert_int_equal(read_decision(false, true, texts[i], &c, &err), -EINVAL);
        assert_string_equal(err.text, "what only policies of the site may say");
    }
}

/* One text with so many of a letter in it, or one line so many times. */
static void set_long(const char *before, size_t n, const char *after, struct ww_buf *text)
{
    ww_buf_reset(text);
    ww_buf_str(text, before);
    for (size_t i = 0; i < n; i++)
        ww_buf_str(text, "x");
    ww_buf_str(text, after);
}

/* The loop reads them, the log and the status say them, the database keeps them. */
static void notes_have_a_limit(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"note \"", "\" \"what\"\n"}, {"waiting \"output[0]\" \"", "\"\n"}};
    struct ww_buf text = {0};
    struct ww_compiled c = {0};
    struct ww_error err = {0};
    for (size_t i = 0; i < 4; i++) {
        set_long(rows[i / 2][0], WW_LIMIT_ORIGIN + i % 2, rows[i / 2][1], &text);
        if (read_decision(false, true, text.data, &c, &err) != (i % 2 ? -EINVAL : 0))
            fail_msg("%s: %zu bytes: '%s'", rows[i / 2][0], WW_LIMIT_ORIGIN + i % 2, err.text);
        ww_compiled_done(&c);
    }
    for (int more = 0; more < 2; more++) {
        ww_buf_reset(&text);
        for (int i = 0; i < WW_LIMIT_NOTES + more; i++)
            ww_buf_fmt(&text, "note \"output[%d]\" \"what\"\n", i);
        if (read_decision(false, true, text.data, &c, &err) != (more ? -EINVAL : 0))
            fail_msg("%d notes: '%s'", WW_LIMIT_NOTES + more, err.text);
        ww_compiled_done(&c);
    }
    ww_buf_done(&text);
}

/* No label of WW_LIMIT_LABEL_BYTES says as much, and the loop waits for the kernel. */
static void what_goes_to_the_kernel_has_a_limit(void **state)
{
    (void)state;
    struct ww_buf text = {0};
    struct ww_compiled c = {0};
    struct ww_error err = {0};
    for (unsigned i = 0, a = 0; i < WW_LIMIT_RULES; i++) {
        ww_buf_str(&text, "rule output to ");
        for (int k = 0; k < 700; k++, a += 3)
            ww_buf_fmt(&text, "%s1.%u.%u.%u", k ? "," : "", a >> 16 & 255, a >> 8 & 255, a & 255);
        ww_buf_fmt(&text, " tcp dport %u\n", i + 1);
    }
    if (read_decision(false, true, text.data, &c, &err) != -EINVAL)
        fail_msg("%zu rules of 700 addresses are taken, in %zu bytes", c.n_rules, text.len);
    ww_buf_done(&text);
}

static void texts_of_where_and_why_have_a_limit(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"rule output to any origin \"", "\"\n"},
        {"ban \"", "\" output to any\n"},
        {"ban \"why\" output to any origin \"", "\"\n"},
        {"rule output to any\nconsent bbb input consent from 10.1.0.2 to 10.1.0.3 tcp dport 80 origin \"", "\"\n"},
    };
    struct ww_buf text = {0};
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        set_long(rows[i / 2][0], WW_LIMIT_ORIGIN + i % 2, rows[i / 2][1], &text);
        if (read_decision(true, true, text.data, &c, &err) != (i % 2 ? -EINVAL : 0))
            fail_msg("%s: '%s'", rows[i / 2][0], err.text);
        ww_compiled_done(&c);
    }
    ww_buf_done(&text);
}

static void more_refusals_than_the_limit_are_refused(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct ww_buf text = {0};
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        for (int i = 0; i < WW_LIMIT_RULES + more; i++)
            ww_buf_fmt(&text, "ban \"why\" output to any tcp dport %d\n", i + 1);
        assert_int_equal(read_decision(true, true, text.data, &c, &err), more ? -EINVAL : 0);
        ww_compiled_done(&c);
        ww_buf_done(&text);
    }
}

/* Of 1000 rules with 40 addresses each, against 1000 refusals, twice as much as may be. */
static void refusals_that_would_take_long_are_refused(void **state)
{
    (void)state;
    struct ww_buf text = {0};
    struct ww_compiled c = {0};
    struct ww_error err = {0};
    for (int i = 0; i < WW_LIMIT_RULES; i++) {
        ww_buf_str(&text, "rule output to 192.0.2.1");
        for (int k = 1; k < 40; k++)
            ww_buf_fmt(&text, ",192.0.2.%d", 1 + 2 * k);
        ww_buf_fmt(&text, " tcp dport %d\nban \"why\" output to any udp dport %d\n", i + 1, i + 1);
    }
    assert_int_equal(read_decision(true, true, text.data, &c, &err), -EINVAL);
    assert_non_null(strstr(err.text, "to hold against refusals"));
    ww_buf_done(&text);
}

/* One after the other, so far apart; each with this behind it. */
static void add_ports(int n, int step, const char *behind, struct ww_buf *text)
{
    for (int i = 0; i < n; i++)
        ww_buf_fmt(text, "%s%d%s", i ? "," : "", 1 + i * step, behind);
}

/* Ports are held against each other, too: of 150 rules with 200 ports each, against 1000 refusals, half as much
 * again as may be. */
static void refusals_of_many_ports_that_would_take_long_are_refused(void **state)
{
    (void)state;
    struct ww_buf text = {0};
    struct ww_compiled c = {0};
    struct ww_error err = {0};
    for (int i = 0; i < 150; i++) {
        ww_buf_str(&text, "rule output to 192.0.2.1 tcp dport ");
        add_ports(200, 2, "", &text);
        ww_buf_str(&text, "\n");
    }
    for (int i = 0; i < WW_LIMIT_RULES; i++)
        ww_buf_fmt(&text, "ban \"why\" output to 192.0.2.2 tcp dport 2,%d\n", 4 + 2 * i);
    if (read_decision(true, true, text.data, &c, &err) != -EINVAL || !strstr(err.text, "to hold against refusals"))
        fail_msg("150 rules of 200 ports, and 1000 refusals: '%s'", err.text);
    ww_compiled_done(&c);
    ww_buf_done(&text);
}

/* Lists of entries that overlap would meet each with each: 16 million times, for one rule and one refusal. */
static void lists_that_overlap_are_one(void **state)
{
    (void)state;
    struct ww_buf text = {0};
    struct ww_compiled c = {0};
    struct ww_error err = {0};
    ww_buf_str(&text, "rule output to 192.0.2.1 tcp dport ");
    add_ports(WW_LIMIT_LIST, 1, "-65535", &text);
    ww_buf_str(&text, "\nrule output to ");
    for (int i = 0; i < WW_LIMIT_LIST; i++)
        ww_buf_fmt(&text, "%s198.51.%d.%d-198.52.255.255", i ? "," : "", i >> 8, i & 255);
    ww_buf_str(&text, "\nban \"why\" output to 192.0.2.2 tcp dport ");
    add_ports(WW_LIMIT_LIST, 3, "", &text);
    ww_buf_str(&text, "\n");
    if (read_decision(true, true, text.data, &c, &err) != 0)
        fail_msg("lists that overlap: '%s'", err.text);
    assert_int_equal(c.rules[0].n_dports, 1);
    assert_int_equal(c.rules[1].n_peers, 1);
    ww_compiled_done(&c);
    ww_buf_done(&text);
}

static int read_rules(const char *text, size_t n, struct ww_compiled *ret_compiled, struct ww_error *err)
{
    struct scene s;
    set_scene(&s);
    return ww_answer_compiled_read(text, n, &s.facts, ret_compiled, err);
}

static void rules_are_held_against_the_facts_of_the_container(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        int rc = read_rules(rules[i].text, strlen(rules[i].text), &c, &err);
        if (rc != (rules[i].error ? -EINVAL : 0) || (rules[i].error && !strstr(err.text, rules[i].error)))
            fail_msg("%s: %d '%s'", rules[i].what, rc, err.text);
        ww_compiled_done(&c);
    }
}

static void a_text_with_more_behind_its_end_is_none(void **state)
{
    (void)state;
    static const char text[] = "rule output to any\n\0rule input from any\n";
    struct ww_compiled c = {0};
    struct ww_error err = {0};
    assert_int_equal(read_rules(text, sizeof(text) - 1, &c, &err), -EINVAL);
    assert_string_equal(err.text, "not a text");
}

static void more_rules_than_the_limit_are_refused(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct ww_buf text = {0};
        struct ww_compiled c = {0};
        struct ww_error err = {0};
        for (int i = 0; i < WW_LIMIT_RULES + more; i++)
            ww_buf_fmt(&text, "rule output to any tcp dport %d\n", i + 1);
        assert_int_equal(read_rules(text.data, text.len, &c, &err), more ? -EINVAL : 0);
        ww_compiled_done(&c);
        ww_buf_done(&text);
    }
}

static int names_of(const char *const *list, size_t n, size_t cut, struct ww_names *ret_names)
{
    struct ww_names names = {.names = (char **)list, .n = n};
    struct ww_buf bytes = {0};
    struct ww_error err = {0};
    ww_answer_names_write(&names, &bytes);
    int rc = ww_answer_names_read(bytes.data, bytes.len - cut, ret_names, &err);
    ww_buf_done(&bytes);
    return rc;
}

static void names_are_a_sorted_list_without_doubles(void **state)
{
    (void)state;
    static const struct {
        const char *names[3];
        size_t n;
        size_t cut; /* bytes that are missing at the end */
        int rc;
    } rows[] = {
        {{0}, 0, 0, 0},
        {{"a", "b", "c"}, 3, 0, 0},
        {{"", "b"}, 2, 0, 0},
        {{"b", "a"}, 2, 0, -EINVAL},
        {{"a", "a"}, 2, 0, -EINVAL},
        {{"a", NULL}, 2, 0, -EINVAL},
        {{"a", "b"}, 2, 1, -EINVAL},
        {{"a", "b"}, 2, 9, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_names names = {0};
        assert_int_equal(names_of(rows[i].names, rows[i].n, rows[i].cut, &names), rows[i].rc);
        assert_int_equal(names.n, rows[i].rc == 0 ? rows[i].n : 0);
        ww_names_done(&names);
    }
}

static void a_number_of_names_that_cannot_be_there_is_not_believed(void **state)
{
    (void)state;
    static const char bytes[8] = {'\xff', '\xff', '\xff', '\x7f', 0, 0, 0, 0};
    struct ww_names names = {0};
    assert_int_equal(ww_answer_names_read(bytes, sizeof(bytes), &names, NULL), -EINVAL);
}

static struct ww_groups groups_of(const char *name, size_t n, size_t ranges)
{
    struct ww_groups groups = {.list = calloc(n + 1, sizeof(*groups.list)), .n = n};
    char numbered[128];
    assert_non_null(groups.list);
    for (size_t i = 0; i < n; i++) {
        struct ww_group *g = &groups.list[i];
        snprintf(numbered, sizeof(numbered), "%s%03zu", name, i);
        *g = (struct ww_group){
            .name = strdup(n == 1 ? name : numbered), .ranges = calloc(ranges + 1, sizeof(*g->ranges)), .n = ranges};
        assert_non_null(g->ranges);
        for (size_t j = 0; j < ranges; j++) {
            struct ww_addr addr = {.family = AF_INET, .bytes = {198, 18, (uint8_t)(j / 256), (uint8_t)j}};
            g->ranges[j] = (struct ww_addr_range){addr, addr};
        }
    }
    return groups;
}

static int read_loaded(unsigned reads, struct ww_groups *groups, size_t bytes, struct ww_groups *ret_groups)
{
    struct ww_buf out ww_auto(ww_buf_done) = {0};
    unsigned got;
    ww_answer_loaded_write(reads, groups, &out);
    assert_true(ww_buf_ok(&out));
    ww_groups_done(groups);
    struct ww_error err = {0};
    return ww_answer_loaded_read(out.data, bytes < out.len ? bytes : out.len, &got, ret_groups, &err);
}

static void groups_of_policies_are_taken_as_far_as_they_may_be(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n, ranges;
        unsigned reads;
        size_t bytes; /* of the answer */
        int rc;
    } loaded[] = {
        {"office", 0, 0, 1, SIZE_MAX, 0},
        {"office", 1, 3, 15, SIZE_MAX, 0},
        {"office", WW_LIMIT_GROUPS, 4, 1, SIZE_MAX, 0},
        {"office", 1, WW_LIMIT_GROUP_RANGES, 1, SIZE_MAX, 0},
        {"office", 1, 3, 0, SIZE_MAX, -EINVAL},
        {"office", 1, 3, 17, SIZE_MAX, -EINVAL},
        {"off ice", 1, 3, 1, SIZE_MAX, -EINVAL},
        {"", 1, 3, 1, SIZE_MAX, -EINVAL},
        {"office", 1, 0, 1, SIZE_MAX, -EINVAL},
        {"office", WW_LIMIT_GROUPS + 1, 1, 1, SIZE_MAX, -EINVAL},
        {"office", 1, WW_LIMIT_GROUP_RANGES + 1, 1, SIZE_MAX, -EINVAL},
        {"office", 2, WW_LIMIT_GROUP_RANGES, 1, SIZE_MAX, -EINVAL},
        {"office", 1, 3, 1, 3, -EINVAL},
        {"office", 1, 3, 1, 4, -EINVAL},
        {"office", 1, 3, 1, 60, -EINVAL},
    };
    for (size_t i = 0; i < sizeof(loaded) / sizeof(loaded[0]); i++) {
        struct ww_groups groups = groups_of(loaded[i].name, loaded[i].n, loaded[i].ranges);
        struct ww_groups got = {0};
        int rc = read_loaded(loaded[i].reads, &groups, loaded[i].bytes, &got);
        if (rc != loaded[i].rc || (rc == 0 && got.n != loaded[i].n) || (rc < 0 && got.n))
            fail_msg("row %zu: %d, %zu groups", i, rc, got.n);
        ww_groups_done(&got);
    }
}

static void groups_that_are_not_in_their_order_are_refused(void **state)
{
    (void)state;
    struct ww_groups groups = groups_of("office", 2, 2);
    struct ww_groups got = {0};
    groups.list[1].name[6] = '\0'; /* "office" behind "office000" */
    assert_int_equal(read_loaded(1, &groups, SIZE_MAX, &got), -EINVAL);
    groups = groups_of("office", 1, 2);
    groups.list[0].ranges[0] = groups.list[0].ranges[1];
    assert_int_equal(read_loaded(1, &groups, SIZE_MAX, &got), -EINVAL);
    groups = groups_of("office", 1, 1);
    groups.list[0].ranges[0].hi.bytes[0] = 1;
    assert_int_equal(read_loaded(1, &groups, SIZE_MAX, &got), -EINVAL);
    groups = groups_of("office", 1, 1);
    groups.list[0].ranges[0].hi.family = AF_INET6;
    assert_int_equal(read_loaded(1, &groups, SIZE_MAX, &got), -EINVAL);
    assert_int_equal(got.n, 0);
}

static void a_refusal_has_a_code_of_the_policy_and_a_reason(void **state)
{
    (void)state;
    static const struct {
        struct ww_error said;
        int rc;
    } rows[] = {
        {{-EINVAL, "label 'x' line 1"}, -EINVAL},
        {{-E2BIG, "too many"}, -E2BIG},
        {{-ENOMEM, "none"}, -ENOMEM},
        {{-EPIPE, "the zygote is gone"}, -EBADMSG},
        {{-ECHILD, "x"}, -EBADMSG},
        {{0, "x"}, -EBADMSG},
        {{5, "x"}, -EBADMSG},
        {{-EINVAL, ""}, -EBADMSG},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_buf bytes = {0};
        struct ww_error err = {0};
        ww_answer_refusal_write(&rows[i].said, &bytes);
        assert_int_equal(ww_answer_refusal_read(bytes.data, bytes.len, &err), rows[i].rc);
        if (rows[i].rc != -EBADMSG)
            assert_string_equal(err.text, rows[i].said.text);
        assert_int_equal(ww_answer_refusal_read(bytes.data, bytes.len - 1, &err), -EBADMSG);
        ww_buf_done(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_held_against_the_facts_of_the_container),
        cmocka_unit_test(what_policies_decide_is_held_against_the_container),
        cmocka_unit_test(without_policies_nothing_is_decided),
        cmocka_unit_test(notes_have_a_limit),
        cmocka_unit_test(what_goes_to_the_kernel_has_a_limit),
        cmocka_unit_test(texts_of_where_and_why_have_a_limit),
        cmocka_unit_test(more_refusals_than_the_limit_are_refused),
        cmocka_unit_test(refusals_that_would_take_long_are_refused),
        cmocka_unit_test(refusals_of_many_ports_that_would_take_long_are_refused),
        cmocka_unit_test(lists_that_overlap_are_one),
        cmocka_unit_test(a_text_with_more_behind_its_end_is_none),
        cmocka_unit_test(more_rules_than_the_limit_are_refused),
        cmocka_unit_test(names_are_a_sorted_list_without_doubles),
        cmocka_unit_test(a_number_of_names_that_cannot_be_there_is_not_believed),
        cmocka_unit_test(groups_of_policies_are_taken_as_far_as_they_may_be),
        cmocka_unit_test(groups_that_are_not_in_their_order_are_refused),
        cmocka_unit_test(a_refusal_has_a_code_of_the_policy_and_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
