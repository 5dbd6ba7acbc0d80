// The replay: a canvas of what happened, frame by frame, with a slider, keys, and what is known of who is pointed at.

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const LENGTH_S = 12;

function player(mission, agents) {
  const { acts, frames, moments } = mission.replay;
  const state = {
    frame: frames - 1,
    playing: false,
    speed: 1,
    chosen: null,
    here: [],
    drawn: null,
    scene: null,
    act: null,
  };
  let first = 0;
  for (const act of acts) {
    const { film } = act,
      last = at(film, act.frames - 1),
      isMap = film.main.is === "Map";
    Object.assign(act, { first, last, isMap, sight: isMap ? extent(film) : wholeOf(film.main, act.frames) });
    first += act.frames;
  }
  const canvas = make("canvas", { class: "main", role: "img", tabindex: 0, "aria-label": "replay" });
  const tip = make("div", { class: "tip", role: "status", hidden: true });
  const slider = make("input", {
    type: "range",
    min: 0,
    max: frames - 1,
    value: frames - 1,
    "aria-label": "moment of the mission",
  });
  const clock = make("p", { class: "clock", "aria-live": "off" }),
    facts = make("ul", { class: "facts" });
  const button = make(
    "button",
    { type: "button", class: "play", onclick: () => play(!state.playing) },
    "play",
  );
  const back = make(
    "button",
    { type: "button", "aria-label": "one moment back", onclick: () => step(-1) },
    "‹",
  );
  const forward = make(
    "button",
    { type: "button", "aria-label": "one moment forward", onclick: () => step(1) },
    "›",
  );
  const speed = make("select", {
    "aria-label": "speed",
    onchange: () => (state.speed = Number(speed.value)),
  });
  for (const one of SPEEDS) speed.append(make("option", { value: one, selected: one === 1 }, one + " ×"));
  const side = make("div", { class: "side" }),
    below = make("div", { class: "below" }),
    gauges = make("div", { class: "gauges" });
  const kin = make("ul", { class: "kin" }),
    followers = [];
  let inside = [];
  const drawMain = sheet(canvas, width => Math.min(Math.max(width * 0.66, 300), 620), paint);

  function paint(context, width, height) {
    const { scene, act } = state;
    if (!act) return;
    if (act.isMap) {
      const column = act.film.main.agents && act.film.main.agents.at,
        moving = column && column["~bits"] && !column["~still"];
      const past = moving ? { values: bits(column).values, frame: state.frame - act.first } : null;
      state.here = drawMap(context, scene.main, act.sight, scene.kin, width, height, past, state.chosen);
      state.drawn = null;
    } else {
      state.drawn = drawChart(context, { ...scene.main, frame: act.sight }, width, height);
      state.here = [];
    }
  }

  function show(frame) {
    state.frame = Math.min(Math.max(frame, 0), frames - 1);
    const act = acts.find(one => state.frame < one.first + one.frames);
    state.scene = at(act.film, state.frame - act.first);
    if (act !== state.act) enter(act);
    slider.value = state.frame;
    slider.setAttribute("aria-valuetext", text(state.scene.clock));
    say(clock, state.scene.clock);
    facts.replaceChildren(...state.scene.facts.map(([name, value]) => colour(make("li", {}, value), name)));
    drawMain.draw();
    canvas.setAttribute("aria-label", text(state.scene.title + ", " + state.scene.clock));
    [...inside, ...followers].forEach(follow => follow(state.frame));
  }

  const colour = (element, name) => {
    element.style.color = Object.hasOwn(colours, name) ? `var(--${name})` : "";
    return element;
  };

  // What stands beside and below the canvas differs between the acts of a mission, such as a plan and its day.
  function enter(act) {
    state.act = act;
    inside.forEach(one => sheets.delete(one.sheet));
    inside = [];
    [side, below, gauges, kin].forEach(one => one.replaceChildren());
    const place = (get, panel, column) => {
      const room = side.children.length ? below : side; // one chart beside the canvas, not more
      if (panel.is === "Chart") room.append(panelOf(get, panel, wholeOf(column, act.frames)));
      if (panel.is === "Gauge") {
        const one = gauge(panel);
        inside.push(() => get() && one.show(get()));
        gauges.append(one.element);
      }
    };
    act.last.side.forEach((panel, i) => place(() => state.scene.side[i], panel, act.film.side[i]));
    act.last.below.forEach((panel, i) => place(() => state.scene.below[i], panel, act.film.below[i]));
    for (const one of act.last.kin) kin.append(make("li", {}, icon(one.look), one.name));
  }

  function panelOf(get, last, frame) {
    const canvas = make("canvas", { class: "chart", role: "img", "aria-label": text(last.title) });
    const one = sheet(
      canvas,
      width => Math.max(235, Math.min(250, width * 0.5)),
      (context, width, height) => {
        const panel = get();
        if (panel) drawChart(context, { ...panel, frame }, width, height);
      },
    );
    const draw = () => one.draw();
    draw.sheet = one;
    inside.push(draw);
    return canvas;
  }

  // Playing.
  let due = 0,
    timer = 0;
  const rate = () => state.speed * Math.min(Math.max(frames / LENGTH_S, 3), 240);

  function play(on) {
    state.playing = on && frames > 1;
    say(button, state.playing ? "pause" : "play");
    if (!state.playing) return cancelAnimationFrame(timer);
    if (state.frame === frames - 1) show(0);
    due = performance.now();
    timer = requestAnimationFrame(tick_);
  }

  // With reduced motion two pictures a second, however fast it goes.
  function tick_(now) {
    if (!state.playing) return;
    const wait = STILL.matches ? 500 : 0,
      passed = ((now - due) / 1000) * rate();
    if (now - due >= wait && passed >= 1) {
      due = now - ((passed % 1) / rate()) * 1000;
      show(state.frame + Math.floor(passed));
    }
    if (state.frame >= frames - 1) return play(false);
    timer = requestAnimationFrame(tick_);
  }

  function step(by) {
    play(false);
    show(state.frame + by);
  }

  function faster(by) {
    const i = SPEEDS.indexOf(state.speed) + by;
    if (SPEEDS[i]) {
      state.speed = SPEEDS[i];
      speed.value = state.speed;
    }
  }

  const KEYS = {
    " ": () => play(!state.playing),
    ArrowRight: event => step(event.shiftKey ? 10 : 1),
    ArrowLeft: event => step(event.shiftKey ? -10 : -1),
    Home: () => step(-frames),
    End: () => step(frames),
    "+": () => faster(1),
    "-": () => faster(-1),
    "[": () => turn(-0.1),
    "]": () => turn(0.1),
  };

  // Pointing: whoever is nearest, within a finger's width.
  function nearest(x, y) {
    let best = null,
      least = 24 ** 2;
    state.here.forEach(([px, py], i) => {
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) [least, best] = [far, list(state.scene.main.agents.ids)[i]];
    });
    if (best == null && state.drawn) best = onCurve(x, y);
    return best;
  }

  function onCurve(x, y) {
    let best = null,
      least = 16;
    for (const one of state.drawn.curves.filter(one => one.agent != null)) {
      const { px, py } = state.drawn;
      let i = 0;
      while (i + 1 < one.x.length && px(one.x[i + 1]) <= x) i++;
      const right =
        i + 1 < one.x.length && !one.stairs ? (x - px(one.x[i])) / (px(one.x[i + 1]) - px(one.x[i]) || 1) : 0;
      const height = one.y[i] + (right > 0 ? right * (one.y[i + 1] - one.y[i]) : 0),
        far = Math.abs(py(height) - y);
      const inside = one.filled && py(height) <= y;
      if (inside || far < least) [best, least] = [one.agent, inside ? least : far];
    }
    return best;
  }

  function point(event) {
    const box = canvas.getBoundingClientRect(),
      x = event.clientX - box.left,
      y = event.clientY - box.top;
    choose(nearest(x, y));
    if (state.chosen == null) return (tip.hidden = true);
    tip.replaceChildren(
      ...agents
        .about(state.chosen)
        .map(row => make("div", {}, make("span", {}, row[0]), make("b", {}, row[1]))),
    );
    tip.hidden = false;
    tip.style.left = Math.min(x + 14, Math.max(box.width - 200, 0)) + "px";
    tip.style.top = y + 14 + "px";
  }

  // Space is turned by dragging it, or by the keys [ and ].
  function turn(by) {
    const { act } = state;
    if (!act.isMap || act.sight.d !== 3) return;
    act.sight = extent(act.film, act.sight.view.turn + by);
    drawMain.draw();
  }

  function choose(agent) {
    if (agent === state.chosen) return;
    state.chosen = agent;
    agents.choose(agent);
    drawMain.draw();
  }

  canvas.addEventListener(
    "pointermove",
    event => (event.buttons ? turn(event.movementX / 120) : null, point(event)),
  );
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", event => {
    if (event.pointerType === "touch") return; // what was touched stays told of when the finger is lifted
    tip.hidden = true;
    choose(null);
  });
  slider.addEventListener("input", () => (play(false), show(Number(slider.value))));
  agents.follow(choose);

  const thinned =
    frames < moments
      ? `${frames} of ${moments} moments are shown, evenly spread; the record has them all.`
      : null;
  show(frames - 1);
  const element = make(
    "figure",
    { class: "replay" },
    make(
      "div",
      { class: "stage" },
      make(
        "div",
        {},
        make("div", { class: "screen" }, canvas, tip),
        make("div", { class: "controls" }, button, back, slider, forward, speed),
        kin,
      ),
      make("div", { class: "aside" }, clock, facts, gauges, side),
    ),
    below,
    make(
      "figcaption",
      {},
      "Space plays, arrows step, Home and End jump, + and − change the speed; point at an agent for its bill.",
      acts.some(act => act.isMap && act.sight.d === 3) && " Drag, or [ and ], turn space.",
      thinned && " " + thinned,
    ),
  );
  return { element, show, redraw: () => show(state.frame), keys: KEYS, follow: one => followers.push(one) };
}
