#include "helper_world.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    char key[32];
    char value[160];
};

/* The next word of the text; false at its end. */
static bool next_word(const char **text, struct word *ret_word)
{
    *text += strspn(*text, " ");
    size_t len = strcspn(*text, " ");
    size_t key = strcspn(*text, "= ");
    if (!len)
        return false;
    assert_true(key < sizeof(ret_word->key) && len - key < sizeof(ret_word->value));
    snprintf(ret_word->key, sizeof(ret_word->key), "%.*s", (int)key, *text);
    const char *value = key < len ? *text + key + 1 : *text + len;
    snprintf(ret_word->value, sizeof(ret_word->value), "%.*s", (int)(*text + len - value), value);
    *text += len;
    return true;
}

static enum ww_container_state state_of(const char *word)
{
    static const char *const names[] = {"created", "running", "paused", "restarting", "exited"};
    for (int i = 0; i < 5; i++)
        if (strcmp(word, names[i]) == 0)
            return (enum ww_container_state)i;
    fail_msg("no such state: %s", word);
    return WW_CREATED;
}

static bool set_string(char **field, const char *value)
{
    *field = strdup(value);
    return *field != NULL;
}

static bool add_net(struct ww_container *c, const char *name)
{
    char **networks = realloc(c->networks, (c->n_networks + 1) * sizeof(char *));
    if (!networks)
        return false;
    c->networks = networks;
    return set_string(&networks[c->n_networks], name) && ++c->n_networks;
}

static bool add_publish(struct ww_container *c, const char *text)
{
    struct ww_publish *published = realloc(c->published, (c->n_published + 1) * sizeof(*published));
    if (!published)
        return false;
    c->published = published;
    unsigned cport = 0;
    unsigned hport = 0;
    assert_int_equal(sscanf(text, "%u/%u", &cport, &hport), 2);
    struct ww_publish publish = {.proto = IPPROTO_TCP, .cport = (uint16_t)cport, .hport = (uint16_t)hport};
    publish.host.family = AF_INET;
    published[c->n_published++] = publish;
    return true;
}

static bool add_label(struct ww_labels *labels, const char *text)
{
    char key[64];
    snprintf(key, sizeof(key), "%.*s", (int)strcspn(text, ":"), text);
    return ww_labels_add(labels, key, strchr(text, ':') + 1) == 0;
}

static bool container_word(struct ww_container *c, const struct word *word)
{
    const struct {
        const char *key;
        char **field;
    } strings[] = {{"id", &c->id},
                   {"name", &c->name},
                   {"project", &c->project},
                   {"service", &c->service},
                   {"swarm", &c->swarm_service},
                   {"image", &c->image_id},
                   {"mode", &c->network_mode},
                   {"enabled", &c->label_enabled},
                   {"rules", &c->label_rules},
                   {"audit", &c->label_audit}};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        if (strcmp(word->key, strings[i].key) == 0)
            return set_string(strings[i].field, word->value);
    if (strcmp(word->key, "called") == 0)
        return set_string(&c->image, word->value);
    if (strcmp(word->key, "label") == 0)
        return add_label(&c->labels, word->value);
    if (strcmp(word->key, "net") == 0)
        return add_net(c, word->value);
    if (strcmp(word->key, "pub") == 0)
        return add_publish(c, word->value);
    if (strcmp(word->key, "pid") == 0) {
        c->pid = strtoll(word->value, NULL, 10);
        return true;
    }
    if (strcmp(word->key, "told") == 0) {
        c->pid_told_ns = strtoll(word->value, NULL, 10);
        return true;
    }
    if (strcmp(word->key, "started") == 0) {
        c->started_at_ns = strtoll(word->value, NULL, 10);
        return true;
    }
    assert_string_equal(word->key, "state");
    c->state = state_of(word->value);
    return true;
}

struct ww_container *helper_container(const char *spec)
{
    struct ww_container *c = ww_container_new();
    struct word word;
    while (c && next_word(&spec, &word)) {
        if (!container_word(c, &word)) {
            ww_container_free(c);
            return NULL;
        }
    }
    return c;
}

static bool add_endpoint(struct ww_network *n, char *text)
{
    struct ww_endpoint *endpoints = realloc(n->endpoints, (n->n_endpoints + 1) * sizeof(*endpoints));
    if (!endpoints)
        return false;
    n->endpoints = endpoints;
    struct ww_endpoint endpoint = {0};
    const char *parts[4] = {"", "", "", ""};
    for (int i = 0; i < 4 && text; i++)
        parts[i] = strsep(&text, "/");
    if (*parts[1])
        assert_int_equal(ww_addr_parse(parts[1], &endpoint.addrs.ipv4, NULL), 0);
    if (*parts[2])
        assert_int_equal(ww_addr_parse(parts[2], &endpoint.addrs.ipv6, NULL), 0);
    if (*parts[3])
        assert_int_equal(ww_mac_parse(parts[3], &endpoint.addrs.mac, NULL), 0);
    if (!set_string(&endpoint.container_id, parts[0]))
        return false;
    endpoints[n->n_endpoints++] = endpoint;
    return true;
}

