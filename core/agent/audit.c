#include "core/agent/audit.h"

#include "core/agent/agent_internal.h"

static enum ww_switch label_of(const struct ww_agent *a, const struct ww_container *c)
{
    return ww_switch_parse(ww_world_audit_label(a->world, c));
}

bool ww_audit_has(const struct ww_agent *a, const struct ww_container *c)
{
    enum ww_switch label = label_of(a, c);
    return label == WW_SWITCH_ON || (label == WW_SWITCH_UNSET && a->audit);
}

bool ww_audit_is_bad(const struct ww_agent *a, const struct ww_container *c)
{
    return label_of(a, c) == WW_SWITCH_BAD;
}

bool ww_audit_enforces(const struct ww_agent *a, const struct ww_container *c)
{
    return ww_container_managed(c) != WW_UNMANAGED && !ww_audit_has(a, c);
}
