// The review page. All text of the newspaper goes in as text (textContent), never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
let now = null; // what the server last said
let chosen = 0; // which of the shown places is chosen
let busy = false; // one request at a time: a key pressed meanwhile is not for the question that comes next

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

// The word as it is shown and as it would be, the character that differs marked.
function change(group) {
  const parts = (word, name) => {
    let i = 0;
    const [a, b] = [Array.from(group.printed), Array.from(group.meant)];
    while (i < a.length && i < b.length && a[i] === b[i]) i += 1;
    let k = 0;
    while (k < a.length - i && k < b.length - i && a[a.length - 1 - k] === b[b.length - 1 - k]) k += 1;
    const own = name === "del" ? a : b;
    return [
      element("span", own.slice(0, i).join("")),
      element(name, own.slice(i, own.length - k).join("")),
      element("span", own.slice(own.length - k).join("")),
    ];
  };
  return [...parts(group.printed, "del"), element("span", "→", "arrow"), ...parts(group.meant, "ins")];
}

function place(p, index) {
  const item = element("li");
  item.setAttribute("aria-current", String(index === chosen));
  const head = element("p", p.headline || "(no headline)", "head");
  head.lang = "zh-Hans";
  const read = element("p", undefined, "read");
  read.lang = "zh-Hans";
  read.append(
    element("span", p.lead, "beside"), element("span", p.left), element("del", p.shown), element("ins", p.after),
    element("span", p.right), element("span", p.tail, "beside"),
  );
  item.append(head, element("p", p.where, "where"), read);
  if (p.evidence) item.append(element("p", p.evidence, "why"));
  item.addEventListener("click", () => choose(index));
  return item;
}

function choose(index) {
  const items = $("places").children;
  if (!items.length) return;
  chosen = Math.max(0, Math.min(index, items.length - 1));
  for (const [i, item] of Array.from(items).entries()) item.setAttribute("aria-current", String(i === chosen));
  items[chosen].scrollIntoView({ block: "nearest" });
}

function show(state) {
  now = state;
  const decided = state.total - state.open;
  $("bar").max = state.total || 1;
  $("bar").value = decided;
  $("counts").textContent =
    `${decided} of ${state.total} decided · ${state.accepted} accepted, ${state.rejected} rejected`;
  const group = state.group;
  $("question").hidden = !group;
  $("done").hidden = Boolean(group);
  for (const id of ["accept", "reject", "skip"]) $(id).disabled = !group;
  $("undo").disabled = !state.can_undo;
  if (!group) {
    $("tally").textContent = `${state.accepted} accepted, ${state.rejected} rejected.`;
    for (const all of document.querySelectorAll(".all")) all.textContent = "";
    $("hints").hidden = true;
    return;
  }
  const many = group.n_places > 1;
  chosen = 0;
  $("change").replaceChildren(...change(group));
  $("change").setAttribute("aria-label", `${group.printed} → ${group.meant}`);
  const rule = group.rule.replaceAll("_", " ").replaceAll("+", ", ");
  const left = `${count(state.questions, "question")} left`;
  $("facts").textContent =
    [rule, `confidence ${group.confidence.toFixed(2)}`, count(group.n_places, "place"), left].join(" · ");
  $("places").replaceChildren(...group.places.map(place));
  const hidden = group.n_places - group.places.length;
  $("more").hidden = hidden === 0;
  $("more").textContent = `and ${hidden} more places that read the same`;
  for (const all of document.querySelectorAll(".all")) all.textContent = many ? ` all ${group.n_places}` : "";
  $("hints").hidden = !many;
  window.scrollTo(0, 0);
}

function complain(text) {
  $("error").textContent = text;
  $("error").hidden = !text;
}

async function ask(path, sent) {
  if (busy) return;
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const options = sent === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent),
    };
    const answer = await fetch(path, { ...options, credentials: "omit", redirect: "error" });
    const state = await answer.json();
    complain(state.error || "");
    if ("total" in state) show(state);
    return answer.ok;
  } catch {
    complain("The review no longer answers. Was it ended in the terminal? What you decided so far is saved.");
    return false;
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

async function act(what, alone) {
  if (busy || !now) return;
  const group = now.group;
  if (what === "undo") {
    if (now.can_undo && (await ask("act/undo", {}))) $("said").textContent = "Undone.";
    return;
  }
  if (!group) return;
  const only = alone && what !== "skip" ? group.places[chosen].key : null;
  const n = only ? 1 : group.n_places;
  if (await ask(`act/${what}`, { group: group.id, only })) {
    const done = { accept: "Accepted", reject: "Rejected", skip: "Skipped" }[what];
    $("said").textContent = `${done} ${group.printed} → ${group.meant}${n > 1 ? ` in ${n} places` : ""}. U takes it back.`;
  }
}

const KEYS = { a: "accept", r: "reject", s: "skip", u: "undo" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (now?.group && now.group.places.length > 1) {
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    }
    return;
  }
  const what = KEYS[event.key.toLowerCase()];
  if (!what || event.repeat) return; // a key held down decides once
  event.preventDefault();
  act(what, event.shiftKey);
});

for (const what of Object.values(KEYS)) $(what).addEventListener("click", () => { act(what, false); $(what).blur(); });

ask("state");
