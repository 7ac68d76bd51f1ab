#include "core/ir/scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/model/protocol.h"

static int fail(const struct ww_scan *s, const char *at, const char *text)
{
    size_t column = (size_t)(at - s->line) + 1;
    if (s->number)
        return ww_fail(s->err, -EINVAL, "line %u, column %zu: %s", s->number, column, text);
    return ww_fail(s->err, -EINVAL, "column %zu: %s", column, text);
}

int ww_scan_fail_at(const struct ww_scan *s, const char *at, const char *fmt, ...)
{
    char text[WW_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return fail(s, at, text);
}

int ww_scan_fail(const struct ww_scan *s, const char *fmt, ...)
{
    char text[WW_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return fail(s, s->at, text);
}

static void skip_blanks(struct ww_scan *s)
{
    while (*s->at == ' ')
        s->at++;
}

/* The word that is next, without reading it. */
static struct ww_word peek(struct ww_scan *s)
{
    skip_blanks(s);
    return (struct ww_word){.text = s->at, .len = strcspn(s->at, " \n")};
}

bool ww_scan_at_end(struct ww_scan *s)
{
    return peek(s).len == 0;
}

int ww_scan_end(struct ww_scan *s)
{
    struct ww_word word = peek(s);
    if (word.len)
        return ww_scan_fail(s, "'%.*s' is not expected here", word.len > 40 ? 40 : (int)word.len, word.text);
    if (*s->at == '\n') {
        s->at++;
        s->line = s->at;
        if (s->number)
            s->number++;
    }
    return 0;
}

bool ww_scan_more(const struct ww_scan *s)
{
    return *s->at != '\0';
}

bool ww_scan_accept(struct ww_scan *s, const char *keyword)
{
    struct ww_word word = peek(s);
    if (word.len != strlen(keyword) || memcmp(word.text, keyword, word.len) != 0)
        return false;
    s->at += word.len;
    return true;
}

int ww_scan_expect(struct ww_scan *s, const char *keyword)
{
    return ww_scan_accept(s, keyword) ? 0 : ww_scan_fail(s, "'%s' is missing here", keyword);
}

int ww_scan_word(struct ww_scan *s, const char *what, struct ww_word *ret_word)
{
    struct ww_word word = peek(s);
    if (!word.len)
        return ww_scan_fail(s, "%s is missing here", what);
    s->at += word.len;
    *ret_word = word;
    return 0;
}

/* The number that starts at *at; false when there is none from `min` to 65535. */
static bool read_number(const char **at, unsigned min, uint16_t *ret_number)
{
    const char *p = *at;
    unsigned number = 0;
    if (*p == '0' && p[1] >= '0' && p[1] <= '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        number = number * 10 + (unsigned)(*p - '0');
        if (number > UINT16_MAX)
            return false;
    }
    if (p == *at || number < min)
        return false;
    *at = p;
    *ret_number = (uint16_t)number;
    return true;
}

static bool is_word_end(char c)
{
    return c == ' ' || c == '\n' || c == '\0';
}

int ww_scan_number(struct ww_scan *s, const char *what, unsigned min, uint16_t *ret_number)
{
    skip_blanks(s);
    const char *end = s->at;
    if (!read_number(&end, min, ret_number) || !is_word_end(*end))
        return ww_scan_fail(s, "%s must be a number from %u to 65535", what, min);
    s->at = end;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What follows a backslash at `at`: its length in the text, 0 when it is not an escape. */
static size_t read_escape(const char *at, char *ret_byte)
{
    if (*at == '"' || *at == '\\') {
        *ret_byte = *at;
        return 1;
    }
    if (*at == 'n') {
        *ret_byte = '\n';
        return 1;
    }
    if (*at != 'x' || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
        return 0;
    *ret_byte = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
    return *ret_byte ? 3 : 0;
}

/* The inside of a quoted string, up to and with the closing quote. */
static int read_quoted(struct ww_scan *s, struct ww_buf *out)
{
    for (;;) {
        size_t plain = strcspn(s->at, "\"\\\n");
        ww_buf_add(out, s->at, plain);
        s->at += plain;
        if (*s->at == '"') {
            s->at++;
            return 0;
        }
        if (*s->at != '\\')
            return ww_scan_fail(s, "the closing quote is missing");
        char byte;
        size_t len = read_escape(s->at + 1, &byte);
        if (!len)
            return ww_scan_fail(s, "this is not one of \\\" \\\\ \\n \\xNN");
        ww_buf_add(out, &byte, 1);
        s->at += 1 + len;
    }
}

int ww_scan_quoted(struct ww_scan *s, const char *what, char **ret_text)
{
    struct ww_buf text = {0};
    skip_blanks(s);
    if (*s->at != '"')
        return ww_scan_fail(s, "%s in double quotes is missing here", what);
    s->at++;
    int rc = read_quoted(s, &text);
    if (rc == 0 && !is_word_end(*s->at))
        rc = ww_scan_fail(s, "a blank is missing after the closing quote");
    if (rc < 0) {
        ww_buf_done(&text);
        return rc;
    }
    char *taken = ww_buf_ok(&text) ? ww_buf_take(&text) : NULL;
    ww_buf_done(&text);
    if (!taken)
        return ww_fail(s->err, -ENOMEM, "out of memory");
    *ret_text = taken;
    return 0;
}

int ww_scan_name(struct ww_scan *s, const char *what, char **ret_text)
{
    struct ww_word word = peek(s);
    if (*s->at == '"')
        return ww_scan_quoted(s, what, ret_text);
    int rc = ww_scan_word(s, what, &word);
    if (rc < 0)
        return rc;
    char *text = malloc(word.len + 1);
    if (!text)
        return ww_fail(s->err, -ENOMEM, "out of memory");
    memcpy(text, word.text, word.len);
    text[word.len] = '\0';
    *ret_text = text;
    return 0;
}

uint8_t ww_scan_proto(struct ww_scan *s)
{
    size_t n;
    const struct ww_protocol *protocols = ww_protocols(&n);
    for (size_t i = 0; i < n; i++)
        if (ww_scan_accept(s, protocols[i].name))
            return protocols[i].number;
    skip_blanks(s);
    const char *end = s->at;
    uint16_t number;
    if (!read_number(&end, 1, &number) || !is_word_end(*end) || number > UINT8_MAX)
        return 0;
    s->at = end;
    return (uint8_t)number;
}
