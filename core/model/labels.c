#include "core/model/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ww_labels_add(struct ww_labels *labels, const char *key, const char *value)
{
    struct ww_label *items = realloc(labels->items, (labels->n + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    labels->items = items;
    struct ww_label label = {.key = strdup(key), .value = strdup(value)};
    if (!label.key || !label.value) {
        free(label.key);
        free(label.value);
        return -ENOMEM;
    }
    items[labels->n++] = label;
    return 0;
}

static int label_order(const void *a, const void *b)
{
    return strcmp(((const struct ww_label *)a)->key, ((const struct ww_label *)b)->key);
}

void ww_labels_sort(struct ww_labels *labels)
{
    if (labels->n)
        qsort(labels->items, labels->n, sizeof(*labels->items), label_order);
}

void ww_labels_done(struct ww_labels *labels)
{
    for (size_t i = 0; i < labels->n; i++) {
        free(labels->items[i].key);
        free(labels->items[i].value);
    }
    free(labels->items);
    *labels = (struct ww_labels){0};
}

static int label_find(const void *key, const void *label)
{
    return strcmp(key, ((const struct ww_label *)label)->key);
}

const char *ww_labels_get(const struct ww_labels *labels, const char *key)
{
    const struct ww_label *found =
        labels->n ? bsearch(key, labels->items, labels->n, sizeof(*labels->items), label_find) : NULL;
    return found ? found->value : NULL;
}

bool ww_labels_equal(const struct ww_labels *a, const struct ww_labels *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->items[i].key, b->items[i].key) != 0 || strcmp(a->items[i].value, b->items[i].value) != 0)
            return false;
    return true;
}
