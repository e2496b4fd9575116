from email.message import EmailMessage

import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.mail import read
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


def test_attachment_is_named_not_read() -> None:
    message = mail()
    message.add_attachment(b"SECRET", maintype="text", subtype="plain", filename="salaries.txt")
    reading = read(message.as_bytes(), ParseLimits())

    assert list(reading.warnings) == ["Attachments were not read: salaries.txt."]
    assert "SECRET" not in str(reading.pieces)


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
