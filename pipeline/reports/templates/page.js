// What makes the picture of a page easier to read: notes, arcs, keys. Without it everything can still be read.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const facts = JSON.parse($("#facts").textContent);
  const why = $("#why"), raw = $("#raw-side"), read = $("#read-side");

  // --- notes ---
  const part = (name, text, parent) => {
    const made = document.createElement(name);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  const list = (rows) => {
    const made = document.createElement("dl");
    for (const [name, value] of rows) if (value !== "") { part("dt", name, made); part("dd", value, made); }
    return made;
  };
  const seen = (text) => text === "" ? "nothing" : text.replace(/[\s\u200b-\u200f\u2060\ufeff\u00ad]/g, (c) => c === " " ? "␣" : "U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0"));
  const noteOfEdit = ([before, after, stage, rule, confidence, status, evidence]) => {
    const made = document.createDocumentFragment(), big = part("p", "", made);
    big.className = "big";
    part("del", seen(before), big); big.append(" → "); part("ins", seen(after), big);
    const words = rule.split("+").map((r) => facts.rules[r]).filter(Boolean).join(" ");
    made.append(list([["status", status === "suggested" ? "suggested: the text is not changed" : status], ["rule", rule], ["", words], ["evidence", evidence], ["confidence", confidence.toFixed(2)], ["step", stage]]));
    return made;
  };
  const noteOfJoin = ([from, to, kind, confidence, article]) => {
    const words = { line: "a line broken inside a sentence", column: "text that goes on in another place", blend: "the end of this text was swallowed by a repeat" };
    const made = document.createDocumentFragment();
    made.append(list([["join", `line ${from} goes on in line ${to}`], ["kind", `${kind}: ${words[kind] || ""}`], ["confidence", confidence.toFixed(2)], ["article", String(article)]]));
    return made;
  };
  const show = (target) => {
    const { e, j } = target.dataset;
    why.replaceChildren(e !== undefined ? noteOfEdit(facts.edits[e]) : noteOfJoin(facts.joins[j]));
    why.hidden = false;
    const place = target.getBoundingClientRect(), own = why.getBoundingClientRect();
    const below = place.bottom + 8 + own.height < innerHeight;
    why.style.left = `${Math.max(8, Math.min(place.left, innerWidth - own.width - 8))}px`;
    why.style.top = `${Math.max(8, below ? place.bottom + 8 : place.top - own.height - 8)}px`;
    target.setAttribute("aria-describedby", "why");
    for (const twin of all(e !== undefined ? `mark[data-e="${e}"]` : `[data-j="${j}"]`)) twin.classList.add("lit");
  };
  const hide = () => {
    why.hidden = true;
    for (const lit of all(".lit")) lit.classList.remove("lit");
    for (const told of all("[aria-describedby=why]")) told.removeAttribute("aria-describedby");
  };
  const noted = "mark[data-e], a.join[data-j], a.go[data-j]";
  const light = (anchor) => {
    if (!anchor) return;
    for (const s of all(`.s[data-a="${CSS.escape(anchor)}"]`)) s.classList.add("lit");
    document.getElementById(anchor)?.classList.add("lit");
  };
  for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(on, (event) => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(noted)) { hide(); show(target.closest(noted)); }
      else if (on === "pointerover" && why.hidden) light(target?.closest(".s")?.dataset.a || target?.closest(".chip")?.hash.slice(1));
    });
    document.addEventListener(off, hide);
  }

  // --- keys ---
  const go = (element) => {
    if (!element) return;
    element.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    element.focus({ preventScroll: true });
    if (element.matches("mark[data-e]")) other(element)?.scrollIntoView({ block: "center" });
  };
  const step = (elements, by) => {
    if (!elements.length) return null;
    const at = elements.indexOf(document.activeElement);
    if (at >= 0) return elements[(at + by + elements.length) % elements.length];
    const here = document.activeElement && document.activeElement !== document.body ? document.activeElement : null;
    const after = here ? elements.findIndex((x) => here.compareDocumentPosition(x) & Node.DOCUMENT_POSITION_FOLLOWING) : 0;
    return elements[by > 0 ? Math.max(0, after) : (after > 0 ? after : elements.length) - 1];
  };
  const stories = () => all("article.story", read);
  const words = "mark:not(.normalise)";
  const article = (by) => {
    const here = document.activeElement?.closest("article.story"), list = stories();
    const next = here && document.activeElement !== here ? (by > 0 ? list[list.indexOf(here) + 1] : here) || list[0] : step(list, by);
    go(next);
    if (next) $(`.s[data-a="${CSS.escape(next.id)}"]`, raw)?.scrollIntoView({ block: "center" });
  };
  const side = () => document.activeElement && raw.contains(document.activeElement) ? raw : read;
  const other = (element) => {
    const { e, j } = element.dataset, there = raw.contains(element) ? read : raw;
    return e !== undefined ? $(`mark[data-e="${e}"]`, there) : there === raw ? document.getElementById(`L${facts.joins[j][1]}`) : $(`a.join[data-j="${j}"]`, read);
  };
  const leave = (selector) => { const link = $(selector); if (link) location.href = link.href; };
  const help = $("#help");
  const keys = {
    n: () => go(step(all("mark[data-e], a.join", side()), 1)), p: () => go(step(all("mark[data-e], a.join", side()), -1)),
    w: () => go(step(all(words, side()), 1)), W: () => go(step(all(words, side()), -1)),
    j: () => article(1), k: () => article(-1),
    "[": () => leave("a[rel=prev]"), "]": () => leave("a[rel=next]"), u: () => leave("a[href='index.html']"),
    "/": () => { location.href = "../../index.html#q"; },
    "?": () => help.showModal(), Escape: hide,
    Enter: (event) => {
      if (!event.target.matches?.("mark[data-e]")) return false;
      const there = other(event.target);
      if (there) go(there);
      return true;
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input[type=text], input[type=search]") || help.open) return;
    const act = keys[event.key];
    if (act && act(event) !== false) event.preventDefault();
  });
  $("#keys").addEventListener("click", () => help.showModal());

  // --- arcs between the lines that belong together ---
  const xml = "http://www.w3.org/2000/svg";
  const hues = new Map(all("[class*=' c'], .chip").flatMap((x) => [...x.classList].filter((c) => /^c\d+$/.test(c)).map((c) => [c, x])));
  const colour = (n) => { const sample = hues.get(`c${n}`); return sample ? `hsl(${getComputedStyle(sample).getPropertyValue("--h")} 60% 50%)` : "currentColor"; };
  const arcs = document.createElementNS(xml, "svg");
  arcs.classList.add("arcs");
  arcs.setAttribute("aria-hidden", "true");
  raw.append(arcs);
  const draw = () => {
    arcs.replaceChildren();
    const top = raw.getBoundingClientRect().top - raw.scrollTop;
    arcs.style.height = `${raw.scrollHeight}px`;
    facts.joins.forEach(([from, to, kind, confidence, , hue], number) => {
      const a = document.getElementById(`L${from}`), b = document.getElementById(`L${to}`);
      if (!a || !b || a === b) return;
      const y1 = a.getBoundingClientRect().bottom - top - 9, y2 = b.getBoundingClientRect().top - top + 12;
      const x = 50, reach = kind === "line" && Math.abs(to - from) < 3 ? 10 : Math.min(44, 16 + Math.abs(y2 - y1) / 14);
      const path = document.createElementNS(xml, "path");
      path.setAttribute("d", `M${x} ${y1} C ${x - reach} ${y1}, ${x - reach} ${y2}, ${x} ${y2}`);
      path.setAttribute("class", `${kind}${confidence < .6 ? " unsure" : ""}`);
      path.dataset.j = number;
      path.style.stroke = colour(hue);
      arcs.append(path);
    });
  };
  draw();
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 120); });
  document.fonts?.ready.then(draw);

  // --- a link to an article shows it on both sides ---
  const arrive = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.matches("article.story")) $(`.s[data-a="${CSS.escape(target.id)}"]`, raw)?.scrollIntoView({ block: "center" });
    if (target.matches(".l")) { const a = $(".s[data-a]", target)?.dataset.a; if (a) document.getElementById(a)?.scrollIntoView({ block: "start" }); }
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", arrive);
  arrive();
})();
