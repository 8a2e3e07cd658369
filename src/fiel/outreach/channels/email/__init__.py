"""E-mail, by whatever `FIEL_EMAIL_URL` names: a mail server, a folder, the console.

Each message has one Message-ID for all its tries, so that a mailbox which gets it twice can tell.
"""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext, override

from fiel.outreach.channels.channel import Channel, Failed, Outgoing, Passing

__all__ = ["CHANNEL", "send"]

_PERMANENT = range(500, 600)
_OF_THE_SERVER = frozenset({530, 534, 535, 538})  # it is our sign-in that is wrong, not this message


def send(message: Outgoing) -> str:
    """Send it; the Message-ID."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    message_id = f"<{message.id.hex}@{host}>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    body = message.words.body
    if message.stop:
        headers["List-Unsubscribe"] = f"<{message.stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        with override(message.language):
            body += "\n\n-- \n" + gettext("No more messages like this: %(link)s") % {"link": message.stop}
    sender = f'"{message.sender.replace(chr(34), "")}" <{_address()}>' if message.sender else None
    mail = EmailMessage(message.words.subject, body + "\n", sender, [message.to], headers=headers)
    if message.enclosed is not None:
        name, content = message.enclosed
        mail.attach(name, content, "application/pdf")
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise _said(code) from error
    except SMTPResponseException as error:
        raise _said(error.smtp_code) from error
    except ValueError as error:  # a line break in an address or a subject
        raise Failed("malformed") from error
    except (OSError, SMTPException) as error:
        raise Passing(type(error).__name__) from error
    return message_id


def _said(code: int) -> Exception:
    permanent = code in _PERMANENT and code not in _OF_THE_SERVER
    return Failed(f"refused_{code}") if permanent else Passing(f"smtp_{code}")


def _address() -> str:
    """The installation's own address, without a name."""
    text = str(settings.DEFAULT_FROM_EMAIL)
    return text.rpartition("<")[2].rstrip("> ") if "<" in text else text


CHANNEL = Channel("email", ready=lambda: True, send=send)
