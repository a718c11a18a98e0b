"""Manual pages and completions beside --help: every command and option is in all of them. manual.py ... DECKS MANUAL"""
import os
import re
import shutil
import subprocess
import sys

from harness import check, finish, folder, run
from checks import need

MANUAL = sys.argv[5]


def read(*path):
    with open(os.path.join(MANUAL, *path)) as file:
        return file.read()


def sections(text):
    """The lines below each heading of --help."""
    found, heading = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"\w+:", line):
            heading = found.setdefault(line[:-1], [])
        elif heading is not None and re.match(r"  \S", line):
            heading.append(line)
    return found


def options_of(lines):
    """Names, whether a value follows, and the words it may be, of each option."""
    for line in lines:
        found = re.match(r"  ((?:-\w,)?--[\w-]+|-\w)(?: (\S+))?", line)
        if found:
            value = found.group(2)
            choices = re.search(r":\{([^}]*)\}", value or "")
            yield found.group(1).split(","), value, choices.group(1).split(",") if choices else []


def plain(page):
    """What a reader sees, without requests and fonts of troff."""
    return re.sub(r"\\f[BIR]", "", page).replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")


BASH = '''source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hecaton; printf '%s\\n' "${COMPREPLY[@]}"'''


def bash(*words, cwd="/"):
    """What bash offers for the last word."""
    process = subprocess.run(["bash", "-c", BASH, "bash", os.path.join(MANUAL, "bash/hecaton"), *words], text=True, cwd=cwd,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(process.returncode == 0 and process.stderr == "", f"completing {words}: {process.stderr}")
    return process.stdout.split()


def check_page(command, help_text, page):
    shown = plain(page)
    names = re.findall(r"^-.*$", shown, re.M)
    found = {name for line in names for name in re.findall(r"(?<!\S)-[\w-]+", line)}
    wanted = set()
    for option, value, choices in options_of(sections(help_text).get("Options", [])):
        wanted.update(option)
        entry = [line for line in names if line.startswith(", ".join(option))]
        check(entry, f"{command}: {option} is in its page")
        if value:
            check(any(value.split(":{")[0].split("=")[0] in line for line in entry), f"{command}: {option} takes {value}")
        else:
            check(", ".join(option) in entry, f"{command}: {option} takes nothing: {entry}")
        for word in choices:
            check(word in shown, f"{command}: {option} may be {word}")
    check(found == wanted, f"{command}: page and --help differ in {found ^ wanted}")


def check_completions(command, help_text):
    zsh, fish = read("zsh/_hecaton"), read("fish/hecaton.fish")
    zsh_part = re.search(rf"^ +{command}\)\n(.*?)^ +;;", zsh, re.M | re.S).group(1)
    fish_part = [line for line in fish.splitlines() if f"__fish_seen_subcommand_from {command}'" in line]
    wanted = set()
    for option, value, choices in options_of(sections(help_text).get("Options", [])):
        wanted.update(option)
        for name in option:
            check(re.search(rf"'\*?{name}=?\[", zsh_part), f"zsh: {command} {name}")
            short_or_long = f" -l {name[2:]} " if name.startswith("--") else f" -s {name[1:]} "
            check(any(short_or_long in line for line in fish_part), f"fish: {command} {name}")
            if not value:
                check(not any(short_or_long in line and re.search(" -[xrF] ", line) for line in fish_part),
                      f"fish: {command} {name} takes nothing")
                check(f"'{name}[" in zsh_part and re.search(rf"'{name}\[.*\]'", zsh_part), f"zsh: {command} {name} takes nothing")
                check("--help" in bash("hecaton", command, name, "-"), f"bash: {command} {name} takes nothing")
            if choices:
                check(set(bash("hecaton", command, name, "")) == set(choices), f"bash: words of {command} {name}")
                check(set(bash("hecaton", command, name, "=", "")) == set(choices), f"bash: words of {command} {name}=")
                check(set(bash("hecaton", command, name, "=")) == set(choices), f"bash: words of {command} {name}=")
                check(bash("hecaton", command, name, choices[0]) == [w for w in choices if w.startswith(choices[0])],
                      f"bash: {command} {name} {choices[0]}")
                check(f"({' '.join(choices)})" in zsh_part, f"zsh: words of {command} {name}")
                check(any(short_or_long in line and f"'{' '.join(choices)}'" in line for line in fish_part),
                      f"fish: words of {command} {name}")
    check(set(bash("hecaton", command, "-")) == wanted, f"bash: options of {command}")


with folder() as here:
    usage = run(["--help"], here).stdout
    commands = [line.split()[0] for line in sections(usage)["Subcommands"]]
    need(len(commands) >= 10, f"commands: {commands}")
    check_page("hecaton", usage, read("man1/hecaton.1"))
    check(set(os.listdir(os.path.join(MANUAL, "man1"))) == {"hecaton.1", *(f"hecaton-{name}.1" for name in commands)},
          "a page for the program and each command")
    check(set(bash("hecaton", "")) == {*commands, "-h", "--help", "--version"}, "bash: commands")
    check(bash("hecaton", "dum") == ["dump-default"], "bash: a command that has begun")
    for command in commands:
        check(f"hecaton-{command}(1)" in plain(read("man1/hecaton.1")), f"hecaton.1 names {command}")
        check(re.search(rf"^    '{command}:", read("zsh/_hecaton"), re.M), f"zsh: {command}")
        check(f"-n __fish_use_subcommand -a {command} " in read("fish/hecaton.fish"), f"fish: {command}")
        of_command = run([command, "--help"], here).stdout
        check(len(list(options_of(sections(of_command)["Options"]))) >= 1, f"{command} has options")
        check_page(command, of_command, read("man1", f"hecaton-{command}.1"))
        check_completions(command, of_command)
    for name in ("deck.toml", "folder/"):
        os.makedirs(os.path.join(here, name)) if name.endswith("/") else open(os.path.join(here, name), "w").close()
    check(set(bash("hecaton", "run", "", cwd=here)) == {"deck.toml", "folder"}, "bash: a deck is a file")
    check(bash("hecaton", "run", "--output", "", cwd=here) == ["folder"], "bash: --output is a folder")
    check(set(bash("hecaton", "dump-default", "t")) == {"training", "traffic"}, "bash: kinds of decks")
    groff = shutil.which("groff")
    for page in os.listdir(os.path.join(MANUAL, "man1")):
        if groff is None:
            print("groff is not installed: pages were not formatted")
            break
        done = subprocess.run([groff, "-man", "-Tutf8", "-ww", os.path.join(MANUAL, "man1", page)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check(done.returncode == 0 and done.stderr == "", f"{page}: {done.stderr}")
finish()
