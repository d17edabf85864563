"""A TLS front for a server on loopback, and a proxy that takes CONNECT from whoever knows the password, for network.rs.

front.py CERT KEY TARGET_PORT     prints the port of the front, that of the proxy, then a line for each tunnel
"""
import asyncio
import base64
import ssl
import sys

PASSWORD = base64.b64encode(b"ada:lovelace").decode()


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def join(reader, writer, host, port):
    there, back = await asyncio.open_connection(host, port)
    await asyncio.gather(pump(reader, back), pump(there, writer))


async def main(cert, key, target):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    async def front(reader, writer):
        await join(reader, writer, "127.0.0.1", target)

    async def proxy(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, place, _ = head.split("\r\n")[0].split(" ")
        known = f"proxy-authorization: basic {PASSWORD}".lower() in head.lower()
        if method != "CONNECT" or not known:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        print(f"tunnel to {place}", flush=True)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host, port = place.rsplit(":", 1)
        await join(reader, writer, host, int(port))

    tls = await asyncio.start_server(front, "127.0.0.1", 0, ssl=context)
    plain = await asyncio.start_server(proxy, "127.0.0.1", 0)
    for server in (tls, plain):
        print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.gather(tls.serve_forever(), plain.serve_forever())


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
