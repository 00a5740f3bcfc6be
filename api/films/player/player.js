// Brings the film: by hls.js, or as it is where the browser plays HLS by itself.
import "./controls.js";
import { attach, loadPictures } from "./seek.js";
import { followSizes } from "./quality.js";
import { followNative, followTracks } from "./subtitles.js";
import { word } from "./words.js";

const { playlist, thumbnails, width, height } = document.body.dataset;
const stage = document.getElementById("stage");
const video = document.getElementById("video");
const notice = document.getElementById("notice");
const again = document.getElementById("again");
const REASONS = { 403: "expired", 404: "gone", 409: "failed" };
const MOST_REPAIRS = 4;

let hls = null;
let repairs = 0;

async function begin() {
  say("");
  const answer = await fetch(playlist, { cache: "no-store" }).catch(() => null);
  const later = Number(answer?.headers.get("Retry-After"));
  if (answer?.ok) {
    loadPictures(thumbnails);
    open(new URL(playlist, document.baseURI).href);
  } else if (later) {
    say(answer.status === 409 ? "soon" : "broken");
    window.setTimeout(begin, 1000 * later);
  } else {
    say(REASONS[answer?.status] ?? "broken", true);
  }
}

function open(address) {
  const Hls = window.Hls;
  if (Hls?.isSupported()) {
    hls?.destroy();
    repairs = 0;
    // Segments of fragmented MP4 are handed on as they are: there is nothing for a worker to do.
    hls = new Hls({ enableWorker: false, capLevelToPlayerSize: true });
    followSizes(hls);
    followTracks(hls);
    hls.on(Hls.Events.ERROR, (_, error) => error.fatal && mend(error));
    hls.loadSource(address);
    hls.attachMedia(video);
  } else if (video.canPlayType("application/vnd.apple.mpegurl")) {
    followNative();
    video.src = address;
  } else {
    say("unable");
  }
}

function mend(error) {
  repairs += 1;
  if (repairs > MOST_REPAIRS) {
    hls.destroy();
    say("broken", true);
  } else if (error.type === window.Hls.ErrorTypes.MEDIA_ERROR) {
    hls.recoverMediaError();
  } else {
    window.setTimeout(() => hls.startLoad(), 1000 * repairs);
  }
}

function say(name, canRepeat = false) {
  notice.hidden = !name;
  again.hidden = !canRepeat;
  document.getElementById("notice-text").textContent = name ? word(name) : "";
  stage.classList.toggle("told", Boolean(name));
}

function shape(across, down) {
  if (across && down) stage.style.setProperty("--shape", String(across / down));
}

shape(Number(width), Number(height));
video.addEventListener("loadedmetadata", () => shape(video.videoWidth, video.videoHeight));
video.addEventListener("playing", () => {
  repairs = 0;
});
video.addEventListener("error", () => hls || say("broken", true));
again.addEventListener("click", begin);
attach(video);
begin();
