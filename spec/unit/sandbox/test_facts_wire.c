/* Facts go to a worker and arrive as they were. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/sandbox/facts_wire.h"
#include "spec/unit/bindings/helper_scene.h"

/* What policies of the site read. */
static void set_read(struct ww_facts *f, struct ww_facts_endpoint *first)
{
    static struct ww_label on_network[] = {{"tier", "front"}, {"empty", ""}};
    static const struct ww_labels network_labels = {.items = on_network, .n = 2};
    static struct ww_subnet subnets[2];
    static struct ww_facts_label own[] = {{"a", "b", false}, {"c", "", true}};
    assert_int_equal(ww_addr_range_parse("10.1.0.0/16", &subnets[0].range, NULL), 0);
    assert_int_equal(ww_addr_range_parse("fd00::/64", &subnets[1].range, NULL), 0);
    f->reads = 15;
    f->opted_in = true;
    f->image = "registry/web:1";
    f->labels = own;
    f->n_labels = 2;
    first->network.labels = &network_labels;
    first->network.subnets = subnets;
    first->network.n_subnets = 2;
}

/* Every field of every struct, lists of none, one and two, absent and empty strings. */
static void set_rich(struct scene *s, struct ww_facts_endpoint endpoints[static 2],
                     struct ww_publish published[static 2])
{
    set_scene(s);
    s->own.network.default_bridge = true;
    endpoints[0] = s->own;
    endpoints[0].addrs.mac = (struct ww_mac){{2, 66, 1, 2, 3, 4}};
    endpoints[1] = s->other;
    endpoints[1].network = (struct ww_facts_network){.id = "n2", .name = ""};
    published[0] = s->published;
    published[1] = (struct ww_publish){.proto = 17, .cport = 65535};
    set_read(&s->facts, &endpoints[0]);
    s->facts.endpoints = endpoints;
    s->facts.n_endpoints = 2;
    s->facts.published = published;
    s->facts.n_published = 2;
    s->facts.rules_from_image = true;
    s->facts.service = NULL;
    s->facts.label_rules = "\n\x01\xff\"";
    s->db.swarm_service = "swarm";
}

static void facts_arrive_as_they_were(void **state)
{
    (void)state;
    for (int rich = 0; rich < 2; rich++) {
        struct scene s;
        struct ww_facts_endpoint endpoints[2];
        struct ww_publish published[2];
        struct ww_facts back = {0};
        struct ww_buf bytes = {0};
        struct ww_buf before = {0};
        struct ww_buf after = {0};
        if (rich)
            set_rich(&s, endpoints, published);
        else
            s.facts = (struct ww_facts){.id = "x"};
        ww_facts_encode(&s.facts, &bytes);
        assert_int_equal(ww_facts_decode(bytes.data, bytes.len, &back, NULL), 0);
        ww_facts_write(&s.facts, &before);
        ww_facts_write(&back, &after);
        assert_string_equal(after.data, before.data);
        assert_int_equal(back.reads, rich ? 15 : 0);
        assert_int_equal(back.networks ? back.networks[0].default_bridge : rich, rich);
        ww_facts_decoded_done(&back);
        ww_buf_done(&bytes);
        ww_buf_done(&before);
        ww_buf_done(&after);
    }
}

static void facts_that_are_cut_off_or_go_on_are_refused(void **state)
{
    (void)state;
    struct scene s;
    struct ww_facts_endpoint endpoints[2];
    struct ww_publish published[2];
    struct ww_facts back = {0};
    struct ww_buf bytes = {0};
    set_rich(&s, endpoints, published);
    ww_facts_encode(&s.facts, &bytes);
    for (size_t n = 0; n < bytes.len; n++) {
        char *part = malloc(n ? n : 1); /* of just that size, so that a reader that goes on is noticed */
        assert_non_null(part);
        memcpy(part, bytes.data, n);
        assert_int_equal(ww_facts_decode(part, n, &back, NULL), -EINVAL);
        free(part);
    }
    ww_buf_add(&bytes, "x", 1);
    assert_int_equal(ww_facts_decode(bytes.data, bytes.len, &back, NULL), -EINVAL);
    ww_buf_done(&bytes);
}

static int decode_file(const char *path)
{
    struct ww_facts facts;
    char bytes[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    int rc = ww_facts_decode(bytes, (size_t)n, &facts, NULL);
    if (rc == 0)
        ww_facts_decoded_done(&facts);
    return rc;
}

/* Else a fuzzer that begins with them never gets beyond the first field that is new. */
static void the_seeds_of_the_fuzzer_are_facts(void **state)
{
    (void)state;
    const char *folder = WW_SPEC_DIR "/fuzz/corpus/sandbox_facts";
    DIR *dir = opendir(folder);
    size_t seeds = 0;
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.')
            continue;
        if (decode_file(path) < 0)
            fail_msg("%s: the facts have other fields now", path);
        seeds++;
    }
    closedir(dir);
    assert_true(seeds > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_arrive_as_they_were),
        cmocka_unit_test(the_seeds_of_the_fuzzer_are_facts),
        cmocka_unit_test(facts_that_are_cut_off_or_go_on_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
