// The lanes, the table of sources and the face box follow the clip, and the lanes move it. Runs once, with `element` the
// component that holds the lanes; what is inside is replaced with every result, so events are listened to from outside.
const JUMP = 10; // seconds, of J and L
const MIN_DRAG = 5; // pixels; less is a click
const MIN_VIEW = 0.5; // seconds, of the closest zoom
const SAME_MOMENT = 0.05; // seconds
const STALE = 0.5; // seconds from the nearest face box; farther, none is drawn

const video = () => document.querySelector("#clip video");
const lanes = () => element.querySelector(".lanes");
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");
let player = null; // the data of the lanes that are shown, and the part of the clip that they show: { ..., view: [from, to] }

function refresh() {
  const root = lanes();
  if (!root) return (player = null), hideBox();
  const drawn = root.querySelector(".ruler .track span")?.textContent; // Gradio may keep the elements of the last result
  if (player && player.root === root && player.written === root.dataset.player && drawn) return;
  player = { root, written: root.dataset.player, ...JSON.parse(root.dataset.player) };
  player.view = [0, player.end];
  player.at = video()?.currentTime ?? 0; // seconds; of the moment that was shown last
  zoom(0, player.end);
  player.root.querySelector(".cursor").hidden = true; // until there is a moment to show
  redraw();
}

// What holds at a moment of something that has one value per segment: between two middles, the mean by distance.
function between(values, seconds) {
  const after = player.middles.findIndex((middle) => middle > seconds);
  const right = after < 0 ? values.length - 1 : after;
  const left = after <= 0 ? right : after - 1;
  const [a, b] = [values[left], values[right]];
  if (a === null || b === null || left === right) return values[nearest(player.middles, seconds)];
  const share = (seconds - player.middles[left]) / (player.middles[right] - player.middles[left]);
  return Array.isArray(a) ? a.map((value, i) => value + share * (b[i] - value)) : a + share * (b - a);
}

function nearest(moments, seconds) {
  let best = 0;
  moments.forEach((moment, i) => Math.abs(moment - seconds) < Math.abs(moments[best] - seconds) && (best = i));
  return best;
}

function show(seconds) {
  if (!player) return;
  const time = clamp(seconds, 0, player.end);
  player.at = time;
  const says = player.says[nearest(player.middles, time)];
  const [from, to] = player.view;
  const cursor = player.root.querySelector(".cursor");
  cursor.style.left = (100 * (time - from)) / (to - from) + "%";
  cursor.hidden = time < from || time > to;
  player.root.setAttribute("aria-valuenow", time.toFixed(2));
  player.root.setAttribute("aria-valuetext", clock(time) + " " + says);
  fill(
    clock(time),
    says,
    between(player.fused, time),
    player.sources.map((source) => [between(source.probabilities, time), between(source.share, time)]),
  );
  drawBox(time, says);
}

// The table of sources: shares and bars of a moment, or of the whole clip.
function fill(moment, says, fused, sources) {
  const table = document.querySelector("#sources table");
  if (!table) return;
  table.querySelector(".moment").textContent = moment;
  table.querySelector(".says").textContent = says;
  table.querySelectorAll("thead th[data-source]").forEach((head) => {
    const share = sources[player.sources.findIndex((source) => source.name === head.dataset.source)][1];
    const note = head.querySelector("small");
    note.textContent = note.textContent.replace(/\d+/, Math.round(100 * share));
  });
  const columns = [fused, ...sources.map(([probabilities]) => probabilities)];
  table.querySelectorAll("tbody tr").forEach((row, emotion) =>
    row.querySelectorAll("td").forEach((cell, column) => {
      const bar = cell.firstElementChild;
      if (!bar) return;
      const value = columns[column] ? 100 * columns[column][emotion] : 0;
      bar.style.width = value.toFixed(1) + "%";
      cell.lastElementChild.textContent = columns[column] ? Math.round(value) : "–";
    }),
  );
}

function hideBox() {
  const layer = document.querySelector("#clip .face-box");
  if (layer) layer.hidden = true;
}

// The face box over the video, whose picture keeps its shape inside the element.
function drawBox(time, says) {
  const film = video();
  const wanted = element.querySelector(".overlay-switch");
  if (!film || !film.videoWidth || !wanted || !wanted.checked || !player.boxes.length) return hideBox();
  const moments = player.boxes.map((box) => box[0]);
  const [at, left, top, right, bottom] = player.boxes[nearest(moments, time)];
  if (Math.abs(at - time) > STALE) return hideBox();
  let layer = film.parentElement.querySelector(".face-box");
  if (!layer) {
    layer = document.createElement("div");
    layer.className = "face-box";
    layer.setAttribute("aria-hidden", "true");
    layer.append(document.createElement("span"));
    film.parentElement.append(layer);
  }
  const scale = Math.min(film.clientWidth / film.videoWidth, film.clientHeight / film.videoHeight);
  const [width, height] = [film.videoWidth * scale, film.videoHeight * scale];
  layer.hidden = false;
  layer.style.left = film.offsetLeft + (film.clientWidth - width) / 2 + left * width + "px";
  layer.style.top = film.offsetTop + (film.clientHeight - height) / 2 + top * height + "px";
  layer.style.width = (right - left) * width + "px";
  layer.style.height = (bottom - top) * height + "px";
  layer.firstElementChild.textContent = says ? player.person + ": " + says : player.person;
}

