"""The shape of the code, as clang-format lays it out: how long functions are, how many public functions a class has.

house.py asks; the numbers are those of the lines, not of a compiler: a body ends at the first line that closes at the
indentation at which it began.
"""
import re

MOST_FUNCTION_LINES = 70
MOST_PUBLIC_FUNCTIONS = 25
CONTROL = re.compile(r"\s*(\}? ?else|if|for|while|switch|do|try|catch|namespace|extern|enum|union|return|case|default)\b")
TYPE = re.compile(r"\s*(?:template <.*> )?(?:class|struct) (?:\w+ )*(\w+)(?: final)?(?: : [^;]*)? \{$")
FUNCTION = re.compile(r".*\)[^;=\[\]]*\{$|.*\)[^;\[\]]* -> [^;]*\{$|\s+: .*\{$|.*\) const \{$")
MEMBER = re.compile(r"(?:\[\[nodiscard\]\] |static |constexpr |explicit |inline |virtual )*[\w:<>,&*\s~]*?(~?\w+|operator\S+)\(")


def indent_of(line):
    return len(line) - len(line.lstrip(" "))


def end_of(lines, start):
    """The line that closes what the line `start` opens."""
    closing = re.compile(" " * indent_of(lines[start]) + r"\}")
    return next((i for i in range(start + 1, len(lines)) if closing.match(lines[i])), len(lines) - 1)


def head_of(lines, i):
    """The first line of the statement that the line `i` ends."""
    while i > 0 and lines[i - 1].strip() and not lines[i - 1].rstrip().endswith((";", "{", "}")) \
            and not lines[i - 1].lstrip().startswith(("//", "#", "public:", "private:", "protected:", "template")):
        i -= 1
    return i


def long_functions(text):
    """Functions of more than MOST_FUNCTION_LINES lines: (line number, lines)."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if not line.endswith("{") or not FUNCTION.match(line):
            continue
        start = head_of(lines, i)
        if CONTROL.match(lines[start]) or TYPE.match(lines[start]) or "[" in lines[start].split("(")[0]:
            continue
        closing = re.compile(" " * indent_of(lines[start]) + r"\}")
        end = next((k for k in range(i + 1, len(lines)) if closing.match(lines[k])), i)
        if end - start + 1 > MOST_FUNCTION_LINES:
            yield start + 1, end - start + 1


def public_functions(lines, start):
    """Names of the public functions of the class that the line `start` opens."""
    inside = indent_of(lines[start])
    public = not re.match(r"\s*(template <.*> )?class\b", lines[start])
    names, skip_to = [], 0
    for i in range(start + 1, end_of(lines, start)):
        line = lines[i]
        if i < skip_to:
            continue
        if re.match(rf" {{{inside + 1}}}(public|private|protected):", line):
            public = "public" in line
        elif indent_of(line) == inside + 2 and public and line.strip():
            words = line.strip()
            if TYPE.match(line):
                skip_to = end_of(lines, i)
            elif not words.startswith(("//", "using", "friend", "static_assert", "template", "}", ":", "enum")):
                found = MEMBER.match(words)
                if found and " = " not in words[:found.end()]:
                    names.append(found.group(1))
    return names


def large_classes(text):
    """Classes with more than MOST_PUBLIC_FUNCTIONS public functions: (line number, name, functions)."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if (found := TYPE.match(line)) and len(public_functions(lines, i)) > MOST_PUBLIC_FUNCTIONS:
            yield i + 1, found.group(1), len(public_functions(lines, i))
