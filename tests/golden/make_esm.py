#!/usr/bin/env python3
"""make_esm.py DIR: states of ESM-2 models by transformers (EsmModel, PyTorch, float32 on the CPU), to DIR/esm.txt, and
two small models as transformers saves them, to DIR/esm_small and DIR/esm_shards.

Weights of the other models are those of solvers/esm/generate.h: philox.py, and the naming of streams, which is written
down here a second time; rounded to F16 or BF16 where a case says so. Every protein of a case is one
row of the same padded batch. The first lines of esm.txt name the versions, and how far transformers in double
precision is from what is written (its angles of rotation remain rounded to float32).

Lines:  case NAME SOURCE LAYERS WIDTH HEADS DTYPE SEED DROPOUT    SOURCE: generated, or a folder beside the file
        tokens N t0 t1 ...                                        a protein with its <cls> and <eos>
        row P v0 v1 ...                                           the state of token P
"""
import json
import os
import sys
import numpy as np
import torch
import transformers
from transformers import EsmConfig, EsmForMaskedLM, EsmModel
from philox import philox_rows

SYNTH, ESM, U64 = 7, 0x45534D32, np.uint64
LETTERS = "LAGVSERTIDPKQNFYMHWCXBUZO"


def tensor(seed, k, shape, base, scale):
    key = philox_rows((seed & 0xFFFFFFFF, seed >> 32), np.array([[k, 0, ESM, SYNTH]]))[0, :2]
    n = int(np.prod(shape))
    i = np.arange((n + 3) // 4)
    z = np.zeros_like(i)
    bits = philox_rows(key, np.stack([i % 2**20, i // 2**20, z, z], 1)).reshape(-1)[:n]
    u = (2 * (bits >> U64(8)).astype(float) + 1) * 2.0**-24 - 1
    return (base + float(np.float32(scale)) * u).astype(np.float32).reshape(shape)


def weights(seed, layers, width):
    """Name to array, in the order of generate.h."""
    inner = 4 * width
    rows = [("attention.self.query.weight", (width, width)), ("attention.self.query.bias", (width,)),
            ("attention.self.key.weight", (width, width)), ("attention.self.key.bias", (width,)),
            ("attention.self.value.weight", (width, width)), ("attention.self.value.bias", (width,)),
            ("attention.output.dense.weight", (width, width)), ("attention.output.dense.bias", (width,)),
            ("attention.LayerNorm.weight", (width,)), ("attention.LayerNorm.bias", (width,)),
            ("intermediate.dense.weight", (inner, width)), ("intermediate.dense.bias", (inner,)),
            ("output.dense.weight", (width, inner)), ("output.dense.bias", (width,)),
            ("LayerNorm.weight", (width,)), ("LayerNorm.bias", (width,))]
    names = [("embeddings.word_embeddings.weight", (33, width))]
    names += [(f"encoder.layer.{l}.{name}", shape) for l in range(layers) for name, shape in rows]
    names += [("encoder.emb_layer_norm_after.weight", (width,)), ("encoder.emb_layer_norm_after.bias", (width,))]
    out = {}
    for k, (name, shape) in enumerate(names):
        base = 1.0 if "weight" in name and ("LayerNorm" in name or "_norm_" in name) else 0.0
        scale = 1.0 if k == 0 else 0.1 if len(shape) == 1 else np.sqrt(3.0 / shape[1])
        out[name] = tensor(seed, k, shape, base, scale)
    return out


def config(layers, width, heads, dropout, positions=1026):
    return EsmConfig(vocab_size=33, mask_token_id=32, pad_token_id=1, hidden_size=width, num_hidden_layers=layers,
                     num_attention_heads=heads, intermediate_size=4 * width, max_position_embeddings=positions,
                     layer_norm_eps=1e-5, position_embedding_type="rotary", emb_layer_norm_before=False,
                     token_dropout=dropout, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
                     architectures=["EsmModel"])


DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def load(layers, width, heads, dtype, seed, dropout):
    model = EsmModel(config(layers, width, heads, dropout), add_pooling_layer=False).eval()
    state = {n: torch.from_numpy(v).to(DTYPES[dtype]).float() for n, v in weights(seed, layers, width).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(n.split(".")[-1] in ("inv_freq", "position_ids") or n.startswith("contact_head")
                                  or "position_embeddings" in n for n in missing), (missing, unexpected)
    return model


def protein(rng, n):
    return "".join(LETTERS[i] for i in rng.integers(0, 20, n))


def tokens(text):
    """<cls>, a letter each, '_' for <mask>, other signs <unk>, <eos>."""
    return [0] + [32 if c == "_" else 4 + LETTERS.index(c) if c in LETTERS else 3 for c in text] + [2]


def states(model, batch):
    most = max(len(t) for t in batch)
    ids = torch.tensor([t + [1] * (most - len(t)) for t in batch])
    with torch.no_grad():
        return model(ids, attention_mask=(ids != 1).long()).last_hidden_state


def chosen(n):
    """All rows of a short protein, some of a long one."""
    return range(n) if n <= 12 else sorted({0, 1, 2, 3, n // 3, n // 2, n - 3, n - 2, n - 1})


def write(out, name, source, layers, width, heads, dtype, seed, dropout, model, batch):
    got, worst = states(model, batch), 0.0
    exact = states(model.double(), batch)
    print("case", name, source, layers, width, heads, dtype, seed, int(dropout), file=out)
    for b, t in enumerate(batch):
        print("tokens", len(t), *t, file=out)
        worst = max(worst, (got[b, : len(t)] - exact[b, : len(t)]).abs().max().item())
        for p in chosen(len(t)):
            print("row", p, *[f"{v:.7g}" for v in got[b, p].tolist()], file=out)
    print(f"{name}: deviation {worst:.1e}", file=sys.stderr)
    return worst


def save(model, folder, **how):
    """Random tensors of two norms and the biases, too: transformers starts them as 1 and 0."""
    torch.manual_seed(5)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p)) if p.dim() == 1 else p.copy_(torch.randn_like(p) * p.shape[1] ** -0.5)
    model.save_pretrained(folder, safe_serialization=True, **how)


def main(folder):
    rng = np.random.default_rng(7)
    padded = [protein(rng, 30), protein(rng, 7), "M", protein(rng, 21), "MKXBZUOJ*"]
    masked = ["MK_LV_" + protein(rng, 20), protein(rng, 9)]
    cases = [("padded", 2, 32, 4, "f32", 1, True, padded), ("masked", 2, 32, 4, "f32", 2, True, masked),
             ("plain", 1, 16, 2, "f32", 3, False, masked), ("bf16", 3, 48, 2, "bf16", 4, True, padded),
             ("f16", 2, 40, 5, "f16", 5, True, padded[:2]), ("long", 2, 32, 4, "f32", 6, True,
                                                             [protein(rng, 1022), protein(rng, 300)]),
             ("wide", 1, 320, 20, "f32", 7, True, [protein(rng, 40)])]
    lines, worst = [], 0.0
    path = os.path.join(folder, "esm.txt")
    with open(path + ".body", "w") as out:
        for name, layers, width, heads, dtype, seed, dropout, texts in cases:
            model = load(layers, width, heads, dtype, seed, dropout)
            worst = max(worst, write(out, name, "generated", layers, width, heads, dtype, seed, dropout, model,
                                     [tokens(t) for t in texts]))
        small = [tokens(t) for t in (padded[1], "M", masked[0])]
        one = EsmModel(config(1, 16, 2, True, 8), add_pooling_layer=True)
        save(one.to(torch.bfloat16), os.path.join(folder, "esm_small"))
        model = EsmModel.from_pretrained(os.path.join(folder, "esm_small"), torch_dtype=torch.float32).eval()
        worst = max(worst, write(out, "esm_small", "esm_small", 1, 16, 2, "bf16", 0, True, model, small))
        masked_lm = EsmForMaskedLM(config(2, 12, 2, True, 8))
        save(masked_lm, os.path.join(folder, "esm_shards"), max_shard_size="9KB")
        model = EsmForMaskedLM.from_pretrained(os.path.join(folder, "esm_shards")).eval().esm
        worst = max(worst, write(out, "esm_shards", "esm_shards", 2, 12, 2, "f32", 0, True, model, small))
    head = [f"# made by make_esm.py: transformers {transformers.__version__}, torch {torch.__version__}, "
            f"numpy {np.__version__}",
            f"# float32 there deviates from double precision by at most {worst:.1e}"]
    with open(path, "w") as out, open(path + ".body") as body:
        out.write("\n".join(head) + "\n" + body.read())
    os.remove(path + ".body")


if __name__ == "__main__":
    main(sys.argv[1])
