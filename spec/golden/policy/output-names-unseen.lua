-- A name that ends in what looks like a blank is not the name without it, and the note says what is there.
local F = ...

return F.facts({
  label_rules = "output:\n- network: default\u{A0}\n  ips: [192.0.2.1]\n",
})
