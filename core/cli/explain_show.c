/* An explanation as people read it: each way with its steps, then what else is to be said. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/cli/explain.h"
#include "core/cli/table.h"
#include "core/control/explain.h"
#include "core/docker/json.h"

static int passes(const cJSON *answer, struct ww_error *err)
{
    const char *verdict = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "verdict"));
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(answer, "format");
    if (!verdict || !cJSON_IsNumber(format) || format->valuedouble != WW_EXPLAIN_FORMAT)
        return ww_fail(err, -EBADMSG, "the answer is of a version that this one cannot read");
    return strcmp(verdict, "allowed") == 0 || strcmp(verdict, "unfiltered") == 0;
}

static const char *text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Names come from strangers: what they do to a terminal is not theirs to say. */
static void put(enum ww_colour colour, const char *value, bool colours, FILE *out)
{
    struct ww_buf plain = {0};
    ww_text_plain(&plain, value ? value : "", 0);
    ww_colour_print(colour, ww_buf_ok(&plain) && plain.data ? plain.data : "", colours, out);
    ww_buf_done(&plain);
}

static enum ww_colour verdict_colour(const char *verdict)
{
    if (strcmp(verdict, "allowed") == 0)
        return WW_GREEN;
    return strcmp(verdict, "refused") == 0 ? WW_RED : WW_YELLOW;
}

static void show_what(const cJSON *answer, FILE *out)
{
    const cJSON *port = cJSON_GetObjectItemCaseSensitive(answer, "port");
    put(WW_PLAIN, text(answer, "protocol"), false, out);
    if (cJSON_IsNumber(port) && port->valuedouble > 0)
        fprintf(out, "/%.0f", port->valuedouble);
}

static void show_address(const cJSON *way, const char *address, const char *port, FILE *out)
{
    const char *value = text(way, address);
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(way, port);
    bool brackets = value && strchr(value, ':') && cJSON_IsNumber(number) && number->valuedouble > 0;
    fprintf(out, "%s%s%s", brackets ? "[" : "", value ? value : "?", brackets ? "]" : "");
    if (cJSON_IsNumber(number) && number->valuedouble > 0)
        fprintf(out, ":%.0f", number->valuedouble);
}

/* "  refused: 198.51.100.2 -> 198.51.100.3:80, on network front". */
static void show_way_head(const cJSON *way, bool colours, FILE *out)
{
    const char *verdict = text(way, "verdict");
    const char *network = text(way, "network");
    const char *through = text(way, "through");
    fputs("\n  ", out);
    put(verdict_colour(verdict ? verdict : ""), verdict, colours, out);
    if (text(way, "source")) {
        fprintf(out, ": %s -> ", text(way, "source"));
        show_address(way, "dialled", "dialled_port", out);
    }
    if (through) {
        fprintf(out, ", by the %s", through);
        if (strcmp(through, "host port") == 0) {
            fputs(" to ", out);
            show_address(way, "destination", "destination_port", out);
        }
    }
    if (network) {
        fputs(", on network ", out);
        put(WW_PLAIN, network, false, out);
    }
    fputs("\n", out);
}

static void show_step(const cJSON *step, bool colours, FILE *out)
{
    bool ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(step, "passes"));
    fprintf(out, "    %-9s ", text(step, "at") ? text(step, "at") : "");
    put(WW_PLAIN, text(step, "container"), false, out);
    fputs(text(step, "container") ? ": " : "", out);
    if (text(step, "rule")) {
        put(WW_FAINT, text(step, "rule"), colours, out);
        fputs(": ", out);
    }
    put(ok ? WW_PLAIN : WW_RED, text(step, "text"), colours, out);
    fputs("\n", out);
    if (!text(step, "hint"))
        return;
    fputs("              to allow it: ", out);
    put(WW_PLAIN, text(step, "hint"), false, out);
    fputs("\n", out);
}

static void show_ways(const cJSON *answer, bool colours, FILE *out)
{
    const cJSON *way;
    const cJSON *step;
    const cJSON *note;
    cJSON_ArrayForEach(way, cJSON_GetObjectItemCaseSensitive(answer, "ways"))
    {
        show_way_head(way, colours, out);
        cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(way, "steps"))
        {
            show_step(step, colours, out);
        }
    }
    cJSON_ArrayForEach(note, cJSON_GetObjectItemCaseSensitive(answer, "notes"))
    {
        fputs("\n  note: ", out);
        put(WW_PLAIN, cJSON_GetStringValue(note), false, out);
    }
    fputs(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "notes")) ? "\n" : "", out);
}

int ww_explain_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = ww_json_parse(json, len, &answer, err);
    int ok = rc < 0 ? rc : passes(answer, err);
    if (ok < 0)
        return ok;
    put(WW_PLAIN, text(cJSON_GetObjectItemCaseSensitive(answer, "from"), "name"), false, out);
    fputs(" -> ", out);
    put(WW_PLAIN, text(cJSON_GetObjectItemCaseSensitive(answer, "to"), "name"), false, out);
    fputs(" ", out);
    show_what(answer, out);
    fputs(": ", out);
    put(verdict_colour(text(answer, "verdict")), text(answer, "verdict"), colours, out);
    fputs("\n", out);
    show_ways(answer, colours, out);
    return ok;
}

int ww_explain_passes(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = ww_json_parse(json, len, &answer, err);
    return rc < 0 ? rc : passes(answer, err);
}
