/* Lists in the text form: of address ranges, and of port ranges. */
#include <errno.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/ir/scan.h"

/* One entry of a list with commas, as a string; entries are short. */
struct entry {
    char text[WW_RANGE_TEXT];
    const char *at; /* where it is in the line */
};

/* Cut the first entry off *word. Empty entries are entries. False at the end. */
static bool next_entry(struct ww_word *word, struct entry *ret_entry, bool *ret_too_long)
{
    if (!word->text)
        return false;
    const char *comma = memchr(word->text, ',', word->len);
    size_t len = comma ? (size_t)(comma - word->text) : word->len;
    ret_entry->at = word->text;
    *ret_too_long = len >= sizeof(ret_entry->text);
    size_t kept = *ret_too_long ? 0 : len;
    memcpy(ret_entry->text, word->text, kept);
    ret_entry->text[kept] = '\0';
    word->text = comma ? comma + 1 : NULL;
    word->len = comma ? word->len - len - 1 : 0;
    return true;
}

/* Parses one entry and appends it; fills in s->err's text without the place. */
typedef int (*add_entry)(struct ww_rule *rule, const char *text, void *arg, struct ww_error *err);

static int scan_list(struct ww_scan *s, const char *what, struct ww_rule *rule, add_entry add, void *arg)
{
    struct ww_word word = {0};
    int rc = ww_scan_word(s, what, &word);
    struct entry entry;
    bool too_long = false;
    for (size_t n = 0; rc == 0 && next_entry(&word, &entry, &too_long); n++) {
        struct ww_error err = {0};
        if (too_long)
            return ww_scan_fail_at(s, entry.at, "%s of more than %d characters", what, WW_RANGE_TEXT - 1);
        if (n == WW_LIMIT_LIST)
            return ww_scan_fail_at(s, entry.at, "a list of more than %d entries", WW_LIMIT_LIST);
        rc = add(rule, entry.text, arg, &err);
        if (rc == -ENOMEM)
            return ww_fail(s->err, rc, "out of memory");
        if (rc < 0)
            return ww_scan_fail_at(s, entry.at, "%s", err.text);
    }
    return rc;
}

static int add_own(struct ww_rule *rule, const char *text, void *arg, struct ww_error *err)
{
    (void)arg;
    struct ww_addr addr;
    int rc = ww_addr_parse(text, &addr, err);
    return rc < 0 ? rc : ww_rule_add_own(rule, &addr);
}

static int add_peer(struct ww_rule *rule, const char *text, void *arg, struct ww_error *err)
{
    (void)arg;
    struct ww_addr_range range;
    int rc = ww_addr_range_parse(text, &range, err);
    return rc < 0 ? rc : ww_rule_add_peer(rule, &range);
}

/* A port at *text, which is moved behind it. */
static bool read_port(const char **text, uint16_t *ret_port)
{
    const char *p = *text;
    unsigned port = 0;
    if (*p < '1' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        port = port * 10 + (unsigned)(*p - '0');
        if (port > UINT16_MAX)
            return false;
    }
    *text = p;
    *ret_port = (uint16_t)port;
    return true;
}

struct port_adder {
    int (*add)(struct ww_rule *rule, uint16_t lo, uint16_t hi);
};

static int add_port(struct ww_rule *rule, const char *text, void *arg, struct ww_error *err)
{
    const struct port_adder *adder = arg;
    const char *p = text;
    uint16_t lo;
    uint16_t hi;
    bool ok = read_port(&p, &lo);
    hi = ok ? lo : 0;
    if (ok && *p == '-') {
        p++;
        ok = read_port(&p, &hi);
    }
    if (!ok || *p)
        return ww_fail(err, -EINVAL, "'%s' is neither a port from 1 to 65535 nor a range of ports", text);
    return adder->add(rule, lo, hi);
}

int ww_scan_own(struct ww_scan *s, struct ww_rule *rule)
{
    return scan_list(s, "an address", rule, add_own, NULL);
}

int ww_scan_peers(struct ww_scan *s, struct ww_rule *rule)
{
    return scan_list(s, "an address range", rule, add_peer, NULL);
}

int ww_scan_ports(struct ww_scan *s, struct ww_rule *rule, int (*add)(struct ww_rule *, uint16_t, uint16_t))
{
    struct port_adder adder = {.add = add};
    return scan_list(s, "a port", rule, add_port, &adder);
}

int ww_scan_addr(struct ww_scan *s, struct ww_addr *ret_addr)
{
    struct ww_word word;
    struct ww_error err = {0};
    char text[WW_ADDR_TEXT];
    if (ww_scan_accept(s, "-")) {
        *ret_addr = (struct ww_addr){0};
        return 0;
    }
    int rc = ww_scan_word(s, "an address", &word);
    if (rc < 0)
        return rc;
    if (word.len >= sizeof(text))
        return ww_scan_fail_at(s, word.text, "an address of more than %d characters", WW_ADDR_TEXT - 1);
    memcpy(text, word.text, word.len);
    text[word.len] = '\0';
    rc = ww_addr_parse(text, ret_addr, &err);
    return rc < 0 ? ww_scan_fail_at(s, word.text, "%s", err.text) : 0;
}
