#include "core/cli/doctor.h"

#include <stdlib.h>

#include "core/cli/doctor_internal.h"
#include "core/cli/table.h"

#define DOCTOR_WRONG 1

static void look(struct ww_doctor *d)
{
    ww_doctor_program(d);
    ww_doctor_host(d);
    ww_doctor_kernel(d);
    ww_doctor_engine(d);
    ww_doctor_starts(d);
    ww_doctor_firewalls(d);
    ww_doctor_ports(d);
}

int ww_doctor(const struct ww_doctor_options *options, FILE *out)
{
    struct ww_doctor d = {.options = options};
    look(&d);
    if (options->json)
        ww_findings_json(&d.found, out);
    else
        ww_findings_show(&d.found, ww_colours_wanted(out), out);
    bool lost = d.found.failed || fflush(out) != 0 || ferror(out);
    if (lost)
        fputs("whalewall: cannot write all that was found\n", stderr);
    int status = !lost && ww_findings_are_well(&d.found) ? EXIT_SUCCESS : DOCTOR_WRONG;
    ww_findings_done(&d.found);
    cJSON_Delete(d.status);
    cJSON_Delete(d.info);
    cJSON_Delete(d.containers);
    return status;
}
