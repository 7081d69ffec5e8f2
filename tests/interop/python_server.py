"""The classic chat on python3-socketio's server, with switches:

    --port=, and in ms --ping-interval=, --ping-timeout=

Prints `listening PORT`.
"""

import argparse
import asyncio

import aiohttp.web
import socketio


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--ping-interval', type=int, default=25000)
    parser.add_argument('--ping-timeout', type=int, default=20000)
    given = parser.parse_args()

    # Handlers as tasks would lose the order of messages.
    sio = socketio.AsyncServer(async_mode='aiohttp', async_handlers=False,
                               ping_interval=given.ping_interval / 1000,
                               ping_timeout=given.ping_timeout / 1000)

    @sio.on('nuevo mensaje')
    async def say(sid, msj):
        await sio.emit('nuevo mensaje', msj)

    @sio.on('kick')
    async def kick(sid, close):
        for other in list(sio.manager.rooms['/'][None]):
            if other != sid:
                await sio.disconnect(other)

    app = aiohttp.web.Application()
    sio.attach(app)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, '127.0.0.1', given.port,
                               reuse_address=True)
    await site.start()
    print('listening', site._server.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


asyncio.run(main())
