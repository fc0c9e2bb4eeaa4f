"""runs.py - what the benchmarks of accuracy share: commands that must succeed, reports that are made once"""
import json
import os
import subprocess
import sys


class Runs:
    """program: dragnet; name: of the benchmark, for messages"""

    def __init__(self, name, program, ranks):
        self.name, self.program, self.ranks = name, program, ranks

    def run(self, *command, to=None):
        """A command that must succeed; its output goes to a file, whole or not at all."""
        print("+", *command, file=sys.stderr, flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE if to else sys.stderr, text=True)
        if done.returncode:
            sys.exit(f"{self.name}: exit code {done.returncode}: {' '.join(command)}")
        if to:
            with open(to + ".part", "w") as f:
                f.write(done.stdout)
            os.replace(to + ".part", to)

    def dragnet(self, *words, ranks=1, to=None):
        start = ["mpirun", "-q", "--oversubscribe", "-n", str(ranks)] if ranks > 1 else []
        self.run(*start, self.program, *words, to=to)

    def report(self, path, words, files):
        """The evaluation as JSON at path (and as a table beside it), unless the same one of the same files is there."""
        said = path[:-5] + ".command"
        fresh = os.path.exists(path) and os.path.exists(said) and open(said).read() == "\n".join(words) and \
            all(os.path.getmtime(f) <= os.path.getmtime(path) for f in files)
        if not fresh:
            self.dragnet(*words, ranks=self.ranks, to=path[:-5] + ".txt")
            self.dragnet(*words, "--json", ranks=self.ranks, to=path)
            with open(said, "w") as f:
                f.write("\n".join(words))
        return json.load(open(path))


def text(v):
    return f"{v:.4f}" if isinstance(v, float) else "" if v is None else str(v)


def write_tables(out, header, rows, markdown):
    """OUT/table.tsv and OUT/table.md"""
    for name, body in ("table.tsv", ["\t".join(header)] + ["\t".join(map(text, r)) for r in rows]), ("table.md", markdown):
        with open(os.path.join(out, name), "w") as f:
            f.write("\n".join(body) + "\n")
