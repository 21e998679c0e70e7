"""Large containers, for the limits and for measuring by hand: `python -m tests.language.large`."""

from time import process_time

from tests.language.small import load


def large(*, triggers: int = 300, tags: int = 60, tests: int = 200, purposes: int = 2, events: int = 20) -> str:
    """A container with this much in it; nothing is wrong with it, and little is doubtful."""
    named = ", ".join(f"p{n}: p{n}" for n in range(purposes))
    lines = [
        "version: 1",
        "site: { name: Large, domains: [shop.example.com] }",
        f"consent: {{ from: {{ cookie: choice }}, purposes: {{ {named} }} }}",
        "variables:",
        "  account_id: { data_layer: user.id }",
        "  proof: { data_layer: user.proof }",
        *(f"  v{n}: {{ data_layer: page.v{n} }}" for n in range(40)),
        "triggers:",
        "  signed_in: { account_id: { present: true } }",
        *(f"  agreed{n}: {{ consent: {{ granted: p{n} }} }}" for n in range(purposes)),
        *(_trigger(n, events) for n in range(triggers - purposes - 1)),
        "tags:",
        *(line for n in range(tags) for line in _tag(n, triggers - purposes - 1, purposes)),
        "user_id:",
        "  from: account_id",
        "  verified_by: { token: proof, key: { secret: login_key } }",
        "  hash_with: { secret: user_id_key }",
        "  rules:",
        *(
            f"    - {{ when: {{ all_of: [signed_in, agreed{n % purposes}] }}, {_form(n)}: [tag{n}] }}"
            for n in range(tags)
        ),
        "  otherwise: drop",
        "tests:",
        *(_test(n, events) for n in range(tests)),
    ]
    return "\n".join(lines) + "\n"


def promised(*, tags: int = 60, purposes: int = 2, **more: int) -> str:
    """The same with a guarantee for each tag, and one for all."""
    each = (f"  - {{ never: [send, attach, hash], to: [tag{n}], unless: agreed{n % purposes} }}\n" for n in range(tags))
    guarantees = f"guarantees:\n  - {{ never: share, to: all }}\n{''.join(each)}tests:\n"
    return large(tags=tags, purposes=purposes, **more).replace("tests:\n", guarantees)


def _trigger(number: int, events: int) -> str:
    event = f"event: e{number % events}"
    if number < events:
        return f"  t{number}: {{ {event} }}"
    if number % 3:
        return f"  t{number}: {{ {event}, v{number % 40}: {{ starts_with: a{number}, not_contains: b }} }}"
    return f"  t{number}: {{ any_of: [t{number - 1}, t{number - 2}], none_of: [t{number // 2}] }}"


def _tag(number: int, triggers: int, purposes: int) -> list[str]:
    asked = ", ".join(f"t{(number * 5 + step) % triggers}" for step in range(5))
    return [
        f"  tag{number}:",
        "    type: webhook",
        f"    send_when: {{ all_of: [agreed{number % purposes}], any_of: [{asked}] }}",
        f"    settings: {{ url: https://hooks{number}.example.com/ }}",
        f"    fields: {{ a: v{number % 40}, b: v{(number + 1) % 40} }}",
    ]


def _form(number: int) -> str:
    return "attach" if number % 2 else "hash"


def _test(number: int, events: int) -> str:
    given = f"event: none{number % events}, account_id: {number + 1}, v1: a"
    return f"  - {{ name: Nobody asks for this event {number}, given: {{ {given}, consent: [p0] }}, expect: {{}} }}"


def chain(length: int) -> str:
    """A container whose triggers join each other in one long row."""
    rows = [f"  row{n}: {{ all_of: [row{n + 1}] }}\n" for n in range(length)]
    text = large(triggers=10, tags=1, tests=1, events=1)
    return text.replace("triggers:\n", f"triggers:\n{''.join(rows)}  row{length}: {{ event: x }}\n")


if __name__ == "__main__":
    for name, text in (
        ("300 triggers, 60 tags, 200 tests", large()),
        ("the same with 61 guarantees", promised()),
        ("8 purposes, 50 events", large(purposes=8, events=50)),
        ("nearly 2,000 triggers in a row", chain(1985)),
        ("2,000 triggers, 500 tags, 8 purposes, 1,000 events", large(triggers=2000, tags=500, purposes=8, events=1000)),
    ):
        start = process_time()
        loaded = load(text)
        print(f"{name}: {process_time() - start:.2f} s, {[p.code for p in loaded.problems][:3]}")
