/* Other firewalls, by the names of their chains and tables. */
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/cli/doctor_internal.h"

#define OWN "whalewall"
#define HOOKED 32 /* base chains of forwarded packets that are listed */

struct hooked {
    char table[64];
    char name[64];
    int family;
    int32_t priority;
    bool drops;
};

/* What else writes rules. A name that ends with '*' begins so. */
static const struct firewall {
    const char *code;
    const char *tables[3];
    const char *chains[3];
    enum ww_finding_level level;
    const char *text;
    const char *advice;
} firewalls[] = {
    {"ufw",
     {NULL},
     {"ufw-*", "ufw6-*", NULL},
     WW_FINDING_NOTE,
     "ufw is here: its rules are for what comes to the host itself. Ports that Docker publishes are forwarded, and go "
     "past them",
     "close published ports by labels (mapped_ports), not by ufw"},
    {"firewalld",
     {"firewalld", NULL},
     {NULL},
     WW_FINDING_NOTE,
     "firewalld is here: its zones judge forwarded packets after whalewall, so both must allow one. Its reload leaves "
     "whalewall's tables alone; Docker's rules in iptables come back only with the engine",
     "keep Docker's bridges in firewalld's zone 'docker'"},
    {"fail2ban",
     {"f2b-table", NULL},
     {"f2b-*", NULL},
     WW_FINDING_NOTE,
     "fail2ban is here: by default it bans in the chain of what comes to the host itself, which packets to published "
     "ports do not pass",
     "for services in containers have it ban in DOCKER-USER (chain = DOCKER-USER) on all ports (banaction_allports), "
     "or "
     "on the container's port: the host's has been replaced there"},
    {"crowdsec",
     {"crowdsec", "crowdsec6", NULL},
     {"CROWDSEC_CHAIN*", "crowdsec-chain*", NULL},
     WW_FINDING_NOTE,
     "crowdsec's bouncer is here: it bans forwarded packets only where it is told to",
     "have its bouncer hook into forwarded packets, too (nftables_hooks: forward, or iptables_chains: DOCKER-USER)"},
    {"kubernetes",
     {"cilium*", "calico*", NULL},
     {"KUBE-*", "cali-*", NULL},
     WW_FINDING_WARNING,
     "a Kubernetes network writes rules here: its pods are no containers of this engine, and are not enforced",
     "run whalewall where Docker alone starts containers"},
    {"libvirt",
     {"libvirt_network", NULL},
     {"LIBVIRT_*", NULL},
     WW_FINDING_NOTE,
     "libvirt writes rules here: virtual machines are not enforced, and are strangers to managed containers",
     NULL},
    {"tailscale",
     {NULL},
     {"ts-forward", "ts-input", NULL},
     WW_FINDING_NOTE,
     "tailscale writes rules here: its peers are external senders to a published port, by the address that they have "
     "behind tailscale's translation",
     NULL},
};
#define FIREWALLS (sizeof(firewalls) / sizeof(firewalls[0]))

struct ww_doctor_chains {
    bool seen[FIREWALLS];
    bool own;
    bool iptables; /* iptables-nft has made chains */
    bool docker_user;
    bool docker_nftables; /* the engine's own backend */
    struct hooked hooked[HOOKED];
    size_t n;
};

struct ww_doctor_chains *ww_doctor_chains_new(void)
{
    return calloc(1, sizeof(struct ww_doctor_chains));
}

void ww_doctor_chains_free(struct ww_doctor_chains *c)
{
    free(c);
}

static bool is_one_of(const char *text, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n && names[i]; i++) {
        size_t len = strlen(names[i]);
        bool begins = names[i][len - 1] == '*';
        if (begins ? strncmp(text, names[i], len - 1) == 0 : strcmp(text, names[i]) == 0)
            return true;
    }
    return false;
}

