/* Decoding: what two real engines said (spec/recordings), and what none should say. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/docker/decode.h"
#include "core/docker/json.h"
#include "core/docker/lines.h"
#include "helper_fake.h"
#include "spec/unit/golden.h"

static const char *const engines[] = {"engine-20.10", "engine-main-2026-08"};

static char *read_file(const char *path, size_t *ret_len)
{
    struct ww_buf buf = {0};
    char chunk[4096];
    size_t got;
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("cannot open %s", path);
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        ww_buf_add(&buf, chunk, got);
    fclose(file);
    if (ret_len)
        *ret_len = buf.len;
    return ww_buf_take(&buf);
}

static char *recording(const char *engine, const char *name, size_t *ret_len)
{
    char path[512];
    snprintf(path, sizeof(path), WW_SPEC_DIR "/recordings/%s/%s", engine, name);
    return read_file(path, ret_len);
}

static void decode_inspect(const char *engine, const char *name, struct ww_buf *out)
{
    size_t len;
    struct ww_container *c = NULL;
    struct ww_error err = {0};
    char *text = recording(engine, name, &len);
    if (ww_decode_container(text, len, &c, &err) < 0)
        fail_msg("%s/%s: %s", engine, name, err.text);
    ww_buf_fmt(out, "== %s\n", name);
    container_write(c, out);
    if (c->started_at_ns)
        ww_buf_fmt(out, " started: %lld\n", (long long)c->started_at_ns);
    if (c->pid)
        ww_buf_fmt(out, " pid: %lld\n", (long long)c->pid);
    assert_false(c->net_admin);
    ww_container_free(c);
    free(text);
}

static int listed(void *arg, struct ww_container *c, struct ww_error *err)
{
    (void)err;
    container_write(c, arg);
    ww_container_free(c);
    return 0;
}

static int listed_id(void *arg, const char *id, struct ww_error *err)
{
    (void)err;
    ww_buf_fmt(arg, "%s\n", id);
    return 0;
}

static int event_text(void *arg, const char *line, size_t len, struct ww_error *err)
{
    struct ww_event event;
    int rc = ww_decode_event(line, len, &event, err);
    if (rc < 0)
        return rc;
    ww_buf_fmt(arg, "%d %s %.12s %.12s %lld\n", (int)event.type, event.action, event.id, event.container,
               (long long)event.time_ns);
    return 0;
}

static void decode_lists(const char *engine, struct ww_buf *out)
{
    size_t len;
    struct ww_network *n = NULL;
    struct ww_lines lines = {.limit = 65536};
    struct ww_engine_version version;
    char *text = recording(engine, "version.json", &len);
    assert_int_equal(ww_decode_version(text, len, &version, NULL), 0);
    ww_buf_fmt(out, "== version.json\n%s %s %s\n== list-all.json\n", version.engine, version.api, version.min_api);
    free(text);
    text = recording(engine, "list-all.json", &len);
    assert_int_equal(ww_decode_containers(text, len, listed, out, NULL), 0);
    free(text);
    ww_buf_str(out, "== network-inspect.json\n");
    text = recording(engine, "network-inspect.json", &len);
    assert_int_equal(ww_decode_network(text, len, &n, NULL), 0);
    network_write(n, out);
    ww_network_free(n);
    free(text);
    ww_buf_str(out, "== networks.json\n");
    text = recording(engine, "networks.json", &len);
    assert_int_equal(ww_decode_network_ids(text, len, listed_id, out, NULL), 0);
    free(text);
    ww_buf_str(out, "== events.jsonl\n");
    text = recording(engine, "events.jsonl", &len);
    assert_int_equal(ww_lines_feed(&lines, text, len, event_text, out, NULL), 0);
    free(text);
}

/* A golden file for each engine. */
static void what_real_engines_said_is_decoded(void **state)
{
    static const char *const inspects[] = {
        "inspect-created.json",          "inspect-running.json", "inspect-running-unpublished.json",
        "inspect-two-networks.json",     "inspect-exited.json",  "inspect-host-network.json",
        "inspect-shared-namespace.json",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ww_buf out = {0};
        char path[512];
        for (size_t k = 0; k < sizeof(inspects) / sizeof(inspects[0]); k++)
            decode_inspect(engines[i], inspects[k], &out);
        decode_lists(engines[i], &out);
        snprintf(path, sizeof(path), WW_SPEC_DIR "/unit/docker/%s.golden", engines[i]);
        golden_update(path, out.data);
        char *wanted = read_file(path, NULL);
        assert_string_equal(out.data, wanted);
        free(wanted);
        ww_buf_done(&out);
    }
}

