"""Reads a scooter that XORs its frames, with the unmodified M365 client of miauth on the Bluetooth host of Bumble.

Arguments: the H4 transport of a controller as Bumble names it, the address of the scooter, and one command for each
argument that follows, in hex and without checksum. Prints one JSON object with the key and the replies.

miauth's own Bluetooth library, bluepy, needs the Bluetooth sockets of the Linux kernel. Its class is only a base class
without function here.
"""

import asyncio
import json
import sys
import threading
import types

sys.modules["bluepy"] = types.ModuleType("bluepy")
sys.modules["bluepy"].btle = types.SimpleNamespace(DefaultDelegate=object)

from bumble.core import UUID as BumbleUUID
from bumble.device import Device
from bumble.transport import open_transport
from miauth.ble.base import BLEBase
from miauth.ble.uuid import UUID
from miauth.mi.m365client import M365Client

DEADLINE_S = 30
# The length byte of a frame counts neither the other bytes of a plain frame, nor those of a XORed one.
OVERHEAD_BYTES = {0xAA: 6, 0xAB: 10}


class BumbleBle(BLEBase):
    """Bluetooth for miauth, which calls it synchronously from another thread than that of the event loop."""

    def __init__(self, transport, address):
        self.transport_name, self.address = transport, address
        self.handler = None
        self.characteristics = {}
        self.notifications = asyncio.Queue()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(DEADLINE_S)

    def set_handler(self, handler):
        self.handler = handler

    def connect(self):
        self.run(self.connect_and_discover())

    async def connect_and_discover(self):
        self.transport = await open_transport(self.transport_name)
        self.device = Device.with_hci("app", "F0:F1:F2:F3:F4:F5", self.transport.source, self.transport.sink)
        await self.device.power_on()
        self.connection = await self.device.connect(self.address)
        for service in await self.connection.gatt_client.discover_services():
            for characteristic in await service.discover_characteristics():
                self.characteristics[characteristic.uuid] = characteristic
        await self.find(UUID.RX).subscribe(self.notifications.put_nowait)

    def find(self, uuid):
        return self.characteristics.get(BumbleUUID(uuid))

    def has_channel(self, name):
        return self.find(name) is not None

    def read(self, ch):
        return bytes(self.run(self.find(ch).read_value()))

    def write(self, ch, data, resp=False):
        self.run(self.find(ch).write_value(bytes(data), with_response=resp))

    def write_chunked(self, ch, data, resp=False, chunk_size=20):
        for at in range(0, len(data), chunk_size):
            self.write(ch, data[at : at + chunk_size], resp)

    def wait_notify(self, secs=1.0):
        """Waits for a whole frame, instead of for silence."""
        frame = b""
        while len(frame) < 3 or len(frame) < frame[2] + OVERHEAD_BYTES[frame[1]]:
            notification = self.run(self.notifications.get())
            frame += notification
            self.handler(notification)

    def disconnect(self):
        self.run(self.connection.disconnect())
        self.run(self.transport.close())

    def enable_notify(self, uuid):
        pass

    def write_parcel(self, ch, data, resp=False, chunk_size=18):
        raise NotImplementedError

    def read_device_name(self):
        raise NotImplementedError


def main(transport, address, *commands):
    out, sys.stdout = sys.stdout, sys.stderr
    client = M365Client(BumbleBle(transport, address))
    client.connect()
    client.recover_key()
    replies = [bytes(client.comm(command)).hex() for command in commands]
    client.disconnect()
    json.dump({"key": bytes(client.key).hex(), "replies": replies}, out)


main(*sys.argv[1:])
