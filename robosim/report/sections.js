// What a page has of a mission beside its replay: verdict, costs, curves, prices.

function section(title, ...children) {
  return make("section", {}, make("h2", {}, title), ...children);
}

// What is known of agents, for tables and whoever is pointed at.
function agentsOf(mission) {
  const { columns, rows } = mission.table,
    listeners = [],
    byId = new Map(rows.map(row => [row[0], row]));
  const told = {
    about: id =>
      [
        [mission.agent, String(id)],
        ...columns
          .slice(1)
          .map((column, j) => [
            column.title,
            byId.has(id) ? figure(byId.get(id)[j + 1]) + (column.unit && " " + column.unit) : "–",
          ]),
      ].slice(0, 9),
    choose: id => told.table && told.table.mark(id),
    follow: one => listeners.push(one),
    call: id => listeners.forEach(one => one(id)),
  };
  return told;
}

function verdict(mission) {
  const line = make("p", { class: "headline " + mission.headline.state }, mission.headline.value);
  const cards = mission.cards.map(card =>
    make(
      "div",
      { class: "card " + card.state },
      make("dt", {}, card.name),
      make("dd", {}, make("b", {}, card.value), card.more && make("span", {}, card.more)),
    ),
  );
  const remarks = mission.remarks.length
    ? make(
        "ul",
        { class: "remarks" },
        mission.remarks.map(one => make("li", {}, one)),
      )
    : null;
  return make(
    "section",
    { class: "verdict", "aria-label": "verdict" },
    line,
    make("dl", { class: "cards" }, cards),
    remarks,
  );
}

function costs(mission, agents) {
  const { columns, rows } = mission.table;
  const marked = columns.map((column, j) => ({
    ...column,
    numeric: j === 0 || rows.some(row => typeof row[j] === "number"),
    look:
      column.key === "strategy"
        ? name => (Object.hasOwn(mission.looks, name) ? mission.looks[name] : mission.looks.faithful)
        : null,
  }));
  const summed = ["private_cost", "reported_cost", "tax", "net_cost", "payment"];
  const totals =
    rows.length === mission.table.agents
      ? columns.map((column, j) =>
          j === 0 ? "sum" : summed.includes(column.key) ? sum(rows.map(row => row[j])) : null,
        )
      : null;
  agents.table = sortable("What each pays: private cost + tax = net cost", marked, rows, {
    totals,
    onrow: row => agents.call(row && row[0]),
  });
  const few =
    rows.length < mission.table.agents
      ? make(
          "p",
          {},
          `${rows.length} of ${mission.table.agents} ${mission.agent}s: the selfish, and the first others.`,
        )
      : null;
  const save = make(
    "button",
    {
      type: "button",
      onclick: () =>
        download(
          "agents.csv",
          csv(
            columns.map(one => one.key),
            rows,
          ),
          "text/csv",
        ),
    },
    "save as CSV",
  );
  return section("Costs and taxes", agents.table.element, few, save);
}

function chartOf(tree) {
  const chart = at(tree, 0),
    canvas = make("canvas", { class: "chart", role: "img", "aria-label": text(chart.title) });
  let now = null;
  const one = sheet(
    canvas,
    width => Math.max(200, Math.min(280, width * 0.45)),
    (context, width, height) => drawChart(context, chart, width, height, now),
  );
  return {
    element: canvas,
    at: x => ((now = x), one.draw()),
    last: chart.curves.length ? Math.max(...list(chart.curves[0].x)) : 0,
  };
}

// Whether a replay has charts of its rounds itself.
const showsRounds = film =>
  [film.main, ...film.side, ...film.below].some(panel => panel.is === "Chart" && panel.x === "round");

function course(mission, replay) {
  if (!mission.charts.length || (mission.replay && mission.replay.acts.some(act => showsRounds(act.film))))
    return null;
  const made = mission.charts.map(chartOf);
  // A moment of the replay belongs to a round; what follows the rounds belongs to the last one.
  if (replay && mission.replay.rounds)
    replay.follow(frame => made.forEach(one => one.at(mission.replay.rounds[frame])));
  return section(
    "Round by round",
    make(
      "div",
      { class: "charts" },
      made.map(one => one.element),
    ),
  );
}

function prices(mission) {
  const told = mission.prices;
  if (!told || !told.values.length) return null;
  if (told.values.length === 1 && told.columns.length === 2)
    return section(
      "Prices",
      make("p", {}, told.title + ": ", make("b", {}, figure(told.values[0][1]) + " " + told.unit)),
    );
  const numeric = told.columns.map((title, j) => ({ title, unit: j ? told.unit : "", numeric: j > 0 }));
  const table = sortable(told.title, numeric, told.values);
  return section("Prices", table.element);
}