struct found {
    const struct ww_container *wanted;
    bool equal;
};

static int compare_listed(void *arg, struct ww_container *c, struct ww_error *err)
{
    (void)err;
    struct found *found = arg;
    if (strcmp(c->id, found->wanted->id) == 0)
        found->equal = ww_container_equal(c, found->wanted);
    ww_container_free(c);
    return 0;
}

static void the_list_and_the_inspect_of_a_running_container_are_equal(void **state)
{
    static const char *const names[] = {"inspect-two-networks.json", "inspect-running-unpublished.json"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t len;
        struct ww_container *c = NULL;
        char *text = recording(engines[i / 2], names[i % 2], &len);
        assert_int_equal(ww_decode_container(text, len, &c, NULL), 0);
        free(text);
        struct found found = {.wanted = c};
        text = recording(engines[i / 2], "list-all.json", &len);
        assert_int_equal(ww_decode_containers(text, len, compare_listed, &found, NULL), 0);
        assert_true(found.equal);
        free(text);
        ww_container_free(c);
    }
}

#define C "{\"Id\":\"c1\",\"Name\":\"/c\",\"State\":{\"Status\":"

static const struct {
    const char *json;
    const char *wanted; /* published */
} ports[] = {
    {C "\"running\"},\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}],"
       "\"90/tcp\":null,\"53/udp\":[{\"HostIp\":\"2001:db8::1\",\"HostPort\":\"53\"}]}},"
       "\"HostConfig\":{\"PortBindings\":{\"1/tcp\":[{\"HostPort\":\"1\"}]}}}",
     "80/6@0.0.0.0:8080 53/17@2001:db8::1:53"},
    {C "\"paused\"},\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}}}",
     "80/6@0.0.0.0:8080 80/6@:::8080"},
    {C "\"exited\"},\"NetworkSettings\":{\"Ports\":{}},\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\","
       "\"HostPort\":\"8080\"}]}}}",
     "80/6@0.0.0.0:8080 80/6@:::8080"},
    {C "\"restarting\"},\"HostConfig\":{\"PortBindings\":{\"80\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"\"}]}}}",
     "80/6@127.0.0.1:0"},
    {C "\"created\"},\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"::\",\"HostPort\":\"8000-8010\"},"
       "{\"HostIp\":\"::\",\"HostPort\":\"0\"}]}}}",
     "80/6@:::0"},
    {C
     "\"created\"},\"HostConfig\":{\"PortBindings\":{\"80/sctp\":[{\"HostPort\":\"1\",\"HostIp\":\"nonsense\"},"
     "{\"HostPort\":\"2\",\"HostIp\":\"192.0.2.1\"}],\"x/tcp\":[{}],\"0/tcp\":[{}],\"70000/tcp\":[{}],\"1-5/tcp\":[{}],"
     "\"5/dccp\":[{}]}}}",
     "80/132@192.0.2.1:2"},
    {C "\"created\"},\"Config\":{\"ExposedPorts\":{\"80/tcp\":{},\"81/tcp\":{},\"82/tcp\":{}}},\"HostConfig\":"
       "{\"PublishAllPorts\":true,\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"192.0.2.1\",\"HostPort\":\"1\"}],"
       "\"82/tcp\":[]}}}",
     "80/6@192.0.2.1:1 81/6@0.0.0.0:0 81/6@:::0 82/6@0.0.0.0:0 82/6@:::0"},
    {C "\"created\"},\"Config\":{\"ExposedPorts\":{\"80/tcp\":{}}}}", ""},
};

