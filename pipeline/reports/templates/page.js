// The picture of a page: it is drawn here, from the raw text and the facts over it. Nothing is ever put in as markup.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const facts = JSON.parse($("#facts").textContent);
  const why = $("#why"), raw = $("#raw-side"), read = $("#read-side");
  const COLOURS = 12, UNSURE = .6;

  // --- what the facts say: offsets count code points, as Python does ---
  const text = facts.text ?? $("#text").textContent;
  const points = /[\ud800-\udfff]/.test(text) ? Array.from(text) : text, size = points.length;
  const cut = (start, end) => typeof points === "string" ? points.slice(start, end) : points.slice(start, end).join("");
  const starts = [0];
  for (let at = 0; at < size; at++) if (points[at] === "\n") starts.push(at + 1);
  const first = (list, good) => { let a = 0, b = list.length; while (a < b) { const m = (a + b) >> 1; if (good(list[m])) b = m; else a = m + 1; } return a; };
  const line = (offset) => first(starts, (start) => start > offset);
  const lines = (spans) => spans.length ? [line(Math.min(...spans.map((s) => s[0]))), line(Math.max(...spans.map((s) => s[0])))] : [1, 1];
  const rows = (flat, n) => Array.from({ length: flat.length / n }, (_, i) => flat.slice(i * n, i * n + n));
  let at = 0;
  const edits = rows(facts.edits, 3).map(([ahead, length, kind], number) => {
    const [after, stage, rule, status, evidence, confidence] = facts.kinds[kind], start = at += ahead, end = start + length;
    return { number, start, end, before: cut(start, end), after, stage, rule, status, evidence, confidence };
  });
  const isShown = (e) => e.status === "applied" || e.status === "accepted";
  const shownEdits = edits.filter(isShown), otherEdits = edits.filter((e) => !isShown(e));
  at = 0;
  const spans = rows(facts.spans, 2).map(([ahead, length]) => { const start = at + ahead; at = start + length; return [start, at]; });
  const articles = facts.articles.map(([id, kind, confidence, authors, to, from, links], n) => ({ id, number: n + 1, kind, confidence, authors, to, from, links, paragraphs: [], spans: [] }));
  const joins = [], leaving = new Map(), arriving = new Map();
  const noted = (map, key, value) => map.has(key) ? map.get(key).push(value) : map.set(key, [value]);
  at = 0;
  for (const [owner, role, truncation, count] of rows(facts.paragraphs, 4)) {
    const article = articles[owner], own = spans.slice(at, at += count), begins = joins.length;
    for (let n = 1; n < count; n++) {
      const [kind, confidence] = facts.seams[facts.joins[joins.length]], end = own[n - 1][1], start = own[n][0];
      const here = line(Math.max(0, end - 1)), there = line(start), link = { join: joins.length, kind, unsure: confidence < UNSURE };
      noted(leaving, end, { ...link, line: there });
      noted(arriving, start, { ...link, line: here });
      joins.push({ here, there, kind, confidence, article: article.number });
    }
    article.paragraphs.push({ role: facts.roles[role], truncation: facts.cuts[truncation], spans: own, joins: begins });
    article.spans.push(...own);
  }

  // --- drawing ---
  const made = (name, className = "", ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };
  const linked = (className, href, ...children) => { const a = made("a", className, ...children); a.href = href; return a; };
  const english = (element) => { element.lang = "en"; return element; };
  const odd = /[\0-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
  const visible = (part, into) => {  // what cannot be seen is named
    if (!odd.test(part)) { if (part) into.append(part); return; }
    for (const piece of part.replaceAll("\r", "").split(new RegExp(`(${odd.source})`))) {
      if (odd.test(piece)) into.append(made("span", "odd", "U+" + piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")));
      else if (piece) into.append(piece);
    }
  };
  // The edits that a stretch renders: an insertion at its very end belongs to the next one.
  const within = (start, end, list) => {
    const found = [];
    for (let n = first(list, (e) => e.start >= start); n < list.length && list[n].start < end; n++) if (list[n].end <= end) found.push(list[n]);
    return found;
  };
  const stops = new Set(["script", "join", "correct", "sug", "rej"]);  // of marks there are hundreds, and keys of their own
  const marked = (e, kind) => {
    const mark = made("mark", kind);
    mark.dataset.e = e.number;
    mark.tabIndex = stops.has(kind) ? 0 : -1;
    return mark;
  };
  const plain = (start, end, isRaw, into) => {
    let at = start;
    for (const e of within(start, end, shownEdits)) {
      if (e.start < at) continue;
      visible(cut(at, e.start), into);
      const mark = marked(e, e.stage);
      visible(isRaw ? e.before : e.after, mark);
      into.append(mark);
      at = e.end;
    }
    visible(cut(at, end), into);
  };
  // A suggestion that begins or ends inside an edit cannot be laid around it.
  const cuts = (other) => within(Math.max(0, other.start - 400), other.end + 400, shownEdits).some((e) => [other.start, other.end].some((p) => e.start < p && p < e.end));
  const stretch = (start, end, isRaw, into) => {
    let at = start, apart = -1;
    for (const other of within(start, end, otherEdits)) {
      if (other.start < apart) continue;
      apart = other.end;
      if (other.start < at || cuts(other)) continue;
      plain(at, other.start, isRaw, into);
      const mark = marked(other, other.status === "suggested" ? "sug" : "rej");
      plain(other.start, other.end, isRaw, mark);
      into.append(mark);
      at = other.end;
    }
    plain(at, end, isRaw, into);
  };

  // Every character has one fate: that of who claims it; between the claims is blank space.
  const fates = () => {
    const claims = articles.flatMap((a) => a.paragraphs.flatMap((p) => p.spans.map(([start, end]) => ({ start, end, fate: "article", anchor: a.id, number: a.number, role: p.role }))));
    for (const [fate, sign, list] of [["duplicate", "d", facts.duplicates], ["orphan", "o", facts.orphans]]) {
      list.forEach(([, , own], n) => { for (const [start, end] of rows(own, 2)) claims.push({ start, end, fate, anchor: `${sign}${n + 1}`, role: "" }); });
    }
    claims.sort((x, y) => x.start - y.start || x.end - y.end);
    const tiles = [], gap = facts.withheld ? "unknown" : "blank";
    let at = 0;
    for (const c of claims) {
      if (c.start > at) tiles.push({ start: at, end: c.start, fate: gap, anchor: "", role: "" });
      if (c.start < c.end) tiles.push(c);
      at = Math.max(at, c.end);
    }
    if (at < size) tiles.push({ start: at, end: size, fate: gap, anchor: "", role: "" });
    return tiles;
  };
  const goes = (link, words, sign) => {
    const a = linked(`go${link.unsure ? " unsure" : ""}`, `#L${link.line}`, sign);
    a.dataset.j = link.join;
    a.title = `${words} line ${link.line}`;
    return a;
  };
  const drawRaw = () => {
    const ends = [...starts.slice(1).map((s) => s - 1), size];
    const segments = starts.map(() => []);
    let last = null;
    for (const tile of fates()) {
      let start = tile.start;
      for (let n = line(start); n <= ends.length && start < tile.end; n++) {
        const end = Math.min(tile.end, ends[n - 1]);
        if (start < end) {
          segments[n - 1].push({ ...tile, start, end, chip: tile.anchor && tile.anchor !== last });
          last = tile.anchor || (tile.fate === "blank" ? last : null);
        }
        start = Math.max(start, end + 1);
      }
    }
    const drawn = document.createDocumentFragment();
    segments.forEach((own, index) => {
      const number = index + 1, row = made("div", own.every((s) => s.fate === "blank") ? "l empty" : "l"), shown = made("span", "t");
      row.id = `L${number}`;
      const no = linked("no", `#L${number}`, String(number));
      no.tabIndex = -1;
      for (const s of own) {
        const hue = s.number ? ` c${(s.number - 1) % COLOURS}` : "", isArticle = s.fate === "article";
        if (isArticle) for (const link of arriving.get(s.start) || []) shown.append(goes(link, "goes on from", `↥${link.line}`));
        if (s.chip) {
          const chip = linked(`chip${hue || " plain"}`, `#${s.anchor}`, String(s.number || (s.fate === "duplicate" ? "↺" : "?")));
          chip.setAttribute("aria-label", `${s.fate} ${s.number || ""}`);
          shown.append(chip);
        }
        const into = s.fate === "blank" ? shown : made("span", `s ${s.fate}${hue}`);
        stretch(s.start, s.end, true, into);
        if (into !== shown) { into.dataset.a = s.anchor; shown.append(into); }
        if (isArticle) for (const link of leaving.get(s.end) || []) shown.append(goes(link, "goes on in", link.kind === "line" && link.line === number + 1 ? "↩" : `↧${link.line}`));
      }
      row.append(no, shown);
      const roles = [...new Set(own.map((s) => s.role).filter((r) => r && r !== "body"))].join(" ");
      if (roles) row.append(english(made("span", "r", roles)));
      drawn.append(row);
    });
    $(".raw", raw).replaceChildren(drawn);
  };

  const whereOf = ([from, to]) => english(linked("where", `#L${from}`, from === to ? `line ${from}` : `lines ${from}–${to}`));
  const story = (className, id) => { const box = made("article", `story ${className}`); box.id = id; box.tabIndex = -1; return box; };
  const join = (number) => {
    const { there, kind, confidence } = joins[number], a = linked(`join ${kind}${confidence < UNSURE ? " unsure" : ""}`, `#L${there}`, "⌇");
    a.dataset.j = number;
    a.setAttribute("aria-label", `join, ${kind}, goes on in line ${there}`);
    return a;
  };
  const missing = (words) => english(made("span", "cut", words));
  const drawArticle = (a) => {
    const hue = `c${(a.number - 1) % COLOURS}`, box = story(hue, a.id);
    box.setAttribute("aria-label", `article ${a.number}`);
    box.append(whereOf(lines(a.spans)), linked(`chip ${hue}`, `#${a.id}`, String(a.number)));
    for (const { role, truncation, spans: own, joins: begins } of a.paragraphs) {
      const p = made("p", role);
      p.title = role;
      if (truncation === "head" || truncation === "both") p.append(missing("[text is missing] "));
      own.forEach(([start, end], n) => { if (n) p.append(join(begins + n - 1)); stretch(start, end, false, p); });
      if (truncation === "tail" || truncation === "both") p.append(missing(" [text is missing]"));
      box.append(p);
    }
    const foot = english(made("p", "foot", `${facts.page}@${a.id.slice(1)} · ${a.kind} · `, made("span", a.confidence < UNSURE ? "unsure-said" : "", `confidence ${a.confidence.toFixed(2)}`)));
    if (a.authors) foot.append(` · ${a.authors}`);
    if (a.to) foot.append(` · goes on on page ${a.to}`);
    if (a.from) foot.append(` · from page ${a.from}`);
    for (const [words, link] of a.links) foot.append(" · ", linked("", link, words));
    box.append(foot);
    return box;
  };
  const drawAside = (kind, id, [title, words, own, links]) => {
    const box = story(`aside ${kind}`, id), foot = english(made("p", "foot", title));
    for (const [what, place, link] of links) {
      const near = articles.find((a) => a.id === place);
      if (typeof place === "number") foot.append(` · ${what}: `, linked("", `#L${line(place)}`, `line ${line(place)}`));
      else if (link) foot.append(` · ${what}: `, linked("", link, place));
      else if (near) foot.append(` · ${what}: `, linked("", `#${near.id}`, `article ${near.number}`));
    }
    box.append(whereOf(lines(rows(own, 2))), made("p", "", words), foot);
    return box;
  };
  const drawWords = () => {
    const body = made("tbody"), heads = ["line", "printed", "read", "rule", "status", "confidence"];
    for (const e of edits) if (e.stage === "correct" || e.stage === "script") {
      const n = line(e.start), left = cut(Math.max(0, e.start - 8), e.start).split("\n").at(-1), right = cut(e.end, e.end + 8).split("\n")[0];
      body.append(made("tr", "", made("td", "", linked("", `#L${n}`, String(n))), made("td", "", left, made("del", "", e.before), right), made("td", "", made("ins", "", e.after)),
        made("td", "", e.rule), made("td", "", e.status), made("td", "n", e.confidence.toFixed(2))));
      if (e.evidence) { const told = made("td", "faint", e.evidence); told.colSpan = 5; body.append(made("tr", "", made("td"), told)); }
    }
    if (!body.childElementCount) return [];
    const table = made("table", "", made("thead", "", made("tr", "", ...heads.map((h) => made("th", h === "confidence" ? "n" : "", h)))), body);
    return [english(made("h2", "", "Corrections and suggestions of words")), english(made("div", "scroll", table))];
  };
  drawRaw();
  const asides = [["Repeats that were taken out", "duplicate", "d", facts.duplicates], ["Belongs to no article", "orphan", "o", facts.orphans]];
  $("#stories").replaceChildren(...articles.map(drawArticle),
    ...asides.flatMap(([title, kind, sign, list]) => list.length ? [english(made("h2", "", title)), ...list.map((row, n) => drawAside(kind, `${sign}${n + 1}`, row))] : []), ...drawWords());

  // --- notes ---
  const part = (name, text, parent) => {
    const told = made(name, "", text);
    parent.append(told);
    return told;
  };
  const list = (rows) => {
    const told = made("dl");
    for (const [name, value] of rows) if (value !== "") { part("dt", name, told); part("dd", value, told); }
    return told;
  };
  const seen = (text) => text === "" ? "nothing" : text.replace(/[\s\u200b-\u200f\u2060\ufeff\u00ad]/g, (c) => c === " " ? "␣" : "U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0"));
  const noteOfEdit = ({ before, after, stage, rule, confidence, status, evidence }) => {
    const note = document.createDocumentFragment(), big = made("p", "big");
    note.append(big);
    part("del", seen(before), big); big.append(" → "); part("ins", seen(after), big);
    const words = rule.split("+").map((r) => facts.rules[r]).filter(Boolean).join(" ");
    note.append(list([["status", status === "suggested" ? "suggested: the text is not changed" : status], ["rule", rule], ["", words], ["evidence", evidence], ["confidence", confidence.toFixed(2)], ["step", stage]]));
    return note;
  };
  const noteOfJoin = ({ here, there, kind, confidence, article }) => {
    const words = { line: "a line broken inside a sentence", column: "text that goes on in another place", blend: "the end of this text was swallowed by a repeat" };
    return list([["join", `line ${here} goes on in line ${there}`], ["kind", `${kind}: ${words[kind] || ""}`], ["confidence", confidence.toFixed(2)], ["article", String(article)]]);
  };
  const show = (target) => {
    const { e, j } = target.dataset;
    why.replaceChildren(e !== undefined ? noteOfEdit(edits[e]) : noteOfJoin(joins[j]));
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
  const tells = "mark[data-e], a.join[data-j], a.go[data-j]";
  const light = (anchor) => {
    if (!anchor) return;
    for (const s of all(`.s[data-a="${CSS.escape(anchor)}"]`)) s.classList.add("lit");
    document.getElementById(anchor)?.classList.add("lit");
  };
  for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(on, (event) => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(tells)) { hide(); show(target.closest(tells)); }
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
    return e !== undefined ? $(`mark[data-e="${e}"]`, there) : there === raw ? document.getElementById(`L${joins[j].there}`) : $(`a.join[data-j="${j}"]`, read);
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
    // All is measured before anything is put in: measuring after a change lays the whole page out again.
    const top = raw.getBoundingClientRect().top - raw.scrollTop, height = raw.scrollHeight, places = new Map();
    const place = (n) => {
      if (!places.has(n)) { const box = document.getElementById(`L${n}`).getBoundingClientRect(); places.set(n, [box.bottom - top - 9, box.top - top + 12]); }
      return places.get(n);
    };
    const hues = Array.from({ length: COLOURS }, (_, n) => colour(n));
    const paths = joins.flatMap(({ here, there, kind, confidence, article }, number) => {
      if (here === there) return [];
      const [y1] = place(here), [, y2] = place(there);
      const x = 50, reach = kind === "line" && Math.abs(there - here) < 3 ? 10 : Math.min(44, 16 + Math.abs(y2 - y1) / 14);
      const path = document.createElementNS(xml, "path");
      path.setAttribute("d", `M${x} ${y1} C ${x - reach} ${y1}, ${x - reach} ${y2}, ${x} ${y2}`);
      path.setAttribute("class", `${kind}${confidence < UNSURE ? " unsure" : ""}`);
      path.dataset.j = number;
      path.style.stroke = hues[(article - 1) % COLOURS];
      return [path];
    });
    arcs.style.height = `${height}px`;
    arcs.append(...paths);
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