function zoom(from, to) {
  player.view = [from, to];
  player.root.style.setProperty("--zoom", player.end / (to - from));
  player.root.style.setProperty("--from", from / player.end);
  const ticks = [...player.root.querySelectorAll(".ruler .track span")];
  ticks.forEach((tick, i) => {
    const time = from + (i / ticks.length) * (to - from);
    tick.style.left = (100 * i) / ticks.length + "%";
    tick.textContent = to - from < 2 * ticks.length ? clock(time) + "." + Math.floor((time * 10) % 10) : clock(time);
  });
  // What began before the part that is shown keeps its words in sight.
  for (const cell of player.root.querySelectorAll(".stated i, .words i")) {
    const before = (from - (parseFloat(cell.style.left) / 100) * player.end) / (to - from);
    cell.style.textIndent = Math.max(before, 0) * cell.closest(".track").clientWidth + "px";
  }
  element.querySelector(".whole").hidden = from === 0 && to === player.end;
  const now = Number(player.root.getAttribute("aria-valuenow"));
  player.root.querySelector(".cursor").style.left = (100 * (now - from)) / (to - from) + "%";
}

function whole() {
  zoom(0, player.end);
  player.root.querySelector(".cursor").hidden = true;
  const { name, says, fused, sources } = player.whole;
  fill(name, says, fused, sources);
  redraw();
}

function move(seconds, done = true) {
  const time = clamp(seconds, 0, player.end);
  if (video()) video().currentTime = time;
  show(time);
  if (time < player.view[0] || time > player.view[1]) zoom(0, player.end);
  if (done) trigger("click", { time }); // the server draws the charts of that segment
}

function at(event) {
  const area = player.root.querySelector(".over").getBoundingClientRect();
  const [from, to] = player.view;
  return clamp(from + ((to - from) * (event.clientX - area.left)) / area.width, from, to);
}

let drag = null; // { x, time, onRuler } while a pointer is down
element.addEventListener("pointerdown", (event) => {
  if (!player || !event.target.closest(".lanes")) return;
  drag = { x: event.clientX, time: at(event), onRuler: Boolean(event.target.closest(".ruler")) };
  player.root.setPointerCapture(event.pointerId);
});
element.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (drag.onRuler) return move(at(event), false);
  const area = player.root.querySelector(".over").getBoundingClientRect();
  const selection = player.root.querySelector(".selection");
  const [left, right] = [drag.x, event.clientX].sort((a, b) => a - b).map((x) => clamp(x - area.left, 0, area.width));
  selection.style.left = left + "px";
  selection.style.width = right - left + "px";
});
element.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const [start, stop] = [drag.time, at(event)].sort((a, b) => a - b);
  const dragged = Math.abs(event.clientX - drag.x) > MIN_DRAG && !drag.onRuler;
  drag = null;
  player.root.querySelector(".selection").style.width = "0";
  if (dragged && stop - start >= MIN_VIEW) zoom(start, stop);
  else move(at(event));
});
element.addEventListener("pointercancel", () => (drag = null));
element.addEventListener(
  "click",
  (event) => {
    event.stopPropagation(); // pointerup has told the server, with the time
    if (player && event.target.closest(".whole")) whole();
    if (player && event.target.closest(".overlay-switch")) redraw();
  },
  true,
);

// Keys as in a video player, wherever the focus is, unless it is where keys have a meaning of their own.
document.addEventListener("keydown", (event) => {
  const busy = "input, textarea, select, a, video, [contenteditable], [role=tab], [role=listbox], [role=region]";
  if (!player || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(busy)) return;
  if (event.key === " " && event.target.closest("button, summary")) return; // it presses them
  if (!element.offsetParent) return; // another tab of the page is open
  const film = video();
  const now = Number(player.root.getAttribute("aria-valuenow"));
  const steps = { ArrowLeft: -1, ArrowRight: 1, PageDown: -4, PageUp: 4, j: -JUMP, l: JUMP };
  if (event.key === " " || event.key === "k") film && (film.paused ? film.play() : film.pause());
  else if (event.key in steps) move(now + steps[event.key]);
  else if (event.key === "Home") move(0);
  else if (event.key === "End") move(player.end);
  else if (event.key === "Escape") whole();
  else return;
  event.preventDefault();
});

// Events of media do not bubble, but they can be caught on the way down.
const calm = matchMedia("(prefers-reduced-motion: reduce)");
function follow() {
  const film = video();
  if (!film || film.paused || film.ended) return;
  show(film.currentTime);
  requestAnimationFrame(follow);
}
for (const name of ["timeupdate", "seeked", "play"])
  document.addEventListener(
    name,
    (event) => {
      if (event.target !== video() || !player) return;
      if (name === "play" && !calm.matches) return follow();
      // A late word of a move that was shown already must not end the view of the whole clip.
      if (video().paused && Math.abs(video().currentTime - player.at) < SAME_MOMENT) return;
      show(video().currentTime);
    },
    true,
  );
// What is drawn over the picture is drawn again when its size is known or has changed; a moment may have been chosen
// before. As long as the whole clip is shown, the box says who is meant.
function redraw() {
  if (!player) return;
  if (player.root.querySelector(".cursor").hidden) drawBox(video()?.currentTime ?? 0, "");
  else show(player.at);
}
document.addEventListener("loadedmetadata", (event) => event.target === video() && redraw(), true);
addEventListener("resize", redraw);
new MutationObserver(refresh).observe(element, { childList: true, subtree: true, attributeFilter: ["data-player"] });
refresh();
