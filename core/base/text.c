#include "core/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/utf8.h"

/* The next character of text[0..len), in *ret_code; U+FFFD for a byte that is not UTF-8. Its length in bytes. */
static size_t text_next(const char *text, size_t len, uint32_t *ret_code)
{
    size_t size = ww_utf8_next(text, len, ret_code);
    if (size)
        return size;
    *ret_code = 0xfffd;
    return 1;
}

static void text_json_char(struct ww_buf *out, uint32_t code, const char *bytes, size_t size)
{
    if (code == '"' || code == '\\')
        ww_buf_fmt(out, "\\%c", (char)code);
    else if (code == '\n')
        ww_buf_str(out, "\\n");
    else if (code < 0x10000 && ww_utf8_is_control(code))
        ww_buf_fmt(out, "\\u%04x", (unsigned)code);
    else if (code == 0xfffd)
        ww_buf_str(out, WW_UTF8_REPLACEMENT);
    else
        ww_buf_add(out, bytes, size);
}

/* How many of the first bytes stand for themselves in JSON: printable ASCII. */
static size_t text_json_span(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

void ww_text_json(struct ww_buf *out, const char *text, size_t max)
{
    size_t len = max ? strnlen(text, max) : strlen(text);
    ww_buf_str(out, "\"");
    while (len) {
        uint32_t code;
        size_t size = text_json_span(text, len);
        if (size) {
            ww_buf_add(out, text, size);
        } else {
            size = text_next(text, len, &code);
            text_json_char(out, code, text, size);
        }
        text += size;
        len -= size;
    }
    ww_buf_str(out, "\"");
}

void ww_text_plain(struct ww_buf *out, const char *text, size_t max)
{
    size_t len = max ? strnlen(text, max) : strlen(text);
    while (len) {
        uint32_t code;
        size_t size = text_next(text, len, &code);
        if (ww_utf8_is_control(code))
            ww_buf_str(out, " ");
        else if (code == 0xfffd)
            ww_buf_str(out, WW_UTF8_REPLACEMENT);
        else
            ww_buf_add(out, text, size);
        text += size;
        len -= size;
    }
}

/* The next character, written out; its length in `text`. */
static size_t text_name_char(const char *text, size_t len, char ret_shown[static 16])
{
    uint32_t code;
    size_t size = ww_utf8_next(text, len, &code);
    if (!size)
        snprintf(ret_shown, 16, "<0x%02X>", (unsigned)(unsigned char)*text);
    else if (code < 0x20 || code > 0x7e)
        snprintf(ret_shown, 16, "<U+%04X>", (unsigned)code);
    else
        snprintf(ret_shown, 16, "%c", (char)code);
    return size ? size : 1;
}

void ww_text_name(struct ww_buf *out, const char *text, size_t max)
{
    static const char cut[] = "...";
    size_t len = strlen(text);
    size_t used = 0;
    while (len) {
        char shown[16];
        size_t size = text_name_char(text, len, shown);
        size_t need = strlen(shown);
        if (used + need + (len > size ? sizeof(cut) - 1 : 0) > max) {
            ww_buf_str(out, cut);
            return;
        }
        ww_buf_str(out, shown);
        used += need;
        text += size;
        len -= size;
    }
}

void ww_text_time(struct ww_buf *out, int64_t ns)
{
    time_t seconds = ns / WW_NS_PER_S;
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    ww_buf_fmt(out, "%s.%09dZ", text, (int)(ns % WW_NS_PER_S));
}
