#include "core/cli/answerer.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 256

/* proc_pid_status(5): CapEff, in hexadecimal. */
static bool has_net_admin(pid_t pid)
{
    static const char key[] = "CapEff:";
    char line[LINE];
    uint64_t caps = 0;
    snprintf(line, sizeof(line), "/proc/%ld/status", (long)pid);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, key, strlen(key)) == 0)
            caps = strtoull(line + strlen(key), NULL, 16);
    if (file)
        fclose(file);
    return caps & UINT64_C(1) << CAP_NET_ADMIN;
}

/* The first line of a process's map of user ids (user_namespaces(7)): anyone may read it, of a process that has ended,
 * too. */
static bool read_uid_map(const char *pid, char line[static LINE])
{
    snprintf(line, LINE, "/proc/%s/uid_map", pid);
    FILE *file = fopen(line, "re");
    bool read = file && fgets(line, LINE, file);
    if (file)
        fclose(file);
    return read;
}

/* Any user has all capabilities in a user namespace that it makes, and none outside. What cannot be read is another. */
static bool is_in_this_user_namespace(pid_t pid)
{
    char number[32];
    char theirs[LINE];
    char own[LINE];
    snprintf(number, sizeof(number), "%ld", (long)pid);
    return read_uid_map(number, theirs) && read_uid_map("self", own) && strcmp(theirs, own) == 0;
}

int ww_answerer_check(const struct ucred *answerer, const char *data_dir, struct ww_error *err)
{
    bool seen = answerer->pid > 0 && answerer->uid != (uid_t)-1;
    if (!seen || answerer->uid == 0 || answerer->uid == geteuid())
        return 0;
    if (has_net_admin(answerer->pid) && is_in_this_user_namespace(answerer->pid))
        return 0;
    return ww_fail(
        err, -EPERM,
        "what answers at the control socket in '%.300s' is process %ld of user %u, which cannot change rules "
        "here: it is no whalewall that enforces any (-d names another directory)",
        data_dir, (long)answerer->pid, (unsigned)answerer->uid);
}
