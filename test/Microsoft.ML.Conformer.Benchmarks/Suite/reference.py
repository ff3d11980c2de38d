#!/usr/bin/env python3
"""Times other implementations as this program times its own: see RepeatedWork.cs for what it reads and prints.

    reference.py step --conformer FOLDER --variant tiny --size 224 --batch 8     a training step of the official network, AdamW
    reference.py eval --conformer FOLDER --variant tiny --size 224 --batch 1     its evaluation
    reference.py data --data FOLDER --size 224 --batch 32                        a pass of torchvision's ImageFolder with PIL

FOLDER holds the official conformer.py, nothing of which is here; of timm, which it imports, it needs two functions, which are given to it.
Further options: --seconds 8, or --turns true; --device cpu; --precision float32 (bfloat16 by autocast); --compile true.
Needs: PyTorch (Debian's with libopenblas0-openmp); torchvision and PIL for data.
"""
import argparse
import importlib.util
import json
import os
import statistics
import sys
import time
import types

import torch

VARIANTS = {
    "tiny": dict(patch_size=16, channel_ratio=1, embed_dim=384, num_heads=6),
    "small": dict(patch_size=16, channel_ratio=4, embed_dim=384, num_heads=6),
    "smallpatch32": dict(patch_size=32, channel_ratio=4, embed_dim=384, num_heads=6),
    "base": dict(patch_size=16, channel_ratio=6, embed_dim=576, num_heads=9),
}


class DropPath(torch.nn.Module):
    def __init__(self, p=0.0):
        super().__init__()
        self.p = float(p or 0.0)

    def forward(self, x):
        if not self.training or self.p == 0.0:
            return x
        mask = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(1.0 - self.p)
        return x * (mask / (1.0 - self.p))


def network(options, **more):
    for name in ("timm", "timm.models", "timm.models.layers"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["timm.models.layers"].DropPath = DropPath
    sys.modules["timm.models.layers"].trunc_normal_ = torch.nn.init.trunc_normal_
    spec = importlib.util.spec_from_file_location("official_conformer", os.path.join(options.conformer, "conformer.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Conformer(
        num_classes=options.classes, depth=12, mlp_ratio=4, qkv_bias=True, **VARIANTS[options.variant.lower()], **more).to(options.device)
    return model, (torch.compile(model) if options.compile else model)


def images(options):
    return torch.randn(options.batch, 3, options.size, options.size, device=options.device)


def autocast(options):
    return torch.autocast(options.device.split(":")[0], dtype=torch.bfloat16, enabled=options.precision.lower() == "bfloat16")


def wait(options):
    if options.device.startswith("cuda"):
        torch.cuda.synchronize()


def step(options):
    model, forward = network(options, drop_path_rate=0.1)
    model.train()
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0},
            {"params": [p for p in model.parameters() if p.dim() != 1], "weight_decay": 0.05},
        ],
        lr=1e-4)
    x, labels = images(options), torch.arange(options.batch, device=options.device) % options.classes
    loss_of = torch.nn.CrossEntropyLoss()

    def work():
        with autocast(options):
            heads = forward(x)
            loss = sum(loss_of(head.float(), labels) for head in heads) / len(heads)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        wait(options)

    return work, options.batch


def evaluation(options):
    model, forward = network(options)
    model.eval()
    x = images(options)

    def work():
        with torch.no_grad(), autocast(options):
            forward(x)
        wait(options)

    return work, options.batch


def data(options):
    import torchvision
    from torchvision import transforms

    torch.set_num_threads(1)
    folder = torchvision.datasets.ImageFolder(options.data, transforms.Compose([
        transforms.RandomResizedCrop(options.size, interpolation=transforms.InterpolationMode.BICUBIC),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]))
    loader = torch.utils.data.DataLoader(
        folder, batch_size=options.batch, shuffle=True, num_workers=options.workers, drop_last=True,
        persistent_workers=options.workers > 0)

    def work():
        for _ in loader:
            pass

    return work, len(folder) // options.batch * options.batch


def turn(seconds, work, count):
    times, begin = [], time.perf_counter()
    while len(times) < 2 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000 / count)
    return times


def warn_of_slow_products():
    """Debian's OpenBLAS with threads of its own fights with PyTorch's for the processors, thirty times slower."""
    side = 512
    x = torch.ones(side, side)
    x @ x
    start = time.perf_counter()
    x @ x
    if 2 * side ** 3 / (time.perf_counter() - start) < 1e10:
        print("reference.py: PyTorch's matrix products are slow here; on Debian install libopenblas0-openmp", file=sys.stderr)


def peak_mib():
    # Not by getrusage, which begins with the size of the process that started this one.
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["step", "eval", "data"])
    parser.add_argument("--conformer", default=".")
    parser.add_argument("--data")
    parser.add_argument("--variant", default="tiny")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", type=lambda text: text == "true", default=False)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--turns", type=lambda text: text == "true", default=False)
    options = parser.parse_args()
    torch.manual_seed(0)
    if options.what != "data" and options.device == "cpu":
        warn_of_slow_products()
    work, count = {"step": step, "eval": evaluation, "data": data}[options.what](options)
    for _ in range(1 if options.what == "data" else 2):
        work()
    if not options.turns:
        times = turn(options.seconds, work, count)
        print(json.dumps({
            "ms_per_image_median": round(statistics.median(times), 2), "ms_per_image_min": round(min(times), 2),
            "ms_per_image_max": round(max(times), 2), "repeats": len(times), "peak_rss_mib": peak_mib(),
            "torch": torch.__version__}))
        return
    print("ready", flush=True)
    for seconds in sys.stdin:
        print(json.dumps({"ms": turn(float(seconds), work, count), "peak_mib": peak_mib()}), flush=True)


if __name__ == "__main__":
    main()
