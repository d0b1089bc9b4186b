"""A pseudo-terminal in raw mode: prints its path, then copies stdin to it until end of file.

Prints "opened" or "closed" if that has changed since the last input.
"""

import os
import select
import tty

OURS, THEIRS = os.openpty()
tty.setraw(THEIRS)
print(os.ttyname(THEIRS), flush=True)
os.close(THEIRS)
os.set_blocking(OURS, False)
poll = select.poll()
poll.register(OURS, select.POLLIN)
was_open = False

for chunk in iter(lambda: os.read(0, 4096), b""):
    state = dict(poll.poll(0)).get(OURS, 0)
    is_open = not state & select.POLLHUP
    if is_open != was_open:
        print("opened" if is_open else "closed", flush=True)
        was_open = is_open
    # As on a real serial line, data are lost if nobody has opened it: a later reader must not get old data.
    if not is_open:
        continue
    try:
        if state & select.POLLIN:
            os.read(OURS, 4096)
        os.write(OURS, chunk)
    except OSError:
        # The buffer is full, or it has just been closed.
        pass
