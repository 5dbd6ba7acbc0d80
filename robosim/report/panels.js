// What stands beside the canvas of a replay: gauges, axes that stay where they are, marks in a line of text.

// A number against what it may be at most.
function gauge(last) {
  const bar = make("span", { class: "bar" }),
    value = make("span", { class: "value" });
  return {
    element: make(
      "div",
      { class: "gauge" },
      make("span", {}, last.title),
      make("span", { class: "track" }, bar),
      value,
    ),
    show(now) {
      const share = now.limit ? Math.min(Math.max(now.value / now.limit, 0), 1) : 0;
      bar.style.width = 100 * share + "%";
      bar.classList.toggle("over", now.limit != null && now.value > now.limit * (1 + 1e-6));
      const limit = now.limit == null ? "" : " of " + figure(now.limit, 4);
      say(value, figure(now.value, 4) + limit + " " + now.unit);
    },
  };
}

// What a chart shows in some of its frames, so that its axes stay where they are.
function wholeOf(column, frames) {
  const some = [...new Set([0, 0.1, 0.25, 0.5, 0.75, 1].map(share => Math.round(share * (frames - 1))))].map(
    frame => at(column, frame),
  );
  return frameOf(
    some[some.length - 1],
    some.flatMap(chart => chart.curves.map(one => ({ x: list(one.x), y: list(one.y) }))),
  );
}

// A strategy's colour and shape in a line of text.
function icon(look) {
  const canvas = make("canvas", { class: "icon", width: 36, height: 36, "aria-hidden": "true" });
  const draw = () => {
    const context = canvas.getContext("2d");
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, 18, 18);
    mark(context, look, 9, 9, 7);
  };
  sheets.add({ draw });
  draw();
  return canvas;
}
