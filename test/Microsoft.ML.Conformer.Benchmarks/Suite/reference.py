#!/usr/bin/env python3
"""Times other implementations as this program times its own: see RepeatedWork.cs for what it reads and prints.

    reference.py step --conformer FOLDER --variant tiny --size 224 --batch 8     a training step of the official network, AdamW
    reference.py eval --conformer FOLDER --variant tiny --size 224 --batch 1     its evaluation
    reference.py data --data FOLDER --size 224 --batch 32                        a pass of torchvision's ImageFolder with PIL
    reference.py detector-step --conformer FOLDER --variant smallpatch32 --width 1344 --height 800 --batch 1 --masks true
                                                                                 a training step of torchvision's Faster or Mask R-CNN
    reference.py detector-eval ...                                               on the official network, and its evaluation

FOLDER holds the official conformer.py, nothing of which is here; of timm, which it imports, it needs two functions, which are given to it.
Further options: --seconds 8, or --turns true; --device cpu; --precision float32 (bfloat16 by autocast); --compile true.
Needs: PyTorch (Debian's with libopenblas0-openmp); torchvision for detectors and data, PIL for data.
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


class Backbone(torch.nn.Module):
    """The maps after blocks 4, 8, 11 and 12 of the official network's CNN branch."""

    MAPS = {4: "0", 8: "1", 11: "2", 12: "3"}

    def __init__(self, model):
        super().__init__()
        for name in ("pooling", "conv_cls_head", "trans_norm", "trans_cls_head"):
            delattr(model, name)
        self.model = model

    def forward(self, x):
        model, maps = self.model, {}
        base = model.maxpool(model.act1(model.bn1(model.conv1(x))))
        x = model.conv_1(base, return_x_2=False)
        tokens = model.trans_patch_conv(base).flatten(2).transpose(1, 2)
        tokens = model.trans_1(torch.cat([model.cls_token.expand(x.shape[0], -1, -1), tokens], dim=1))
        for block in range(2, model.fin_stage):
            x, tokens = getattr(model, f"conv_trans_{block}")(x, tokens)
            if block in self.MAPS:
                maps[self.MAPS[block]] = x
        return maps


class PyramidBackbone(torch.nn.Module):
    def __init__(self, options):
        from torchvision.models.detection.backbone_utils import LastLevelMaxPool
        from torchvision.ops import FeaturePyramidNetwork

        super().__init__()
        self.body = Backbone(network(options)[0])
        width = 64 * VARIANTS[options.variant.lower()]["channel_ratio"]
        self.fpn = FeaturePyramidNetwork([width, 2 * width, 4 * width, 4 * width], 256, LastLevelMaxPool())
        self.out_channels = 256

    def forward(self, x):
        return self.fpn(self.body(x))


def detector(options):
    from torchvision.models import detection
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    kind = detection.MaskRCNN if options.masks else detection.FasterRCNN
    model = kind(
        PyramidBackbone(options), num_classes=options.classes + 1, min_size=options.height, max_size=options.width,
        rpn_anchor_generator=AnchorGenerator(tuple((8 * stride,) for stride in (4, 8, 16, 32, 64)), ((0.5, 1.0, 2.0),) * 5),
        rpn_post_nms_top_n_train=1000).to(options.device)
    # What is trained is the same: the stem is frozen, and BatchNorms keep their statistics.
    stem = model.backbone.body.model
    for module in (stem.conv1, stem.bn1):
        module.requires_grad_(False)
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.backbone(images(options))  # statistics without which random weights give no finite numbers
    for norm in norms:
        norm.eval()
    return model


def pictures(options):
    return [torch.rand(3, options.height, options.width, device=options.device) for _ in range(options.batch)]


def marked(options):
    """The objects of an image, as DetectorTimes.cs draws them."""
    size = torch.rand(options.objects, 2) * 0.4 + 0.05
    corner = torch.rand(options.objects, 2) * (1 - size)
    sides = torch.tensor([options.width, options.height], dtype=torch.float32)
    boxes = torch.cat([corner * sides, (corner + size) * sides], dim=1)
    masks = torch.zeros(options.objects, options.height, options.width, dtype=torch.uint8)
    for mask, (left, top, right, bottom) in zip(masks, boxes.int().tolist()):
        mask[top:bottom, left:right] = 1
    target = {"boxes": boxes, "labels": torch.randint(1, options.classes + 1, (options.objects,)), "masks": masks}
    return {name: values.to(options.device) for name, values in target.items()}


def detector_step(options):
    model = detector(options)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-6, weight_decay=1e-4)
    images_, targets = pictures(options), [marked(options) for _ in range(options.batch)]

    def work():
        with autocast(options):
            loss = sum(model(images_, targets).values())
        if not torch.isfinite(loss):
            raise SystemExit("the loss is not finite")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        wait(options)

    return work, options.batch


def detector_evaluation(options):
    model = detector(options)
    # As in DetectorTimes.cs: so an untrained detector finds objects of one class, too.
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias[1] = 2
    model.eval()
    images_ = pictures(options)

    def work():
        with torch.no_grad(), autocast(options):
            found = model(images_)
        wait(options)
        work.found = [len(one["boxes"]) for one in found]

    work()
    print(f"{work.found} objects", file=sys.stderr)
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
    parser.add_argument("what", choices=["step", "eval", "data", "detector-step", "detector-eval"])
    parser.add_argument("--conformer", default=".")
    parser.add_argument("--data")
    parser.add_argument("--variant", default="tiny")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=int, default=1344)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--objects", type=int, default=8)
    parser.add_argument("--masks", type=lambda text: text == "true", default=True)
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
    work, count = {
        "step": step, "eval": evaluation, "data": data, "detector-step": detector_step, "detector-eval": detector_evaluation,
    }[options.what](options)
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
