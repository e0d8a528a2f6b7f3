"use strict";
(() => {
  // Everything on the page can be read without this script: it sorts, filters and opens for print.
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const value = text === "" || text === "–" ? NaN : Number(text.replace(/^< /, ""));
    return { text, value };
  };
  const compare = (a, b) => {
    const missingA = a.text === "" || a.text === "–";
    const missingB = b.text === "" || b.text === "–";
    if (missingA || missingB) return { order: missingA - missingB, fixed: true };
    if (!Number.isNaN(a.value) && !Number.isNaN(b.value)) return { order: a.value - b.value };
    return { order: a.text.localeCompare(b.text, "en", { numeric: true }) };
  };
  const sort = (table, heading) => {
    const headings = [...heading.parentElement.cells];
    const column = headings.indexOf(heading);
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const each of headings) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
    rows.sort((a, b) => {
      const found = compare(a.key, b.key);
      return found.fixed || !descending ? found.order : -found.order;
    });
    body.append(...rows.map((each) => each.row));
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const columns = table.tHead.rows[0].cells;
    const regular = [...body.rows].every((row) => row.cells.length === columns.length);
    if (body.rows.length < 2 || !regular) continue;
    for (const heading of columns) {
      if (heading.classList.contains("plot")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading));
    }
  }

  const filters = document.getElementById("filters");
  if (filters) {
    const cards = [...document.querySelectorAll("#cards > .card")].map((card) => ({
      card,
      words: card.textContent.toLowerCase(),
    }));
    const task = document.getElementById("filter-task");
    const kind = document.getElementById("filter-kind");
    const words = document.getElementById("filter-words");
    const count = document.getElementById("filter-count");
    const apply = () => {
      const wanted = words.value.trim().toLowerCase();
      let shown = 0;
      for (const each of cards) {
        const fits =
          (!task.value || each.card.dataset.task === task.value) &&
          (!kind.value || each.card.dataset.kind === kind.value) &&
          (!wanted || each.words.includes(wanted));
        each.card.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown} of ${cards.length} shown`;
    };
    filters.hidden = false;
    filters.addEventListener("input", apply);
    filters.addEventListener("submit", (event) => event.preventDefault());
    apply();
  }

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
})();
