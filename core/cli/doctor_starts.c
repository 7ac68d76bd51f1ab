/* How early rules were in force. */
#include <stdlib.h>

#include "core/cli/doctor_internal.h"
#include "core/cli/field.h"

#define FIRST_AFTER_START 28 /* engines from there on connect a container when its process is there */

long ww_doctor_engine_major(const struct ww_doctor *d)
{
    const char *version = ww_field_text(d->info, "ServerVersion");
    return version ? strtol(version, NULL, 10) : 0;
}

/* How early rules were, of those starts that the program saw. */
void ww_doctor_starts(struct ww_doctor *d)
{
    int early = 0;
    int late = 0;
    double latest = 0;
    const cJSON *container;
    cJSON_ArrayForEach(container, ww_field(d->status, "containers"))
    {
        const cJSON *ms = ww_field(container, "active_before_start_ms");
        if (!cJSON_IsNumber(ms))
            continue;
        early += ms->valuedouble >= 0;
        late += ms->valuedouble < 0;
        latest = ms->valuedouble < latest ? ms->valuedouble : latest;
    }
    if (late && ww_doctor_engine_major(d) >= FIRST_AFTER_START)
        ww_findings_add(&d->found, WW_FINDING_NOTE, "starts", NULL,
                        "rules of %d container%s were in force up to %.0f ms after the process was started, as engines "
                        "from 28 on have it; on guarded networks no packet comes before",
                        late, late == 1 ? "" : "s", -latest);
    else if (late)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "starts_late",
                        "give the program time: a busy processor or disk? On guarded networks no packet comes before",
                        "rules of %d container%s were in force only after the process was started, by up to %.0f ms",
                        late, late == 1 ? "" : "s", -latest);
    else if (early)
        ww_findings_add(&d->found, WW_FINDING_OK, "starts", NULL,
                        "rules of %d container%s were in force before the process was started", early,
                        early == 1 ? "" : "s");
}
