"""Which requests that are right by their schema may be refused all the same.

Schemathesis would allow whole status codes. This allows what the document says
in words: the rules of a bank, and that `10.0` is no whole number, which a JSON
Schema cannot say.
"""

import re

import schemathesis

# What depends on the state of the bank, or on two fields together.
RULES = {
    "insufficient_funds",
    "key_reused",
    "overflow",
    "same_account",
    "unknown_account",
    "unknown_operation",
}


def has_fraction(value) -> bool:
    """Whether a number in it was sent with a point or an exponent."""
    if isinstance(value, dict):
        return any(has_fraction(member) for member in value.values())
    if isinstance(value, list):
        return any(has_fraction(item) for item in value)
    return isinstance(value, float)


def beyond_64_bits(value) -> bool:
    """Whether an account of a reset has a number that 64 bits do not hold."""
    accounts = value.get("accounts") if isinstance(value, dict) else None
    names = accounts if isinstance(accounts, dict) else {}
    return any(name.isdigit() and int(name) >= 2**63 for name in names)


@schemathesis.check
def only_what_the_document_says_is_refused(ctx, response, case):
    is_right = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_right or response.status_code < 400 or not response.content:
        return
    code = response.json()["code"]
    if code in RULES:
        return
    if code.startswith("invalid_") and has_fraction(case.body):
        return
    if code == "invalid_body" and beyond_64_bits(case.body):
        return
    key = str((case.path_parameters or {}).get("key", ""))
    # Now and then one is made that does not match its own pattern.
    if code == "invalid_key" and not re.fullmatch("[!-~]{1,200}", key):
        return
    raise AssertionError(f"right by the schema, and refused: {response.text}")