static void published_ports_are_those_of_now_or_of_the_next_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        struct ww_container *c = NULL;
        struct ww_error err = {0};
        struct ww_buf out = {0};
        char wanted[256];
        if (ww_decode_container(ports[i].json, strlen(ports[i].json), &c, &err) < 0)
            fail_msg("%s: %s", ports[i].json, err.text);
        container_write(c, &out);
        /* In the order of struct ww_publish: protocol first. */
        snprintf(wanted, sizeof(wanted), " published:%s%s\n", ports[i].wanted[0] ? " " : "", ports[i].wanted);
        if (!strstr(out.data, wanted))
            fail_msg("wanted%sgot %s", wanted, out.data);
        ww_buf_done(&out);
        ww_container_free(c);
    }
}

static void the_list_skips_links_and_exposed_ports(void **state)
{
    static const char json[] =
        "[{\"Id\":\"c1\",\"Names\":[\"/web/db\",\"/"
        "db\"],\"State\":\"running\",\"HostConfig\":{\"NetworkMode\":\"default\"},"
        "\"Ports\":[{\"PrivatePort\":1,\"Type\":\"tcp\"},{\"IP\":\"\",\"PrivatePort\":2,\"Type\":\"udp\"},"
        "{\"IP\":\"192.0.2.1\",\"PrivatePort\":3,\"PublicPort\":4,\"Type\":\"udp\"}],\"NetworkSettings\":{\"Networks\":"
        "{\"default\":null}}}]";
    (void)state;
    struct ww_buf out = {0};
    assert_int_equal(ww_decode_containers(json, strlen(json), listed, &out, NULL), 0);
    assert_non_null(strstr(out.data, "container c1 db "));
    assert_non_null(strstr(out.data, "mode=bridge"));
    assert_non_null(strstr(out.data, " networks: bridge\n published: 3/17@192.0.2.1:4\n"));
    ww_buf_done(&out);
}

static void a_nul_in_a_label_does_not_hide_what_follows(void **state)
{
    static const char json[] = C "\"running\"},\"Config\":{\"Labels\":{\"whalewall.rules\":\"a\\u0000b\\\\u0000\","
                                 "\"whalewall.enabled\":\"\"}}}";
    (void)state;
    struct ww_container *c = NULL;
    assert_int_equal(ww_decode_container(json, strlen(json), &c, NULL), 0);
    assert_string_equal(c->label_rules, "a\xef\xbf\xbd"
                                        "b\\u0000");
    assert_string_equal(c->label_enabled, "");
    ww_container_free(c);
}

static void a_network_keeps_containers_only(void **state)
{
    static const char json[] =
        "{\"Id\":\"n1\",\"Name\":\"ov\",\"Driver\":\"overlay\",\"Internal\":true,\"IPAM\":{\"Config\":[{\"Subnet\":"
        "\"192.0.2.0/24\"},{\"Gateway\":\"192.0.2.1\"}]},\"Labels\":{\"whalewall.guard\":\"\"},\"Containers\":{"
        "\"lb-ov\":{\"IPv4Address\":\"192.0.2.9/24\"},\"ep-0123\":{\"IPv4Address\":\"192.0.2.8/24\"},"
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\":{\"IPv4Address\":\"192.0.2.2/24\","
        "\"MacAddress\":\"\",\"IPv6Address\":\"\"}}}";
    (void)state;
    struct ww_network *n = NULL;
    assert_int_equal(ww_decode_network(json, strlen(json), &n, NULL), 0);
    assert_int_equal(n->n_endpoints, 1);
    assert_int_equal(n->n_subnets, 1);
    assert_int_equal(n->subnets[0].gateway.family, 0);
    assert_true(n->internal);
    assert_string_equal(n->guard, "");
    assert_null(n->bridge);
    assert_true(ww_mac_is_zero(&n->endpoints[0].addrs.mac));
    assert_int_equal(n->endpoints[0].addrs.ipv6.family, 0);
    ww_network_free(n);
}

enum what { CONTAINER, CONTAINERS, NETWORK, NETWORKS, EVENT, VERSION, IMAGE };

