/* An explanation as people read it: each way with its steps, then what else is to be said. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/cli/explain.h"
#include "core/cli/field.h"
#include "core/cli/table.h"
#include "core/control/explain.h"
#include "core/docker/json.h"

static int passes(const cJSON *answer, struct ww_error *err)
{
    const char *verdict = ww_field_text(answer, "verdict");
    int rc = ww_field_format(answer, WW_EXPLAIN_FORMAT, err);
    if (rc < 0)
        return rc;
    if (!verdict)
        return ww_fail(err, -EBADMSG, "the answer has no verdict");
    if (ww_field(answer, "ranges") && !cJSON_IsNull(ww_field(answer, "ranges")))
        return cJSON_GetArraySize(ww_field(answer, "ranges")) > 0;
    return strcmp(verdict, "allowed") == 0 || strcmp(verdict, "unfiltered") == 0;
}

static enum ww_colour verdict_colour(const char *verdict)
{
    if (strcmp(verdict, "allowed") == 0)
        return WW_GREEN;
    return strcmp(verdict, "refused") == 0 ? WW_RED : WW_YELLOW;
}

static void show_what(const cJSON *answer, FILE *out)
{
    const cJSON *port = ww_field(answer, "port");
    ww_field_print(WW_PLAIN, ww_field_text(answer, "protocol"), false, out);
    if (cJSON_IsNumber(port) && port->valuedouble > 0)
        fprintf(out, "/%.0f", port->valuedouble);
}

static void show_address(const cJSON *way, const char *address, const char *port, FILE *out)
{
    const char *value = ww_field_text(way, address);
    const cJSON *number = ww_field(way, port);
    bool brackets = value && strchr(value, ':') && cJSON_IsNumber(number) && number->valuedouble > 0;
    fprintf(out, "%s%s%s", brackets ? "[" : "", value ? value : "?", brackets ? "]" : "");
    if (cJSON_IsNumber(number) && number->valuedouble > 0)
        fprintf(out, ":%.0f", number->valuedouble);
}

/* "  refused: 198.51.100.2 -> 198.51.100.3:80, on network front". */
static void show_way_head(const cJSON *way, bool colours, FILE *out)
{
    const char *verdict = ww_field_text(way, "verdict");
    const char *network = ww_field_text(way, "network");
    const char *through = ww_field_text(way, "through");
    fputs("\n  ", out);
    ww_field_print(verdict_colour(verdict ? verdict : ""), verdict, colours, out);
    if (ww_field_text(way, "source")) {
        fprintf(out, ": %s -> ", ww_field_text(way, "source"));
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
        ww_field_print(WW_PLAIN, network, false, out);
    }
    fputs("\n", out);
}

static void show_step(const cJSON *step, bool colours, FILE *out)
{
    bool ok = ww_field_true(step, "passes");
    fprintf(out, "    %-9s ", ww_field_text(step, "at") ? ww_field_text(step, "at") : "");
    ww_field_print(WW_PLAIN, ww_field_text(step, "container"), false, out);
    fputs(ww_field_text(step, "container") ? ": " : "", out);
    if (ww_field_text(step, "rule")) {
        ww_field_print(WW_FAINT, ww_field_text(step, "rule"), colours, out);
        fputs(": ", out);
    }
    ww_field_print(ok ? WW_PLAIN : WW_RED, ww_field_text(step, "text"), colours, out);
    fputs("\n", out);
    if (!ww_field_text(step, "hint"))
        return;
    fputs("              to allow it: ", out);
    ww_field_print(WW_PLAIN, ww_field_text(step, "hint"), false, out);
    fputs("\n", out);
}

/* "tcp 80-90", "udp any", "icmp". */
static void show_range(const cJSON *range, bool colours, FILE *out)
{
    const char *protocol = ww_field_text(range, "protocol");
    const char *verdict = ww_field_text(range, "verdict");
    double first = ww_field_number(range, "first_port");
    double last = ww_field_number(range, "last_port");
    char ports[32] = "";
    if (first == 1 && last == UINT16_MAX)
        snprintf(ports, sizeof(ports), "any");
    else if (first > 0 && first == last)
        snprintf(ports, sizeof(ports), "%.0f", first);
    else if (first > 0)
        snprintf(ports, sizeof(ports), "%.0f-%.0f", first, last);
    fprintf(out, "  %-5s %-12s ", protocol ? protocol : "-", ports);
    ww_field_print(verdict_colour(verdict ? verdict : ""), verdict, colours, out);
    fputs("\n", out);
}

static void show_ranges(const cJSON *answer, bool colours, FILE *out)
{
    const cJSON *range;
    cJSON_ArrayForEach(range, ww_field(answer, "ranges"))
    {
        show_range(range, colours, out);
    }
    if (!cJSON_GetArraySize(ww_field(answer, "ranges")))
        fputs("  nothing passes; ask for a protocol and port to see why, and what would allow it\n", out);
}

static void show_notes(const cJSON *answer, FILE *out)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, ww_field(answer, "notes"))
    {
        fputs("\n  note: ", out);
        ww_field_print(WW_PLAIN, cJSON_GetStringValue(note), false, out);
    }
    fputs(cJSON_GetArraySize(ww_field(answer, "notes")) ? "\n" : "", out);
}

static void show_ways(const cJSON *answer, bool colours, FILE *out)
{
    const cJSON *way;
    const cJSON *step;
    cJSON_ArrayForEach(way, ww_field(answer, "ways"))
    {
        show_way_head(way, colours, out);
        cJSON_ArrayForEach(step, ww_field(way, "steps"))
        {
            show_step(step, colours, out);
        }
    }
}

int ww_explain_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = ww_json_parse(json, len, &answer, err);
    int ok = rc < 0 ? rc : passes(answer, err);
    if (ok < 0)
        return ok;
    bool all = ww_field_text(answer, "protocol") == NULL;
    ww_field_print(WW_PLAIN, ww_field_text(ww_field(answer, "from"), "name"), false, out);
    fputs(" -> ", out);
    ww_field_print(WW_PLAIN, ww_field_text(ww_field(answer, "to"), "name"), false, out);
    fputs(all ? "" : " ", out);
    if (!all)
        show_what(answer, out);
    fputs(": ", out);
    ww_field_print(verdict_colour(ww_field_text(answer, "verdict")), ww_field_text(answer, "verdict"), colours, out);
    fputs("\n", out);
    if (all)
        show_ranges(answer, colours, out);
    else
        show_ways(answer, colours, out);
    show_notes(answer, out);
    return ok;
}

int ww_explain_passes(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = ww_json_parse(json, len, &answer, err);
    return rc < 0 ? rc : passes(answer, err);
}
