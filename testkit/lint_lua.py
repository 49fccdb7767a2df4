"""Find faults in Lua scripts that Redis reports only when the line runs: globals that do not exist or are assigned.

./manage.sh python -m testkit.lint_lua

A script is read together with what it includes. Reports syntax errors, names that are neither local nor Redis' own,
assignments to globals, and locals that nothing uses.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from luaparser import ast, astnodes

from shared.store.lua import PACKAGES, files_of, source_of

GLOBALS: Final = frozenset(
    (
        *("KEYS", "ARGV", "redis", "cjson", "cmsgpack", "string", "table", "math"),
        *("ipairs", "pairs", "next", "type", "tonumber", "tostring", "unpack", "select", "error", "pcall", "assert"),
    )
)
"""The globals of Redis that our scripts need."""
_TOO_NEW: Final = {
    astnodes.Goto: "goto",
    astnodes.Label: "a label",
    astnodes.FloorDivOp: "//",
    astnodes.BAndOp: "&",
    astnodes.BOrOp: "|",
    astnodes.BXorOp: "~",
    astnodes.BShiftLOp: "<<",
    astnodes.BShiftROp: ">>",
}
"""The parser reads newer Lua, Redis runs Lua 5.1."""


_PACKAGES: Final = ("shared", "gateway", "classifier_worker")


@dataclass
class Local:
    """A name of a block."""

    line: int
    used: bool = False


@dataclass
class Scope:
    """The names of one block."""

    above: "Scope | None" = None
    names: dict[str, Local] = field(default_factory=dict)

    def find(self, name: str) -> Local | None:
        """Return the local that the name means here; None if it is global."""
        return self.names.get(name) or (self.above.find(name) if self.above else None)


class Linter:
    """Collect the faults of one script."""

    def __init__(self, source: str, own_from: int = 1) -> None:
        """`own_from`: the first line of the script's own text, after that of its includes."""
        self.faults: list[str] = []
        self._lines = source.splitlines()
        self._own_from = own_from
        self._line = 1
        self._scope = Scope()
        try:
            self._visit(ast.parse(source).body.body)
        except ast.SyntaxException as error:
            self.faults.append(str(error))
        self._check_used()

    def _fault(self, sentence: str, line: int) -> None:
        self.faults.append(f"{sentence}: {self._lines[line - 1].strip()}")

    def _visit(self, node: Any) -> None:
        if isinstance(node, list):
            for one in node:
                self._visit(one)
        if not isinstance(node, astnodes.Node):
            return
        if isinstance(node, astnodes.Statement) and node.line:
            self._line = node.line
        if type(node) in _TOO_NEW:
            self._fault(f"Lua 5.1 does not know {_TOO_NEW[type(node)]}", self._line)
        special = getattr(self, f"_visit_{type(node).__name__.lower()}", None)
        if special is not None:
            special(node)
        else:
            self._visit([value for name, value in vars(node).items() if not name.startswith("_")])

    def _in_block(self, *nodes: Any, declare: list[Any] | None = None) -> None:
        self._scope = Scope(self._scope)
        self._declare(declare or [])
        for node in nodes:
            self._visit(node.body if isinstance(node, astnodes.Block) else node)
        self._check_used()
        assert self._scope.above is not None
        self._scope = self._scope.above

    def _declare(self, names: list[Any]) -> None:
        for name in names:
            if isinstance(name, astnodes.Name):
                self._scope.names[name.id] = Local(self._line)

    def _check_used(self) -> None:
        for name, local in self._scope.names.items():
            included = self._scope.above is None and local.line < self._own_from
            if not local.used and not included and not name.startswith("_"):
                self._fault(f"nothing uses {name}", local.line)

    def _visit_name(self, node: Any) -> None:
        local = self._scope.find(node.id)
        if local is not None:
            local.used = True
        elif node.id not in GLOBALS:
            self._fault(f"{node.id} is not defined", self._line)

    def _visit_assign(self, node: Any) -> None:
        self._visit(node.values)
        for target in node.targets:
            if not isinstance(target, astnodes.Name):
                self._visit(target)
            elif self._scope.find(target.id) is None:
                self._fault(f"{target.id} is not local, and Redis allows no globals", self._line)

    def _visit_localassign(self, node: Any) -> None:
        self._visit(node.values)
        self._declare(node.targets)

    def _visit_localfunction(self, node: Any) -> None:
        self._declare([node.name])
        self._in_block(node.body, declare=node.args)

    def _visit_function(self, node: Any) -> None:
        self._fault("this function is not local, and Redis allows no globals", self._line)
        self._in_block(node.body, declare=node.args)

    def _visit_anonymousfunction(self, node: Any) -> None:
        self._in_block(node.body, declare=node.args)

    def _visit_fornum(self, node: Any) -> None:
        self._visit([node.start, node.stop, node.step])
        self._in_block(node.body, declare=[node.target])

    def _visit_forin(self, node: Any) -> None:
        self._visit(node.iter)
        self._in_block(node.body, declare=node.targets)

    def _visit_repeat(self, node: Any) -> None:
        self._in_block(node.body, node.test)  # the condition knows the block's locals

    def _visit_block(self, node: Any) -> None:
        self._in_block(node)

    def _visit_index(self, node: Any) -> None:
        self._visit(node.value)
        if node.notation is astnodes.IndexNotation.SQUARE:
            self._visit(node.idx)

    def _visit_invoke(self, node: Any) -> None:
        self._visit([node.source, node.args])

    def _visit_field(self, node: Any) -> None:
        self._visit(node.value)
        if node.between_brackets:
            self._visit(node.key)


def lint(file: Path) -> list[str]:
    """Return one sentence for each fault of the script, with its line."""
    source, own = source_of(file), file.read_text(encoding="utf-8")
    faults = Linter(source, source.count("\n") - own.count("\n") + 1).faults
    return [*faults, *(f"no comment says what {name} are" for name in ("KEYS", "ARGV") if _unexplained(name, own))]


def _unexplained(name: str, text: str) -> bool:
    code = [line for line in text.splitlines() if not line.startswith("--")]
    comments = [line for line in text.splitlines() if line.startswith("--")]
    return any(name in line for line in code) and not any(f"{name} " in line for line in comments)


def scripts(root: Path = PACKAGES) -> Iterator[Path]:
    """Yield the scripts, without the files that are only included."""
    files = sorted(file for package in _PACKAGES for file in (root / package).rglob("*.lua"))
    included = {file for script in files for file in files_of(script) if file != script}
    yield from (file for file in files if file not in included)


def main() -> int:
    """Print every fault; return the exit code."""
    found = [f"{file.relative_to(PACKAGES)}: {fault}" for file in scripts() for fault in lint(file)]
    print(*found, sep="\n", file=sys.stderr) if found else print("Lua: no faults.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
