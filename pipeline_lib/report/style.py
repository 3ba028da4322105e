"""How the page looks: quiet paper, one measure, figures side by side where there is room. No fonts from elsewhere."""

from pipeline_lib.report import palette

RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK JP",sans-serif}
main{max-width:68rem;margin:0 auto;padding:3.5rem 1.5rem 5rem}
h1{font-size:2.1rem;line-height:1.15;letter-spacing:-.02em;margin:.6rem 0 .5rem;font-weight:650}
h2{font-size:1.25rem;letter-spacing:-.01em;margin:3.25rem 0 .35rem;font-weight:650}
h3{font-size:.95rem;margin:0 0 .3rem;font-weight:600}
p{margin:.35rem 0 1rem;max-width:46rem}
.lead{font-size:1.08rem}
.against{display:grid;
grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem;align-items:start;margin:1.5rem 0 0}
.headline{font-size:1.45rem;line-height:1.35;letter-spacing:-.01em;margin:.6rem 0 .7rem}
.headline span{white-space:nowrap}
.headline b{font-weight:650;font-variant-numeric:tabular-nums}
.fault{text-decoration:underline solid var(--wrong) 2px;text-underline-offset:3px;cursor:help}
.fault.world{text-decoration-style:dotted}
.fault.discourse{text-decoration-thickness:1px;text-decoration-color:var(--muted)}
.muted,figcaption,.note{color:var(--muted)}
.note{font-size:.9rem}
.mark{display:block;width:44px;height:44px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem;margin:2rem 0 0}
.card,figure,.reading,.texts article,.problem{background:var(--card);border:1px solid var(--line);border-radius:12px}
.card{padding:1.1rem 1.25rem 1rem}
.card b{display:block;font-size:2rem;line-height:1.15;letter-spacing:-.025em;font-weight:650;
font-variant-numeric:tabular-nums}
.card span{display:block;font-size:.95rem}
.card small{display:block;color:var(--muted);font-size:.85rem;margin-top:.25rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin:.75rem 0 0}
th,td{text-align:left;padding:.6rem .75rem;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{padding-left:0}
thead th{font-weight:600;font-size:.95rem}
tbody th{font-weight:400}
td small{display:block;color:var(--muted);font-size:.82rem;white-space:nowrap}
td.best b{font-weight:700}
td b{font-weight:500}
.base{color:var(--base)}.sft{color:var(--sft)}.chat{color:var(--chat)}
.dot::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:50%;
background:currentColor;margin-right:.45em}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:1rem;
margin-top:1rem;align-items:start}
.wide+.figures{margin-top:2rem}section+.figures{margin-top:2rem}
figure{margin:0;padding:1.1rem 1.1rem .8rem}
figure svg{display:block;width:100%;height:auto;overflow:visible}
figure svg text{font-family:inherit}
.reading{padding:1.1rem 1.25rem .4rem}
.reading p{margin:0 0 .8rem}
figcaption{font-size:.88rem;margin-top:.6rem}
.texts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin-top:1rem;align-items:start}
.texts article{padding:1rem 1.15rem}
.said{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.92rem;line-height:1.5;margin:0}
.said+.said{border-top:1px solid var(--line);margin-top:.8rem;padding-top:.8rem}
.problem{margin-top:1rem;padding:1rem 1.15rem}
.problem>p{margin:0 0 .8rem;max-width:none;white-space:pre-wrap;overflow-wrap:anywhere}
.expected{color:var(--muted);white-space:nowrap;margin-left:.35em}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:.9rem}
.answers>div{border-top:2px solid var(--line);padding-top:.5rem}
.verdict{font-size:.85rem;float:right}
.right{color:var(--chat)}.wrong{color:var(--wrong)}
details{margin-top:1rem}
summary{cursor:pointer;color:var(--muted);width:max-content;max-width:100%}
summary:hover{color:var(--ink)}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--muted);font-size:.88rem}
@media (max-width:40rem){main{padding:2rem 1rem 3rem}h1{font-size:1.7rem}h2{margin-top:2.5rem}
.cards{grid-template-columns:1fr 1fr;gap:.7rem}.card{padding:.8rem .9rem}.card b{font-size:1.5rem}
th,td{padding:.5rem .45rem;font-size:.9rem}td small{white-space:normal;font-size:.78rem}
figure{padding:.8rem .7rem .6rem}figure svg text{font-size:12px!important}}
@media print{body{background:#fff}.card,figure,.texts article,.problem{break-inside:avoid}}
"""

MARK = (
    '<svg class="mark" viewBox="0 0 44 44" aria-hidden="true" fill="none">'
    '<path d="M12 36h20l-2.4 5H14.4z" fill="var(--sft)"/>'
    '<path d="M22 36c-1-6 4-8 1-13s2-7 1-10" stroke="var(--base)" stroke-width="3" '
    'stroke-linecap="round"/>'
    '<ellipse cx="25" cy="9" rx="11" ry="6" fill="var(--chat)"/>'
    '<ellipse cx="12" cy="19" rx="9" ry="5" fill="var(--chat)"/>'
    '<ellipse cx="34" cy="23" rx="8" ry="4.5" fill="var(--chat)"/></svg>'
)


def css() -> str:
    return palette.css() + RULES.replace("\n", "")
