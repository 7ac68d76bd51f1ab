/* The moment in which policies that were read anew come into force. */
#ifndef WW_AGENT_SITE_CHANGE_H
#define WW_AGENT_SITE_CHANGE_H

struct ww_agent;

/*
 * The engine has told everything. All containers are judged by the new policies first; only when that is done, whatever
 * they say of each, the new policies take the old policies' place, and all containers go into one transaction. Where it
 * cannot be done the old policies stay in force, and the log says why.
 */
void ww_site_listed(struct ww_agent *a);

#endif
