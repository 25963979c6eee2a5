#!/usr/bin/env python3
"""How many useful tokens a second PyTorch trains on the rows of CoLA, batches of 16 in the order of the file, a BERT of
all-MiniLM-L6-v2's shape with random weights: in full with each batch padded to its longest row, and with SparseGrad's layer as it
was published, padded to 128. Useful are the tokens that are no padding. Writes a JSON list of name, value and unit.
"""
import argparse
import json
import statistics
import unicodedata

import torch
from torch import nn

from torch_peers import PublishedLinear, Run, SHAPES

BATCH = 16


def words(text):
    word = ""
    for letter in unicodedata.normalize("NFD", text.lower()):
        if unicodedata.category(letter) == "Mn":
            continue
        if letter.isspace() or unicodedata.category(letter).startswith("P") or letter in "$+<=>^`|~":
            if word:
                yield word
            word = ""
            if not letter.isspace():
                yield letter
        else:
            word += letter
    if word:
        yield word


def pieces(word, vocabulary):
    """How many pieces WordPiece makes of a word."""
    first, count = 0, 0
    while first < len(word):
        end = len(word)
        while end > first and ("##" if first else "") + word[first:end] not in vocabulary:
            end -= 1
        if end == first:
            return 1  # [UNK]
        first, count = end, count + 1
    return count


def speed(linear, batches, pad_to):
    """Useful tokens a second, the median over the batches but the first two."""
    run = Run(SHAPES["minilm"], linear)
    speeds = []
    for lengths in batches:
        ids = torch.randint(30522, (len(lengths), pad_to or max(lengths)))
        speeds.append(sum(lengths) / run.step(ids, torch.arange(len(lengths)) % 2))
    return statistics.median(speeds[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="CoLA's train.tsv")
    parser.add_argument("--vocabulary", required=True, help="the model's vocab.txt")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    vocabulary = {line.rstrip("\n") for line in open(arguments.vocabulary, encoding="utf-8")}
    rows = [line.rstrip("\n").split("\t")[3] for line in open(arguments.train, encoding="utf-8")]
    lengths = [2 + sum(pieces(word, vocabulary) for word in words(row)) for row in rows[: 102 * BATCH]]
    batches = [lengths[i : i + BATCH] for i in range(0, len(lengths), BATCH)]
    figures = [
        ("torch_cola_full_tokens_per_second", speed(nn.Linear, batches, None), "tokens/s"),
        ("torch_cola_sparsegrad_published_padded_tokens_per_second", speed(PublishedLinear, batches[:8], 128), "tokens/s"),
        ("cola_tokens_per_batch", statistics.mean(map(sum, batches)), "tokens"),
    ]
    print(json.dumps([{"name": name, "value": value, "unit": unit} for name, value, unit in figures], indent=2))


if __name__ == "__main__":
    main()
