"""Bundles a concept's demo.js and everything that it imports into one self-contained ES module.

A page, Jupyter and marimo load a demo as a single file. `bundle_demo` writes every module that demo.js imports,
directly or through others, before it, each once and in a scope of its own, so that only imported names are visible. It
is strict on purpose: one form of import, no renames, no cycles, nothing but the kit and the demo's own files. The kit
and the contract are in `demos/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath

from onewarm.notebook.concept.yaml import ConceptError, Fault, nearest, read_text

__all__ = ["bundle_demo", "bundle_script", "kit_modules", "without_comments"]

KIT = "onewarm/"
_IMPORT = re.compile(r'^import \{([^{}]*)\} from "([^"\n]+)";$', re.MULTILINE)
_STATEMENT = re.compile(r"^[ \t]*(import|export)\b(?!\s*[(.])", re.MULTILINE)
_DYNAMIC = re.compile(r"^(?!\s*(?:\*|//))(?:(?!/\*).)*\bimport\s*\(", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\*?|class|const) ([\w$]+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default\b", re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:(?:async )?function\*?|class|const|let|var) ([\w$]+)", re.MULTILINE)
_NO_TEMPLATE = re.compile(r'\\`|"(?:\\.|[^"\\])*"|\[[^\]`\n]*`[^\]`\n]*\]')  # backticks here begin no template
_NAME = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True)
class _Module:
    """One file: its text, its imports as (names, specifier, line), and the names that it exports."""

    file: Path
    text: str
    imports: tuple[tuple[tuple[str, ...], str, int], ...]
    exports: frozenset[str]


def kit_modules() -> tuple[str, ...]:
    """The modules of the demo kit, by the names that a demo imports them under.

    >>> "onewarm/arithmetic.js" in kit_modules()
    True
    """
    return tuple(sorted(KIT + path.name for path in _kit().iterdir() if path.suffix == ".js"))


def bundle_demo(file: Path | str) -> str:
    """The demo in `file` (a demo.js) as the text of one ES module without imports.

    Raises:
        ConceptError: with file, line and remedy of every fault: an unreadable file; an import that is not of the form
            `import { a, b } from "onewarm/NAME.js"` or `"./FILE.js"` inside the demo's folder; a name that the other
            file does not export or that is declared twice; a cycle of imports; no `export default`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     demo = Path(folder, "demo.js")
    ...     _ = demo.write_text('import { sum } from "onewarm/arithmetic.js";\\n'
    ...                         'export default { render: ({ el }) => el.append(sum([1, 2])) };\\n')
    ...     print(bundle_demo(demo).splitlines()[-2])
    const { sum } = $arithmetic;
    """
    return without_comments(_Bundle(Path(file)).text())


def bundle_script(file: Path | str) -> str:
    """A script of the site itself with the files of its folder that it imports, as the text of one ES module.

    It need not have a default export, and may import at run time, as the host of demos does.
    """
    return without_comments(_Bundle(Path(file), demo=False).text())


def without_comments(script: str) -> str:
    """A script without the comments that have lines of their own, so that it weighs less.

    Templates stay as they are, and so do comments that start with ``/*!``, such as a licence.

    >>> without_comments("/** Adds. */\\nconst add = (a, b) => a + b; // sums\\n// end\\n")
    'const add = (a, b) => a + b; // sums\\n'
    """
    out, inside = [], False  # inside a template literal
    lines = iter(script.splitlines(keepends=True))
    for line in lines:
        start = line.lstrip()
        if not inside and start.startswith("//"):
            continue
        if not inside and start.startswith("/*") and not start.startswith("/*!"):
            while "*/" not in line:
                line = next(lines, "*/")
            rest = line.partition("*/")[2]
            if not rest.strip():
                continue
            line = rest.lstrip()
        inside ^= _NO_TEMPLATE.sub("", line).count("`") % 2 == 1
        out.append(line)
    return "".join(out)


class _Bundle:
    def __init__(self, entry: Path, *, demo: bool = True) -> None:
        self.entry = entry
        self.demo = demo
        self.root = entry.parent.resolve()
        self.faults: list[Fault] = []
        self.order: dict[Path, _Module] = {}  # dependencies first
        self.variables: dict[Path, str] = {}
        self._visit(entry, ())
        if demo and entry in self.order and not _DEFAULT.search(self.order[entry].text):
            remedy = "Add `export default { render({ model, el }) { ... } };`."
            self.faults.append(Fault(entry, 1, "", "there is no default export", remedy))
        if self.faults:
            raise ConceptError(dict.fromkeys(self.faults))

    def text(self) -> str:
        parts = []
        for module in self.order.values():
            body = _IMPORT.sub(lambda match, module=module: self._unpacked(module, match), module.text)  # type: ignore[misc]
            if module.file == self.entry:
                parts.append(body)
                continue
            names = ", ".join(sorted(module.exports))
            body = _EXPORT.sub("", body).strip("\n")
            parts.append(f"const {self.variables[module.file]} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n")
        return "\n".join(parts)

    def _unpacked(self, module: _Module, match: re.Match[str]) -> str:
        names = ", ".join(_names(match[1]))
        return f"const {{ {names} }} = {self.variables[self._find(module, match[2])]};"

    def _visit(self, file: Path, above: tuple[Path, ...]) -> None:
        if file in self.order:
            return
        try:
            module = _read(file, demo=self.demo)
        except ConceptError as error:
            self.faults += error.faults
            return
        for names, specifier, line in module.imports:
            problem = self._import(module, names, specifier, (*above, file))
            if problem:
                self.faults.append(Fault(file, line, "", *problem))
        if file != self.entry:
            self.variables[file] = self._variable(file)
        self.order[file] = module

    def _import(
        self, module: _Module, names: tuple[str, ...], specifier: str, above: tuple[Path, ...]
    ) -> tuple[str, str] | None:
        """The problem of an import and its remedy, or None; visits the imported file."""
        if specifier.startswith(KIT) and specifier not in kit_modules():
            return f"the demo kit has no '{specifier}'", nearest(specifier, kit_modules())
        if not specifier.startswith((KIT, "./", "../")):
            remedy = 'Import from the kit, "onewarm/NAME.js", or from a file of the demo, "./FILE.js".'
            return f"import from '{specifier}', which is neither in the kit nor a file of this demo", remedy
        target = self._find(module, specifier)
        if not specifier.startswith(KIT):
            if not target.resolve().is_relative_to(self.root):
                return f"import of '{specifier}' from outside the demo's folder", "Move the file into the folder."
            if not target.is_file():
                return f"there is no file '{specifier}'", nearest(target.name, (p.name for p in _siblings(target)))
        if target in above:
            cycle = " -> ".join(path.name for path in (*above[above.index(target) :], target))
            return f"a cycle of imports: {cycle}", "Move what both need into a file of its own."
        self._visit(target, above)
        exported = self.order[target].exports if target in self.order else frozenset(names)
        for name in names:
            if name not in exported:
                return f"'{specifier}' does not export '{name}'", nearest(name, exported)
        return None

    def _find(self, module: _Module, specifier: str) -> Path:
        if specifier.startswith(KIT):
            return _kit() / specifier.removeprefix(KIT)
        path = module.file.parent
        for part in PurePosixPath(specifier).parts:
            path = path.parent if part == ".." else path / part
        return path

    def _variable(self, file: Path) -> str:
        """A name that no file declares: `$arithmetic` for the kit, `$own_demo_loss` for a demo's own demo/loss.js."""
        kit = file.parent == _kit()
        parts = (file.name,) if kit else file.relative_to(self.entry.parent).parts
        stem = "_".join(parts).removesuffix(".js")
        name = "$" + ("" if kit else "own_") + re.sub(r"\W", "_", stem)
        while name in self.variables.values():
            name += "_"
        return name


