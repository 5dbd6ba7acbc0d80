// Tables: sorted by a click on a column's name, the first rows of long ones, all of them in print.

const ROWS = 20;

function sortable(caption, columns, rows, { totals = null, onrow = null, first = null } = {}) {
  let order = rows.map((_, i) => i),
    by = first,
    down = first != null,
    all = rows.length <= ROWS * 1.2;
  const body = make("tbody"),
    heads = columns.map((column, j) => head(column, j)),
    more = make("button", { type: "button", class: "more", onclick: () => unfold(true) });
  const table = make(
    "table",
    {},
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, heads)),
    body,
    totals &&
      make(
        "tfoot",
        {},
        make(
          "tr",
          {},
          totals.map((x, j) =>
            make(
              "td",
              { class: columns[j].numeric ? "number" : "" },
              x == null ? "" : typeof x === "number" ? aligned([x, ...rows.map(row => row[j])])(x) : x,
            ),
          ),
        ),
      ),
  );
  const lines = new Map(),
    shown = columns.map((column, j) => (column.mixed ? figure : aligned(rows.map(row => row[j]))));

  function head(column, j) {
    const unit = column.unit ? make("span", { class: "unit" }, column.unit) : null;
    const button = make(
      "button",
      { type: "button", onclick: () => sort(j) },
      column.title,
      unit && " ",
      unit,
    );
    return make("th", { scope: "col", class: column.numeric ? "number" : "" }, button);
  }

  function sort(j) {
    down = by === j ? !down : false;
    by = j;
    arrange();
  }

  function arrange() {
    if (by != null) {
      const key = i => rows[i][by];
      order = rows.map((_, i) => i).sort((a, b) => compare(key(a), key(b)) * (down ? -1 : 1) || a - b);
      heads.forEach((one, j) =>
        j === by
          ? one.setAttribute("aria-sort", down ? "descending" : "ascending")
          : one.removeAttribute("aria-sort"),
      );
    }
    const shown = all ? order : order.slice(0, ROWS);
    body.replaceChildren(...shown.map(row));
    more.hidden = all;
    say(more, `show all ${rows.length} rows`);
  }

  function row(i) {
    let line = lines.get(i);
    if (!line) {
      line = make(
        "tr",
        {},
        rows[i].map((value, j) =>
          make(
            "td",
            { class: columns[j].numeric ? "number" : columns[j].look ? "look" : "" },
            columns[j].look ? icon(columns[j].look(value)) : null,
            shown[j](value),
          ),
        ),
      );
      if (onrow) {
        line.addEventListener("pointerenter", () => onrow(rows[i]));
        line.addEventListener("pointerleave", () => onrow(null));
      }
      lines.set(i, line);
    }
    return line;
  }

  function unfold(open) {
    all = open || rows.length <= ROWS * 1.2;
    arrange();
  }

  addEventListener("beforeprint", () => unfold(true));
  arrange();
  const mark = wanted =>
    lines.forEach((line, i) => line.classList.toggle("chosen", wanted != null && rows[i][0] === wanted));
  return {
    element: make(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": text(caption) },
      table,
      more,
    ),
    mark,
  };
}

// How the numbers of a column are written: with as many decimals as leave the largest six digits.
function aligned(values) {
  const numbers = values.filter(x => typeof x === "number"),
    most = numbers.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  if (numbers.every(Number.isInteger) || most >= 1e9) return figure;
  const decimals = Math.min(Math.max(5 - Math.floor(Math.log10(most || 1)), 0), 6),
    least = 0.5 * 10 ** -decimals;
  return x =>
    typeof x !== "number"
      ? figure(x)
      : Math.abs(x) < least
        ? figure(x, 2)
        : x.toFixed(decimals).replace("-", "−");
}

// Numbers by size, texts by letters, nothing last.
function compare(a, b) {
  if (a == null || b == null) return (a == null) - (b == null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

// Strategies × tax rules, coloured by how much somebody gains (warm) or loses.
function heat(caption, attacks, of) {
  const most = Math.max(...attacks.cells.flat().map(cell => (cell ? Math.abs(cell[of]) || 0 : 0)), 0) || 1;
  const rows = attacks.strategies.map((name, i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      attacks.cells[i].map(cell => spot(cell, most, of)),
    ),
  );
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, "strategy"),
    attacks.rules.map(rule => make("th", { scope: "col", class: "number" }, rule)),
  );
  return make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": text(caption) },
    make(
      "table",
      { class: "heat" },
      make("caption", {}, caption),
      make("thead", {}, head),
      make("tbody", {}, rows),
    ),
  );
}

function spot(cell, most, of) {
  if (!cell) return make("td", { class: "number" }, "–");
  const value = cell[of],
    nothing = !(Math.abs(value) > 1e-9 * most);
  const element = make(
    "td",
    {
      class: "number",
      title: text(`best: agent ${cell.agent}${cell.covered ? "" : ", no certificate speaks of it"}`),
    },
    value == null ? "–" : nothing ? "0" : (value > 0 ? "+" : "") + figure(value, 3),
  );
  const share = nothing ? 0 : Math.max(0, 1 + Math.log10(Math.abs(value) / most) / 3);
  element.style.backgroundColor =
    value > 0 ? `rgba(230,159,0,${0.55 * share})` : `rgba(0,114,178,${0.4 * share})`;
  return element;
}
