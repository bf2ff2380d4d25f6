"use strict";
const field = (id) => document.getElementById(id);
const rows = [...document.querySelectorAll("tbody tr[id]")];
const boxes = [...document.querySelectorAll("input[name=column]")];
const names = [...document.querySelectorAll(".names th[data-group]")];
const kinds = [...document.querySelectorAll(".kinds th")];
const words = new Map([...field("word").options].map((option) => [option.text, option.value]));
const cells = new Map(rows.map((row) => [row, [...row.cells].slice(1)]));
const outcome = (cell) => words.get(cell.textContent) ?? "-";

function shown(row, visible) {
  const came = cells.get(row).map(outcome);
  const [one, other] = [field("one").value, field("other").value];
  return row.cells[0].textContent.toLowerCase().includes(field("text").value.trim().toLowerCase())
    && ["family", "level"].every((name) => !field(name).value || row.dataset[name] === field(name).value)
    && (!field("word").value || came.some((word, index) => visible[index] && word === field("word").value))
    && (one === "" || other === "" || came[one] !== came[other]);
}

function apply() {
  const wanted = field("name").value.trim().toLowerCase();
  const visible = boxes.map((box) => box.checked && box.dataset.name.includes(wanted));
  let count = 0;
  for (const row of rows) {
    row.hidden = !shown(row, visible);
    count += row.hidden ? 0 : 1;
    cells.get(row).forEach((cell, index) => { cell.hidden = !visible[index]; });
  }
  names.forEach((cell, index) => { cell.hidden = !visible[index]; });
  for (const kind of kinds) {
    const left = names.filter((cell) => !cell.hidden && cell.dataset.group === kind.dataset.group).length;
    kind.hidden = left === 0;
    kind.colSpan = Math.max(left, 1);
  }
  field("found").textContent = `${count} of ${rows.length} requirements`;
}

function unfold() {
  const target = location.hash && field(decodeURIComponent(location.hash.slice(1)));
  for (let each = target; each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
  if (target) target.scrollIntoView();
}

document.querySelector("form").addEventListener("input", apply);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", unfold);
apply();
unfold();
