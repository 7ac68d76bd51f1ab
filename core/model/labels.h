/* All labels of a container, network or image, for site policies that read them. */
#ifndef WW_MODEL_LABELS_H
#define WW_MODEL_LABELS_H

#include <stdbool.h>
#include <stddef.h>

/* Strings are owned. */
struct ww_label {
    char *key;
    char *value;
};

struct ww_labels {
    struct ww_label *items; /* sorted by key once ww_labels_sort was called */
    size_t n;
};

/* Append copies. -ENOMEM. */
int ww_labels_add(struct ww_labels *labels, const char *key, const char *value);
void ww_labels_sort(struct ww_labels *labels);
void ww_labels_done(struct ww_labels *labels);

/* Of sorted ones. The value, NULL if there is none. Borrowed. */
const char *ww_labels_get(const struct ww_labels *labels, const char *key);
bool ww_labels_equal(const struct ww_labels *a, const struct ww_labels *b);

#endif
