#include "core/control/writer.h"

#include "core/base/text.h"

static void begin_value(struct ww_writer *w, const char *key)
{
    if (w->filled)
        ww_buf_str(w->out, ",");
    w->filled = true;
    if (!key)
        return;
    ww_text_json(w->out, key, 0);
    ww_buf_str(w->out, ":");
}

void ww_write_open(struct ww_writer *w, const char *key, char bracket)
{
    begin_value(w, key);
    ww_buf_add(w->out, &bracket, 1);
    w->filled = false;
}

void ww_write_close(struct ww_writer *w, char bracket)
{
    ww_buf_add(w->out, &bracket, 1);
    w->filled = true;
}

void ww_write_text(struct ww_writer *w, const char *key, const char *value)
{
    begin_value(w, key);
    if (value)
        ww_text_json(w->out, value, 0);
    else
        ww_buf_str(w->out, "null");
}

void ww_write_number(struct ww_writer *w, const char *key, int64_t value)
{
    begin_value(w, key);
    ww_buf_fmt(w->out, "%lld", (long long)value);
}

void ww_write_bool(struct ww_writer *w, const char *key, bool value)
{
    begin_value(w, key);
    ww_buf_str(w->out, value ? "true" : "false");
}

void ww_write_null(struct ww_writer *w, const char *key)
{
    begin_value(w, key);
    ww_buf_str(w->out, "null");
}

void ww_write_time(struct ww_writer *w, const char *key, int64_t ns)
{
    begin_value(w, key);
    if (!ns) {
        ww_buf_str(w->out, "null");
        return;
    }
    ww_buf_str(w->out, "\"");
    ww_text_time(w->out, ns);
    ww_buf_str(w->out, "\"");
}
