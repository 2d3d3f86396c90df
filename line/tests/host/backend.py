"""A small service like ours from outside: python backend.py PORT NAME; POST /become changes how it behaves."""

import asyncio
import json
import os
import sys
from typing import Any

STATE: dict[str, Any] = {
    "delay": 0.0,
    "status": 200,
    "mute": False,
    "half": "",
    "ready": True,
    "padding": 0,
    "dies": None,
}
SEEN: dict[str, list[Any]] = {"predicted": [], "labelled": [], "headers": []}


def answer(name: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
    """What a request gets."""
    request = headers.get("x-request-id", "")
    if path == "/readyz":
        return (200 if STATE["ready"] else 503), "ready"
    if path == "/become":
        STATE.update(json.loads(body))
        return 200, STATE
    if path == "/seen":
        return 200, SEEN
    if path == "/feedback":
        named = json.loads(body)["request_id"]
        SEEN["labelled"].append(named)
        return 200, {"slot": name, "outcome": "right" if named in SEEN["predicted"] else "unmatched"}
    SEEN["predicted"].append(request)
    SEEN["headers"].append({**headers, "size": str(len(body))})  # a copy may come in chunks
    own = {"padding": "x" * STATE["padding"]} if STATE["padding"] else {}
    return STATE["status"], {"slot": name, "request_id": request, "path": path, "size": len(body), **own}


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """A body of a known length, or in chunks."""
    if "transfer-encoding" not in headers:
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body, size = b"", -1
    while size:
        size = int(await reader.readline(), 16)
        body += (await reader.readexactly(size + 2))[:-2]
    return body


async def break_off(writer: asyncio.StreamWriter, part: bytes) -> None:
    """Send the beginning of an answer, and then nothing: the connection ends, or stays until that is over."""
    writer.write(part)
    await writer.drain()
    while STATE["half"] == "hung":
        await asyncio.sleep(0.05)


async def serve(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, kept alive."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").strip().split("\r\n")
            headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
            path = first.split(" ")[1]
            body = await read_body(reader, headers)
            if STATE["dies"] is not None:
                break
            if path == "/predict":
                while STATE["mute"]:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(STATE["delay"])
            status, content = answer(name, path, headers, body)
            said = json.dumps(content).encode()
            length = f"content-length: {len(said)}\r\nx-slot: {name}\r\n"
            head = f"HTTP/1.1 {status} X\r\n{length}\r\n".encode()
            if path == "/predict" and STATE["half"]:
                await break_off(writer, head + said[:10])
                if STATE["half"]:
                    break
                head, said = b"", said[10:]
            writer.write(head + (b"" if first.startswith("HEAD") else said))
            await writer.drain()
            if STATE["dies"] is not None:
                asyncio.get_running_loop().call_later(STATE["dies"], os._exit, 1)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port: int, name: str) -> None:
    """Serve for ever."""
    server = await asyncio.start_server(lambda r, w: serve(name, r, w), "127.0.0.1", port, limit=2**28)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
