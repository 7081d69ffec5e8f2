"""Plays systemd for a program: supervisor.py [--listen N] [--watchdog US]
COMMAND...

Starts it with a socket for its notifications, and prints each of them as a
line, after `pid PID`; with N sockets that listen already from descriptor 3 on,
after `port PORT` for each of them. Ends with the program.
"""
import argparse
import os
import signal
import socket
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument('--listen', type=int, default=0)
parser.add_argument('--watchdog', type=int)
parser.add_argument('--udp', action='store_true')
parser.add_argument('command', nargs=argparse.REMAINDER)
args = parser.parse_args()
if args.command[0] == '--':
    del args.command[0]


def tell(line):
    print(line, flush=True)


sockets = []
for _ in range(args.listen):
    kind = socket.SOCK_DGRAM if args.udp else socket.SOCK_STREAM
    s = socket.socket(socket.AF_INET, kind)
    s.bind(('127.0.0.1', 0))
    if not args.udp:
        s.listen()
    sockets.append(s)
    tell(f'port {s.getsockname()[1]}')

with tempfile.TemporaryDirectory() as folder:
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(folder + '/notify')
    notify.settimeout(0.05)
    pid = os.fork()
    if pid == 0:
        # Not in each other's way first.
        high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
            os.set_inheritable(3 + i, True)
            os.close(fd)
        os.dup2(2, 1)
        me = str(os.getpid())
        os.environ['NOTIFY_SOCKET'] = folder + '/notify'
        if sockets:
            os.environ['LISTEN_PID'] = me
            os.environ['LISTEN_FDS'] = str(len(sockets))
        if args.watchdog:
            os.environ['WATCHDOG_PID'] = me
            os.environ['WATCHDOG_USEC'] = str(args.watchdog)
        os.execv(args.command[0], args.command)
    for s in sockets:
        s.close()
    tell(f'pid {pid}')
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
    status = None
    while True:
        try:
            tell(notify.recv(4096).decode())
            continue
        except TimeoutError:
            pass
        if status is not None:
            break
        done, status = os.waitpid(pid, os.WNOHANG)
        if done == 0:
            status = None
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)
