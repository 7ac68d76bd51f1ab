#include "core/control/suggest_groups.h"

#include <stdlib.h>
#include <string.h>

#define REMARKS 2 /* of one rule */

/* A group that has some of the addresses. */
struct match {
    const struct ww_group *group;
    size_t size; /* … of its own, or one more than there are here */
    size_t has;  /* of these; then: of what is left of them */
};

struct matches {
    struct match *list;
    size_t n;
    bool *covered; /* of each address: a group stands for it */
    bool failed;
};

static void matches_done(struct matches *m)
{
    free(m->list);
    free(m->covered);
}

static size_t count_left(const struct matches *m, const struct ww_group *g, const struct ww_suggest_addrs *addrs)
{
    size_t has = 0;
    for (size_t i = 0; i < addrs->n; i++)
        has += !m->covered[i] && ww_group_has(g, &addrs->list[i]);
    return has;
}

static bool is_whole(const struct match *match)
{
    return match->has == match->size;
}

/* Whole ones first, the largest of these before others; of the rest, those that have most. */
static int by_use(const void *pa, const void *pb)
{
    const struct match *a = pa;
    const struct match *b = pb;
    if (is_whole(a) != is_whole(b))
        return is_whole(a) ? -1 : 1;
    if (a->has != b->has)
        return a->has > b->has ? -1 : 1;
    return strcmp(a->group->name, b->group->name);
}

static void cover(struct matches *m, const struct ww_group *g, const struct ww_suggest_addrs *addrs)
{
    for (size_t i = 0; i < addrs->n; i++)
        m->covered[i] = m->covered[i] || ww_group_has(g, &addrs->list[i]);
}

/* What is left in the list: first those that stand for addresses, *ret_used of them; then those that have some of what
 * is left. */
static void sift(struct matches *m, const struct ww_suggest_addrs *addrs, size_t *ret_used)
{
    size_t kept = 0;
    *ret_used = 0;
    for (size_t i = 0; i < m->n; i++) {
        struct match match = m->list[i];
        bool whole = is_whole(&match);
        match.has = count_left(m, match.group, addrs);
        if (!match.has)
            continue;
        if (whole)
            cover(m, match.group, addrs);
        *ret_used += whole;
        m->list[kept++] = match;
    }
    m->n = kept;
}

static struct matches matches_of(const struct ww_groups *groups, const struct ww_suggest_addrs *addrs, size_t *ret_used)
{
    struct matches m = {0};
    const size_t n = groups ? groups->n : 0;
    m.list = calloc(n + 1, sizeof(*m.list));
    m.covered = calloc(addrs->n + 1, sizeof(*m.covered));
    m.failed = !m.list || !m.covered;
    *ret_used = 0;
    for (size_t i = 0; i < n && !m.failed; i++) {
        const struct ww_group *g = &groups->list[i];
        size_t has = count_left(&m, g, addrs);
        if (has)
            m.list[m.n++] = (struct match){.group = g, .size = ww_group_size(g, addrs->n + 1), .has = has};
    }
    if (m.n)
        qsort(m.list, m.n, sizeof(*m.list), by_use);
    if (m.n)
        sift(&m, addrs, ret_used);
    return m;
}

void ww_suggest_ips(const struct ww_groups *groups, const struct ww_suggest_addrs *addrs, struct ww_buf *out)
{
    char text[WW_ADDR_TEXT];
    const char *before = "";
    size_t used;
    struct matches m = matches_of(groups, addrs, &used);
    out->failed = out->failed || m.failed;
    for (size_t i = 0; i < used && !m.failed; i++, before = ", ")
        ww_buf_fmt(out, "%s\"@%s\"", before, m.list[i].group->name);
    for (size_t i = 0; i < addrs->n && !m.failed; i++) {
        if (m.covered[i])
            continue;
        ww_buf_fmt(out, "%s\"%s\"", before, ww_addr_text(&addrs->list[i], text));
        before = ", ";
    }
    matches_done(&m);
}

static const char *first_left(const struct matches *m, const struct ww_group *g, const struct ww_suggest_addrs *addrs,
                              char text[static WW_ADDR_TEXT])
{
    size_t i = 0;
    while (i + 1 < addrs->n && (m->covered[i] || !ww_group_has(g, &addrs->list[i])))
        i++;
    return ww_addr_text(&addrs->list[i], text);
}

void ww_suggest_remarks(const struct ww_groups *groups, const struct ww_suggest_addrs *addrs, const char *indent,
                        struct ww_buf *out)
{
    char text[WW_ADDR_TEXT];
    size_t used;
    struct matches m = matches_of(groups, addrs, &used);
    out->failed = out->failed || m.failed;
    for (size_t i = used; i < m.n && i < used + REMARKS && !m.failed; i++) {
        const struct match *match = &m.list[i];
        ww_buf_fmt(out, "%s# \"@%s\" has ", indent, match->group->name);
        if (match->has == 1)
            ww_buf_str(out, first_left(&m, match->group, addrs, text));
        else
            ww_buf_fmt(out, "%zu of these", match->has);
        ww_buf_str(out, ", and addresses that were not seen\n");
    }
    matches_done(&m);
}
