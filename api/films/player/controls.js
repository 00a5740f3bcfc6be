// Buttons and keys, and when the controls are seen.
import { closeMenus, isMenuOpen } from "./menu.js";
import { toggleSubtitles } from "./subtitles.js";
import { label } from "./words.js";

const stage = document.getElementById("stage");
const video = document.getElementById("video");
const play = document.getElementById("play");
const big = document.getElementById("big");
const mute = document.getElementById("mute");
const volume = document.getElementById("volume");
const whole = document.getElementById("whole");
const spinner = document.getElementById("spinner");
const QUIET_MS = 2600;
const BUSY_MS = 400;

let quiet = 0;
let busy = 0;

function toggle() {
  // Refused where a browser wants to be touched first: then the button stays.
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

function toggleMute() {
  video.muted = !video.muted;
  if (!video.muted && video.volume === 0) video.volume = 0.5;
}

function setVolume(value) {
  video.muted = false;
  video.volume = Math.min(1, Math.max(0, Math.round(value * 100) / 100));
}

function toggleWhole() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (stage.requestFullscreen) stage.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}

function goTo(time) {
  if (video.duration) video.currentTime = Math.min(video.duration, Math.max(0, time));
}

const KEYS = {
  " ": toggle,
  k: toggle,
  m: toggleMute,
  f: toggleWhole,
  c: toggleSubtitles,
  j: () => goTo(video.currentTime - 10),
  l: () => goTo(video.currentTime + 10),
  ArrowLeft: () => goTo(video.currentTime - 5),
  ArrowRight: () => goTo(video.currentTime + 5),
  ArrowUp: () => setVolume(video.volume + 0.1),
  ArrowDown: () => setVolume(video.volume - 0.1),
  Home: () => goTo(0),
  End: () => goTo(video.duration),
};

document.addEventListener("keydown", (event) => {
  wake();
  if (event.ctrlKey || event.metaKey || event.altKey || isMenuOpen()) return;
  // A focused button takes these itself.
  if (event.target.closest("button") && [" ", "Enter"].includes(event.key)) return;
  if (event.target === volume && event.key.startsWith("Arrow")) return;
  const isTenth = /^[0-9]$/.test(event.key);
  // By the place on the keyboard too: with Cyrillic letters C, F, K and M lie elsewhere.
  const place = event.code.replace(/^Key/, "").toLowerCase();
  const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()] ?? KEYS[place];
  if (isTenth) goTo((video.duration * Number(event.key)) / 10);
  else if (act) act();
  else return;
  event.preventDefault();
});

function showState() {
  const isSilent = video.muted || video.volume === 0;
  stage.classList.toggle("paused", video.paused);
  stage.classList.toggle("muted", isSilent);
  label(play, video.paused ? "play" : "pause");
  label(mute, isSilent ? "unmute" : "mute");
  volume.value = String(isSilent ? 0 : video.volume);
  volume.style.setProperty("--played", `${100 * Number(volume.value)}%`);
  wake();
}

/** The controls are there, and leave when the film plays and nobody needs them. */
function wake() {
  window.clearTimeout(quiet);
  stage.classList.remove("quiet");
  if (!video.paused) quiet = window.setTimeout(leave, QUIET_MS);
}

function leave() {
  if (isMenuOpen() || stage.querySelector(".controls :focus-visible")) return;
  stage.classList.add("quiet");
}

function setBusy(isBusy) {
  window.clearTimeout(busy);
  if (isBusy) busy = window.setTimeout(() => (spinner.hidden = false), BUSY_MS);
  else spinner.hidden = true;
}

play.addEventListener("click", toggle);
big.addEventListener("click", toggle);
mute.addEventListener("click", toggleMute);
whole.addEventListener("click", toggleWhole);
volume.addEventListener("input", () => setVolume(Number(volume.value)));
video.addEventListener("click", () => {
  // A finger brings the controls first; a second touch stops the film.
  const wasQuiet = stage.classList.contains("quiet");
  wake();
  if (!isMenuOpen() && !(wasQuiet && window.matchMedia("(hover: none)").matches)) toggle();
  closeMenus();
});
for (const moved of ["pointermove", "pointerdown", "focusin"]) {
  stage.addEventListener(moved, wake);
}
for (const change of ["play", "pause", "ended", "volumechange"]) {
  video.addEventListener(change, showState);
}
video.addEventListener("play", () => stage.classList.add("begun"));
video.addEventListener("waiting", () => setBusy(true));
for (const over of ["playing", "seeked", "canplay", "pause"]) {
  video.addEventListener(over, () => setBusy(false));
}
document.addEventListener("fullscreenchange", () => {
  label(whole, document.fullscreenElement ? "back" : "whole");
});
showState();
