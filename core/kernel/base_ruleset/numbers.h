/* Numbers by which the fixed rules are known outside of the tables: to rules of other programs, and to listeners. */
#ifndef WW_KERNEL_NUMBERS_H
#define WW_KERNEL_NUMBERS_H

/*
 * The firewall mark (skb mark) of packets that were judged and allowed, for rules that run later; only this bit is
 * touched. One of the uppermost byte's: Kubernetes uses bits 14 and 15, Cilium 8 to 12, Tailscale 16 to 23, Docker's
 * encrypted overlays the three lower bytes.
 */
#define WW_ALLOWED_MARK 0x10000000u
#define WW_ALLOWED_MARK_TEXT "0x10000000/0x10000000" /* value and mask, as iptables and dockerd read it */

/* The NFLOG group of the reports (linux/netfilter/nfnetlink_log.h); of its own, so that no other listener is disturbed.
 */
#define WW_DROP_GROUP 30583

#endif
