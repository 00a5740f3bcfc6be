// What the page says, in the language that the server has chosen for it.
const WORDS = {
  en: {
    play: "Play (space)",
    pause: "Pause (space)",
    mute: "Mute (M)",
    unmute: "Unmute (M)",
    volume: "Volume",
    seek: "Position",
    subtitles: "Subtitles (C)",
    quality: "Quality",
    whole: "Full screen (F)",
    back: "Leave full screen (F)",
    off: "Off",
    auto: "Auto",
    again: "Try again",
    soon: "The film is being prepared. It starts here by itself.",
    expired: "This link has expired. Ask for a new one.",
    gone: "There is no such film.",
    failed: "The film could not be prepared.",
    broken: "The film cannot be played. Check the connection.",
    unable: "This browser cannot play the film.",
    of: "of",
  },
  ru: {
    play: "Смотреть (пробел)",
    pause: "Пауза (пробел)",
    mute: "Выключить звук (M)",
    unmute: "Включить звук (M)",
    volume: "Громкость",
    seek: "Позиция",
    subtitles: "Субтитры (C)",
    quality: "Качество",
    whole: "Во весь экран (F)",
    back: "Выйти из полного экрана (F)",
    off: "Выключены",
    auto: "Авто",
    again: "Повторить",
    soon: "Видео готовится. Оно откроется здесь само.",
    expired: "Срок действия ссылки истёк. Запросите новую.",
    gone: "Такого видео нет.",
    failed: "Видео не удалось подготовить.",
    broken: "Не удаётся воспроизвести видео. Проверьте соединение.",
    unable: "Этот браузер не может воспроизвести видео.",
    of: "из",
  },
};

const own = WORDS[document.documentElement.lang] ?? WORDS.en;

export function word(name) {
  return own[name];
}

/** Names a control for eyes and for screen readers. */
export function label(element, name) {
  element.title = own[name];
  element.setAttribute("aria-label", own[name].replace(/ \(.*\)$/, ""));
}

/** As 1:05 or 1:01:05. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** A language's own name, where the browser knows it; else what the playlist calls it. */
export function languageName(tag, name) {
  try {
    const own = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
    return own && own !== tag ? own[0].toLocaleUpperCase(tag) + own.slice(1) : name;
  } catch {
    return name;
  }
}

for (const element of document.querySelectorAll("[data-label]")) {
  label(element, element.dataset.label);
}
for (const element of document.querySelectorAll("[data-word]")) {
  element.textContent = own[element.dataset.word];
}
