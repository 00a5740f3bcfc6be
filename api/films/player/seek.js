// The bar on which one seeks, with small pictures of where one would come to.
import { clock, word } from "./words.js";

const seek = document.getElementById("seek");
const preview = document.getElementById("preview");
const picture = document.getElementById("picture");
const previewTime = document.getElementById("preview-time");
const CUE = /^([\d:.]+) --> ([\d:.]+)[^\n]*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/gm;

let cues = [];
let isDragged = false;

/** Brings the pictures; without them only the time is shown. */
export async function loadPictures(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) cues = [...(await answer.text()).matchAll(CUE)].map(cueOf);
  } catch {
    cues = [];
  }
}

function cueOf([, start, end, uri, ...place]) {
  return { start: seconds(start), end: seconds(end), uri, place: place.map(Number) };
}

function seconds(text) {
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Ties the bar to a video. */
export function attach(video) {
  seek.addEventListener("input", () => {
    isDragged = true;
    video.currentTime = Number(seek.value);
    show(video);
    peek(video, Number(seek.value));
  });
  seek.addEventListener("change", () => {
    isDragged = false;
  });
  seek.addEventListener("pointermove", (event) => {
    const box = seek.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    peek(video, share * (video.duration || 0));
  });
  for (const over of ["pointerleave", "pointercancel", "blur"]) {
    seek.addEventListener(over, () => {
      preview.hidden = true;
    });
  }
  seek.addEventListener("pointerup", (event) => {
    if (event.pointerType !== "mouse") preview.hidden = true;
  });
  for (const change of ["timeupdate", "durationchange", "progress", "seeking", "seeked"]) {
    video.addEventListener(change, () => show(video));
  }
  show(video);
}

function show(video) {
  const length = Number.isFinite(video.duration) ? video.duration : 0;
  seek.max = String(length || 1);
  if (!isDragged) seek.value = String(video.currentTime);
  seek.setAttribute(
    "aria-valuetext",
    `${clock(video.currentTime)} ${word("of")} ${clock(length)}`,
  );
  const percent = (time) => `${length ? (100 * time) / length : 0}%`;
  seek.style.setProperty("--played", percent(video.currentTime));
  seek.style.setProperty("--loaded", percent(loadedTo(video)));
  document.getElementById("now").textContent = clock(video.currentTime);
  document.getElementById("length").textContent = clock(length);
}

function loadedTo(video) {
  for (let n = 0; n < video.buffered.length; n += 1) {
    if (video.buffered.start(n) <= video.currentTime + 0.1 && video.currentTime <= video.buffered.end(n)) {
      return video.buffered.end(n);
    }
  }
  return video.currentTime;
}

function peek(video, time) {
  if (!video.duration) return;
  const cue = cues.find((each) => time >= each.start && time < each.end);
  picture.hidden = !cue;
  if (cue) {
    const [x, y, width, height] = cue.place;
    picture.style.width = `${width}px`;
    picture.style.height = `${height}px`;
    picture.style.backgroundImage = `url("${cue.uri}")`;
    picture.style.backgroundPosition = `-${x}px -${y}px`;
  }
  previewTime.textContent = clock(time);
  preview.hidden = false;
  const half = preview.offsetWidth / 2;
  const wide = seek.clientWidth;
  const at = (time / video.duration) * wide;
  preview.style.left = `${Math.min(Math.max(at, half), Math.max(half, wide - half))}px`;
}
