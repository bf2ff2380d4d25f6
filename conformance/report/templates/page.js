(function () {
  "use strict";
  var all = function (selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); };
  var copied = document.getElementById("copied");
  var form = document.getElementById("filters");

  // Copying: the browser's clipboard, or else a selection to copy from.
  function select(node) {
    var range = document.createRange();
    range.selectNodeContents(node);
    var selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }
  function answer(button, word) {
    button.textContent = word;
    copied.textContent = word;
    setTimeout(function () { button.textContent = "Copy"; }, 1600);
  }
  all("[data-copy]").forEach(function (button) {
    var code = button.parentNode.querySelector("code");
    button.hidden = false;
    button.setAttribute("aria-label", "Copy: " + button.dataset.copy);
    button.addEventListener("click", function () {
      var selected = function () { select(code); answer(button, document.execCommand("copy") ? "Copied" : "Selected"); };
      if (!navigator.clipboard) { selected(); return; }
      navigator.clipboard.writeText(code.textContent).then(function () { answer(button, "Copied"); }, selected);
    });
  });

  // Filters: what is ticked of a kind is shown; nothing ticked means all.
  function chosen(name) {
    return all("[name=" + name + "]:checked", form).map(function (box) { return box.value; });
  }
  function filter() {
    var statuses = chosen("status"), levels = chosen("level"), family = form.elements.family.value;
    var entries = all("[data-entry]");
    entries.forEach(function (entry) {
      var words = entry.dataset.status.split(" ");
      var fits = (!statuses.length || statuses.some(function (word) { return words.indexOf(word) >= 0; })) &&
        (!levels.length || levels.indexOf(entry.dataset.level) >= 0) && (!family || family === entry.dataset.family);
      entry.hidden = !fits;
    });
    all("[data-group]").forEach(function (group) { group.hidden = !group.querySelector("[data-entry]:not([hidden])"); });
    var rules = all(".rule"), shown = rules.filter(function (rule) { return !rule.hidden; }).length;
    document.getElementById("found").textContent = shown + " of " + rules.length + " requirements";
    document.getElementById("none").hidden = shown > 0;
  }
  form.hidden = false;
  form.addEventListener("change", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(filter); });

  // A link to a requirement leads there even where a filter or a closed row hides it.
  function visit() {
    var id;
    try { id = decodeURIComponent(location.hash.slice(1)); } catch (error) { return; }
    var place = id && document.getElementById(id);
    if (!place) { return; }
    if (place.closest("[hidden]")) { form.reset(); filter(); }
    for (var row = place.closest("details"); row; row = row.parentNode.closest("details")) { row.open = true; }
    (place.closest(".rule") || place).scrollIntoView();
  }
  window.addEventListener("hashchange", visit);
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) { visit(); }
  });

  // What is longer than its frame starts where it departs, or at its end where something is missing there.
  all("pre").forEach(function (frame) {
    var line = frame.querySelector(".departs");
    if (frame.hasAttribute("data-end")) { frame.scrollTop = frame.scrollHeight; }
    if (line) { frame.scrollTop = line.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 3; }
  });
  all(".timeline .scroll").forEach(function (scroll) {
    var line = scroll.querySelector("line.violation");
    if (!line || scroll.scrollWidth <= scroll.clientWidth) { return; }
    scroll.scrollLeft = line.getBoundingClientRect().left - scroll.getBoundingClientRect().left - scroll.clientWidth / 2;
  });

  filter();
  visit();
}());
