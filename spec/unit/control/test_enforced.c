/* What is in force, as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/enforced.h"
#include "core/ir/text.h"

static const char text[] = "ruleset 01 \"web\"\nendpoint 198.51.100.2 - -\npublish tcp 80 on 192.0.2.1 port 8080\n"
                           "external from any origin \"mapped_ports.external\"\n";

static const char wanted[] =
    "{\"format\":1,\"next\":\"01\",\"networks\":[{\"id\":\"0a\",\"name\":\"front\",\"driver\":\"bridge\","
    "\"default_bridge\":false,\"project\":\"shop\",\"compose_name\":\"default\",\"subnets\":[\"198.51.100.0/24\"]}],"
    "\"containers\":[{\"id\":\"01\",\"name\":\"web\",\"project\":null,\"service\":\"web\",\"image\":null,"
    "\"network_mode\":null,\"home\":\"01\",\"running\":true,\"managed\":true,\"fault\":null,"
    "\"enabled_label\":\"true\",\"rules_label\":\"a \\\"label\\\"\","
    "\"endpoints\":[{\"network\":\"front\",\"ipv4\":\"198.51.100.2\",\"ipv6\":null}],"
    "\"published\":[{\"protocol\":\"tcp\",\"host\":\"192.0.2.1\",\"host_port\":8080,\"port\":80}],"
    "\"ruleset\":\"ruleset 01 \\\"web\\\"\\nendpoint 198.51.100.2 - -\\n"
    "publish tcp 80 on 192.0.2.1 port 8080\\nexternal from any origin \\\"mapped_ports.external\\\"\\n\"},"
    "{\"id\":\"02\",\"name\":null,\"project\":null,\"service\":null,\"image\":null,\"network_mode\":null,"
    "\"home\":\"01\",\"running\":true,\"managed\":false,\"fault\":\"a fault\",\"enabled_label\":null,"
    "\"rules_label\":null,\"endpoints\":[],\"published\":[],\"ruleset\":null}]}\n";

static void put_web(struct ww_enforced *e, const struct ww_container *c, const struct ww_network *n,
                    const struct ww_endpoint_addrs *addrs, const struct ww_ruleset *rs)
{
    struct ww_enforced_container *out;
    struct ww_enforced_endpoint endpoint = {.network = n, .addrs = addrs};
    assert_int_equal(ww_enforced_add_container(e, &out), 0);
    out->container = c;
    out->home = "01";
    out->managed = true;
    out->rules = rs;
    assert_int_equal(ww_enforced_add_endpoint(out, &endpoint), 0);
}

/* A label of the image's that is not obeyed is not told. */
static void put_sharer(struct ww_enforced *e, const struct ww_container *c)
{
    struct ww_enforced_container *out;
    assert_int_equal(ww_enforced_add_container(e, &out), 0);
    out->container = c;
    out->home = "01";
    out->fault = "a fault";
    out->image_ignored = true;
}

static void all_is_written(void **state)
{
    struct ww_subnet subnet = {0};
    struct ww_publish port = {.proto = 6, .cport = 80, .hport = 8080};
    struct ww_endpoint_addrs addrs = {0};
    struct ww_network n = {.id = "0a", .name = "front", .driver = "bridge", .project = "shop"};
    struct ww_container web = {.id = "01", .name = "web", .service = "web", .state = WW_RUNNING, .published = &port};
    struct ww_container side = {.id = "02", .state = WW_RUNNING, .label_rules = "the image's"};
    struct ww_ruleset *rs = NULL;
    struct ww_enforced e = {.next = "01"};
    struct ww_error err = {0};
    struct ww_buf out = {0};
    (void)state;
    n.compose_network = "default";
    n.subnets = &subnet;
    n.n_subnets = 1;
    web.n_published = 1;
    web.label_enabled = "true";
    web.label_rules = "a \"label\"";
    if (ww_addr_range_parse("198.51.100.0/24", &subnet.range, &err) < 0 ||
        ww_addr_parse("198.51.100.2", &addrs.ipv4, &err) < 0 || ww_addr_parse("192.0.2.1", &port.host, &err) < 0 ||
        ww_ruleset_read(text, &rs, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(ww_enforced_add_network(&e, &n), 0);
    put_web(&e, &web, &n, &addrs, rs);
    put_sharer(&e, &side);
    ww_enforced_write(&e, &out);
    assert_true(ww_buf_ok(&out));
    assert_string_equal(out.data, wanted);
    ww_buf_done(&out);
    ww_enforced_done(&e);
    ww_ruleset_unref(rs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_is_written)};
    return cmocka_run_group_tests_name("enforced", tests, NULL, NULL);
}
