#include "core/agent/audit.h"

#include "core/agent/agent_internal.h"
#include "core/agent/site.h"

static bool obeys_labels(const struct ww_agent *a)
{
    return a->audit_labels == WW_AUDIT_LABELS_ON || (a->audit_labels == WW_AUDIT_LABELS_AUTO && !ww_site_is_there(a));
}

bool ww_audit_has(const struct ww_agent *a, const struct ww_container *c)
{
    enum ww_switch label = ww_world_audit_switch(a->world, c);
    if (label == WW_SWITCH_ON && obeys_labels(a))
        return true;
    return a->audit && (label == WW_SWITCH_ON || label == WW_SWITCH_UNSET);
}

bool ww_audit_is_bad(const struct ww_agent *a, const struct ww_container *c)
{
    return ww_world_audit_switch(a->world, c) == WW_SWITCH_BAD;
}

const char *ww_audit_ignored(const struct ww_agent *a, const struct ww_container *c)
{
    if (a->audit || obeys_labels(a) || ww_world_audit_switch(a->world, c) != WW_SWITCH_ON)
        return NULL;
    return a->audit_labels == WW_AUDIT_LABELS_OFF
               ? "label 'whalewall.audit': not obeyed, for the program was started with -audit-labels off"
               : "label 'whalewall.audit': not obeyed, for the policies of this site would not hold for the container; "
                 "-audit-labels on has it obeyed";
}

bool ww_audit_enforces(const struct ww_agent *a, const struct ww_container *c)
{
    return ww_container_managed(c) != WW_UNMANAGED && !ww_audit_has(a, c);
}
