"""Vietnamese telephone prefixes as data: which numbers can exist.

Collected from public lists that agree with each other; ``is_confirmed`` stays False until somebody has read the
numbering plan (Thông tư 22/2014/TT-BTTTT and its amendments, and the 2018 decisions on the change of mobile
prefixes) in the original.
Does not belong here: reading a number out of a cell (``normalise``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prefix:
    """Numbers beginning with ``prefix`` (with the leading 0) have ``digit_count`` digits in all."""

    prefix: str
    digit_count: int
    network: str
    is_confirmed: bool = False


@dataclass(frozen=True)
class ReplacedPrefix:
    """An 11-digit mobile prefix of before 15/09/2018 and the one that its numbers have had since."""

    old: str
    new: str
    is_confirmed: bool = False


MOBILE_DIGITS = 10
FIXED_DIGITS = 11

_MOBILE = {
    "Viettel": "032 033 034 035 036 037 038 039 086 096 097 098",
    "VinaPhone": "081 082 083 084 085 088 091 094",
    "MobiFone": "070 076 077 078 079 089 090 093",
    "Vietnamobile": "052 056 058 092",
    "Gmobile": "059 099",
    "Wintel": "055",
    "iTel": "087",
    "VNSKY": "095",
}
# Area codes since 2017; for 024 and 028 the fourth digit is the network's.
_FIXED = (
    "0203 0204 0205 0206 0207 0208 0209 0210 0211 0212 0213 0214 0215 0216 0218 0219 0220 0221 0222 0225 0226 0227 "
    "0228 0229 0232 0233 0234 0235 0236 0237 0238 0239 0242 0243 0244 0245 0246 0247 0248 0251 0252 0254 0255 0256 "
    "0257 0258 0259 0260 0261 0262 0263 0269 0270 0271 0272 0273 0274 0275 0276 0277 0282 0283 0284 0285 0286 0287 "
    "0288 0289 0290 0291 0292 0293 0294 0296 0297 0299"
)
_REPLACED = (
    "0120>070 0121>079 0122>077 0126>076 0128>078 0123>083 0124>084 0125>085 0127>081 0129>082 0162>032 0163>033 "
    "0164>034 0165>035 0166>036 0167>037 0168>038 0169>039 0186>056 0188>058 0199>059"
)

MOBILE_PREFIXES = tuple(
    Prefix(prefix, MOBILE_DIGITS, network) for network, listed in _MOBILE.items() for prefix in listed.split()
)
FIXED_PREFIXES = tuple(Prefix(prefix, FIXED_DIGITS, "cố định") for prefix in _FIXED.split())
REPLACED_PREFIXES = tuple(ReplacedPrefix(*pair.split(">")) for pair in _REPLACED.split())
