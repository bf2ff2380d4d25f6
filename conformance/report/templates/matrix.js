"use strict";
const field = (id) => document.getElementById(id);
const rows = [...document.querySelectorAll("tbody tr[id]")];
const boxes = [...document.querySelectorAll("input[name=column]")];

function shown(row, cells) {
  const visible = cells.filter((_, index) => boxes[index].checked);
  const [one, other] = [field("one").value, field("other").value];
  return row.id.includes(field("text").value.trim().toLowerCase())
    && ["family", "level"].every((name) => !field(name).value || row.dataset[name] === field(name).value)
    && (!field("word").value || visible.includes(field("word").value))
    && (one === "" || other === "" || cells[one] !== cells[other]);
}

function apply() {
  let count = 0;
  for (const row of rows) {
    const cells = [...row.querySelectorAll("td")].map((cell) => cell.dataset.word);
    row.hidden = !shown(row, cells);
    count += row.hidden ? 0 : 1;
  }
  for (const cell of document.querySelectorAll("[data-column]")) {
    cell.hidden = !boxes[cell.dataset.column].checked;
  }
  field("found").textContent = `${count} of ${rows.length} requirements`;
}

document.querySelector("form").addEventListener("input", apply);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
apply();
