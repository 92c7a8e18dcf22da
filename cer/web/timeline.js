// The time line and the video move each other. Runs once, with `element` the component that holds the time line; what is
// inside is replaced with every result, so everything is listened to from outside.
const video = () => document.querySelector("#clip video");
const bar = () => element.querySelector(".timeline");
const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");

function show(seconds) {
  const line = bar();
  if (!line) return;
  const end = Number(line.dataset.end);
  const time = Math.min(Math.max(seconds, 0), end);
  const times = line.dataset.times.split(",").map(Number);
  const column = Math.max(times.findLastIndex((one) => one <= time + 1e-3), 0);
  line.querySelector(".cursor").style.left = (100 * time) / end + "%";
  line.setAttribute("aria-valuenow", time.toFixed(2));
  line.setAttribute("aria-valuetext", clock(time) + " " + line.dataset.labels.split(",")[column]);
}

function move(seconds, done) {
  const line = bar();
  const time = Math.min(Math.max(seconds, 0), Number(line.dataset.end));
  if (video()) video().currentTime = time;
  show(time);
  if (done) trigger("click", { time });
}

function at(event) {
  const area = bar().querySelector(".over").getBoundingClientRect();
  return (Number(bar().dataset.end) * (event.clientX - area.left)) / area.width;
}

let dragging = false;
element.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".timeline")) return;
  dragging = true;
  bar().setPointerCapture(event.pointerId);
  move(at(event), false);
});
element.addEventListener("pointermove", (event) => dragging && move(at(event), false));
element.addEventListener("pointerup", (event) => {
  if (dragging) move(at(event), true);
  dragging = false;
});
element.addEventListener("click", (event) => event.stopPropagation(), true); // pointerup has said it, with the time
element.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4 };
  if (!bar() || (!(event.key in steps) && event.key !== "Home" && event.key !== "End")) return;
  event.preventDefault();
  const now = Number(bar().getAttribute("aria-valuenow"));
  const goal = { Home: 0, End: Number(bar().dataset.end) }[event.key];
  move(goal ?? now + steps[event.key], true);
});
// Events of media do not bubble, but they can be caught on the way down.
for (const name of ["timeupdate", "seeked"])
  document.addEventListener(name, (event) => !dragging && event.target === video() && show(video().currentTime), true);