def _read(file: Path, *, demo: bool) -> _Module:
    text = read_text(file).replace("\r\n", "\n")
    faults = list(_faults(file, text, demo=demo))
    if faults:
        raise ConceptError(faults)
    imports = tuple((_names(match[1]), match[2], _line(text, match.start())) for match in _IMPORT.finditer(text))
    return _Module(file, text, imports, frozenset(_EXPORT.findall(text)))


def _faults(file: Path, text: str, *, demo: bool) -> Iterator[Fault]:
    """The faults of one file, without looking at the others."""
    declared = {match[1]: _line(text, match.start()) for match in _DECLARED.finditer(text)}
    for match in _DECLARED.finditer(text):
        if match[1].startswith("$"):
            yield Fault(
                file,
                _line(text, match.start()),
                "",
                f"the name '{match[1]}'",
                "Choose a name that does not start with $: such names are reserved for the bundle.",
            )
    for match in _STATEMENT.finditer(text):
        line, start = _line(text, match.start()), match.start()
        if match[1] == "import" and not _IMPORT.match(text, start):
            remedy = 'Write `import { a, b } from "onewarm/NAME.js";` at the start of a line.'
            yield Fault(file, line, "", "an import of an unsupported form", remedy)
        if match[1] == "export" and not (_EXPORT.match(text, start) or _DEFAULT.match(text, start)):
            remedy = "Write `export` at the start of a line, before const, function or class."
            yield Fault(file, line, "", "an export of an unsupported form", remedy)
    for match in _DYNAMIC.finditer(text) if demo else ():
        remedy = "Import at the top of the file: a demo becomes one file and loads nothing later."
        yield Fault(file, _line(text, match.end()), "", "an import at run time", remedy)
    for match in _IMPORT.finditer(text):
        line = _line(text, match.start())
        for name in _names(match[1]):
            if " as " in name:
                yield Fault(file, line, "", f"an import under another name, '{name}'", "Import it under its own name.")
            elif not _NAME.fullmatch(name):
                yield Fault(file, line, "", f"'{name}' is not a name", "Separate names by commas.")
            elif name in declared:
                problem = f"'{name}' is imported, and declared on line {declared[name]} too"
                yield Fault(file, line, "", problem, "Rename the declaration.")
            declared[name] = line


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(",") if name.strip())


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _siblings(file: Path) -> Iterator[Path]:
    return file.parent.glob("*.js") if file.parent.is_dir() else iter(())


@cache
def _kit() -> Path:
    return Path(str(files("onewarm.notebook") / "demos"))
