/* Which firewalls are on the host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/doctor_internal.h"
#include "core/kernel/foreign/foreign.h"

/* The tables of iptables-legacy, which nftables does not show. */
static void look_at_legacy(struct ww_findings *found, const char *path, const char *program)
{
    char names[128];
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    size_t n = fread(names, 1, sizeof(names) - 1, file);
    fclose(file);
    names[n] = '\0';
    for (char *end = names; *end; end++)
        *end = *end == '\n' ? ' ' : *end;
    if (n)
        ww_findings_add(found, WW_FINDING_NOTE, "iptables_legacy",
                        "`iptables-legacy-save` lists them. Where iptables-nft has rules, too, both count: keep to one",
                        "%s has tables here (%.*s), which nftables does not show; whalewall comes before them", program,
                        (int)n - 1, names);
}

static void look_for_go_program(struct ww_findings *found)
{
    int objects = ww_foreign_count(NULL);
    if (objects > 0)
        ww_findings_add(found, WW_FINDING_WARNING, "go_program",
                        "stop that program, and run `whalewall -clear` once: docs/operating.md",
                        "rules of the Go program whalewall are in table ip filter (%d objects), and go on dropping",
                        objects);
}

void ww_doctor_firewalls(struct ww_doctor *d)
{
    struct ww_error err = {0};
    struct ww_doctor_chains *chains = ww_doctor_chains_new();
    if (!chains) {
        d->found.failed = true;
        return;
    }
    if (ww_foreign_chains(ww_doctor_chains_add, chains, &err) < 0)
        ww_findings_add(&d->found, WW_FINDING_WARNING, "nftables_unseen",
                        "be root: whalewall doctor looks, and changes nothing", "%s: other firewalls are not known",
                        err.text);
    ww_doctor_chains_tell(chains, &d->found);
    ww_doctor_chains_free(chains);
    look_at_legacy(&d->found, "/proc/net/ip_tables_names", "iptables-legacy");
    look_at_legacy(&d->found, "/proc/net/ip6_tables_names", "ip6tables-legacy");
    look_for_go_program(&d->found);
}
