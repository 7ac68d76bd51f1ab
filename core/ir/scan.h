/* Reading the text form, word by word, with the place of what is wrong. */
#ifndef WW_IR_SCAN_H
#define WW_IR_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/rule.h"
#include "core/model/addr.h"

/* `at` is where the reading is. All functions below skip blanks before what they read, and stop at the line's end. */
struct ww_scan {
    const char *line; /* where the line starts */
    const char *at;
    unsigned number; /* of the line, from 1; 0: there is only one line, errors name the column only */
    struct ww_error *err;
};

/* A run of bytes that are neither blank nor the line's end. Not terminated. */
struct ww_word {
    const char *text;
    size_t len;
};

/* Fail with -EINVAL and "line L, column C: …" of where the reading is, or of `at`. */
int ww_scan_fail(const struct ww_scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int ww_scan_fail_at(const struct ww_scan *s, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Is nothing but blanks left of the line? */
bool ww_scan_at_end(struct ww_scan *s);

/* -EINVAL unless the line ends here; goes on to the next line. */
int ww_scan_end(struct ww_scan *s);

/* Is there one more line? Empty lines are lines. */
bool ww_scan_more(const struct ww_scan *s);

/* Read the keyword if it is the next word. */
bool ww_scan_accept(struct ww_scan *s, const char *keyword);
/* The same, -EINVAL when something else is there. */
int ww_scan_expect(struct ww_scan *s, const char *keyword);

/* The next word; `what` says in the error what is missing. */
int ww_scan_word(struct ww_scan *s, const char *what, struct ww_word *ret_word);

/* A decimal number from `min` to 65535, without leading zeros. */
int ww_scan_number(struct ww_scan *s, const char *what, unsigned min, uint16_t *ret_number);

/* What ww_quoted_write or ww_word_write wrote; the caller frees it. -ENOMEM, too. */
int ww_scan_quoted(struct ww_scan *s, const char *what, char **ret_text);
int ww_scan_name(struct ww_scan *s, const char *what, char **ret_text);

/* A protocol, if the next word is one: its number or 0. */
uint8_t ww_scan_proto(struct ww_scan *s);

/* An address; "-" gives family 0. */
int ww_scan_addr(struct ww_scan *s, struct ww_addr *ret_addr);

/* Lists with commas, into the rule; at most WW_LIMIT_LIST entries. */
int ww_scan_own(struct ww_scan *s, struct ww_rule *rule);
int ww_scan_peers(struct ww_scan *s, struct ww_rule *rule);
int ww_scan_ports(struct ww_scan *s, struct ww_rule *rule, int (*add)(struct ww_rule *, uint16_t, uint16_t));

/* A whole rule up to the line's end, validated. On failure nothing is left in *ret_rule. */
int ww_scan_rule(struct ww_scan *s, struct ww_rule *ret_rule);

#endif
