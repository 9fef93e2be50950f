"""Runs a command in a terminal of its own, 80 columns wide: what comes in is typed, what the terminal shows goes out.

SIGUSR1 makes the terminal 40 columns wide.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])


def narrow(_number, _frame):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))


signal.signal(signal.SIGUSR1, narrow)

watched = [terminal, 0]
while terminal in watched:
    for source in select.select(watched, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            # Linux says EIO when the command has closed the terminal.
            data = b""
        if not data:
            watched.remove(source)
        elif source == terminal:
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
        else:
            os.write(terminal, data)

sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