static const struct {
    enum what what;
    const char *json;
    const char *why;
} bad[] = {
    {CONTAINER, "", "not valid JSON at byte 0"},
    {CONTAINER, "{} x", "something follows the JSON value at byte 3"},
    {CONTAINER, "[]", "a container is not an object"},
    {CONTAINER, "{}", "container without id: field 'Id' is not an id"},
    {CONTAINER, "{\"Id\":\"../x\"}", "field 'Id' is not an id"},
    {CONTAINER, "{\"Id\":1}", "field 'Id' is not a string"},
    {CONTAINER, "{\"Id\":\"c1\",\"Name\":[]}", "container c1: field 'Name' is not a string"},
    {CONTAINER, "{\"Id\":\"c1\",\"State\":\"running\"}", "field 'State' is not an object"},
    {CONTAINER, "{\"Id\":\"c1\"}", "field 'Status': unknown state ''"},
    {CONTAINER, C "\"asleep\"}}", "field 'Status': unknown state 'asleep'"},
    {CONTAINER, C "\"running\"},\"Config\":7}", "field 'Config' is not an object"},
    {CONTAINER, C "\"running\",\"StartedAt\":7}}", "field 'StartedAt' is not a string"},
    {CONTAINER, C "\"running\"},\"Config\":{\"Labels\":[]}}", "field 'Labels' is not an object"},
    {CONTAINER, C "\"running\"},\"Config\":{\"Labels\":{\"whalewall.rules\":{}}}}",
     "field 'whalewall.rules' is not a string"},
    {CONTAINER, C "\"running\"},\"NetworkSettings\":{\"Networks\":[]}}", "field 'Networks' is not an object"},
    {CONTAINER, C "\"running\"},\"NetworkSettings\":{\"Ports\":{\"80/tcp\":{}}}}",
     "published port '80/tcp' is not an array"},
    {CONTAINER, C "\"running\"},\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[1]}}}", "binding is not an object"},
    {CONTAINER, C "\"running\"},\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[{\"HostPort\":80}]}}}",
     "field 'HostPort' is not a string"},
    {CONTAINER, C "\"created\"},\"HostConfig\":{\"PublishAllPorts\":\"yes\"}}",
     "field 'PublishAllPorts' is not a boolean"},
    {CONTAINERS, "{}", "not a JSON array"},
    {CONTAINERS, "[", "not valid JSON"},
    {CONTAINERS, "[] []", "something follows"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":\"running\"}", "not valid JSON"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":\"running\"};", "not valid JSON"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":{}}]", "container c1: field 'State' is not a string"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":\"running\",\"Names\":[1]}]", "an entry of 'Names' is not a string"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":\"running\",\"Ports\":{}}]", "field 'Ports' is not an array"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":\"running\",\"Ports\":[{\"PrivatePort\":70000}]}]",
     "field 'PrivatePort' is not a port number"},
    {CONTAINERS, "[{\"Id\":\"c1\",\"State\":\"running\",\"Ports\":[{\"PublicPort\":1.5}]}]",
     "field 'PublicPort' is not a port number"},
    {NETWORK, "{}", "network without id: field 'Id' is not an id"},
    {NETWORK, "{\"Id\":\"n1\",\"Internal\":1}", "network n1: field 'Internal' is not a boolean"},
    {NETWORK, "{\"Id\":\"n1\",\"IPAM\":{\"Config\":[{\"Subnet\":\"x\"}]}}", "field 'Subnet' is not a subnet"},
    {NETWORK, "{\"Id\":\"n1\",\"IPAM\":{\"Config\":[7]}}", "an entry of 'IPAM.Config' is not an object"},
    {NETWORK, "{\"Id\":\"n1\",\"IPAM\":{\"Config\":[{\"Subnet\":\"192.0.2.0/24\",\"Gateway\":\"x\"}]}}",
     "field 'Gateway' is not an address"},
    {NETWORK, "{\"Id\":\"n1\",\"Containers\":[]}", "field 'Containers' is not an object"},
    {NETWORK,
     "{\"Id\":\"n1\",\"Containers\":{\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\":{"
     "\"IPv4Address\":\"x\"}}}",
     "field 'IPv4Address' is not an address: 'x'"},
    {NETWORK,
     "{\"Id\":\"n1\",\"Containers\":{\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\":{"
     "\"MacAddress\":\"x\"}}}",
     "field 'MacAddress' is not a MAC address: 'x'"},
    {NETWORKS, "[{\"Id\":\"\"}]", "field 'Id' is not an id"},
    {NETWORKS, "[null]", "a network is not an object"},
    {EVENT, "[]", "an event is not an object"},
    {EVENT, "{\"Type\":1}", "field 'Type' is not a string"},
    {EVENT, "{\"Actor\":1}", "field 'Actor' is not an object"},
    {EVENT, "{\"Type\":\"network\",\"Actor\":{\"Attributes\":{\"container\":1}}}", "field 'container' is not a string"},
    {EVENT, "{\"timeNano\":\"1\"}", "field 'timeNano' is not a number"},
    {VERSION, "[]", "version is not an object"},
    {VERSION, "{\"ApiVersion\":1}", "field 'ApiVersion' is not a string"},
    {IMAGE, "1", "an image is not an object"},
    {IMAGE, "{\"Config\":{\"Labels\":{\"whalewall.rules\":1}}}", "field 'whalewall.rules' is not a string"},
};

