#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold JSON against a schema, strictly: check-json.py SCHEMA FILE.

What the schema does not name is a mistake, though readers are to pass over it: else a new field would never come to be
described. check-json.py --kcidb SCHEMA FILE looks also whether each id that is pointed to is there. Without jsonschema it
exits with 77.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)


def close(schema):
    """Let no object of the schema have fields that it does not name."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("unevaluatedProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def check_ids(data):
    """Each reference of a KCIDB submission has its object, and no id is there twice."""
    ids = {}
    for kind in ("checkouts", "builds", "tests", "issues", "incidents"):
        listed = [each["id"] for each in data.get(kind, [])]
        ids[kind] = set(listed)
        assert len(listed) == len(ids[kind]), f"an id of {kind} is there twice"
    for kind, key, of in (("builds", "checkout_id", "checkouts"), ("tests", "build_id", "builds"),
                          ("incidents", "test_id", "tests"), ("incidents", "issue_id", "issues")):
        for each in data.get(kind, []):
            assert each[key] in ids[of], f"{kind}: {key} {each[key]} is nowhere"


def main():
    arguments = sys.argv[1:]
    is_kcidb = arguments[0] == "--kcidb"
    schema_path, path = arguments[1:] if is_kcidb else arguments
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    if is_kcidb:
        check_ids(data)
    else:
        close(schema)
        # What a part of the schema leaves open the whole closes.
        schema["$defs"]["summary"].pop("unevaluatedProperties")
    mistakes = list(validator(schema, format_checker=jsonschema.FormatChecker()).iter_errors(data))
    for mistake in mistakes[:5]:
        print(f"{list(mistake.absolute_path)}: {mistake.message[:300]}", file=sys.stderr)
    return bool(mistakes)


sys.exit(main())
