#include "core/agent/opened.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/managed_container.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#define LOOKS 4 /* how often lowering asks whether a special rule comes before another one */

struct openers {
    const struct ww_managed_container **list;
    size_t n;
};

void ww_opened_room_init(struct ww_opened_room *room)
{
    *room = (struct ww_opened_room){.elements = WW_LIMIT_OPENED, .work = WW_LIMIT_BAN_WORK};
}

void ww_opened_room_hold(struct ww_opened_room *room, const struct ww_compiled *compiled)
{
    room->held += compiled->n_bans;
    for (size_t i = 0; i < compiled->n_rules; i++)
        if (ww_rule_is_special(&compiled->rules[i]) && compiled->rules[i].side != WW_OUTPUT)
            room->held += LOOKS;
    for (size_t i = 0; i < compiled->n_bans; i++)
        room->banned_own += compiled->bans[i].rule.n_own;
}

static int openers_add(const struct ww_managed_container *s, void *arg)
{
    struct openers *openers = arg;
    const struct ww_managed_container **list = realloc(openers->list, (openers->n + 1) * sizeof(*list));
    if (!list)
        return -ENOMEM;
    list[openers->n++] = s;
    openers->list = list;
    return 0;
}

/* Whoever opens much, here or elsewhere, comes last. */
static int openers_cmp(const void *a, const void *b)
{
    const struct ww_managed_container *x = *(const struct ww_managed_container *const *)a;
    const struct ww_managed_container *y = *(const struct ww_managed_container *const *)b;
    if (x->compiled.n_consents != y->compiled.n_consents)
        return x->compiled.n_consents < y->compiled.n_consents ? -1 : 1;
    return strcmp(x->id, y->id);
}

static bool room_take(size_t *left, size_t amount)
{
    if (amount > *left)
        return false;
    *left -= amount;
    return true;
}

static bool room_take_rule(struct ww_opened_room *room, const struct ww_rule *rule)
{
    size_t ports = rule->n_dports ? rule->n_dports : 1;
    size_t lists = (size_t)1 + rule->n_peers + rule->n_dports;
    return room_take(&room->elements, ports * (rule->n_own ? rule->n_own : 1) * (rule->n_peers ? rule->n_peers : 1)) &&
           room_take(&room->work, room->held * lists + room->banned_own * rule->n_own);
}

static bool is_opened(const struct ww_consent *consent, const char *target)
{
    return strcmp(consent->target, target) == 0;
}

static bool room_take_opener(struct ww_opened_room *room, const struct ww_compiled *c, const char *target)
{
    for (size_t i = 0; i < c->n_consents; i++)
        if (is_opened(&c->consents[i], target) && !room_take_rule(room, &c->consents[i].rule))
            return false;
    return true;
}

static int opened_add_all(const struct ww_compiled *c, const char *target, struct ww_ruleset *rs)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->n_consents; i++)
        if (is_opened(&c->consents[i], target))
            rc = ww_ruleset_add_rule(rs, &c->consents[i].rule);
    return rc;
}

int ww_opened_add(struct ww_agent *a, const char *target, struct ww_opened_room *room, struct ww_ruleset *rs)
{
    struct openers openers = {0};
    int rc = ww_managed_container_each_opener(&a->managed, target, openers_add, &openers);
    if (rc == 0 && openers.n > 1)
        qsort(openers.list, openers.n, sizeof(*openers.list), openers_cmp);
    for (size_t i = 0; rc == 0 && i < openers.n; i++) {
        if (!room->left_out && room_take_opener(room, &openers.list[i]->compiled, target))
            rc = opened_add_all(&openers.list[i]->compiled, target, rs);
        else
            room->left_out++;
    }
    free(openers.list);
    return rc;
}
