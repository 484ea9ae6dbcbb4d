"""HTTP as uvicorn speaks it, but for one thing: the head of a request has an end too, or it would fill the memory."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 * 1024
_REFUSAL: Final = (
    b'{"type":"urn:ozg:problem:head-too-large","title":"Request header fields too large","status":431,'
    b'"detail":"Address and headers together are larger than 64 KiB. Send what is large in the body."}'
)


class BoundedHeads(HttpToolsProtocol):
    """Refuses a head that is longer than `LONGEST_HEAD` with 431, as soon as it is."""

    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Count while a head is arriving."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LONGEST_HEAD and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
                b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(_REFUSAL), _REFUSAL)
            )
            self.transport.close()

    def on_message_begin(self) -> None:
        """The next head."""
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """What follows is the body, which has a limit of its own."""
        self._in_head = False
        super().on_headers_complete()
