#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Read a mail as its receiver's program does: read-mail.py FILE prints "NAME: VALUE" for each header, decoded, an empty line
and the text. Exit status 1: it is damaged, or no line of it could pass a mail server."""
import email
import email.policy
import sys

with open(sys.argv[1], "rb") as file:
    raw = file.read()
for line in raw.split(b"\n"):
    assert len(line) <= 998, "a line of more than 998 bytes"
    assert b"\r" not in line and b"\0" not in line, "a stray control character"
head = raw.split(b"\n\n", 1)[0]
head.decode("ascii")
assert all(len(line) <= 998 for line in head.split(b"\n"))
message = email.message_from_bytes(raw, policy=email.policy.default)
assert not message.defects, message.defects
assert message.get_content_type() == "text/plain" and not message.is_multipart()
sys.stdout.reconfigure(encoding="utf-8")
for name, value in message.items():
    assert not value.defects, (name, value.defects)
    print(f"{name}: {value}")
print()
print(message.get_content(), end="")
