"""One module of a demo and what it imports: what is joined, what is refused, and that a browser runs it."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import onewarm
from onewarm.notebook.concept.demo_bundle import bundle_demo, kit_modules
from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.concept.yaml import ConceptError
from onewarm.notebook.site.build import build
from onewarm.notebook.site.server import running

KIT = Path(onewarm.__file__).parent / "notebook/demos"
README = (KIT / "README.md").read_text(encoding="utf-8")
SMALLEST = "export default { render() {} };\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files of a demo (name: text) and gives demo.js."""

    def wrote(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".js")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "demo.js"

    return wrote


def refused(file: Path) -> list[str]:
    with pytest.raises(ConceptError) as caught:
        bundle_demo(file)
    return str(caught.value).replace(str(file.parent) + "/", "").split("\n")


def run(text: str, tmp_path: Path) -> str:
    """What the module prints in Node."""
    if not shutil.which("node"):
        pytest.skip("Node is not installed")
    (tmp_path / "bundle.mjs").write_text(text, encoding="utf-8")
    done = subprocess.run(["node", tmp_path / "bundle.mjs"], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip()


def test_a_demo_without_imports_stays_as_it_is(write) -> None:
    assert bundle_demo(write(demo=SMALLEST)) == SMALLEST


def test_each_module_comes_once_before_those_that_need_it_in_a_scope_of_its_own(write, tmp_path: Path) -> None:
    file = write(
        demo='import { sum } from "onewarm/arithmetic.js";\nimport { twice } from "./parts/twice.js";\n'
        'import {\n  one,\n} from "./parts/one.js";\n'
        "const hidden = sum([twice, one]);\nconsole.log(hidden);\nexport const arithmetic = { hidden };\n" + SMALLEST,
        parts__twice='import { one } from "./one.js";\nconst hidden = 1;\nexport const twice = one + hidden;\n',
        parts__one="const hidden = 0;\nexport const one = 1 + hidden;\nexport function unused() {}\n",
    )
    text = bundle_demo(file)
    assert run(text, tmp_path) == "3"
    assert text.count("export const one") == 0 and text.count("const one = 1") == 1
    assert text.index("const one = 1") < text.index("const twice =")
    assert not re.search(r"^import\b", text, re.MULTILINE) and bundle_demo(file) == text


FAULTS = {
    'import x from "onewarm/dom.js";': "an import of an unsupported form",
    'import * as x from "onewarm/dom.js";': "an import of an unsupported form",
    'import "onewarm/dom.js";': "an import of an unsupported form",
    "import { element } from 'onewarm/dom.js';": "an import of an unsupported form",
    '  import { element } from "onewarm/dom.js";': "an import of an unsupported form",
    'import { element as g } from "onewarm/dom.js";': "an import under another name, 'element as g'",
    'import { element g } from "onewarm/dom.js";': "'element g' is not a name",
    'import { element } from "onewarm/dim.js";': "the demo kit has no 'onewarm/dim.js'. Did you mean 'onewarm/dom.js'?",
    'import { element } from "https://example.org/d3.js";': (
        "import from 'https://example.org/d3.js', which is neither in"
    ),
    'import { element } from "d3";': "import from 'd3', which is neither in the kit nor",
    'import { element } from "../demo.js";': "import of '../demo.js' from outside the demo's folder",
    'import { element } from "./none.js";': "there is no file './none.js'. There are: demo.js.",
    'import { softmx } from "onewarm/arithmetic.js";': "does not export 'softmx'. Did you mean 'softmax'?",
    'import { element } from "onewarm/dom.js";\nimport { element } from "onewarm/dom.js";': (
        "'element' is imported, and declared on line"
    ),
    'import { element } from "onewarm/dom.js";\nfunction element() {}': (
        "'element' is imported, and declared on line 3 too"
    ),
    'const x = await import("./other.js");': "an import at run time",
    "export { h };": "an export of an unsupported form",
    'export * from "onewarm/dom.js";': "an export of an unsupported form",
    "export let counter = 0;": "an export of an unsupported form",
    "const $dom = 1;": "the name '$dom'",
}


@pytest.mark.parametrize("line", FAULTS)
def test_what_is_refused_is_reported_with_file_line_and_remedy(write, line: str) -> None:
    (message,) = refused(write(demo="// a comment\n" + line + "\n" + SMALLEST))
    assert re.match(r"demo\.js:[23]: ", message), message
    assert FAULTS[line] in message
    assert re.search(r"\. [A-Z]", message)  # a remedy follows


def test_every_fault_of_every_file_is_reported_at_once(write) -> None:
    file = write(
        demo='import { a } from "./a.js";\nimport { element } from "d3";\nconst x = 1;\n',
        a='import { b } from "./b.js";\nexport const a = b;\n',
        b='import { a } from "./a.js";\nexport const b = a;\nexport let c = 1;\n',
    )
    lines = refused(file)
    assert [line.split(": ")[0] for line in lines] == ["b.js:3", "demo.js:1", "demo.js:2"]
    write(b='import { a } from "./a.js";\nexport const b = a;\n')
    assert any(line.startswith("b.js:1: a cycle of imports: a.js -> b.js -> a.js. Move") for line in refused(file))
    assert refused(write(demo="const x = 1;\n")) == [
        "demo.js:1: there is no default export. Add `export default { render({ model, el }) { ... } };`."
    ]


def test_comments_and_types_are_not_imports_and_are_left_out(write) -> None:
    comment = '/** @typedef {import("./other.js").X} X */\n/*\n * import { x } from "d3";\n */\n// export { x };\n'
    assert bundle_demo(write(demo=comment + SMALLEST)) == SMALLEST


def test_a_link_out_of_the_folder_is_refused(write, tmp_path: Path) -> None:
    (tmp_path / "outside.js").write_text("export const secret = 1;\n", encoding="utf-8")
    file = write(inside__demo='import { secret } from "./linked.js";\n' + SMALLEST).parent / "inside/demo.js"
    (file.parent / "linked.js").symlink_to(tmp_path / "outside.js")
    assert "from outside the demo's folder" in refused(file)[0]


def test_a_fault_of_the_demo_is_a_fault_of_the_concept(folder, tmp_path: Path) -> None:
    folder.demo = 'import { element } from "d3";\n' + SMALLEST
    with pytest.raises(ConceptError, match=r"demo\.js:1: import from 'd3'"):
        load_concept(folder.write(tmp_path / "coin"))


def test_every_module_of_the_kit_loads_and_stands_in_the_contract(write, tmp_path: Path) -> None:
    for module in kit_modules():
        names = re.findall(r"^export (?:function|const) (\w+)", (KIT / module.split("/")[1]).read_text(), re.MULTILINE)
        assert names and f"`{module}`" in README
        text = f'import {{ {", ".join(names)} }} from "{module}";\nconsole.log("ok");\n{SMALLEST}'
        assert run(bundle_demo(write(demo=text)), tmp_path) == "ok", module


@pytest.mark.browser
def test_the_demo_in_the_contract_runs_on_a_page(folder, tmp_path: Path, visit) -> None:
    (folder.demo,) = re.findall(r"^```js\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert folder.demo.count("\n") < 40
    folder.yaml["demo"]["model"] = {"heads": 0.25}
    for state, heads in zip(folder.yaml["demo"]["states"], (1, 0.75), strict=True):
        state["state"] = {"heads": heads}
    site = build(tmp_path / "site", concepts=[folder.write(tmp_path / "coin")])
    with running(site) as address:
        page = visit(address + "concept/basics/coin/index.html?heads=0.5").page
        words = page.locator(".readout")
        assert words.inner_text() == "Surprise 0.693 nats"
        page.get_by_role("slider", name="Probability p").press("End")
        assert words.inner_text() == "Surprise 0.000 nats"
        page.wait_for_url("**/index.html?heads=1")
        page.get_by_text("The same picture as a table").click()
        assert page.get_by_role("row", name="nats").inner_text().split() == ["nats", "0.0000"]