static bool add_subnet(struct ww_network *n, const char *text)
{
    struct ww_subnet *subnets = realloc(n->subnets, (n->n_subnets + 1) * sizeof(*subnets));
    if (!subnets)
        return false;
    n->subnets = subnets;
    subnets[n->n_subnets] = (struct ww_subnet){0};
    assert_int_equal(ww_addr_range_parse(text, &subnets[n->n_subnets++].range, NULL), 0);
    return true;
}

static bool network_word(struct ww_network *n, struct word *word)
{
    const struct {
        const char *key;
        char **field;
    } strings[] = {{"id", &n->id},           {"name", &n->name},   {"driver", &n->driver},
                   {"project", &n->project}, {"guard", &n->guard}, {"compose", &n->compose_network},
                   {"bridge", &n->bridge}};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        if (strcmp(word->key, strings[i].key) == 0)
            return set_string(strings[i].field, word->value);
    if (strcmp(word->key, "ep") == 0)
        return add_endpoint(n, word->value);
    if (strcmp(word->key, "label") == 0)
        return add_label(&n->labels, word->value);
    if (strcmp(word->key, "subnet") == 0)
        return add_subnet(n, word->value);
    if (strcmp(word->key, "default") == 0)
        return n->default_bridge = true;
    assert_string_equal(word->key, "internal");
    return n->internal = true;
}

struct ww_network *helper_network(const char *spec)
{
    struct ww_network *n = ww_network_new();
    struct word word;
    while (n && next_word(&spec, &word)) {
        if (!network_word(n, &word)) {
            ww_network_free(n);
            return NULL;
        }
    }
    return n;
}

static int put_mentions(struct ww_world *w, const char *text)
{
    struct word words[16];
    const char *names[16];
    size_t n = 0;
    struct word id;
    assert_true(next_word(&text, &id));
    while (next_word(&text, &words[n])) {
        names[n] = words[n].key;
        n++;
    }
    return ww_world_set_mentions(w, id.key, names, n, NULL);
}

int helper_put(struct ww_world *w, const char *answer)
{
    struct word kind;
    assert_true(next_word(&answer, &kind));
    answer += strspn(answer, " ");
    if (strcmp(kind.key, "c") == 0) {
        struct ww_container *c = helper_container(answer);
        return c ? ww_world_put_container(w, c, NULL) : -ENOMEM;
    }
    if (strcmp(kind.key, "n") == 0) {
        struct ww_network *n = helper_network(answer);
        return n ? ww_world_put_network(w, n, NULL) : -ENOMEM;
    }
    if (strcmp(kind.key, "m") == 0)
        return put_mentions(w, answer);
    struct word id;
    struct word rules;
    struct word audit;
    assert_true(next_word(&answer, &id));
    if (kind.key[0] == 'i') {
        bool has_rules = next_word(&answer, &rules);
        bool has_audit = next_word(&answer, &audit);
        return ww_world_put_image(w, id.key, has_rules ? rules.key : NULL, has_audit ? audit.key : NULL, !kind.key[1],
                                  NULL);
    }
    assert_int_equal(kind.key[0], '-');
    if (kind.key[1] == 'c')
        ww_world_remove_container(w, id.key);
    else
        ww_world_remove_network(w, id.key);
    return 0;
}

char *helper_dirty(struct ww_world *w)
{
    char **ids;
    size_t n;
    int64_t since;
    struct ww_buf text = {0};
    assert_int_equal(ww_world_take_dirty(w, &ids, &n, &since, NULL), 0);
    assert_int_equal(since != 0, n != 0);
    for (size_t i = 0; i < n; i++) {
        ww_buf_fmt(&text, "%s%s", i ? " " : "", ids[i]);
        free(ids[i]);
    }
    free(ids);
    return ww_buf_take(&text);
}

char *helper_facts(const struct ww_world *w, const char *id, const char *const *names, bool trust_image)
{
    struct ww_facts facts;
    struct ww_buf text = {0};
    size_t n = 0;
    while (names[n])
        n++;
    assert_int_equal(ww_facts_collect(w, id, names, n, trust_image, &facts, NULL), 0);
    ww_facts_write(&facts, &text);
    ww_facts_done(&facts);
    return ww_buf_take(&text);
}
