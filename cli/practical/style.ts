import { figureStyle } from "../../figures/style.js";

/** The style sheet of the report: on a phone, on a screen, light and dark, on paper. */
export const reportStyle = `${figureStyle}
*{box-sizing:border-box}
body{margin:0;background:var(--surface);color:var(--text);font:17px/1.55 system-ui,sans-serif;overflow-wrap:break-word}
main{max-width:62rem;margin:auto;padding:1.25rem}
h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0}
h2{margin:2.5rem 0 .5rem;border-top:1px solid var(--line);padding-top:1.2rem}
h3{margin:1.8rem 0 .3rem;font-size:1.05rem}
p,ul.lines{max-width:42rem}
a{color:var(--series-1)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.5rem 0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:0 2rem;align-items:start}
figure{margin:1rem 0;max-width:34rem}
figure.wide{max-width:none}
figure svg{max-width:100%;height:auto}
.small{width:9rem}
.wide .tiles{grid-template-columns:repeat(auto-fill,minmax(4rem,1fr))}
figcaption,.soft{color:var(--text-muted);font-size:.9rem}
figcaption{max-width:42rem;margin-top:.3rem}
.lines{list-style:none;padding:0;margin:.3rem 0}
.lines li{padding:.1rem 0;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
details{margin:.7rem 0;padding-left:.9rem;border-left:3px solid var(--line)}
summary{cursor:pointer;font-weight:600}
details p{margin:.4rem 0}
@media print{
@page{margin:15mm}
body{font-size:10.5pt}main{max-width:none;padding:0}nav{display:none}
section+section h2{break-before:page;border-top:0}
h2,h3{break-after:avoid}figure,details,table,.lines{break-inside:avoid}
.pair{grid-template-columns:1fr 1fr}.scroll{overflow:visible}
.wide .tiles{grid-template-columns:repeat(12,1fr)}h2{margin-top:0}
}`;