static void note_hook(struct ww_doctor_chains *c, const struct ww_foreign_chain *chain)
{
    bool inet = chain->family == NFPROTO_INET || chain->family == NFPROTO_IPV4 || chain->family == NFPROTO_IPV6;
    if (!inet || chain->hook != NF_INET_FORWARD || c->n == HOOKED)
        return;
    struct hooked *h = &c->hooked[c->n++];
    *h = (struct hooked){.family = chain->family, .priority = chain->priority, .drops = chain->drops};
    strncpy(h->table, chain->table, sizeof(h->table) - 1);
    strncpy(h->name, chain->name, sizeof(h->name) - 1);
}

void ww_doctor_chains_add(const struct ww_foreign_chain *chain, void *chains)
{
    struct ww_doctor_chains *c = chains;
    bool ip = chain->family == NFPROTO_IPV4 || chain->family == NFPROTO_IPV6;
    note_hook(c, chain);
    if (strcmp(chain->table, OWN) == 0) {
        c->own = true;
        return;
    }
    for (size_t i = 0; i < FIREWALLS; i++)
        if (is_one_of(chain->table, firewalls[i].tables, 3) || is_one_of(chain->name, firewalls[i].chains, 3))
            c->seen[i] = true;
    c->iptables = c->iptables || (ip && strcmp(chain->table, "filter") == 0 && strcmp(chain->name, "FORWARD") == 0);
    c->docker_user = c->docker_user || (ip && strcmp(chain->name, "DOCKER-USER") == 0);
    c->docker_nftables = c->docker_nftables || strcmp(chain->table, "docker-bridges") == 0;
}

static int by_priority(const void *a, const void *b)
{
    const struct hooked *x = a;
    const struct hooked *y = b;
    return (x->priority > y->priority) - (x->priority < y->priority);
}

static const char *family_text(int family)
{
    return family == NFPROTO_INET ? "inet" : family == NFPROTO_IPV4 ? "ip" : "ip6";
}

static void tell_order(struct ww_doctor_chains *c, struct ww_findings *found)
{
    struct ww_buf text = {0};
    qsort(c->hooked, c->n, sizeof(*c->hooked), by_priority);
    for (size_t i = 0; i < c->n; i++)
        ww_buf_fmt(&text, "%s%s %s %s (%d%s)", i ? ", " : "", family_text(c->hooked[i].family), c->hooked[i].table,
                   c->hooked[i].name, (int)c->hooked[i].priority, c->hooked[i].drops ? ", drops what is left" : "");
    if (c->n)
        ww_findings_add(found, WW_FINDING_NOTE, "hooks", NULL,
                        "forwarded packets meet these chains, in this order of priority, and each of them can drop: %s",
                        ww_buf_ok(&text) ? text.data : "");
    ww_buf_done(&text);
}

/* One of the others before ours: nothing is opened by it, for what it accepts is judged all the same. */
static void tell_before(const struct ww_doctor_chains *c, struct ww_findings *found)
{
    int32_t own = INT32_MAX;
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->hooked[i].table, OWN) == 0 && c->hooked[i].priority < own)
            own = c->hooked[i].priority;
    for (size_t i = 0; c->own && i < c->n; i++)
        if (c->hooked[i].priority < own && c->hooked[i].drops)
            ww_findings_add(found, WW_FINDING_NOTE, "hook_before", "look there for drops that whalewall does not count",
                            "chain %s of table %s comes before whalewall's, and drops what it does not accept",
                            c->hooked[i].name, c->hooked[i].table);
}

void ww_doctor_chains_tell(struct ww_doctor_chains *c, struct ww_findings *found)
{
    for (size_t i = 0; i < FIREWALLS; i++)
        if (c->seen[i])
            ww_findings_add(found, firewalls[i].level, firewalls[i].code, firewalls[i].advice, "%s", firewalls[i].text);
    if (c->docker_nftables)
        ww_findings_add(found, WW_FINDING_OK, "docker_rules", NULL,
                        "Docker's rules are in nftables (table docker-bridges): whalewall comes before them");
    else if (c->iptables)
        ww_findings_add(found, WW_FINDING_OK, "docker_rules", NULL,
                        "iptables-nft has rules here%s: whalewall comes before them",
                        c->docker_user ? ", Docker's DOCKER-USER among them" : "");
    tell_order(c, found);
    tell_before(c, found);
}
