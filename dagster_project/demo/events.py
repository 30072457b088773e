"""The step log of a chunk: one row per step that was done by the cut-off, dossier by dossier in order.

Does not belong here: deciding when a step happens (dossiers.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.arrivals import NEVER, Dossiers
from dagster_project.demo.placing import receiver_at, unit_at
from dagster_project.demo.world import World

ACTIVITIES = [
    "Tiếp nhận hồ sơ",
    "Chuyển phòng chuyên môn",
    "Yêu cầu bổ sung hồ sơ",
    "Đã bổ sung hồ sơ",
    "Thẩm định hồ sơ",
    "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Ký duyệt",
    "Có kết quả",
    "Trả kết quả",
    "Trả lại hồ sơ do quá hạn bổ sung",
    "Công dân rút hồ sơ",
    "Dừng xử lý",
    "Bàn giao hồ sơ",
]
_RECEIVE, _TRANSFER, _ASK, _REPLY, _REVIEW, _BILL, _SIGN, _RESULT, _RETURN, _REFUSE, _WITHDRAW, _STOP, _HAND_OVER = (
    range(13)
)
SAME = -1  # a hand-over between units leaves the status as it was
STATUS_AFTER = np.array([2, 4, 5, 4, 4, 6, 4, 9, 10, 3, 7, 8, SAME])
# The one-stop desk does these; the resolving unit does the rest.
AT_DESK = np.isin(np.arange(13), [_RECEIVE, _TRANSFER, _REPLY, _RETURN, _WITHDRAW])


@dataclass(frozen=True)
class Events:
    """Parallel arrays, one entry per step, ordered by dossier and step.

    ``dossier`` is the position in the chunk, ``number`` 1, 2, 3 … inside the dossier, ``activity`` an index
    into ACTIVITIES, ``status`` the one after the step, moments in seconds, ``step_due`` NEVER where the step has no
    limit. A hand-over stands where it falls in time, the other steps in their fixed order.
    """

    dossier: np.ndarray
    number: np.ndarray
    activity: np.ndarray
    occurred: np.ndarray
    unit: np.ndarray
    status: np.ndarray
    step_due: np.ndarray

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.dossier)


def build_events(world: World, d: Dossiers) -> Events:
    """Lay the steps of each dossier side by side in their fixed order and keep those that happened."""
    calendar, count = world.calendar, len(d)
    none = np.full(count, NEVER)
    limit = np.maximum(calendar.to_work(d.dues[0]) - d.start, 3600)
    due = np.where(d.has_due, d.dues[-1], NEVER)
    review_due = np.where(d.has_due, calendar.deadline_from_work(d.start + limit * 7 // 10), NEVER)
    transfer_due = calendar.deadline_from_work(d.start + 4 * 3600)
    columns = [
        (_HAND_OVER, d.handed_over, none),
        (_RECEIVE, d.received, none),
        (_TRANSFER, d.transferred, transfer_due),
        (_ASK, d.requests[0], none),
        (_REPLY, d.replies[0], none),
        (_ASK, d.requests[1], none),
        (_REPLY, d.replies[1], none),
        (_REVIEW, d.reviewed, review_due),
        (_BILL, d.billed, none),
        (_SIGN, d.signed, due),
        (_RESULT, d.done, due),
        (_REFUSE, d.closed_unanswered, none),
        (_WITHDRAW, d.withdrawn, none),
        (_STOP, d.stopped, none),
        (_RETURN, d.returned, none),
    ]
    moments = np.column_stack([moment for _, moment, _ in columns])
    happened = moments <= world.cutoff
    dossier, column = np.nonzero(happened)
    occurred = moments[happened]
    order = np.lexsort((column, occurred, dossier))
    dossier, column, occurred = dossier[order], column[order], occurred[order]
    activity = np.array([code for code, _, _ in columns])[column]
    at_desk = receiver_at(world, d, occurred, dossier)
    status = STATUS_AFTER[activity]
    return Events(
        dossier=dossier,
        number=np.cumsum(happened, axis=1)[happened],
        activity=activity,
        occurred=occurred,
        unit=np.where(AT_DESK[activity], at_desk, unit_at(world, d, occurred, dossier)),
        status=np.where(status == SAME, np.roll(status, 1), status),
        step_due=np.column_stack([step_due for _, _, step_due in columns])[dossier, column],
    )
