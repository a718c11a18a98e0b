"""tutorial.py HECATON MODULE_FOLDER NOTEBOOK [--write]: does the notebook say what its cells print?

Runs the cells of a notebook in order, as Jupyter does, in a new folder with the program on the path, and compares what
each prints with the output that stands below it in the file. With --write, what they print becomes that output.
Cells print; they leave no value at their end, which Jupyter would show with a number of its own. Pictures are compared
by being there: a cell that makes one must leave a figure, where matplotlib is installed.
"""
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import traceback

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
from checks import check, finish, need


def text_of(lines):
    return lines if isinstance(lines, str) else "".join(lines)


def shown(cell):
    """What stands below the cell."""
    return "".join(text_of(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")


def as_output(text):
    return [{"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}] if text else []


def execute(source, names, number):
    """What the cell prints."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(source, f"cell {number}", "exec"), names)
    except Exception:
        need(False, f"cell {number} ends with\n{traceback.format_exc()}")
    return out.getvalue()


def run_cells(cells):
    names = {"__name__": "__main__"}
    return [execute(text_of(cell["source"]), names, number) for number, cell in enumerate(cells, 1)]


def differences(cells, printed):
    return [f"cell {number} shows\n{shown(cell)}and prints\n{text}"
            for number, (cell, text) in enumerate(zip(cells, printed), 1) if shown(cell) != text]


def check_that_it_can_fail(cells, printed):
    changed = list(printed)
    changed[0] += "one line more\n"
    check(len(differences(cells, changed)) == 1 + len(differences(cells, printed)) - (shown(cells[0]) != printed[0]),
          "a cell that prints something else is not noticed")


def main():
    program, module, notebook = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
    os.environ["PATH"] = str(pathlib.Path(program).resolve().parent) + os.pathsep + os.environ["PATH"]
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(pathlib.Path(module).resolve()))
    content = json.loads(notebook.read_text())
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        printed = run_cells(cells)
        os.chdir("/")
    if sys.argv[4:] == ["--write"]:
        for number, (cell, text) in enumerate(zip(cells, printed), 1):
            cell["outputs"], cell["execution_count"] = as_output(text), number
        notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        return
    for difference in differences(cells, printed):
        check(False, difference)
    check_that_it_can_fail(cells, printed)
    finish()


main()
