"""A person's name guessed from a file name, where the sender gave none."""

import re
import unicodedata
from pathlib import PurePosixPath

_NUMBER_AT_END = re.compile(r"(?:[\s_.+\-]*\(\d+\)|[\s_.+\-]+\d{1,4}|(?<=[^\W\d_]{3})\d{1,2})$")
"""`Im_Nayeon_07`, `Im Nayeon (2)`, `lawrence2`: one of several photos."""
_INSIDE_WORDS = ".'\u2019\u200c\u200d"
"""Initials, O'Brien, and the joiners of Persian and Indian scripts."""
_INITIAL = re.compile(r"(?:^|(?<=\.))\w")
_MOST_WORDS = 6
_LONGEST_WORD = 24
# What cameras, phones, scanners and messengers write, and what joins several people or makes a sentence.
_NEVER_IN_A_NAME = frozenset(
    """
    avatar bildschirmfoto burst capture captura cimg clipboard copie copy crop cropped dcim dji download
    downloaded dsc dscf dsci dscn dscp edit edited facebook fb foto fotos frame frames fullsizerender gopr gopro
    grafik hdr image imagen images imagem img imgp instagram kopie mov mvi mvimg neu pano panorama photo photos
    pic pics pict picture pictures pxl received samsung scan scanned scans screen screenshot selfie signal skype
    snapchat still telegram temp test thumb thumbnail tiktok tmp unbenannt unknown unnamed untitled vid video
    viber wechat whatsapp wp no not two three and und with mit at from the my me for our we us
    """.split()  # noqa: SIM905  # a list of this length reads better as text
)
# One of these may be part of a name; a file name of such words only tells of an event, a time or a kind of picture.
_NO_NAME_BY_THEMSELVES = frozenset(
    """
    album anniversary badge beach birthday ceremony christmas christening church class colleagues concert
    conference cover dad daddy day dinner everybody everyone face faces family father final football friends
    front garden girls graduation grandma grandpa group guest guests guys head headshot holiday holidays home
    house id kids lunch mom mother mum new office old park party passport people person portrait profile sample
    school side ski sport street sunset team trip vacation wedding weekend work spring summer autumn fall winter
    morning evening night today yesterday january february march april may june july august september october
    november december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday
    saturday sunday
    """.split()  # noqa: SIM905  # as above
)


def name_from_key(key: str) -> str:
    """A person's name guessed from a file name, empty where that does not look like one.

    `team/keanu_reeves_02.JPG` is "Keanu Reeves"; `IMG_1234.jpg`, `2024-05-01.jpg` and `Screenshot 3.png` are nobody.
    """
    stem = unicodedata.normalize("NFC", PurePosixPath(key).stem)
    words = re.sub(r"[-_+\s]+", " ", _NUMBER_AT_END.sub("", stem)).split()
    if not _look_like_a_name(words):
        return ""
    return " ".join(word if any(map(str.isupper, word)) else _INITIAL.sub(_upper, word) for word in words)


def _look_like_a_name(words: list[str]) -> bool:
    lowered = {word.casefold() for word in words}
    return (
        0 < len(words) <= _MOST_WORDS
        and sum(map(str.isalpha, "".join(words))) > 1
        and all(_is_word(word) for word in words)
        and not any(_looks_random(word) for word in words)
        and not lowered & _NEVER_IN_A_NAME
        and not lowered <= _NO_NAME_BY_THEMSELVES
    )


def _is_word(text: str) -> bool:
    """Letters of any script with their marks, without digits or symbols."""
    others = (character for character in text if not character.isalpha() and character not in _INSIDE_WORDS)
    return text[0].isalpha() and all(unicodedata.category(character).startswith("M") for character in others)


def _looks_random(word: str) -> bool:
    """Whether it reads as an id. Capitals follow small letters more than once there; once in McGregor and DeNiro."""
    too_long, hexadecimal = len(word) > _LONGEST_WORD, re.fullmatch(r"[a-f]{8,}", word)
    return too_long or hexadecimal is not None or len(re.findall(r"(?<=[a-z])[A-Z]", word)) > 1


def _upper(letter: re.Match[str]) -> str:
    return letter.group().upper()
