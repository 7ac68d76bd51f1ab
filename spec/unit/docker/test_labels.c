/* All labels and the image's name, for site policies: the same from every answer that tells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/docker/decode.h"

#define LABELS "{\"tier\":\"1\",\"a\":\"\",\"odd\":null}"

static int decode_list_entry(const char *text, size_t len, struct ww_container **ret_container, struct ww_error *err);

static const struct {
    const char *json;
    int (*decode)(const char *, size_t, struct ww_container **, struct ww_error *);
} forms[] = {
    {"{\"Id\":\"c1\",\"State\":{\"Status\":\"running\"},\"Config\":{\"Image\":\"nginx:1\",\"Labels\":" LABELS "}}",
     ww_decode_container},
    {"[{\"Id\":\"c1\",\"State\":\"running\",\"Image\":\"nginx:1\",\"Labels\":" LABELS "}]", decode_list_entry},
    {"{\"Actor\":{\"ID\":\"c1\",\"Attributes\":{\"name\":\"web\",\"image\":\"nginx:1\",\"tier\":\"1\",\"a\":\"\"}}}",
     ww_decode_created},
};

static int take(void *arg, struct ww_container *c, struct ww_error *err)
{
    (void)err;
    *(struct ww_container **)arg = c;
    return 0;
}

static int decode_list_entry(const char *text, size_t len, struct ww_container **ret_container, struct ww_error *err)
{
    return ww_decode_containers(text, len, take, ret_container, err);
}

static void containers_have_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct ww_container *c = NULL;
        struct ww_error err = {0};
        if (forms[i].decode(forms[i].json, strlen(forms[i].json), &c, &err) < 0)
            fail_msg("%s: %s", forms[i].json, err.text);
        assert_string_equal(c->image, "nginx:1");
        assert_int_equal(c->labels.n, 2);
        assert_string_equal(c->labels.items[0].key, "a");
        assert_string_equal(ww_labels_get(&c->labels, "tier"), "1");
        assert_null(ww_labels_get(&c->labels, "name"));
        ww_container_free(c);
    }
}

static void networks_and_images_have_them(void **state)
{
    static const char network[] = "{\"Id\":\"n1\",\"Labels\":" LABELS "}";
    static const char image[] = "{\"Id\":\"i1\",\"Config\":{\"Labels\":" LABELS "}}";
    struct ww_network *n = NULL;
    struct ww_labels labels = {0};
    (void)state;
    assert_int_equal(ww_decode_network(network, sizeof(network) - 1, &n, NULL), 0);
    assert_string_equal(ww_labels_get(&n->labels, "tier"), "1");
    ww_network_free(n);
    assert_int_equal(ww_decode_image_labels(image, sizeof(image) - 1, &labels, NULL), 0);
    ww_labels_sort(&labels);
    assert_string_equal(ww_labels_get(&labels, "tier"), "1");
    ww_labels_done(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_have_them),
        cmocka_unit_test(networks_and_images_have_them),
    };
    return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
