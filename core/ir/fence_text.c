/* The text form of a fence: what its hash is made of, and what is remembered of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ir/fence.h"
#include "core/ir/scan.h"
#include "core/ir/text.h"
#include "core/ir/words.h"

static void write_head(const struct ww_fence *f, struct ww_buf *out)
{
    ww_buf_str(out, "fence ");
    ww_word_write(f->id, out);
    ww_buf_str(out, f->guarded ? " guarded " : " open ");
    ww_quoted_write(f->bridge, out);
    ww_buf_str(out, " ");
    ww_quoted_write(f->name, out);
    ww_buf_str(out, "\n");
}

void ww_fence_write(const struct ww_fence *f, struct ww_buf *out)
{
    char range[WW_RANGE_TEXT];
    char addr[WW_ADDR_TEXT];
    write_head(f, out);
    for (size_t i = 0; i < f->n_subnets; i++)
        ww_buf_fmt(out, "subnet %s\n", ww_addr_range_text(&f->subnets[i], range));
    for (size_t i = 0; i < f->n_always; i++)
        ww_buf_fmt(out, "always %s\n", ww_addr_text(&f->always[i], addr));
    for (size_t i = 0; i < f->n_aux; i++)
        ww_buf_fmt(out, "aux %s\n", ww_addr_text(&f->aux[i], addr));
}

/* What the kernel tells anew at every start. */
static void write_own(const struct ww_fence *f, struct ww_buf *out)
{
    char text[WW_ADDR_TEXT];
    char mac[WW_MAC_TEXT];
    ww_buf_fmt(out, "%s %s",
               f->held    ? "held"
               : f->host  ? "host"
               : f->apart ? "apart"
               : f->brief ? "brief"
                          : "own",
               ww_mac_text(&f->own_mac, mac));
    for (size_t i = 0; i < f->n_own; i++)
        ww_buf_fmt(out, " %s", ww_addr_text(&f->own[i], text));
    ww_buf_str(out, "\n");
}

static void write_known(const struct ww_known *k, struct ww_buf *out)
{
    char v4[WW_ADDR_TEXT];
    char v6[WW_ADDR_TEXT];
    char mac[WW_MAC_TEXT];
    char port_mac[WW_MAC_TEXT];
    ww_buf_fmt(out, "known %s %s %s %s %s port %u %s from", k->container, k->managed ? "managed" : "free",
               ww_addr_text(&k->addrs.ipv4, v4), ww_addr_text(&k->addrs.ipv6, v6), ww_mac_text(&k->addrs.mac, mac),
               k->port, ww_mac_text(&k->port_mac, port_mac));
    for (size_t i = 0; i < k->n_sources; i++)
        ww_buf_fmt(out, " %s", ww_addr_text(&k->sources[i], v4));
    ww_buf_str(out, "\n");
}

static int range_cmp(const void *a, const void *b)
{
    return ww_addr_range_cmp(a, b);
}

static int addr_cmp(const void *a, const void *b)
{
    return ww_addr_cmp(a, b);
}

static int known_cmp(const void *a, const void *b)
{
    const struct ww_known *x = a;
    const struct ww_known *y = b;
    int order = strcmp(x->container, y->container);
    return order ? order : ww_endpoint_addrs_cmp(&x->addrs, &y->addrs);
}

static void sort(void *list, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
    if (n > 1)
        qsort(list, n, size, cmp);
}

/* Sorted, no doubles, and without those that are none. */
static void settle_addrs(struct ww_addr *list, size_t *n)
{
    size_t kept = 0;
    sort(list, *n, sizeof(*list), addr_cmp);
    for (size_t i = 0; i < *n; i++)
        if (list[i].family && (!kept || ww_addr_cmp(&list[kept - 1], &list[i]) != 0))
            list[kept++] = list[i];
    *n = kept;
}

int ww_fence_seal(struct ww_fence *f, struct ww_error *err)
{
    struct ww_buf text = {0};
    if (f->sealed)
        return 0;
    sort(f->subnets, f->n_subnets, sizeof(*f->subnets), range_cmp);
    settle_addrs(f->always, &f->n_always);
    settle_addrs(f->aux, &f->n_aux);
    settle_addrs(f->own, &f->n_own);
    sort(f->known, f->n_known, sizeof(*f->known), known_cmp);
    sort(f->bystanders, f->n_bystanders, sizeof(*f->bystanders), known_cmp);
    ww_fence_write(f, &text);
    write_own(f, &text);
    for (size_t i = 0; i < f->n_known; i++)
        write_known(&f->known[i], &text);
    ww_buf_str(&text, "bystanders\n");
    for (size_t i = 0; i < f->n_bystanders; i++)
        write_known(&f->bystanders[i], &text);
    f->sealed = ww_buf_ok(&text);
    if (f->sealed)
        ww_hash_hex(text.data, text.len, f->hash);
    ww_buf_done(&text);
    return f->sealed ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

static int read_head(struct ww_scan *s, struct ww_fence **ret_fence)
{
    char *id = NULL;
    char *bridge = NULL;
    char *name = NULL;
    int rc = ww_scan_expect(s, "fence");
    if (rc == 0)
        rc = ww_scan_name(s, "the network's id", &id);
    bool guarded = rc == 0 && ww_scan_accept(s, "guarded");
    if (rc == 0 && !guarded)
        rc = ww_scan_expect(s, "open");
    if (rc == 0)
        rc = ww_scan_quoted(s, "the bridge", &bridge);
    if (rc == 0)
        rc = ww_scan_quoted(s, "the network's name", &name);
    if (rc == 0)
        rc = ww_scan_end(s);
    struct ww_fence *f = rc == 0 ? ww_fence_new(id, name, bridge) : NULL;
    if (rc == 0 && !f)
        rc = ww_fail(s->err, -ENOMEM, "out of memory");
    if (f)
        f->guarded = guarded;
    *ret_fence = f;
    free(id);
    free(bridge);
    free(name);
    return rc;
}

static int read_subnet(struct ww_scan *s, struct ww_fence *f)
{
    struct ww_word word;
    struct ww_addr_range range;
    char text[WW_RANGE_TEXT] = "";
    int rc = ww_scan_word(s, "a subnet", &word);
    if (rc < 0)
        return rc;
    if (word.len < sizeof(text))
        memcpy(text, word.text, word.len);
    if (ww_addr_range_parse(text, &range, NULL) < 0)
        return ww_scan_fail_at(s, word.text, "not a subnet");
    return ww_fence_add_subnet(f, &range);
}

static int read_fence_line(struct ww_scan *s, struct ww_fence *f)
{
    struct ww_addr addr;
    if (ww_scan_accept(s, "subnet"))
        return read_subnet(s, f);
    bool aux = ww_scan_accept(s, "aux");
    int rc = aux ? 0 : ww_scan_expect(s, "always");
    if (rc == 0)
        rc = ww_scan_addr(s, &addr);
    if (rc < 0)
        return rc;
    return aux ? ww_fence_add_aux(f, &addr) : ww_fence_add_always(f, &addr);
}

int ww_fence_read(const char *text, struct ww_fence **ret_fence, struct ww_error *err)
{
    struct ww_error ignored;
    struct ww_scan s = {.line = text, .at = text, .number = 1, .err = err ? err : &ignored};
    struct ww_fence *f = NULL;
    int rc = read_head(&s, &f);
    while (rc == 0 && ww_scan_more(&s)) {
        rc = read_fence_line(&s, f);
        if (rc == 0)
            rc = ww_scan_end(&s);
    }
    if (rc < 0)
        ww_fence_unref(f);
    else
        *ret_fence = f;
    return rc;
}
