--- The style of the page of a plan.
return [[
:root{color-scheme:light dark;--line:#8886;--open:#b45309;--bad:#b91c1c;--good:#15803d;--soft:#8881}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:72rem;overflow-wrap:anywhere}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}
code,td,th{font-size:.9rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px}
.scroll:focus-visible,a:focus-visible,summary:focus-visible{outline:3px solid #2563eb;outline-offset:2px}
table{border-collapse:collapse;width:100%;overflow-wrap:normal}
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top;white-space:nowrap}
th{background:var(--soft)}td.none{color:#888}
.rules td{white-space:normal;min-width:6rem}
.open li{color:var(--open);font-weight:600}.plus{color:var(--good)}.minus{color:var(--bad)}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0;padding:.4rem .6rem}
summary{cursor:pointer;font-weight:600}.state{font-weight:400}.fault{color:var(--bad)}
svg{display:block;max-width:none}svg text{font:13px system-ui,sans-serif;fill:currentColor}
.node rect{fill:Canvas;stroke:currentColor}.node.open rect{stroke-dasharray:4}.node.closed rect{stroke:var(--bad)}
.edge path{fill:none;stroke:currentColor;opacity:.55}
.edge text{font-size:11px;paint-order:stroke;stroke:Canvas;stroke-width:3px}
@media print{details{break-inside:avoid}.scroll{overflow:visible}}
]]
