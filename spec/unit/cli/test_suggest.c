/* What was suggested for several containers is one compose file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cli/project.h"
#include "core/cli/suggest.h"

struct row {
    const char *project;
    const char *service;
    const char *name;
    int whole; /* as ww_suggest_show returns it */
};

static void print(const struct row *row, struct ww_suggested *file, FILE *out)
{
    char json[512];
    struct ww_error err = {0};
    snprintf(json, sizeof(json),
             "{\"format\":1,\"id\":\"0\",\"name\":\"%s\",\"project\":%s,\"service\":%s,\"audited\":true,"
             "\"labelled\":false,\"since\":null,\"left_out\":0,\"rules\":\"\",\"flows\":[]}",
             row->name, row->project, row->service);
    int rc = ww_suggest_show(json, strlen(json), file, out, &err);
    if (rc != row->whole)
        fail_msg("%s: %d, %s", row->name, rc, err.text);
}

/* The lines of services, and of what is left out. */
static void check(const struct row *rows, size_t n, const char *wanted)
{
    struct ww_suggested file = {0};
    char *text = NULL;
    size_t size = 0;
    char got[1024] = "";
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        print(&rows[i], &file, out);
    assert_int_equal(fclose(out), 0);
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        if (line[0] != ' ' || line[2] != ' ')
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s\n", line);
    assert_string_equal(got, wanted);
    free(text);
    ww_suggested_done(&file);
}

static void replicas_are_one_service(void **state)
{
    (void)state;
    static const struct row rows[] = {{"\"a\"", "\"web\"", "a-web-1", 1},
                                      {"\"a\"", "\"web\"", "a-web-2", 1},
                                      {"\"a\"", "\"db\"", "a-db-1", 1},
                                      {"null", "null", "alone", 1}};
    check(rows, 4, "services:\n  web:\n  db:\n  alone:\n\n");
}

static void what_is_of_another_project_is_left_out_and_it_is_said(void **state)
{
    (void)state;
    static const struct row rows[] = {{"\"a\"", "\"web\"", "a-web-1", 1},
                                      {"\"b\"", "\"web\"", "b-web-1", 0},
                                      {"\"b\"", "\"db\"", "b-db-1", 0},
                                      {"null", "null", "web", 0},
                                      {"\"a\"", "\"db\\nx\"", "a-db-1", 1}};
    check(rows, 5,
          "services:\n  web:\n  # NOT ALL: \"web\" of project \"b\" belongs into a file of its own; ask for it alone.\n"
          "  # NOT ALL: \"db\" of project \"b\" belongs into a file of its own; ask for it alone.\n"
          "  # NOT ALL: \"web\" belongs into a file of its own; ask for it alone.\n"
          "  \"db\\nx\":\n\n");
}

/* What `enforced` answers of containers. */
#define CONTAINER(id, project, service, managed)                                                                       \
    "{\"id\":\"" id "\",\"name\":\"n" id "\",\"project\":" project ",\"service\":" service ",\"managed\":" managed "}"

static void a_project_is_all_of_its_containers_by_service(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{\"containers\":[" CONTAINER("1", "\"shop\"", "\"web\"", "true") "," CONTAINER(
            "2", "\"shop2\"", "\"a\"", "true") "," CONTAINER("3", "\"shop\"", "\"db\"", "false") "]}",
        "{\"containers\":[" CONTAINER("4", "null", "null", "true") "," CONTAINER(
            "0", "\"shop\"", "\"web\"", "true") "," CONTAINER("5", "\"shop\"", "null", "true") "]}"};
    static const char wanted[] = "5 n5 - 1\n3 n3 db 0\n0 n0 web 1\n1 n1 web 1\n";
    char got[256] = "";
    struct ww_project p = {0};
    struct ww_error err = {0};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ww_project_add(&p, answers[i], "shop", &err), 0);
    ww_project_sort(&p);
    for (size_t i = 0; i < p.n; i++)
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %s %s %d\n", p.list[i].id, p.list[i].name,
                 p.list[i].service ? p.list[i].service : "-", p.list[i].managed);
    assert_string_equal(got, wanted);
    assert_true(ww_project_add(&p, "{", "shop", &err) < 0);
    ww_project_done(&p);
    assert_int_equal(p.n, 0);
}

static void one_that_is_not_managed_is_left_out_and_it_is_said(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    ww_suggest_show_unmanaged("shop-\ndb", out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "  # NOT ALL: \"shop-\\ndb\" is not managed, so nothing of it was looked at.\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicas_are_one_service),
        cmocka_unit_test(what_is_of_another_project_is_left_out_and_it_is_said),
        cmocka_unit_test(a_project_is_all_of_its_containers_by_service),
        cmocka_unit_test(one_that_is_not_managed_is_left_out_and_it_is_said),
    };
    return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