static int decode_any(enum what what, const char *json, struct ww_error *err)
{
    struct ww_container *c = NULL;
    struct ww_network *n = NULL;
    struct ww_engine_version version;
    struct ww_event event;
    struct ww_buf out = {0};
    char *image = NULL;
    char *rules = NULL;
    char *audit = NULL;
    size_t len = strlen(json);
    int rc = what == CONTAINER    ? ww_decode_container(json, len, &c, err)
             : what == CONTAINERS ? ww_decode_containers(json, len, listed, &out, err)
             : what == NETWORK    ? ww_decode_network(json, len, &n, err)
             : what == NETWORKS   ? ww_decode_network_ids(json, len, listed_id, &out, err)
             : what == EVENT      ? ww_decode_event(json, len, &event, err)
             : what == VERSION    ? ww_decode_version(json, len, &version, err)
                                  : ww_decode_image(json, len, &image, &rules, &audit, err);
    ww_buf_done(&out);
    return rc;
}

static void what_no_engine_should_say_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ww_error err = {0};
        if (decode_any(bad[i].what, bad[i].json, &err) != -EBADMSG)
            fail_msg("taken: %s", bad[i].json);
        assert_int_equal(err.code, -EBADMSG);
        if (!strstr(err.text, bad[i].why))
            fail_msg("%s gave: %s", bad[i].json, err.text);
    }
}

static void every_cut_of_an_answer_is_refused(void **state)
{
    (void)state;
    size_t len;
    char *text = recording(engines[0], "inspect-running.json", &len);
    while (len && text[len - 1] != '}')
        len--;
    for (size_t cut = 0; cut < len; cut++) {
        struct ww_container *c = NULL;
        assert_int_equal(ww_decode_container(text, cut, &c, NULL), -EBADMSG);
        assert_null(c);
    }
    free(text);
}

