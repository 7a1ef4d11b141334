// The search of the first page. It reads its files when someone searches, and only from beside this page.
"use strict";
(() => {
  const form = document.querySelector("form.search"), input = document.getElementById("q"), full = document.getElementById("full");
  const hits = document.getElementById("hits"), said = document.getElementById("said");
  const MOST = 200, shards = Number(form.dataset.shards);
  const heads = [];
  let issues = null, texts = null, turn = 0;
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  window.banmian = {
    heads: (number, rows) => { heads[number - 1] = rows.map((row) => [row, plain(row.slice(1).join(" "))]); },
    issues: (rows) => { issues = rows; },
    texts: (issue, rows) => { texts = [issue, rows]; },
  };
  const read = (path) => new Promise((done) => {
    const script = document.createElement("script");
    script.src = path;
    script.onload = () => { script.remove(); done(true); };
    script.onerror = () => { script.remove(); done(false); };
    document.head.append(script);
  });
  const highlighted = (text, terms, parent) => {
    const low = plain(text).length === text.length ? plain(text) : text;
    let at = 0;
    while (at < text.length) {
      let next = -1, length = 0;
      for (const term of terms) { const found = low.indexOf(term, at); if (found >= 0 && (next < 0 || found < next)) { next = found; length = term.length; } }
      if (next < 0) break;
      parent.append(text.slice(at, next));
      const b = document.createElement("b");
      b.textContent = text.slice(next, next + length);
      parent.append(b);
      at = next + length;
    }
    parent.append(text.slice(at));
  };
  const add = (link, headline, authors, where, snippet, terms) => {
    const item = document.createElement("li"), a = document.createElement("a"), small = document.createElement("small");
    a.href = link;
    highlighted(headline || "(no headline)", terms, a);
    item.append(a);
    if (authors) { item.append(" · "); highlighted(authors, terms, item); }
    highlighted(where, terms, small);
    small.append(" · ");
    highlighted(snippet, terms, small);
    item.append(small);
    hits.append(item);
  };
  const around = (text, terms) => {
    const low = plain(text), at = Math.min(...terms.map((t) => low.indexOf(t)).filter((x) => x >= 0), Infinity);
    const from = Number.isFinite(at) ? Math.max(0, at - 20) : 0;
    return (from ? "…" : "") + text.slice(from, from + 80).replace(/\n/g, " ") + "…";
  };
  const search = async () => {
    const mine = ++turn, terms = plain(input.value).split(/\s+/).filter(Boolean);
    hits.replaceChildren();
    if (!terms.length) { said.textContent = ""; return; }
    const shown = new Set();
    let found = 0;
    for (let n = 1; n <= shards; n++) {
      if (!heads[n - 1]) { said.textContent = `reading ${n} of ${shards} …`; await read(`search/heads-${n}.js`); }
      if (mine !== turn) return;
      const good = (heads[n - 1] || []).filter(([, low]) => terms.every((t) => low.includes(t)));
      good.sort((x, y) => score(y[0], terms) - score(x[0], terms));
      for (const [[link, headline, authors, where, kicker, opening]] of good) {
        if (found++ < MOST) { add(link, headline, authors, where, [kicker, opening].filter(Boolean).join(" · "), terms); shown.add(link); }
      }
    }
    if (full.checked) {
      if (!issues) await read("search/issues.js");
      for (const [number, [issue, where]] of (issues || []).entries()) {
        if (mine !== turn || found >= MOST) break;
        said.textContent = `${found} found, reading ${number + 1} of ${issues.length} ${issues.length === 1 ? "issue" : "issues"} …`;
        const folder = `pages/${encodeURIComponent(issue)}/`;
        texts = null;
        if (!(await read(`${folder}texts.js`)) || mine !== turn || !texts) continue;
        for (const [link, headline, authors, text] of texts[1]) {
          const [file, anchor] = link.split("#"), href = `${folder}${encodeURIComponent(file)}#${anchor}`;
          if (shown.has(href)) continue;
          const low = plain(`${headline} ${authors} ${where} ${text}`);
          if (terms.every((t) => low.includes(t)) && found++ < MOST) add(href, headline, authors, where, around(text, terms), terms);
        }
      }
    }
    if (mine === turn) said.textContent = found ? `${found > MOST ? `more than ${MOST}` : found} found` : full.checked ? "nothing found" : "nothing found among headlines, authors and openings; try the full texts";
  };
  const score = ([, headline, authors], terms) => terms.reduce((sum, t) => sum + (plain(headline).includes(t) ? 2 : 0) + (plain(authors).includes(t) ? 1 : 0), 0);
  let waiting = 0;
  const later = () => { clearTimeout(waiting); waiting = setTimeout(search, 150); };
  input.addEventListener("input", later);
  full.addEventListener("change", search);
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); search(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...hits.querySelectorAll("a")], at = links.indexOf(document.activeElement);
    const typing = event.target.matches?.("input[type=search]");
    if (event.key === "/" && !typing) { input.focus(); input.select(); }
    else if (event.key === "ArrowDown" && (typing || at >= 0) && links.length) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp" && at >= 0) (at ? links[at - 1] : input).focus();
    else if (event.key === "Escape" && typing && input.value) { input.value = ""; search(); }
    else return;
    event.preventDefault();
  });
  if (location.hash === "#q") input.focus();
})();
