/* One error object: a code and a text, filled in where the facts are known. */
#ifndef WW_BASE_ERROR_H
#define WW_BASE_ERROR_H

#define WW_ERROR_TEXT 1024

/* A failure. `code` is a negative errno; `text` is one line for a person, without a trailing dot. */
struct ww_error {
    int code;
    char text[WW_ERROR_TEXT];
};

/*
 * Fill in *err (may be NULL) and return `code`, a negative errno.
 * Use as: return ww_fail(err, -EINVAL, "label '%s': …", key);
 */
int ww_fail(struct ww_error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "<context>: " before the text that is there. Returns err->code. At most once a layer. */
int ww_context(struct ww_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
