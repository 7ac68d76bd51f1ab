#include "core/agent/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/explain_all.h"
#include "core/agent/explain_end.h"
#include "core/agent/explain_note.h"
#include "core/agent/explain_way.h"
#include "core/agent/explain_ways.h"
#include "core/model/protocol.h"

#define ASK_FOR "write the protocol and port that is dialled: tcp/443, udp/53, icmp"

static int parse_what(const char *what, struct ww_asked *asked, struct ww_error *err)
{
    const char *slash = strchr(what, '/');
    char name[WW_PROTOCOL_TEXT];
    size_t len = slash ? (size_t)(slash - what) : strlen(what);
    if (len >= sizeof(name))
        return ww_fail(err, -EINVAL, ASK_FOR);
    memcpy(name, what, len);
    name[len] = '\0';
    asked->protocol = ww_protocol_named(name);
    if (!asked->protocol || !asked->protocol->in_rules)
        return ww_fail(err, -EINVAL, "'%.20s' is no protocol that rules name; " ASK_FOR, name);
    if (asked->protocol->has_ports != (slash != NULL))
        return ww_fail(err, -EINVAL, slash ? "%s has no ports; write just that" : "%s needs a port; " ASK_FOR, name);
    char *end = NULL;
    unsigned long port = slash ? strtoul(slash + 1, &end, 10) : 0;
    if (slash && (slash[1] < '0' || slash[1] > '9' || *end || port < 1 || port > UINT16_MAX))
        return ww_fail(err, -EINVAL, "'%.20s' is no port; ports are 1 to 65535", slash + 1);
    asked->port = (uint16_t)port;
    return 0;
}

static struct ww_explain_end end_of(const struct ww_end *end)
{
    static const char *const kinds[] = {[WW_END_CONTAINER] = "container",
                                        [WW_END_HOST] = "host",
                                        [WW_END_INTERNET] = "internet",
                                        [WW_END_ADDRESS] = "address"};
    struct ww_explain_end out = {.kind = kinds[end->kind], .name = end->text, .managed = end->rs != NULL};
    if (end->container) {
        out.id = end->container->id;
        out.name = end->container->name ? end->container->name : "";
    }
    return out;
}

static int explain_flow(struct ww_explaining *x, struct ww_error *err)
{
    x->out->from = end_of(x->asked.from);
    x->out->to = end_of(x->asked.to);
    x->out->protocol = x->asked.protocol ? x->asked.protocol->name : NULL;
    x->out->port = x->asked.port;
    int rc = ww_explain_note_ends(x);
    if (rc == 0)
        rc = x->asked.protocol ? ww_explain_ways(x) : ww_explain_all(x, err);
    return rc == -ENOMEM ? ww_fail(err, rc, "out of memory") : rc;
}

static int find_end(const struct ww_agent *a, const char *text, const struct ww_end *other, struct ww_end *end,
                    struct ww_error *err)
{
    int rc = ww_end_find_near(a, text, other, end, err);
    return rc != -ENOENT ? rc
                         : ww_fail(err, rc,
                                   "'%.100s' is no container, no service and no address%s; write one of these, host, "
                                   "or internet",
                                   text, ww_end_names(a));
}

/* A service's name may be that of several projects' containers: then the other end says which one is meant. */
static int find_ends(const struct ww_agent *a, const struct ww_explain_question *question, struct ww_end *from,
                     struct ww_end *to, struct ww_error *err)
{
    int rc = find_end(a, question->from, NULL, from, err);
    if (rc == 0)
        rc = find_end(a, question->to, from, to, err);
    if (rc < 0 || from->alike <= 1 || to->alike > 1)
        return rc;
    ww_end_done(from);
    return find_end(a, question->from, to, from, err);
}

int ww_agent_explain(const struct ww_agent *a, const struct ww_explain_question *question,
                     struct ww_explanation *ret_explanation, struct ww_error *err)
{
    struct ww_end from = {0};
    struct ww_end to = {0};
    struct ww_explaining x = {.agent = a, .asked = {.from = &from, .to = &to}, .out = ret_explanation};
    if (!question->from || !question->to || !*question->from || !*question->to)
        return ww_fail(err, -EINVAL,
                       "two ends are needed: from and to, each a container, a service, an address, host, "
                       "or internet");
    int rc = question->what && *question->what ? parse_what(question->what, &x.asked, err) : 0;
    if (rc < 0)
        return rc;
    rc = find_ends(a, question, &from, &to, err);
    if (rc == 0 && (ww_end_settle(a, &from, to.rs) < 0 || ww_end_settle(a, &to, from.rs) < 0))
        rc = ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = explain_flow(&x, err);
    ww_end_done(&from);
    ww_end_done(&to);
    return rc;
}
