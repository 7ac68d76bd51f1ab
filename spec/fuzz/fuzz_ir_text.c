/*
 * The text form's readers, on anything: they must not crash, and what they accept must be written in a form that they
 * read back to the same. The first byte chooses the reader.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/compiled.h"
#include "core/ir/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok, const char *what, const char *text)
{
    if (ok)
        return;
    fprintf(stderr, "%s:\n%s\n", what, text);
    abort();
}

static void fuzz_ruleset(const char *text)
{
    struct ww_ruleset *rs = NULL;
    struct ww_ruleset *back = NULL;
    struct ww_buf out = {0};
    struct ww_error err = {0};
    if (ww_ruleset_read(text, &rs, &err) < 0) {
        must(err.code < 0 && *err.text, "failed without saying why", text);
        return;
    }
    ww_ruleset_write(rs, &out);
    must(ww_ruleset_read(out.data, &back, &err) == 0, err.text, out.data);
    must(strcmp(rs->hash, back->hash) == 0, "another hash when read again", out.data);
    ww_buf_done(&out);
    ww_ruleset_unref(back);
    ww_ruleset_unref(rs);
}

static void write_again(const char *text, struct ww_buf *out)
{
    struct ww_rule rule;
    struct ww_error err = {0};
    must(ww_rule_read(text, &rule, &err) == 0, err.text, text);
    ww_rule_write(&rule, out);
    ww_rule_done(&rule);
}

static void fuzz_rule(const char *text)
{
    struct ww_rule rule;
    struct ww_buf first = {0};
    struct ww_buf second = {0};
    if (ww_rule_read(text, &rule, NULL) < 0)
        return;
    ww_rule_write(&rule, &first);
    write_again(first.data, &second);
    must(strcmp(first.data, second.data) == 0, "a rule is written in another way", first.data);
    ww_rule_normalize(&rule);
    must(ww_rule_validate(&rule, NULL) == 0, "a normalized rule is not valid", first.data);
    ww_buf_reset(&first);
    ww_buf_reset(&second);
    ww_rule_write(&rule, &first);
    write_again(first.data, &second);
    must(strcmp(first.data, second.data) == 0, "a normalized rule is written in another way", first.data);
    ww_rule_done(&rule);
    ww_buf_done(&first);
    ww_buf_done(&second);
}

static void fuzz_compiled(const char *text)
{
    struct ww_compiled c;
    struct ww_compiled back;
    struct ww_buf first = {0};
    struct ww_buf second = {0};
    struct ww_error err = {0};
    if (ww_compiled_read(text, &c, NULL) < 0)
        return;
    ww_compiled_write(&c, &first);
    const char *written = first.data ? first.data : "";
    must(ww_compiled_read(written, &back, &err) == 0, err.text, written);
    ww_compiled_write(&back, &second);
    must(strcmp(written, second.data ? second.data : "") == 0, "compiled rules are written in another way", written);
    ww_compiled_done(&c);
    ww_compiled_done(&back);
    ww_buf_done(&first);
    ww_buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] % 3 == 0)
        fuzz_ruleset(text);
    else if (data[0] % 3 == 1)
        fuzz_rule(text);
    else
        fuzz_compiled(text);
    free(text);
    return 0;
}
