"""The `recsys` command: picks a subcommand and hands it the rest of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from recsys import __version__

COMMANDS = {
    "build": ("recsys.cli.build", "build the search index of a catalogue"),
    "serve": ("recsys.cli.serve", "serve the page and the API over an index"),
    "evaluate": ("recsys.evaluate.__main__", "measure an encoder or an index on a catalogue"),
    "train": ("recsys.train.__main__", "train an encoder on catalogues"),
    "train-words": (
        "recsys.train.text_tower.__main__",
        "train the text tower of an encoder, for search by words without names",
    ),
    "compare": ("recsys.compare.__main__", "compare encoders on a catalogue"),
    "doctor": ("recsys.cli.doctor", "examine the products of an index: equal pictures, wrong and missing values"),
    "strip": ("recsys.cli.strip", "write similar products as static files, for a shop's own product pages"),
    "asked": ("recsys.cli.asked", "print what visitors asked for and the shop does not have"),
    "publish": ("recsys.cli.publish", "publish this app as a Space on the Hugging Face Hub"),
    "publish-encoder": ("recsys.train.publish", "publish a trained encoder as a model repository on the Hub"),
}
EXTRAS = {"torch": "train", "timm": "train", "torchvision": "train", "nncf": "int8", "ray": "ray", "pymilvus": "milvus"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the first argument names, and return its exit status."""
    commands = "\n".join(f"  {name:15} {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="recsys",
        usage="recsys COMMAND [OPTIONS]",
        description="Search a fashion shop with a picture.",
        epilog=f"commands:\n{commands}\n\n`recsys COMMAND --help` lists the options of a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"recsys {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of the commands below")
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = parser.parse_args(given[:1]).command
    try:
        return int(import_module(COMMANDS[command][0]).main(given[1:]))
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        extra = EXTRAS[error.name]
        print(f'error: `recsys {command}` needs {error.name}. Run: pip install "recsys[{extra}]"', file=sys.stderr)
        return 1
