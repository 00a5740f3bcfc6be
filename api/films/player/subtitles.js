// The menu of subtitles. We draw them ourselves, so that they keep clear of the controls.
import { Menu } from "./menu.js";
import { languageName, word } from "./words.js";

const OFF = -1;
const video = document.getElementById("video");
const captions = document.getElementById("captions");
const button = document.getElementById("subtitles");

let hls = null;
let chosen = OFF;
let latest = 0;
let isAsked = false;

const menu = new Menu(button, document.getElementById("subtitles-menu"), (index) => {
  isAsked = true;
  choose(index);
});

export function followTracks(player) {
  hls = player;
  hls.subtitleDisplay = false;
  hls.on(window.Hls.Events.SUBTITLE_TRACKS_UPDATED, () => {
    const names = hls.subtitleTracks.map((track) => languageName(track.lang, track.name));
    offer(names, hls.subtitleTracks.findIndex((track) => track.default));
  });
}

/** For a browser that plays HLS by itself. */
export function followNative() {
  video.textTracks.addEventListener("addtrack", () => {
    const names = texts().map((track) => languageName(track.language, track.label));
    offer(names, texts().findIndex((track) => track.mode === "showing"));
  });
  // Phones of Apple's show nothing but the video itself on the whole screen.
  video.addEventListener("webkitbeginfullscreen", () => setModes("showing"));
  video.addEventListener("webkitendfullscreen", () => setModes("hidden"));
}

/** With or without, as by a key. */
export function toggleSubtitles() {
  if (button.hidden) return;
  isAsked = true;
  choose(chosen === OFF ? latest : OFF);
}

function offer(names, first) {
  if (names.length) menu.fill([[OFF, word("off")], ...names.map((name, n) => [n, name])], OFF);
  choose(isAsked ? Math.min(chosen, names.length - 1) : first);
}

function choose(index) {
  chosen = index;
  if (index !== OFF) latest = index;
  menu.mark(index);
  button.classList.toggle("on", index !== OFF);
  if (hls) {
    hls.subtitleTrack = index;
    hls.subtitleDisplay = false;
  } else {
    setModes("hidden");
  }
  draw();
}

function texts() {
  return [...video.textTracks].filter((track) => /subtitles|captions/.test(track.kind));
}

function setModes(mode) {
  texts().forEach((track, at) => {
    track.mode = at === chosen ? mode : "disabled";
  });
}

function draw() {
  const seen = chosen === OFF ? [] : texts().filter((track) => track.mode === "hidden");
  const cues = seen.flatMap((track) => [...(track.activeCues ?? [])]);
  // A cue that two segments share comes twice.
  const once = new Map(cues.map((cue) => [`${cue.startTime} ${cue.text}`, cue]));
  captions.replaceChildren(...[...once.values()].map(line));
}

function line(cue) {
  const made = document.createElement("p");
  made.append(cue.getCueAsHTML?.() ?? cue.text);
  return made;
}

video.textTracks.addEventListener("addtrack", ({ track }) => {
  track.addEventListener("cuechange", draw);
});
video.addEventListener("seeked", draw);
