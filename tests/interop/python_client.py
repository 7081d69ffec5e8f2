"""python3-socketio's client against the conformance program.

usage: python_client.py URL TRANSPORT[,TRANSPORT] SECONDS

Prints a line per step and ends with status 0, or raises. SECONDS is how
long to wait for any one thing.
"""

import os
import queue
import sys
import threading
import time
import traceback

import engineio
import socketio

COUNT = 1000


class OrderedEngine(engineio.Client):
    """Handles packets as they come.

    The original starts a thread for each, so that their order is lost
    before a handler sees them, whatever it was on the wire.
    """

    def _trigger_event(self, event, *args, **kwargs):
        if event == 'message':
            kwargs['run_async'] = False
        return super()._trigger_event(event, *args, **kwargs)


class Client(socketio.Client):
    def _engineio_client_class(self):
        return OrderedEngine


def collect(client, name, namespace='/'):
    events = queue.Queue()
    client.on(name, lambda *args: events.put(list(args)),
              namespace=namespace)
    return events


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError('%s: %.200r instead of %.200r'
                             % (what, found, wanted))


def take(events, count, patience):
    return [events.get(timeout=patience) for _ in range(count)]


def main(url, transports, patience):
    client = Client(reconnection=False)
    auth = collect(client, 'auth')
    custom_auth = collect(client, 'auth', '/custom')
    echo = collect(client, 'echo')
    custom_echo = collect(client, 'echo', '/custom')
    burst = collect(client, 'burst')
    back = collect(client, 'message-back')
    answer = collect(client, 'answer')
    gone = threading.Event()
    client.on('question', lambda *args: ('so', args[0], b'\1'))
    client.on('disconnect', gone.set)

    client.connect(url, transports=transports, auth={'token': 'abc'},
                   namespaces=['/', '/custom'], wait_timeout=patience)
    expect('auth', auth.get(timeout=patience), [{'token': 'abc'}])
    expect('auth', custom_auth.get(timeout=patience),
           [{'token': 'abc'}])
    expect('transport', client.transport(), transports[-1])
    print('connected')

    for number in range(COUNT):
        client.emit('echo', (number, 'ñ€😀'))
    expect('echo', take(echo, COUNT, patience),
           [[number, 'ñ€😀'] for number in range(COUNT)])
    client.emit('burst', COUNT)
    expect('burst', take(burst, COUNT, patience),
           [[number] for number in range(COUNT)])
    print('messages')

    expect('call', client.call('message-with-ack', (1, 'two', b'\3'),
                               timeout=patience), (1, 'two', b'\3'))
    client.emit('ask', 'how?')
    expect('answer', answer.get(timeout=patience),
           ['so', 'how?', b'\1'])
    print('acknowledgements')

    data = bytes(range(250)) * 4000
    client.emit('message', {'data': data})
    expect('binary', back.get(timeout=patience), [{'data': data}])
    print('binary')

    client.emit('echo', 'custom', namespace='/custom')
    expect('echo', custom_echo.get(timeout=patience), ['custom'])
    expect('echo', echo.empty(), True)
    refused(url, transports, '/refuse', patience)
    refused(url, transports, '/random', patience)
    print('namespaces')

    # Several heartbeats, without a word of ours.
    time.sleep(patience / 10)
    expect('call', client.call('message-with-ack', 1,
                               timeout=patience), 1)
    print('heartbeat')

    client.emit('kick', True)
    expect('kicked', gone.wait(patience), True)
    client.disconnect()
    print('disconnected')

    comes_back(url, transports, patience)
    print('back')


def comes_back(url, transports, patience):
    """Our parent cuts the connection when it reads `cut`."""
    client = Client(reconnection_delay=0.1)
    auth = collect(client, 'auth')
    echo = collect(client, 'echo')
    client.connect(url, transports=transports, wait_timeout=patience)
    auth.get(timeout=patience)
    for number in range(3):
        print('cut')
        auth.get(timeout=patience)
        client.emit('echo', number)
        expect('echo', echo.get(timeout=patience), [number])
    client.disconnect()


def refused(url, transports, namespace, patience):
    client = Client(reconnection=False)
    errors = collect(client, 'connect_error', namespace)
    try:
        client.connect(url, transports=transports,
                       namespaces=[namespace],
                       # It waits so long also after the refusal.
                       wait_timeout=patience / 20)
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError(namespace + ' was not refused')
    error = errors.get(timeout=patience)
    wanted = {'/refuse': {'message': 'refused',
                          'data': {'code': 'E_REFUSED'}},
              '/random': {'message': 'Invalid namespace'}}
    expect('refusal', error, [wanted[namespace]])
    client.disconnect()


if __name__ == '__main__':
    try:
        main(sys.argv[1], sys.argv[2].split(','), float(sys.argv[3]))
    except BaseException:
        traceback.print_exc()
        # Threads of the client may still wait for the network.
        os._exit(1)
