"""Code charts of the Vietnamese 8-bit character sets that Python does not know, and what a syllable looks like.

TCVN 5712-1:1993 (code set VN1) is written below as printed: 16 characters a row. The ABC fonts (``.VnTime`` …) carry
only ``ABC_LETTERS`` of it, the lower-case letters and seven capitals; elsewhere they draw what Windows-1252 draws.
VNI for Windows writes a letter as itself plus one accent character, a few letters as one character.
Does not belong here: choosing a character set for a file (``encodings``).
"""

from __future__ import annotations

import re
import unicodedata

# 0x80–0xFF. 0xA0 is the no-break space, 0xB0–0xB4 are combining tone marks, 0xAD is "ư" (a soft hyphen in Latin-1).
_TCVN_HIGH = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨ"
    "ÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ"
    "\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽ"
    "éẹềểễếệìỉỄẾỒĩíịò"
    "Ổỏõóọồổỗốộờởỡớợù"
    "ỖủũúụừửữứựỳỷỹýỵỐ"
)
# Capitals for which 0x80–0xFF had no room left stand among the control characters.
_TCVN_LOW = dict(zip(b"\x01\x02\x04\x05\x06\x11\x12\x13\x14\x15\x16\x17", "ÚỤỪỬỮỨỰỲỶỸÝỴ", strict=True))
TCVN_5712_1 = {**dict(enumerate(_TCVN_HIGH, start=0x80)), **_TCVN_LOW}

_ABC_CAPITALS = "ĂÂÊÔƠƯĐ"
ABC_LETTERS = {
    byte: letter
    for byte, letter in TCVN_5712_1.items()
    if byte > 0xA0 and letter.isalpha() and (letter.islower() or letter in _ABC_CAPITALS)
}

_TONED = {
    "a": "aáàảãạ", "â": "âấầẩẫậ", "ă": "ăắằẳẵặ", "e": "eéèẻẽẹ", "ê": "êếềểễệ", "i": "iíìỉĩị",
    "o": "oóòỏõọ", "ô": "ôốồổỗộ", "ơ": "ơớờởỡợ", "u": "uúùủũụ", "ư": "ưứừửữự", "y": "yýỳỷỹỵ",
}  # fmt: skip
# Letter → what VNI writes for it in the order of _TONED: no tone, acute, grave, hook, tilde, dot below.
_VNI_LOWER = {
    "a": ("a", "aù", "aø", "aû", "aõ", "aï"),
    "â": ("aâ", "aá", "aà", "aå", "aã", "aä"),
    "ă": ("aê", "aé", "aè", "aú", "aü", "aë"),
    "e": ("e", "eù", "eø", "eû", "eõ", "eï"),
    "ê": ("eâ", "eá", "eà", "eå", "eã", "eä"),
    "i": ("i", "í", "ì", "æ", "ó", "ò"),
    "o": ("o", "où", "oø", "oû", "oõ", "oï"),
    "ô": ("oâ", "oá", "oà", "oå", "oã", "oä"),
    "ơ": ("ô", "ôù", "ôø", "ôû", "ôõ", "ôï"),
    "u": ("u", "uù", "uø", "uû", "uõ", "uï"),
    "ư": ("ö", "öù", "öø", "öû", "öõ", "öï"),
    "y": ("y", "yù", "yø", "yû", "yõ", "î"),
}


def _vni() -> dict[str, str]:
    lower = {"ñ": "đ"}
    for letter, written in _VNI_LOWER.items():
        lower.update(zip(written, _TONED[letter], strict=True))
    both = lower | {written.upper(): letter.upper() for written, letter in lower.items()}
    return {written: letter for written, letter in both.items() if not written.isascii()}


# One or two Latin-1 characters → Vietnamese letter.
VNI = _vni()

_TONE_MARKS = "\u0300\u0309\u0303\u0301\u0323"
_STOP_TONES = {"\u0301", "\u0323"}
_ONSET = "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?"
_OPEN_RIMES = (
    "a ai am an ang anh ao au ay ăm ăn ăng âm ân âng âu ây e em en eng eo ê êm ên êng ênh êu "
    "i ia iêm iên iêng iêu im in ing inh iu o oa oai oam oan oang oanh oao oay oăm oăn oăng oe oen oeo oi om on ong "
    "oong ô ôi ôm ôn ông ơ ơi ơm ơn u ua uân uâng uây uê uênh ui um un ung uơ uôi uôm uôn uông uy uya uyên uyn uynh "
    "uyu ư ưa ưi ưm ưn ưng ưu ươi ươm ươn ương ươu y yêm yên yêng yêu ym yn ynh"
)
_STOP_RIMES = (
    "ac ach ak ap at ăc ăk ăp ăt âc âk âp ât ec ek ep et êc êch êk êp êt ic ich ik ip it iêc iêp iêt "
    "oac oach oap oat oăc oăt oc oet ok ooc op ot ôc ôk ôp ôt ơp ơt uât uc uêch uk up ut uôc uôt uych uyêt uyt "
    "ưc ưt ươc ươp ươt yêt ych yt"
)
_OPEN = re.compile(_ONSET + "(?:" + "|".join(_OPEN_RIMES.split()) + ")")
_STOP = re.compile(_ONSET + "(?:" + "|".join(_STOP_RIMES.split()) + ")")


def is_syllable(word: str) -> bool:
    """Whether ``word`` is built like one Vietnamese syllable, whatever its case; names of ethnic minorities may not be.

    One onset, one rime, at most one tone; a rime that ends in a stop has the acute or the dot below.
    """
    split = unicodedata.normalize("NFD", word.lower())
    tones = [mark for mark in split if mark in _TONE_MARKS]
    if len(tones) > 1:
        return False
    letters = unicodedata.normalize("NFC", "".join(mark for mark in split if mark not in _TONE_MARKS))
    if _OPEN.fullmatch(letters):
        return True
    return bool(tones) and tones[0] in _STOP_TONES and _STOP.fullmatch(letters) is not None
