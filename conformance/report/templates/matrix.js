"use strict";
const field = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const implementations = all(".one[data-find]");
const keyed = new Map(implementations.map((each) => [each.id.slice("implementation/".length), each]));
const words = new Map([...field("word").options].map((option) => [option.text, option.value]));
const outcome = (cell) => words.get(cell.textContent.trim()) ?? "-";
const tables = all("section.table").map((section) => ({
  section,
  names: all(".names th[data-key]", section),
  kinds: all(".kinds th", section),
  rows: all("tbody tr", section).map((row) => ({ row, cells: [...row.cells].slice(1) })),
}));

const typed = (id) => field(id).value.trim().toLowerCase();

// Any two side by side stand alone; else those whose name, kind or language holds what was typed.
function visible(key) {
  const pair = [field("one").value, field("other").value];
  return pair.every(Boolean) ? pair.includes(key) : keyed.get(key).dataset.find.includes(typed("name"));
}

function wanted({ row, cells }, shown) {
  const came = cells.filter((_, index) => shown[index]).map(outcome);
  return row.cells[0].textContent.toLowerCase().includes(typed("text"))
    && ["family", "level"].every((name) => !field(name).value || row.dataset[name] === field(name).value)
    && (!field("word").value || came.includes(field("word").value))
    && (!field("one").value || !field("other").value || new Set(came).size > 1);
}

function apply() {
  let count = 0;
  for (const { section, names, kinds, rows } of tables) {
    const shown = names.map((name) => visible(name.dataset.key));
    section.hidden = !shown.includes(true);
    names.forEach((name, index) => { name.hidden = !shown[index]; });
    for (const kind of kinds) {
      const left = names.filter((name) => !name.hidden && name.dataset.group === kind.dataset.group).length;
      kind.hidden = left === 0;
      kind.colSpan = Math.max(left, 1);
    }
    for (const each of rows) {
      each.row.hidden = section.hidden || !wanted(each, shown);
      count += each.row.hidden ? 0 : 1;
      each.cells.forEach((cell, index) => { cell.hidden = !shown[index]; });
    }
  }
  for (const [key, each] of keyed) each.hidden = !visible(key);
  for (const kind of all(".kind")) kind.hidden = all(".one", kind).every((each) => each.hidden);
  const left = [...keyed.keys()].filter(visible).length;
  field("found").textContent = `${count} requirements, ${left} implementations`;
}

function element(name, text = "", href = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (href) made.href = href;
  return made;
}

// What each implementation came to in one requirement: the page holds it as a row, this is the same as a list.
function requirement(row) {
  const table = tables.find((each) => each.section.contains(row));
  const [id, level] = [row.id.slice("requirement/".length), row.dataset.level];
  const came = new Map();
  table.names.forEach((name, index) => {
    const judged = name.querySelector(".chip").textContent !== "NO REPORT";
    const word = judged ? row.cells[index + 1].textContent.trim() : "not judged";
    came.set(word, [...(came.get(word) ?? []), index]);
  });
  const list = element("dl");
  list.className = "facts";
  for (const word of [...words.keys(), "-", "not judged"].filter((each) => came.has(each))) {
    const links = came.get(word).flatMap((index) => {
      const name = table.names[index];
      const found = row.cells[index + 1].querySelector("a");
      const link = element("a", name.querySelector("a").textContent, found?.hash ?? `#implementation/${name.dataset.key}`);
      return [link, ", "];
    });
    const listed = element("dd");
    listed.append(...links.slice(0, -1));
    list.append(element("dt", `${word === "-" ? "not asked" : word} (${came.get(word).length})`), listed);
  }
  const rule = row.querySelector("p").cloneNode(true);
  field("view").replaceChildren(element("h2", `${id} · ${level}`), rule, list);
}

// An address that somebody typed may be none.
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return ""; }
}

// One address for each implementation, finding and requirement: the page shows that alone.
function show() {
  const address = decoded(location.hash.slice(1));
  const target = address && field(address);
  const [kind, key, other] = address.split("/");
  const pair = kind === "compare" && keyed.has(key) && keyed.has(other);
  if (pair) [field("one").value, field("other").value] = [key, other];
  const alone = target && ["implementation", "requirement"].includes(kind) ? kind : "";
  document.body.dataset.alone = alone;
  field("back").hidden = !alone && !pair;
  field("view").hidden = alone !== "requirement";
  if (alone === "requirement") requirement(target);
  for (const each of implementations) each.classList.toggle("alone", alone === "implementation" && each.contains(target));
  if (!address && !field("back").hidden) field("back").hidden = true;
  apply();
  for (let each = alone === "requirement" ? null : target; each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
  if (alone === "requirement" || (alone && target.matches(".one"))) scrollTo(0, 0);
  else if (pair) tables.find(({ section }) => !section.hidden)?.section.scrollIntoView();
  else if (target) target.scrollIntoView();
}

field("compare").addEventListener("input", (event) => {
  const pair = [field("one").value, field("other").value];
  if (event.target.id === "one" || event.target.id === "other") {
    history.replaceState(null, "", pair.every(Boolean) ? `#compare/${pair.join("/")}` : "#");
    field("back").hidden = !pair.every(Boolean);
  }
  apply();
});
field("compare").addEventListener("submit", (event) => event.preventDefault());
field("back").addEventListener("click", () => { field("one").value = field("other").value = ""; });
addEventListener("hashchange", show);
field("compare").hidden = false;
show();
