"""What an order is about, in its own words: of `write a short text about cats`, `cats`.

Whoever cannot follow an order must not speak it either. What is known are orders in English
and Russian that ask for a text or a video; all else is taken as it is.
"""

from __future__ import annotations

import re

from reels.storyboard.sentences import join, sentences

#: A word of an order, as `short,` or `30-second`.
_WORD = r"[\w'’%-]{1,30},?\s+"
_END = r"(?=[\s.!?]*$)"


def _compiled(*lines: str) -> re.Pattern[str]:
    return re.compile("".join(lines), re.I)


_ENGLISH = _compiled(
    r"\s*(?:(?:please|hi|hello),?\s+|(?:can|could|would|will)\s+you\s+|let['’]?s\s+){0,3}",
    r"(?:(?:write|create|make|generate|produce|prepare|compose|draft|record|do|give|tell)\s+",
    r"|i(?:['’]d\s+like|\s+(?:want|need|would\s+like))\s+)",
    rf"(?:{_WORD}){{0,7}}?",
    r"(?:texts?|scripts?|stor(?:y|ies)|videos?|clips?|reels?|shorts?|posts?|poems?|essays?|",
    r"narrations?|voice-?overs?|paragraphs?|slideshows?|presentations?|explainers?|films?|",
    r"movies?|articles?|summar(?:y|ies)|overviews?|descriptions?|introductions?|intros?)",
    r"(?:\s*:\s+|\s+",
    rf"(?:{_WORD}){{0,6}}?",
    r"(?:about|on|regarding|concerning|explaining|describing|dedicated\s+to|telling|",
    r"(?:that|which)\s+(?:explains?|describes?|tells?|shows?)|from\s+(?:this|the|that)\s+text:)\s+)",
)
_ENGLISH_TELLING = _compiled(
    r"\s*(?:please,?\s+|(?:can|could|would|will)\s+you\s+){0,3}",
    r"(?:tell|teach|explain)\s+(?:to\s+)?(?:me\s+|us\s+|(?:the|my|our)\s+(?:viewers|audience)\s+)?",
    r"(?:about\s+|(?=(?:how|why|what|when|where|who|whether)\s))",
)
_ENGLISH_VIDEO = _compiled(
    r"\s*(?:an?\s+)?(?:(?:short|vertical|quick|funny)\s+){0,2}(?:video|clip|reel)\s+(?:about|on)\s+"
)

_RUSSIAN_NOUN = (
    r"(?:текст\w*|сценари\w*|видео\w*|ролик\w*|рассказ\w*|истори\w*|пост\w{0,2}|стать\w*|клип\w*|"
    r"заметк\w*|эссе|сказк\w*|слайд-?шоу|презентаци\w*|стих\w*|шортс\w*|рилс\w*|обзор\w*|фильм\w*)"
)
#: What goes before the subject: the preposition stays with it, for its case's sake.
_RUSSIAN_TO = (
    r"(?:(?:о|про)\s+том,?\s+(?=как|что|почему|зачем|где|когда|кто|откуда|сколько|чем)|"
    r"на\s+тему:?\s+|по\s+теме:?\s+|(?=(?:про|о|об|обо)\s))"
)
_RUSSIAN = _compiled(
    r"\s*(?:(?:пожалуйста|привет|здравствуйте),?\s+|можешь\s+|не\s+мог(?:ла|ли)?\s+бы\s+(?:ты|вы)\s+|"
    r"давай(?:те)?\s+){0,3}",
    r"(?:(?:на|до|за)пи(?:ши(?:те)?|сать)|с?дела(?:й(?:те)?|ть)|созда(?:й(?:те)?|ть)|",
    r"(?:с?генериру|придума|подготов|состав|сочин|сдела|сня|сними|расска)\w*|дай(?:те)?|",
    r"(?:мне\s+)?(?:нуж(?:ен|но|на)|хочу|хотел(?:а|и)?\s+бы)),?\s+",
    rf"(?:{_WORD}){{0,7}}?{_RUSSIAN_NOUN}",
    rf"(?:\s*:\s+|\s+(?:{_WORD}){{0,6}}?(?:{_RUSSIAN_TO}|из\s+(?:этого\s+)?текста:\s+))",
)
_RUSSIAN_TELLING = _compiled(
    r"\s*(?:пожалуйста,?\s+|можешь\s+){0,2}(?:расска(?:жи(?:те)?|зать)|объясни(?:те|ть)?|поясни(?:те)?)",
    r"(?:\s+(?:мне|нам|зрителям|всем))?(?:,?\s+пожалуйста)?,?\s+",
    r"(?:(?:о|про)\s+том,?\s+)?(?=(?:про|о|об|обо|как|что|почему|зачем|где|когда|кто|откуда|чем)\s)",
)
_RUSSIAN_VIDEO = _compiled(
    r"\s*(?:(?:короткое|короткий|вертикальное)\s+){0,2}(?:видео|ролик|клип|видеоролик)\s+",
    _RUSSIAN_TO,
)
_ORDERS = (
    _ENGLISH,
    _ENGLISH_TELLING,
    _ENGLISH_VIDEO,
    _RUSSIAN,
    _RUSSIAN_TELLING,
    _RUSSIAN_VIDEO,
)

