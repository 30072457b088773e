"""The one shape in which both borders report what they found."""

from dataclasses import asdict, dataclass, field
from typing import Any

REFUSE_FILE = "refuse_file"
REJECT_ROW = "reject_row"
FLAG_ROW = "flag_row"
REPORT = "report"
BLOCK_PUBLISH = "block_publish"
EFFECTS = (REFUSE_FILE, REJECT_ROW, FLAG_ROW, REPORT, BLOCK_PUBLISH)
# What happens to single rows: rules of these effects hand back every failing row, not a sample.
ROW_EFFECTS = (REJECT_ROW, FLAG_ROW)


@dataclass(frozen=True)
class RuleResult:
    """One rule checked on one subject.

    Grain: one (gate, subject, rule). `subject_name` is a delivery id at gate 1 and a
    published table at gate 2. `checked_count` and `failed_count` are rows (or groups of
    rows, where the rule is about groups); `sample` holds at most a few failing places,
    written so that a person can find them (row numbers or keys, never free text).
    """

    gate_code: int
    subject_name: str
    rule_code: str
    rule_text: str
    effect_code: str
    is_passed: bool
    checked_count: int
    failed_count: int
    sample: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RuleResult":
        """The inverse of `to_dict`; raises TypeError on unknown or missing fields."""
        return cls(**values)
