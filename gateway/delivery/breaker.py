"""The breaker of one tag: after too many failures it holds the tag back and lets single deliveries try."""

from collections import deque

IN_A_ROW = 5
WINDOW = 20
HALF = WINDOW // 2
FIRST = 1.0
MOST = 60.0


class Breaker:
    """Opens at five failures in a row or ten of the last twenty attempts; closes at the next success."""

    def __init__(self) -> None:
        self.open = False
        self._row = 0
        self._last: deque[bool] = deque(maxlen=WINDOW)
        self._hold = FIRST

    def failed(self) -> float:
        """Seconds to hold the tag back at least: 0 while closed, else 1 doubling to 60."""
        self._row += 1
        self._last.append(True)
        self.open = self.open or self._row >= IN_A_ROW or sum(self._last) >= HALF
        if not self.open:
            return 0.0
        hold, self._hold = self._hold, min(self._hold * 2, MOST)
        return hold

    def succeeded(self) -> None:
        """Closes it. What was counted before it opened is forgotten: the receiver is another one now."""
        if self.open:
            self._last.clear()
            self._hold = FIRST
        self.open = False
        self._row = 0
        self._last.append(False)