static void times_are_read_to_the_nanosecond(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } times[] = {
        {"1970-01-01T00:00:01Z", 1000000000},
        {"2026-11-23T21:14:37.870409939Z", 1795468477870409939},
        {"2026-11-23T23:14:37.870409939+02:00", 1795468477870409939},
        {"2026-11-23T16:44:37.87-04:30", 1795468477870000000},
        {"2026-11-23T21:14:37.8704099391Z", 1795468477870409939},
        {"0001-01-01T00:00:00Z", 0},
        {"9999-01-01T00:00:00Z", 0},
        {"2026-11-23T21:14:37", 0},
        {"2026-11-23T21:14:37.5Zx", 0},
        {"2026-11-23T21:14:37+2:00", 0},
        {"yesterday", 0},
        {"", 0},
        {NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (ww_decode_time(times[i].text) != times[i].ns)
            fail_msg("%s: %lld", times[i].text, (long long)ww_decode_time(times[i].text));
}

/* The same of the list, the inspect, the event and the network. */
static void labels_that_look_like_ours_are_kept_and_no_others(void **state)
{
    static const char labels[] = "{\"com.docker.compose.service\":\"web\",\"whalewall.enable\":\"true\","
                                 "\"whalewall.rules\":\"# x\",\"maintainer\":\"m\",\"whalewall.foo\":\"\"}";
    static const char idle[] = "{\"whalewall.rules\":\"# x\"}";
    static const char well[] = "{\"whalewall.rules\":\"# x\",\"whalewall.enabled\":\"no\",\"maintainer\":\"m\"}";
    static const struct {
        const char *before;
        const char *behind;
        int (*decode)(const char *, size_t, struct ww_container **, struct ww_error *);
    } forms[] = {
        {C "\"running\"},\"Config\":{\"Labels\":", "}}", ww_decode_container},
        {"{\"Actor\":{\"ID\":\"c1\",\"Attributes\":", "}}", ww_decode_created},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *const all[] = {labels, idle, well};
        struct ww_container *c[3] = {NULL};
        for (size_t k = 0; k < 3; k++) {
            char json[1024];
            int len = snprintf(json, sizeof(json), "%s%s%s", forms[i].before, all[k], forms[i].behind);
            assert_int_equal(forms[i].decode(json, (size_t)len, &c[k], NULL), 0);
        }
        assert_non_null(c[0]->strays);
        assert_int_equal(c[0]->strays->n, 2); /* the first says of the rules, too, why they have no effect */
        assert_non_null(strstr(c[0]->strays->texts[0], "'whalewall.enable'"));
        assert_non_null(strstr(c[0]->strays->texts[1], "'whalewall.foo'"));
        assert_non_null(c[1]->strays);
        assert_non_null(strstr(c[1]->strays->texts[0], "'whalewall.enabled' is missing"));
        assert_null(c[2]->strays);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(ww_container_managed(c[k]), WW_UNMANAGED);
            ww_container_free(c[k]);
        }
    }
    static const char json[] = "{\"Id\":\"n1\",\"Labels\":{\"whalewall.gaurd\":\"false\",\"other\":\"x\"}}";
    struct ww_network *n = NULL;
    assert_int_equal(ww_decode_network(json, sizeof(json) - 1, &n, NULL), 0);
    assert_non_null(n->strays);
    assert_non_null(strstr(n->strays->texts[0], "did you mean 'whalewall.guard'?"));
    ww_network_free(n);
}

