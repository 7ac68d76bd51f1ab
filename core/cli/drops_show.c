/* Drops as people read them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/cli/drops.h"
#include "core/cli/field.h"
#include "core/cli/table.h"
#include "core/control/drops.h"
#include "core/docker/json.h"

#define SECONDS 19 /* of "2026-11-23T21:14:37.87Z" */

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

/* "to db (198.51.100.3)". */
static void add_peer(struct ww_buf *out, const cJSON *drop)
{
    const char *direction = ww_field_text(drop, "direction");
    const char *name = ww_field_text(drop, "peer_name");
    const char *peer = or_none(ww_field_text(drop, "peer"));
    ww_buf_str(out, direction && strcmp(direction, "out") == 0 ? "to " : "from ");
    if (name)
        ww_buf_fmt(out, "%s (%s)", name, peer);
    else
        ww_buf_str(out, peer);
}

static void add_what(struct ww_buf *out, const cJSON *drop)
{
    ww_buf_str(out, or_none(ww_field_text(drop, "protocol")));
    if (ww_field_number(drop, "port") > 0)
        ww_buf_fmt(out, "/%.0f", ww_field_number(drop, "port"));
}

static void add_why(struct ww_buf *out, const cJSON *drop)
{
    if (ww_field_true(drop, "audited"))
        ww_buf_str(out, "passed, for it is audited: ");
    if (ww_field_text(drop, "policy"))
        ww_buf_fmt(out, "%s: ", ww_field_text(drop, "policy"));
    ww_buf_str(out, or_none(ww_field_text(drop, "text")));
}

static void add_cell(struct ww_table *t, enum ww_colour colour, const cJSON *drop,
                     void (*write)(struct ww_buf *out, const cJSON *drop))
{
    struct ww_buf text = {0};
    write(&text, drop);
    ww_table_add(t, colour, ww_buf_ok(&text) && text.data ? text.data : "");
    ww_buf_done(&text);
}

static void add_row(struct ww_table *t, const cJSON *drop)
{
    ww_table_fmt(t, WW_FAINT, "%.*sZ", SECONDS, or_none(ww_field_text(drop, "last")));
    ww_table_add(t, WW_PLAIN, or_none(ww_field_text(drop, "container")));
    add_cell(t, WW_PLAIN, drop, add_peer);
    add_cell(t, WW_PLAIN, drop, add_what);
    ww_table_fmt(t, WW_PLAIN, "%.0f", ww_field_number(drop, "reports"));
    ww_table_add(t, WW_YELLOW, or_none(ww_field_text(drop, "reason")));
    add_cell(t, WW_PLAIN, drop, add_why);
}

static int parse(const char *text, size_t len, cJSON **ret_answer, struct ww_error *err)
{
    int rc = ww_json_parse(text, len, ret_answer, err);
    return rc < 0 ? rc : ww_field_format(*ret_answer, WW_DROPS_FORMAT, err);
}

int ww_drops_show_table(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err)
{
    static const char *const heads[] = {"LAST", "CONTAINER", "PEER", "WHAT", "REPORTS", "REASON", "WHY"};
    struct ww_table t = {.columns = sizeof(heads) / sizeof(heads[0])};
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    const cJSON *drop;
    int rc = parse(json, len, &answer, err);
    if (rc < 0)
        return rc;
    if (!cJSON_GetArraySize(ww_field(answer, "drops"))) {
        fputs("nothing that was dropped is remembered\n", out);
        return 1;
    }
    for (size_t i = 0; i < t.columns; i++)
        ww_table_add(&t, WW_FAINT, heads[i]);
    cJSON_ArrayForEach(drop, ww_field(answer, "drops"))
    {
        add_row(&t, drop);
    }
    if (ww_table_print(&t, colours, out) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (ww_field_number(answer, "left_out") > 0)
        fprintf(out, "%.0f more reports are left out: too many at once\n", ww_field_number(answer, "left_out"));
    return 1;
}

static int print_json(const cJSON *drop, FILE *out)
{
    ww_auto_free char *text = cJSON_PrintUnformatted(drop);
    if (!text)
        return -ENOMEM;
    fprintf(out, "%s\n", text);
    return 0;
}

static int print_line(const cJSON *drop, FILE *out)
{
    struct ww_buf line = {0};
    ww_buf_fmt(&line, "%.*sZ  %s ", SECONDS, or_none(ww_field_text(drop, "last")),
               or_none(ww_field_text(drop, "container")));
    add_peer(&line, drop);
    ww_buf_str(&line, " ");
    add_what(&line, drop);
    ww_buf_fmt(&line, "  %s: ", or_none(ww_field_text(drop, "reason")));
    add_why(&line, drop);
    if (ww_field_number(drop, "reports") > 1)
        ww_buf_fmt(&line, " (%.0f times)", ww_field_number(drop, "reports"));
    bool ok = ww_buf_ok(&line);
    if (ok)
        ww_field_print(WW_PLAIN, line.data, false, out);
    fputs("\n", out);
    ww_buf_done(&line);
    return ok ? 0 : -ENOMEM;
}

int ww_drops_show_lines(const char *text, size_t len, bool json, FILE *out, uint64_t *ret_next, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    const cJSON *drop;
    int rc = parse(text, len, &answer, err);
    if (rc < 0)
        return rc;
    cJSON_ArrayForEach(drop, ww_field(answer, "drops"))
    {
        rc = json ? print_json(drop, out) : print_line(drop, out);
        if (rc < 0)
            return ww_fail(err, rc, "out of memory");
    }
    *ret_next = (uint64_t)ww_field_number(answer, "next");
    return 1;
}

int ww_drops_check(const char *json, size_t len, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *answer = NULL;
    int rc = parse(json, len, &answer, err);
    return rc < 0 ? rc : 1;
}
