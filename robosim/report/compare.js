// Several missions: what is asked of each side by side, their courses in one frame, and a tab for each.

const SHADES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

function comparison(missions, choose) {
  const { names, rows, agents } = DATA.beside;
  const columns = ["", ...names].map((title, j) => ({ title, unit: "", numeric: j > 0, mixed: true }));
  const table = sortable("Side by side", columns, rows);
  const bills = agents
    ? sortable(
        agents.title,
        ["agent", ...names].map((title, j) => ({ title, unit: j ? agents.unit : "", numeric: true })),
        agents.rows,
      )
    : null;
  const tabs = missions.map((mission, i) =>
    make(
      "button",
      {
        type: "button",
        role: "tab",
        "aria-selected": String(i === 0),
        tabindex: i ? -1 : 0,
        onclick: () => select(i),
      },
      names[i],
    ),
  );
  const bar = make("div", { class: "tabs", role: "tablist", "aria-label": "missions" }, tabs);

  function select(i) {
    tabs.forEach((tab, j) => {
      tab.setAttribute("aria-selected", String(i === j));
      tab.tabIndex = i === j ? 0 : -1;
    });
    choose(missions[i]);
  }

  bar.addEventListener("keydown", event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = (tabs.indexOf(document.activeElement) + by + tabs.length) % tabs.length;
    tabs[next].focus();
    select(next);
  });
  return make(
    "div",
    {},
    make("header", {}, make("h1", {}, `${missions.length} missions side by side`)),
    section("What came out", table.element),
    together(missions, names),
    bills && section("Bill by bill", bills.element),
    bar,
  );
}

// Charts of one title in one frame: the first curve of each mission, in a colour of its own.
function together(missions, names) {
  const titles = new Map();
  missions.forEach((mission, i) => {
    for (const tree of mission.charts) {
      const chart = at(tree, 0);
      const group =
        titles.get(chart.title) || titles.set(chart.title, { ...chart, curves: [] }).get(chart.title);
      chart.curves.slice(0, 2).forEach((one, j) =>
        group.curves.push({
          ...one,
          ink: SHADES[i % SHADES.length],
          dashed: j === 1,
          name: one.name + ", " + names[i],
        }),
      );
    }
  });
  const charts = [...titles.values()].map(chart => {
    const canvas = make("canvas", { class: "chart", role: "img", "aria-label": text(chart.title) });
    sheet(
      canvas,
      width => Math.max(220, Math.min(320, width * 0.5)),
      (context, width, height) => drawChart(context, chart, width, height),
    );
    return canvas;
  });
  return charts.length ? section("Round by round", make("div", { class: "charts" }, charts)) : null;
}