static void a_network_is_accepted_as_it_is_by_the_right_word_only(void **state)
{
    static const struct {
        const char *driver;
        const char *labels;
        bool accepted;
        const char *told; /* NULL: nothing */
    } cases[] = {
        {"overlay", "{\"whalewall.accept\":\"unenforceable\"}", true, NULL},
        {"macvlan", "{\"whalewall.accept\":\"unenforceable\"}", true, NULL},
        {"overlay", "{}", false, NULL},
        {"overlay", "null", false, NULL},
        {"overlay", "{\"whalewall.accept\":\"true\"}", false,
         "label 'whalewall.accept': 'true' is not obeyed, so nothing"},
        {"overlay", "{\"whalewall.accept\":\"Unenforceable\"}", false, "the only value is 'unenforceable'"},
        {"overlay", "{\"whalewall.accept\":\"\"}", false, "label 'whalewall.accept': '' is not obeyed, so nothing"},
        {"overlay", "{\"whalewall.accept\":\"\\u001b[2J\"}", false, "'<U+001B>[2J' is not obeyed"},
        {"bridge", "{\"whalewall.accept\":\"unenforceable\"}", false, "can be filtered from the host"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[256];
        struct ww_network *n = NULL;
        int len = snprintf(json, sizeof(json), "{\"Id\":\"n1\",\"Driver\":\"%s\",\"Labels\":%s}", cases[i].driver,
                           cases[i].labels);
        assert_int_equal(ww_decode_network(json, (size_t)len, &n, NULL), 0);
        if (n->accepted != cases[i].accepted || !n->strays == (cases[i].told != NULL))
            fail_msg("%s: accepted %d, %s", json, n->accepted, n->strays ? n->strays->texts[0] : "nothing told");
        if (cases[i].told)
            assert_non_null(strstr(n->strays->texts[0], cases[i].told));
        ww_network_free(n);
    }
}

static void an_images_own_rules_are_found(void **state)
{
    static const struct {
        const char *json;
        const char *rules;
    } images[] = {
        {"{\"Id\":\"sha256:0a\",\"Config\":{\"Labels\":{\"whalewall.rules\":\"# r\"}}}", "# r"},
        {"{\"Config\":{\"Labels\":{\"whalewall.rules\":\"\"}}}", ""},
        {"{\"Config\":{\"Labels\":{\"x\":\"y\"}}}", NULL},
        {"{\"Config\":{\"Labels\":null}}", NULL},
        {"{\"Config\":null}", NULL},
        {"{}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        char *image = NULL;
        char *rules = NULL;
        char *audit = NULL;
        assert_int_equal(ww_decode_image(images[i].json, strlen(images[i].json), &image, &rules, &audit, NULL), 0);
        assert_true(i ? image == NULL : strcmp(image, "sha256:0a") == 0);
        free(image);
        if (images[i].rules)
            assert_string_equal(rules, images[i].rules);
        else
            assert_null(rules);
        free(rules);
    }
}

static void an_events_time_is_exact_and_cannot_be_forged_by_a_label(void **state)
{
    static const struct {
        const char *json;
        int64_t time;
    } events[] = {
        {"{\"timeNano\":1795468482981850271}", 1795468482981850271},
        {"{\"Actor\":{\"Attributes\":{\"timeNano\":\"5\",\"x\":\"\\\"timeNano\\\":7\"}},\"timeNano\":"
         "1795468482981850271}",
         1795468482981850271 - 512},
        {"{\"timeNano\":-1}", 0},
        {"{\"timeNano\":1e300}", 0},
        {"{}", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct ww_event event;
        assert_int_equal(ww_decode_event(events[i].json, strlen(events[i].json), &event, NULL), 0);
        /* A little too early does no harm: the engine sends a few events again. */
        assert_in_range(event.time_ns, events[i].time ? events[i].time - 512 : 0, events[i].time + 512);
        if (i == 0)
            assert_true(event.time_ns == events[i].time);
    }
}

/* A real inspect with other capabilities. */
static void a_container_that_may_administer_the_network_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *was;
        const char *is;
        bool may;
    } rows[] = {
        {"\"CapAdd\": null", "\"CapAdd\": [\"NET_ADMIN\"]", true},
        {"\"CapAdd\": null", "\"CapAdd\": [\"SYS_TIME\", \"cap_net_admin\"]", true},
        {"\"CapAdd\": null", "\"CapAdd\": [\"ALL\"]", true},
        {"\"CapAdd\": null", "\"CapAdd\": [\"ALL\"], \"CapDrop\": [\"NET_ADMIN\"], \"Was\": null", false},
        {"\"CapAdd\": null", "\"CapAdd\": [\"NET_RAW\", 7, null]", false},
        {"\"CapAdd\": null", "\"CapAdd\": {\"NET_ADMIN\": true}", false},
        {"\"Privileged\": false", "\"Privileged\": true", true},
    };
    size_t len;
    char *text = recording(engines[0], "inspect-running.json", &len);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_container *c = NULL;
        const char *at = strstr(text, rows[i].was);
        char *changed = NULL;
        assert_non_null(at);
        int n = asprintf(&changed, "%.*s%s%s", (int)(at - text), text, rows[i].is, at + strlen(rows[i].was));
        assert_true(n > 0);
        assert_int_equal(ww_decode_container(changed, (size_t)n, &c, NULL), 0);
        if (c->net_admin != rows[i].may)
            fail_msg("%s: %d", rows[i].is, c->net_admin);
        ww_container_free(c);
        free(changed);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_real_engines_said_is_decoded),
        cmocka_unit_test(the_list_and_the_inspect_of_a_running_container_are_equal),
        cmocka_unit_test(published_ports_are_those_of_now_or_of_the_next_start),
        cmocka_unit_test(the_list_skips_links_and_exposed_ports),
        cmocka_unit_test(a_nul_in_a_label_does_not_hide_what_follows),
        cmocka_unit_test(a_network_keeps_containers_only),
        cmocka_unit_test(what_no_engine_should_say_is_refused_by_name),
        cmocka_unit_test(every_cut_of_an_answer_is_refused),
        cmocka_unit_test(times_are_read_to_the_nanosecond),
        cmocka_unit_test(labels_that_look_like_ours_are_kept_and_no_others),
        cmocka_unit_test(a_network_is_accepted_as_it_is_by_the_right_word_only),
        cmocka_unit_test(an_images_own_rules_are_found),
        cmocka_unit_test(a_container_that_may_administer_the_network_is_known),
        cmocka_unit_test(an_events_time_is_exact_and_cannot_be_forged_by_a_label),
    };
    return cmocka_run_group_tests_name("docker.decode", tests, NULL, NULL);
}
