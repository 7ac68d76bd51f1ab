--- Words of nft(8) 1.0.6 that it does not take as the name of a chain, so no administrator can have made one.
local words = [[
accept add ah all and arp auto-merge bridge cgroup chain comment comp constant continue counter cpu create ct
day dccp delete describe device dnat drop dst dup dynamic ecn element elements eq esp ether exists expires
export exthdr fib flags flow flowtable flush frag fwd gc-interval ge goto gt handle hook hour ibriport ibrname
icmp icmpv6 igmp iif iifgroup iifname iiftype import inet insert interval ip ip6 ipsec jhash jump le limit
list log lt map mark masquerade meta meter missing monitor ne netdev nftrace not notrack numgen obriport
obrname oif oifgroup oifname oiftype or osf pkttype policy priority queue quota random redirect reject rename
replace reset return rt rt0 rt2 rtclassid rule ruleset sctp secmark set size skgid skuid snat socket srh
symhash synproxy table tcp th time timeout tproxy type typeof udp udplite vlan vmap xor xt
]]

local M = {}
for word in words:gmatch("%g+") do
  M[word] = true
end

return M
