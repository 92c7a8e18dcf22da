// Live: the camera's picture and the microphone's sound go to the server in raw pieces, and the moments that come back
// are drawn. Runs once, with `element` the component that holds the button and the picture.
const PIECE = 200; // ms between two pieces
const WIDTH = 320; // pixels of a frame that is sent
const RATE = 16000; // Hz
const MINUTE = 120; // marks of the strip, two a second
const MAX_PENDING = 1; // pieces under way: they arrive in order, and a slow line gets fewer

const part = (name) => element.querySelector(name);
const text = (name) => window.cerTexts[`live.${name}`]; // of language.js
let session = null;
let starting = false; // while the browser asks for the camera

const WORKLET = `registerProcessor("pieces", class extends AudioWorkletProcessor {
  process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
});`;

async function start() {
  if (starting) return;
  starting = true;
  part(".problem").hidden = true;
  const wanted = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: wanted });
  } catch (error) {
    return problem(text("denied"));
  } finally {
    starting = false;
  }
  try {
    await begin(stream);
  } catch (error) {
    stream.getTracks().forEach((track) => track.stop());
    if (session) stop(text("ended"));
    else problem(text("ended"));
  }
}

async function begin(stream) {
  const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const sound = new AudioContext({ sampleRate: RATE });
  const mine = { token, stream, sound, chunks: [], soundAt: null, began: performance.now(), pending: 0 };
  session = mine;
  const film = part("video");
  film.srcObject = stream;
  await film.play();
  await sound.audioWorklet.addModule(URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" })));
  const node = new AudioWorkletNode(sound, "pieces");
  node.port.onmessage = ({ data }) => {
    if (mine.soundAt === null) mine.soundAt = Math.max(0, now(mine) - data.length / RATE);
    mine.chunks.push(data);
  };
  sound.createMediaStreamSource(stream).connect(node);
  document.querySelector("#stage").classList.add("is-live");
  for (const name of [".camera", ".minute", ".heard"]) part(name).hidden = false;
  part(".minute").replaceChildren();
  part(".minute").ariaLabel = text("minute");
  part(".heard").textContent = text("waiting");
  part(".go").textContent = text("stop");
  mine.timer = setInterval(() => send(mine), PIECE);
}

const now = (mine) => (performance.now() - mine.began) / 1000;

function address(mine, action = "") {
  const base = new URL(document.baseURI);
  base.search = base.hash = "";
  return new URL("live/" + mine.token + action, base);
}

async function send(mine) {
  const film = part("video");
  if (mine.pending >= MAX_PENDING || !film.videoWidth) return;
  mine.pending += 1;
  try {
    const answer = await fetch(address(mine), { method: "POST", headers: { "x-cer-live": "1" }, body: piece(mine, film) });
    const said = await answer.json();
    if (mine !== session) return;
    if (!answer.ok) return stop(said.problem ?? text("ended"));
    if (said.moment) draw(said.moment);
  } catch (error) {
    if (mine === session) stop(text("ended"));
  } finally {
    mine.pending -= 1;
  }
}

// A piece as cer/web/live.py describes it.
function piece(mine, film) {
  const height = 2 * Math.round((WIDTH * film.videoHeight) / film.videoWidth / 2);
  const frame = planes(film, WIDTH, height);
  const length = mine.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const body = new DataView(new ArrayBuffer(12 + frame.length + (length ? 8 + 2 * length : 0)));
  body.setFloat64(0, now(mine), true);
  body.setUint16(8, WIDTH, true);
  body.setUint16(10, height, true);
  new Uint8Array(body.buffer, 12).set(frame);
  let at = 12 + frame.length;
  if (length) {
    body.setFloat64(at, mine.soundAt, true);
    at += 8;
    for (const chunk of mine.chunks)
      for (const sample of chunk) {
        body.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32767, true);
        at += 2;
      }
    mine.soundAt += length / RATE;
    mine.chunks = [];
  }
  return body.buffer;
}

const canvas = document.createElement("canvas");
function planes(film, width, height) {
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(film, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height).data;
  const frame = new Uint8Array((width * height * 3) / 2);
  let [luma, blue, red] = [0, width * height, (width * height * 5) / 4];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = 4 * (y * width + x);
      const [r, g, b] = [pixels[i], pixels[i + 1], pixels[i + 2]];
      frame[luma++] = 16 + (66 * r + 129 * g + 25 * b) / 256;
      if (x % 2 || y % 2) continue;
      frame[blue++] = 128 + (-38 * r - 74 * g + 112 * b) / 256;
      frame[red++] = 128 + (112 * r - 94 * g - 18 * b) / 256;
    }
  return frame;
}

function draw(moment) {
  if (session.drawn === moment.time) return;
  session.drawn = moment.time;
  const verdict = document.querySelector("#verdict h3");
  if (verdict) verdict.textContent = moment.says;
  document.querySelector("#sources .html-container > div").innerHTML = moment.table;
  document.querySelector("#sources .moment").textContent = Math.floor(moment.time) + " s";
  const mark = document.createElement("i");
  mark.style.background = moment.color || "transparent";
  mark.title = moment.says;
  part(".minute").append(mark);
  while (part(".minute").children.length > MINUTE) part(".minute").firstElementChild.remove();
  if (moment.words) part(".heard").textContent = moment.words;
  box(moment);
  const late = now(session) - moment.time; // seconds since the camera's picture that it is about; `bench.live` reads it
  document.dispatchEvent(new CustomEvent("cer-moment", { detail: { time: moment.time, late } }));
}

function box(moment) {
  const film = part("video");
  let frame = part(".face-box");
  if (!frame) {
    frame = document.createElement("div");
    frame.className = "face-box";
    frame.append(document.createElement("span"));
    part(".camera").append(frame);
  }
  frame.hidden = !moment.box;
  if (!moment.box) return;
  const [, left, top, right, bottom] = moment.box;
  Object.assign(frame.style, {
    left: film.offsetLeft + left * film.clientWidth + "px",
    top: film.offsetTop + top * film.clientHeight + "px",
    width: (right - left) * film.clientWidth + "px",
    height: (bottom - top) * film.clientHeight + "px",
  });
  frame.firstElementChild.textContent = moment.says;
}

async function stop(why = "") {
  const mine = session;
  if (!mine) return;
  session = null;
  clearInterval(mine.timer);
  mine.stream.getTracks().forEach((track) => track.stop());
  mine.sound.close();
  document.querySelector("#stage").classList.remove("is-live");
  for (const name of [".camera", ".minute", ".heard"]) part(name).hidden = true;
  part(".go").textContent = text("start");
  if (why) problem(why);
  try {
    await fetch(address(mine, "/stop"), { method: "POST", headers: { "x-cer-live": "1" } });
  } catch (error) {
    return problem(text("ended"));
  }
  if (mine.drawn) trigger("submit", { token: mine.token });
}

function problem(text) {
  part(".problem").hidden = false;
  part(".problem").textContent = text;
}

element.addEventListener("click", (event) => {
  if (event.target.closest(".go")) session ? stop() : start();
});
