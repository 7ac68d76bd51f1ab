/*
 * Why packets are dropped, a word for each reason: behind WW_REASON_PREFIX in the kernel's reports, and by itself in
 * the status and in log lines (core/kernel/drops/drop.h). Reports of a verdict say at whose side it was.
 */
#ifndef WW_KERNEL_REASON_H
#define WW_KERNEL_REASON_H

#define WW_REASON_PREFIX "drop-"
#define WW_AUDIT_PREFIX "audit-" /* … of what passed all the same, for the container is audited */

#define WW_NAME_OUT "out"
#define WW_NAME_IN "in"
#define WW_NAME_HOST "host"
#define WW_NAME_PORT "port"
#define WW_NAME_STALE "stale"
#define WW_NAME_SPOOF "spoof"
#define WW_NAME_FORGED "forged"
#define WW_NAME_INVALID "invalid"
#define WW_NAME_GUARD "guard"
#define WW_NAME_LINK "link"
#define WW_NAME_BRIDGE "bridge"
#define WW_NAME_CHAIN "chain"

#define WW_NAME_SENDER "sender"
#define WW_NAME_RECEIVER "receiver"

#endif
