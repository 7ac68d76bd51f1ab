#include "core/ir/compiled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/ir/scan.h"
#include "core/ir/text.h"
#include "core/ir/words.h"

void ww_compiled_done(struct ww_compiled *c)
{
    for (size_t i = 0; i < c->n_rules; i++)
        ww_rule_done(&c->rules[i]);
    for (size_t i = 0; i < c->n_consents; i++) {
        free(c->consents[i].target);
        ww_rule_done(&c->consents[i].rule);
    }
    for (size_t i = 0; i < c->n_notes; i++) {
        free(c->notes[i].origin);
        free(c->notes[i].text);
    }
    for (size_t i = 0; i < c->n_bans; i++)
        ww_ban_done(&c->bans[i]);
    free(c->rules);
    free(c->consents);
    free(c->notes);
    free(c->bans);
    *c = (struct ww_compiled){0};
}

/* The contents of *rule, which is empty afterwards. */
static struct ww_rule take_rule(struct ww_rule *rule)
{
    struct ww_rule taken = *rule;
    *rule = (struct ww_rule){0};
    return taken;
}

int ww_compiled_add_rule(struct ww_compiled *c, struct ww_rule *rule)
{
    struct ww_rule *list = realloc(c->rules, (c->n_rules + 1) * sizeof(*list));
    if (!list) {
        ww_rule_done(rule);
        return -ENOMEM;
    }
    list[c->n_rules++] = take_rule(rule);
    c->rules = list;
    return 0;
}

int ww_compiled_add_consent(struct ww_compiled *c, const char *target, struct ww_rule *rule)
{
    char *copy = strdup(target);
    struct ww_consent *list = copy ? realloc(c->consents, (c->n_consents + 1) * sizeof(*list)) : NULL;
    if (!list) {
        free(copy);
        ww_rule_done(rule);
        return -ENOMEM;
    }
    list[c->n_consents++] = (struct ww_consent){.target = copy, .rule = take_rule(rule)};
    c->consents = list;
    return 0;
}

int ww_compiled_add_note(struct ww_compiled *c, bool waiting, const char *origin, const char *text)
{
    struct ww_note note = {.waiting = waiting, .origin = strdup(origin), .text = strdup(text)};
    struct ww_note *list = note.origin && note.text ? realloc(c->notes, (c->n_notes + 1) * sizeof(*list)) : NULL;
    if (!list) {
        free(note.origin);
        free(note.text);
        return -ENOMEM;
    }
    list[c->n_notes++] = note;
    c->notes = list;
    return 0;
}

int ww_compiled_add_ban(struct ww_compiled *c, struct ww_ban *ban, struct ww_error *err)
{
    int rc = ww_ban_settle(ban, err);
    struct ww_ban *list = rc == 0 ? realloc(c->bans, (c->n_bans + 1) * sizeof(*list)) : NULL;
    if (!list) {
        ww_ban_done(ban);
        return rc < 0 ? rc : ww_fail(err, -ENOMEM, "out of memory");
    }
    list[c->n_bans++] = *ban;
    c->bans = list;
    *ban = (struct ww_ban){0};
    return 0;
}

void ww_compiled_normalize(struct ww_compiled *c)
{
    for (size_t i = 0; i < c->n_rules; i++)
        ww_rule_normalize(&c->rules[i]);
    for (size_t i = 0; i < c->n_consents; i++)
        ww_rule_normalize(&c->consents[i].rule);
}

static void write_note(const struct ww_note *note, struct ww_buf *out)
{
    ww_buf_str(out, note->waiting ? "waiting " : "note ");
    ww_quoted_write(note->origin, out);
    ww_buf_str(out, " ");
    ww_quoted_write(note->text, out);
    ww_buf_str(out, "\n");
}

static void write_ban(const struct ww_ban *ban, struct ww_buf *out)
{
    ww_buf_str(out, "ban ");
    ww_quoted_write(ban->reason, out);
    ww_buf_str(out, " ");
    ww_rule_write(&ban->rule, out);
}

