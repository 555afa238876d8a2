"""A function whose cost a template chooses is refused before it works, and soon."""

from __future__ import annotations

import time

import pytest

from sealer.gotemplate import LimitError, Limits
from tests.gotemplate.sprig.rendering import render

BIG = "9223372036854775807"
LIMITS = Limits(output=1 << 20, steps=300_000, seconds=5)
DEEP = '{{ $d := dict "a" 1 }}{{ range until 45 }}{{ $d = dict "a" $d "b" $d }}{{ end }}'


@pytest.mark.parametrize(
    "template",
    [
        f'{{{{ repeat {BIG} "x" }}}}',
        '{{ repeat 300000 "éé" }}',
        f'{{{{ indent {BIG} "x" }}}}',
        f'{{{{ nindent {BIG} "x" }}}}',
        f"{{{{ until {BIG} }}}}",
        f"{{{{ untilStep 0 {BIG} 1000 }}}}",
        f"{{{{ untilStep 5 {BIG} 9223372036854775000 }}}}",
        f"{{{{ untilStep 0 {BIG} 9223372036854775800 }}}}",
        "{{ seq 9000000000000000000 }}",
        f"{{{{ seq -{BIG} }}}}",
        f"{{{{ randAlphaNum {BIG} }}}}",
        f"{{{{ randAscii {BIG} }}}}",
        f"{{{{ randBytes {BIG} }}}}",
        '{{ $x := repeat 100000 "a" }}{{ replace "a" $x $x }}',
        '{{ $x := repeat 100000 "a" }}{{ join $x (until 100) }}',
        '{{ $x := repeat 100000 "a" }}{{ wrapWith 1 $x $x }}',
        '{{ $x := repeat 100000 "a" }}{{ regexReplaceAll "a" $x (repeat 1000 "$0") }}',
        "{{ genPrivateKey `rsa` }}",
        "{{ range until 9 }}{{ derivePassword 1 `long` `a` `b` `c` }}{{ end }}",
        "{{ range until 9 }}{{ bcrypt `x` }}{{ end }}",
        "{{ uniq (until 100000) }}",
        "{{ $l := list 1 }}{{ range until 100 }}{{ $l = concat $l $l }}{{ end }}",
        '{{ $s := "x" }}{{ range until 100 }}{{ $s = cat $s $s }}{{ end }}',
        '{{ $s := "x" }}{{ range until 100 }}{{ $s = quote $s $s }}{{ end }}',
        f"{DEEP}{{{{ toJson $d }}}}",
        f"{DEEP}{{{{ deepCopy $d }}}}",
        f"{DEEP}{{{{ deepEqual $d (merge (dict) $d) }}}}",
        f"{DEEP}{{{{ toString $d }}}}",
        f"{DEEP}{{{{ mergeOverwrite (deepCopy $d) $d }}}}",
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ deepCopy $d }}',
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $e := dict }}{{ $_ := set $e "d" $e }}{{ merge $d $e }}',
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $e := dict }}{{ $_ := set $e "d" $e }}{{ deepEqual $d $e }}',
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toString $d }}',
        '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ quote $d }}',
        '{{ $d := dict }}{{ range until 5000 }}{{ $d = dict "a" $d }}{{ end }}{{ deepCopy $d }}',
        '{{ range until 1000 }}{{ regexMatch "(a|b|ab)*c" (repeat 100000 "ab") }}{{ end }}',
    ],
)
def test_too_much_is_refused(template: str) -> None:
    begin = time.monotonic()
    with pytest.raises(LimitError):
        render(template, limits=LIMITS)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "template",
    [
        '{{ regexMatch "(a+)+$" (repeat 100000 "ab") }}',
        '{{ regexReplaceAll "(x+x+)+y" (repeat 100000 "x") "" | len }}',
        '{{ semverCompare (repeat 3000 "1 ") "1.2.3" }}',
        '{{ $d := dict }}{{ range until 5000 }}{{ $d = dict "a" $d }}{{ end }}{{ toJson $d | len }}',
        '{{ fromJson (repeat 3000 "[") }}',
        "{{ len (toPrettyJson (until 10000)) }}",
        '{{ float64 (repeat 10000 "9") }}{{ int (repeat 10000 "9") }}{{ atoi (repeat 10000 "9") }}',
    ],
)
def test_what_is_little_work_is_not_refused(template: str) -> None:
    begin = time.monotonic()
    render(template)
    assert time.monotonic() - begin < 5
