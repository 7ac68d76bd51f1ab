/* The host: the user of the command, the data directory, name servers. */
#include <stdio.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "core/agent/data_dir.h"
#include "core/agent/resolver.h"
#include "core/cli/doctor_internal.h"

#define RESOLV_CONF_BYTES 4096

static void look_at_rights(struct ww_doctor *d)
{
    struct ww_error err = {0};
    if (geteuid() != 0)
        ww_findings_add(&d->found, WW_FINDING_NOTE, "not_root", "be root to see all of it",
                        "run by another user than root: some of what follows could not be looked at");
    uid_t user = ww_data_dir_as_owner(d->options->data_dir);
    if (ww_data_dir_open(d->options->data_dir, false, &err) < 0)
        ww_findings_add(&d->found, WW_FINDING_WRONG, "data_directory", "docs/operating.md says what it is to be like",
                        "a start with this data directory is refused: %s", err.text);
    if (geteuid() == 0)
        setfsuid(user);
}

/* As the program looks, when it warns of it. */
static void look_at_resolver(struct ww_doctor *d)
{
    char text[RESOLV_CONF_BYTES + 1];
    size_t len = 0;
    FILE *file = fopen("/etc/resolv.conf", "re");
    if (!file)
        return;
    text[fread(text, 1, RESOLV_CONF_BYTES, file)] = '\0';
    fclose(file);
    const char *server = ww_resolver_loopback(text, &len);
    if (server)
        ww_findings_add(
            &d->found, WW_FINDING_WARNING, "resolver",
            "give the engine name servers that are not on a loopback address (\"dns\" in daemon.json); "
            "containers then need an output rule to them",
            "names are a way out of closed containers: Docker's DNS asks %.*s from the host, past their rules",
            (int)len, server);
    else
        ww_findings_add(&d->found, WW_FINDING_OK, "resolver", NULL,
                        "Docker's DNS asks the host's name servers by rules of the containers");
}

void ww_doctor_host(struct ww_doctor *d)
{
    look_at_rights(d);
    look_at_resolver(d);
}