#: How long it shall be, and in which language: nothing of the subject.
_TERMS = (
    _compiled(
        r"[,;]?\s+(?:(?:of|in|for|at\s+most|up\s+to|no\s+more\s+than|under|max(?:imum)?|about)\s+)?",
        r"\d{1,4}[\s-]*(?:words?|seconds?|secs?|minutes?|mins?|sentences?|characters?|paragraphs?)",
        _END,
    ),
    _compiled(
        r"[,;]?\s+in\s+(?:plain\s+|simple\s+)?",
        r"(?:english|russian|german|french|spanish|italian|portuguese|ukrainian|polish|chinese)",
        _END,
    ),
    _compiled(
        r"[,;]?\s+(?:(?:на|до|в|из|за|не\s+более|не\s+больше|максимум|примерно|около)\s+){1,2}",
        r"\d{1,4}\s*(?:слов\w*|сек\w*|мин\w*|предложени\w*|символ\w*|знак\w*|абзац\w*)",
        _END,
    ),
    _compiled(r"[,;]?\s+на\s+(?:русском|английском|немецком|украинском)(?:\s+языке)?", _END),
)
#: Sentences after an order that are orders as well.
_MORE = _compiled(
    r"(?:please\s+)?(?:use|add|mention|include|keep|make|avoid|do\s+not|don['’]t|write|no|without|",
    r"tone|style|length|language|(?:the\s+)?(?:text|tone|style|video|script|it)\s+(?:should|must|is)|",
    r"at\s+most|up\s+to|max)\b|",
    r"(?:пожалуйста,?\s+)?(?:(?:используй|добавь|упомяни|включи|сделай|пиши|напиши|избегай)(?:те)?|",
    r"не|без|стиль|тон|язык|длина|объ[её]м|только|максимум|до\s+\d+|",
    r"(?:текст|тон|стиль|видео|ролик)\s+долж\w+)\b",
)
#: Of a longer sentence nobody can say where its terms begin.
_LONGEST_CHARS = 300
_QUOTES = (("«", "»"), ("“", "”"), ("„", "“"), ('"', '"'))


def subject_of(prompt: str) -> str:
    """What the prompt is about if it is an order, and any text of its own; else the prompt."""
    for order in _ORDERS:
        found = order.match(prompt)
        if found is None:
            continue
        first, *more = _told(prompt[found.end() :])
        if subject := _bare(first):
            return join([subject, *(each for each in more if not _MORE.match(each))])
    return prompt


def _told(rest: str) -> list[str]:
    """The sentences of the first paragraph; what comes after it stays as it is."""
    head, gap, tail = rest.strip().partition("\n\n")
    found = sentences(head) or [""]
    return [*found, f"{gap}{tail}"] if tail else found


def _bare(subject: str) -> str:
    """Without terms, and quotation marks around the whole; with a capital."""
    for terms in _TERMS if len(subject) <= _LONGEST_CHARS else ():
        subject = terms.sub("", " ".join(subject.split()))
    subject = subject.strip()
    for opening, closing in _QUOTES:
        inner = subject.rstrip(".")[1:-1]
        if subject.rstrip(".") == f"{opening}{inner}{closing}" and opening not in inner:
            subject = inner
    if not any(char.isalnum() for char in subject):
        return ""
    return subject[:1].upper() + subject[1:]
