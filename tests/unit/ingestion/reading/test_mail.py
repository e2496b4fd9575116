from email.message import EmailMessage

import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.mail import attachments, read
from services.errors import DocumentCorrupt, DocumentEncrypted


def mail(body: str = "Hello Bob,\n\nsee you.") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Café plan", "Ann <a@x.y>", "Bob <b@x.y>"
    message.set_content(body)
    return message


def test_subject_people_and_body_are_read() -> None:
    reading = read(mail().as_bytes(), ParseLimits())

    assert reading.title == "Café plan"
    assert [(piece.kind, piece.text) for piece in reading.pieces] == [
        ("heading", "Café plan"),
        ("text", "From: Ann <a@x.y>\nTo: Bob <b@x.y>"),
        ("text", "Hello Bob,"),
        ("text", "see you."),
    ]


def test_attachment_is_handed_on_and_no_part_of_the_text() -> None:
    message = mail()
    message.add_attachment(b"SECRET", maintype="text", subtype="plain", filename="salaries.txt")
    reading = read(message.as_bytes(), ParseLimits())

    assert (list(reading.attachments), list(reading.warnings)) == (["salaries.txt"], [])
    assert "SECRET" not in str(reading.pieces)
    handed = list(attachments(message.as_bytes(), ParseLimits()))
    assert [(entry.name, entry.media_type, entry.load(-1)) for entry in handed] == [
        ("salaries.txt", "text/plain", b"SECRET")
    ]


def test_attachment_of_an_unknown_kind_is_named() -> None:
    message = mail()
    message.add_attachment(bytes(range(256)), maintype="application", subtype="x", filename="setup.exe")

    [said] = read(message.as_bytes(), ParseLimits()).warnings
    assert said == "Attachments of a kind that cannot be read: setup.exe."


def test_mail_in_the_mail_is_handed_on_with_its_own_attachments() -> None:
    inner, outer = mail("inner words"), mail()
    inner.add_attachment(b"deep", maintype="text", subtype="plain", filename="deep.txt")
    outer.add_attachment(inner)
    [handed] = attachments(outer.as_bytes(), ParseLimits())

    assert (handed.name, handed.media_type) == ("Café plan.eml", "message/rfc822")
    assert "inner words" not in str(read(outer.as_bytes(), ParseLimits()).pieces)
    assert list(read(handed.load(-1), ParseLimits()).attachments) == ["deep.txt"]


def test_picture_shown_in_the_text_is_no_attachment() -> None:
    message = mail()
    message.add_related(b"\x89PNG\r\n\x1a\n" + bytes(20), maintype="image", subtype="png", cid="<logo>")

    assert read(message.as_bytes(), ParseLimits()).warnings == []


def test_more_attachments_than_allowed_are_named() -> None:
    message = mail()
    for number in range(4):
        message.add_attachment(f"n{number}", filename="same.txt")
    reading = read(message.as_bytes(), ParseLimits(attachments=2))

    assert list(reading.attachments) == ["same.txt", "same (2).txt"]
    assert reading.warnings == ["Attachments over the limits were left out: same (3).txt, same (4).txt."]


def test_html_is_read_where_there_is_no_plain_text() -> None:
    message = mail()
    message.set_content("<p>Only <b>here</b></p><script>x()</script>", subtype="html")

    assert [piece.text for piece in read(message.as_bytes(), ParseLimits()).pieces][2:] == ["Only here"]


def test_of_two_alternatives_the_plain_one_is_read() -> None:
    message = mail("plain words")
    message.add_alternative("<p>rich words</p>", subtype="html")

    assert [piece.text for piece in read(message.as_bytes(), ParseLimits()).pieces][2:] == ["plain words"]


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n",
        b"Subject: a\n\n-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n",
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nabc\n",
    ],
)
def test_encrypted_mail_is_told(data: bytes) -> None:
    with pytest.raises(DocumentEncrypted, match="decrypted"):
        read(data, ParseLimits())


def test_nothing_at_all_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        read(b"\n\n", ParseLimits())
