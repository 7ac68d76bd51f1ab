#include "core/cli/project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/cli/enforced.h"
#include "core/cli/field.h"
#include "core/docker/json.h"

void ww_project_done(struct ww_project *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->list[i].id);
        free(p->list[i].name);
        free(p->list[i].service);
    }
    free(p->list);
    *p = (struct ww_project){0};
}

static char *copy_field(const char *text)
{
    return text ? strdup(text) : NULL;
}

static int add(struct ww_project *p, const cJSON *container)
{
    const char *service = ww_field_text(container, "service");
    struct ww_project_container *list = reallocarray(p->list, p->n + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    p->list = list;
    struct ww_project_container *c = &list[p->n++];
    *c = (struct ww_project_container){.id = copy_field(ww_field_text(container, "id")),
                                       .name = copy_field(ww_field_text(container, "name")),
                                       .service = copy_field(service),
                                       .managed = ww_field_true(container, "managed")};
    return c->id && c->name && (c->service || !service) ? 0 : -ENOMEM;
}

int ww_project_add(struct ww_project *p, const char *answer, const char *name, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    const cJSON *container;
    int rc = ww_json_parse(answer, strlen(answer), &json, err);
    if (rc < 0)
        return rc;
    cJSON_ArrayForEach(container, ww_field(json, "containers"))
    {
        const char *of = ww_field_text(container, "project");
        if (!of || strcmp(of, name) != 0 || !ww_field_text(container, "id") || !ww_field_text(container, "name"))
            continue;
        if (add(p, container) < 0)
            return ww_fail(err, -ENOMEM, "out of memory");
    }
    return 0;
}

static int compare(const void *pa, const void *pb)
{
    const struct ww_project_container *a = pa;
    const struct ww_project_container *b = pb;
    int order = strcmp(a->service ? a->service : "", b->service ? b->service : "");
    return order ? order : strcmp(a->name, b->name);
}

void ww_project_sort(struct ww_project *p)
{
    if (p->n)
        qsort(p->list, p->n, sizeof(*p->list), compare);
}

int ww_project_ask(const char *data_dir, const char *name, struct ww_project *ret_project, struct ww_error *err)
{
    struct ww_enforced_answers answers ww_auto(ww_enforced_answers_done) = {0};
    struct ww_project found = {0};
    int rc = ww_enforced_ask(data_dir, &answers, err);
    for (size_t i = 0; i < answers.n && rc == 0; i++)
        rc = ww_project_add(&found, answers.answers[i], name, err);
    if (rc == 0 && found.n == 0)
        rc = ww_fail(err, -ESRCH, "no container is of a compose project '%.100s'", name);
    ww_project_sort(&found);
    if (rc < 0)
        ww_project_done(&found);
    else
        *ret_project = found;
    return rc;
}
