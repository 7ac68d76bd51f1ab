#include "core/model/stray.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/base/utf8.h"

#define SLIPS 2 /* letters too many, missing, wrong, or two that changed places */
#define LONGEST 17

static const char ours[] = "whalewall";

static const struct label {
    const char *key;
    enum ww_label_place place;
} labels[] = {
    {"whalewall.enabled", WW_LABEL_ON_CONTAINER}, {"whalewall.rules", WW_LABEL_ON_CONTAINER},
    {"whalewall.audit", WW_LABEL_ON_CONTAINER},   {"whalewall.guard", WW_LABEL_ON_NETWORK},
    {"whalewall.accept", WW_LABEL_ON_NETWORK},
};

#define LABELS (sizeof(labels) / sizeof(labels[0]))

/* A key as it was meant: characters, not bytes, for a slip may be of any script. */
struct folded {
    uint32_t at[LONGEST + SLIPS];
    size_t n;
};

static uint32_t fold_char(uint32_t code)
{
    if (code >= 'A' && code <= 'Z')
        return code - 'A' + 'a';
    return code < 0x80 && strchr("_-/: ", (int)code) ? '.' : code;
}

/* False: it is too long to be one of ours. */
static bool fold(const char *key, struct folded *ret_folded)
{
    size_t len = strlen(key);
    ret_folded->n = 0;
    while (len) {
        uint32_t code = 0;
        size_t size = ww_utf8_next(key, len, &code);
        if (ret_folded->n == LONGEST + SLIPS)
            return false;
        ret_folded->at[ret_folded->n++] = size ? fold_char(code) : UINT32_MAX;
        key += size ? size : 1;
        len -= size ? size : 1;
    }
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * How many slips lead from the one to the other (optimal string alignment); SLIPS + 1: more than SLIPS. Most labels are
 * other programs' and differ at once, and a list of the engine's has many: only what SLIPS can reach is looked at, and
 * only as long as it can.
 */
static size_t slips(const struct folded *a, const char *b, size_t n)
{
    const size_t far = SLIPS + 1;
    size_t rows[3][LONGEST + 1]; /* this character of a, the one before, and the one before that */
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = rows[1][j] = rows[2][j] = least(j, far);
    for (size_t i = 1; i <= a->n; i++) {
        size_t *row = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *second = rows[(i + 1) % 3];
        size_t first = i > SLIPS ? i - SLIPS : 1;
        size_t fewest = row[first - 1] = first > 1 ? far : least(i, far);
        for (size_t j = first; j <= least(n, i + SLIPS); j++) {
            bool same = a->at[i - 1] == (unsigned char)b[j - 1];
            size_t above = j < i + SLIPS ? last[j] : far;
            row[j] = least(least(above, row[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a->at[i - 1] == (unsigned char)b[j - 2] && a->at[i - 2] == (unsigned char)b[j - 1])
                row[j] = least(row[j], second[j - 2] + 1);
            fewest = least(fewest, row[j]);
        }
        if (fewest >= far)
            return far;
    }
    return a->n + SLIPS < n ? far : least(rows[a->n % 3][n], far);
}

/* A service has no labels of ours: what it has is meant for its containers. */
static enum ww_label_place meant_place(enum ww_label_place place)
{
    return place == WW_LABEL_ON_SERVICE ? WW_LABEL_ON_CONTAINER : place;
}

/* The label that is meant, those of this place first. NULL: none. */
static const struct label *meant(const char *key, enum ww_label_place place)
{
    struct folded folded;
    const struct label *best = NULL;
    size_t fewest = SLIPS + 1;
    if (!fold(key, &folded))
        return NULL;
    for (size_t i = 0; i < LABELS; i++) {
        size_t n = slips(&folded, labels[i].key, strlen(labels[i].key));
        if (n < fewest || (best && n == fewest && labels[i].place == place && best->place != place)) {
            best = &labels[i];
            fewest = n;
        }
    }
    return best;
}

static bool begins_like_ours(const char *key)
{
    size_t len = sizeof(ours) - 1;
    return strncasecmp(key, ours, len) == 0 && (key[len] == '.' || !key[len]);
}

/* A service's label that is meant for its containers. */
static void describe_service(const char *key, const struct label *label, struct ww_buf *out)
{
    ww_buf_str(out, "not obeyed, for it is the service's and not its containers'; write ");
    ww_buf_fmt(out, strcmp(key, label->key) == 0 ? "it" : "'%s'", label->key);
    ww_buf_str(out, " under the service's 'labels', beside 'deploy', or use --container-label");
}

static void describe(const char *key, enum ww_label_place place, const struct label *label, struct ww_buf *out)
{
    static const char *const bearers[] = {[WW_LABEL_ON_CONTAINER] = "containers", [WW_LABEL_ON_NETWORK] = "networks"};
    ww_buf_str(out, "label '");
    ww_text_name(out, key, WW_LIMIT_STRAY_KEY);
    ww_buf_str(out, "': ");
    if (label && place == WW_LABEL_ON_SERVICE && label->place == WW_LABEL_ON_CONTAINER) {
        describe_service(key, label, out);
    } else if (label && label->place == place) {
        ww_buf_fmt(out, "unknown key, so it is not obeyed; did you mean '%s'?", label->key);
    } else if (label) {
        ww_buf_fmt(out, "not obeyed here; '%s' is for %s", label->key, bearers[label->place]);
    } else {
        ww_buf_str(out, "unknown key, so it is not obeyed (known:");
        const char *before = " ";
        for (size_t i = 0; i < LABELS; i++) {
            if (labels[i].place != meant_place(place))
                continue;
            ww_buf_fmt(out, "%s%s", before, labels[i].key);
            before = ", ";
        }
        ww_buf_str(out, ")");
    }
}

static int out_of_memory(struct ww_error *err)
{
    return ww_fail(err, -ENOMEM, "out of memory");
}

/* NULL when out of memory. */
static struct ww_strays *make_strays(struct ww_strays **strays)
{
    struct ww_strays *s = *strays ? *strays : calloc(1, sizeof(*s));
    *strays = s;
    return s;
}

static int append_stray(struct ww_strays *s, struct ww_buf *text, struct ww_error *err)
{
    s->texts[s->n] = ww_buf_take(text);
    if (!s->texts[s->n])
        return out_of_memory(err);
    s->n++;
    return 0;
}

/* Those that are close are worth more: one of the rest gives way. */
static bool has_room(struct ww_strays *s, bool near)
{
    if (s->n < WW_LIMIT_STRAYS)
        return true;
    s->left_out++;
    if (!near || s->n_near == WW_LIMIT_STRAYS)
        return false;
    free(s->texts[--s->n]);
    s->texts[s->n] = NULL;
    return true;
}

int ww_strays_note(struct ww_strays **strays, enum ww_label_place place, const char *key, struct ww_error *err)
{
    const struct label *label = meant(key, meant_place(place));
    if (label ? label->place == place && strcmp(label->key, key) == 0 : !begins_like_ours(key))
        return 0;
    struct ww_strays *s = make_strays(strays);
    if (!s)
        return out_of_memory(err);
    s->enabled = s->enabled || label == &labels[0];
    if (!has_room(s, label != NULL))
        return 0;
    struct ww_buf text = {0};
    describe(key, place, label, &text);
    int rc = append_stray(s, &text, err);
    if (rc < 0 || !label)
        return rc;
    char *newest = s->texts[s->n - 1];
    memmove(&s->texts[s->n_near + 1], &s->texts[s->n_near], (s->n - 1 - s->n_near) * sizeof(s->texts[0]));
    s->texts[s->n_near++] = newest;
    return 0;
}

int ww_strays_note_idle_rules(struct ww_strays **strays, struct ww_error *err)
{
    struct ww_buf text = {0};
    if (*strays && (*strays)->enabled)
        return 0; /* which says it already */
    struct ww_strays *s = make_strays(strays);
    if (!s)
        return out_of_memory(err);
    ww_buf_str(&text, "label 'whalewall.rules': not obeyed, for 'whalewall.enabled' is missing or empty, so the "
                      "container is not managed; add whalewall.enabled: \"true\"");
    return append_stray(s, &text, err);
}

int ww_strays_note_accept(struct ww_strays **strays, const char *value, bool enforceable, struct ww_error *err)
{
    struct ww_buf text = {0};
    struct ww_strays *s = make_strays(strays);
    if (!s)
        return out_of_memory(err);
    ww_buf_str(&text, "label 'whalewall.accept': ");
    if (enforceable) {
        ww_buf_str(&text, "not obeyed, for packets of this network can be filtered from the host");
    } else {
        ww_buf_str(&text, "'");
        ww_text_name(&text, value, WW_LIMIT_STRAY_KEY);
        ww_buf_str(&text, "' is not obeyed, so nothing is accepted; the only value is 'unenforceable'");
    }
    return append_stray(s, &text, err);
}

int ww_strays_end(struct ww_strays *s, struct ww_error *err)
{
    struct ww_buf text = {0};
    if (!s || !s->left_out)
        return 0;
    ww_buf_fmt(&text, "labels with unknown keys that are not obeyed, and not listed: %zu", s->left_out);
    return append_stray(s, &text, err);
}

void ww_strays_free(struct ww_strays *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        free(s->texts[i]);
    free(s);
}

bool ww_strays_equal(const struct ww_strays *a, const struct ww_strays *b)
{
    if (!a || !b)
        return a == b;
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->texts[i], b->texts[i]) != 0)
            return false;
    return true;
}
