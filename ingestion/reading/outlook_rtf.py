"""The packing of rich text inside Outlook's mail, after [MS-OXRTFCP]."""

import struct

PACKED, PLAIN = 0x75465A4C, 0x414C454D
WINDOW = 4096
FIRST_WORDS = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def unpacked(data: bytes) -> bytes:
    """Empty where it is no packed rich text; what is cut off ends the text."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<4xII", data)
    if kind == PLAIN:
        return data[16 : 16 + size]
    return _expanded(data[16:], size) if kind == PACKED else b""


def _expanded(data: bytes, size: int) -> bytes:
    window = bytearray(FIRST_WORDS.ljust(WINDOW, b"\x00"))
    write, out, at = len(FIRST_WORDS), bytearray(), 0
    while at < len(data) and len(out) < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 2 > len(data):
                    return bytes(out)
                place, length = data[at] << 4 | data[at + 1] >> 4, (data[at + 1] & 15) + 2
                at += 2
                if place == write:
                    return bytes(out)
                letters = range(place, place + length)
            else:
                if at >= len(data):
                    return bytes(out)
                window[write] = data[at]
                letters, at = range(write, write + 1), at + 1
            for letter in letters:
                byte = window[letter % WINDOW]
                window[write] = byte
                write = (write + 1) % WINDOW
                out.append(byte)
    return bytes(out[:size])