void ww_compiled_write(const struct ww_compiled *c, struct ww_buf *out)
{
    if (c->manage != WW_MANAGE_BY_LABEL)
        ww_buf_str(out, c->manage == WW_MANAGE_YES ? "manage yes\n" : "manage no\n");
    for (size_t i = 0; i < c->n_rules; i++) {
        ww_buf_str(out, "rule ");
        ww_rule_write(&c->rules[i], out);
    }
    for (size_t i = 0; i < c->n_consents; i++) {
        ww_buf_str(out, "consent ");
        ww_word_write(c->consents[i].target, out);
        ww_buf_str(out, " ");
        ww_rule_write(&c->consents[i].rule, out);
    }
    for (size_t i = 0; i < c->n_notes; i++)
        write_note(&c->notes[i], out);
    for (size_t i = 0; i < c->n_bans; i++)
        write_ban(&c->bans[i], out);
}

static int read_rule(struct ww_scan *s, struct ww_compiled *c)
{
    struct ww_rule rule;
    int rc = ww_scan_rule(s, &rule);
    return rc < 0 ? rc : ww_compiled_add_rule(c, &rule);
}

static int read_consent(struct ww_scan *s, struct ww_compiled *c)
{
    ww_auto_free char *target = NULL;
    struct ww_rule rule = {0};
    int rc = ww_scan_name(s, "a container's id", &target);
    const char *start = s->at;
    struct ww_scan here = *s;
    if (rc == 0)
        rc = ww_scan_rule(s, &rule);
    if (rc < 0)
        return rc;
    if (!rule.consent) {
        ww_rule_done(&rule);
        return ww_scan_fail_at(&here, start, "a consent's rule starts with 'input consent'");
    }
    return ww_compiled_add_consent(c, target, &rule);
}

static int read_note(struct ww_scan *s, bool waiting, struct ww_compiled *c)
{
    ww_auto_free char *origin = NULL;
    ww_auto_free char *text = NULL;
    int rc = ww_scan_quoted(s, "an origin", &origin);
    if (rc == 0)
        rc = ww_scan_quoted(s, "a text", &text);
    if (rc == 0)
        rc = ww_scan_end(s);
    return rc < 0 || !text ? rc : ww_compiled_add_note(c, waiting, origin, text);
}

static int read_ban(struct ww_scan *s, struct ww_compiled *c)
{
    struct ww_ban ban = {0};
    struct ww_error err = {0};
    int rc = ww_scan_quoted(s, "a reason", &ban.reason);
    struct ww_scan here = *s;
    if (rc == 0)
        rc = ww_scan_rule(s, &ban.rule);
    if (rc < 0) {
        ww_ban_done(&ban);
        return rc;
    }
    rc = ww_compiled_add_ban(c, &ban, &err);
    return rc == -EINVAL ? ww_scan_fail(&here, "%s", err.text) : rc;
}

static int read_manage(struct ww_scan *s, struct ww_compiled *c)
{
    if (ww_scan_accept(s, "yes"))
        c->manage = WW_MANAGE_YES;
    else if (ww_scan_accept(s, "no"))
        c->manage = WW_MANAGE_NO;
    else
        return ww_scan_fail(s, "yes or no is missing here");
    return ww_scan_end(s);
}

static int read_line(struct ww_scan *s, struct ww_compiled *c)
{
    if (s->number > WW_LIMIT_TEXT_LINES)
        return ww_scan_fail(s, "more than %d lines", WW_LIMIT_TEXT_LINES);
    if (ww_scan_accept(s, "rule"))
        return read_rule(s, c);
    if (ww_scan_accept(s, "consent"))
        return read_consent(s, c);
    if (ww_scan_accept(s, "note"))
        return read_note(s, false, c);
    if (ww_scan_accept(s, "waiting"))
        return read_note(s, true, c);
    if (ww_scan_accept(s, "ban"))
        return read_ban(s, c);
    if (ww_scan_accept(s, "manage"))
        return read_manage(s, c);
    return ww_scan_fail(s, "a line starts with rule, consent, note, waiting, ban or manage");
}

int ww_compiled_read(const char *text, struct ww_compiled *ret_c, struct ww_error *err)
{
    struct ww_scan s = {.line = text, .at = text, .number = 1, .err = err};
    struct ww_compiled c = {0};
    int rc = 0;
    while (rc == 0 && ww_scan_more(&s))
        rc = read_line(&s, &c);
    if (rc < 0) {
        ww_compiled_done(&c);
        return rc == -ENOMEM ? ww_fail(err, rc, "out of memory") : rc;
    }
    *ret_c = c;
    return 0;
}
