#include "core/control/scrape_request.h"

#include <stdint.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/control/metrics_write.h"

#define PATH "/metrics"

struct word {
    const char *text;
    size_t n;
};

static bool word_is(struct word word, const char *text)
{
    return word.n == strlen(text) && memcmp(word.text, text, word.n) == 0;
}

/* The next word of the line, which begins at *at and ends before the blank, or where the line does. */
static struct word take_word(const char *line, size_t n, size_t *at)
{
    struct word word = {.text = line + *at};
    const char *blank = memchr(word.text, ' ', n - *at);
    word.n = blank ? (size_t)(blank - word.text) : n - *at;
    *at += word.n + (blank != NULL);
    return word;
}

/* Is there an empty line, which ends the head? */
static bool is_whole(const char *bytes, size_t n)
{
    const char *end = memmem(bytes, n, "\n\r\n", 3);
    return end || memmem(bytes, n, "\n\n", 2);
}

static unsigned read_line(const char *line, size_t n, bool *ret_head)
{
    size_t at = 0;
    struct word method = take_word(line, n, &at);
    struct word target = take_word(line, n, &at);
    struct word version = take_word(line, n, &at);
    const char *query = memchr(target.text, '?', target.n);
    if (at != n || !method.n || !target.n || version.n != 8 || memcmp(version.text, "HTTP/", 5) != 0)
        return 400;
    if (!word_is(version, "HTTP/1.1") && !word_is(version, "HTTP/1.0"))
        return 505;
    if (query)
        target.n = (size_t)(query - target.text);
    *ret_head = word_is(method, "HEAD");
    if (!word_is(target, PATH))
        return 404;
    return word_is(method, "GET") || *ret_head ? 200 : 405;
}

unsigned ww_scrape_read(const char *bytes, size_t n, bool *ret_head)
{
    *ret_head = false;
    const char *end = n ? memchr(bytes, '\n', n) : NULL;
    if (n && memchr(bytes, '\0', n))
        return 400;
    if (!end || !is_whole(bytes, n))
        return n < WW_LIMIT_SCRAPE_BYTES ? 0 : 431;
    size_t line = (size_t)(end - bytes);
    return read_line(bytes, line && bytes[line - 1] == '\r' ? line - 1 : line, ret_head);
}

static const char *phrase(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } phrases[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {431, "Request Header Fields Too Large"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return "";
}

void ww_scrape_answer(unsigned status, bool head, const struct ww_buf *body, struct ww_buf *out)
{
    static const char there_is[] = "there is: GET " PATH "\n";
    bool whole = status == 200;
    size_t n = whole ? body->len : sizeof(there_is) - 1;
    ww_buf_fmt(out, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n", status,
               phrase(status), whole ? WW_METRICS_TYPE : "text/plain", n, status == 405 ? "Allow: GET, HEAD\r\n" : "");
    if (!head && n)
        ww_buf_add(out, whole ? body->data : there_is, n);
}
