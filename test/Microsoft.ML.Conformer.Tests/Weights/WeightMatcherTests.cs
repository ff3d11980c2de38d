using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Networks.Conformer;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

[TestClass]
public sealed class WeightMatcherTests
{
    private static readonly ConformerArchitecture _architecture = new()
    {
        NumClasses = 5,
        ChannelRatio = 0.125,
        EmbedDim = 12,
        Depth = 3,
        NumHeads = 3,
        MlpRatio = 2,
    };

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AllThatFitsIsLoadedUnderTheOfficialNames(bool mmpretrain)
    {
        using var file = Open(Layout().Select(tensor =>
            (mmpretrain ? "module." + ConformerKeyMap.ToMmpretrain(tensor.Name) : tensor.Name, tensor.Shape)));
        var plan = WeightMatcher.Match(_architecture, file);
        CollectionAssert.AreEqual(_architecture.StateDict().Select(t => t.Name).ToArray(), plan.Names.ToArray());
        Assert.AreEqual(0, plan.Warnings.Count + plan.LeftAtInitialValues.Count);
        var copy = new float[12];
        plan.CopyTo("trans_norm.weight", copy);
        CollectionAssert.AreEqual(plan.Read("trans_norm.weight"), copy);
        CollectionAssert.AreEqual(new long[] { 12 }, plan.Shape("trans_norm.weight").ToArray());
    }

    [TestMethod]
    public void EveryFaultIsInOneErrorUnderBothNames()
    {
        using var file = Open(Layout().Where(tensor => tensor.Name is not ("cls_token" or "bn1.running_var"))
            .Select(tensor => (ConformerKeyMap.ToMmpretrain(tensor.Name), tensor.Name == "trans_1.norm1.bias" ? [7L] : tensor.Shape))
            .Append(("backbone.pos_embed", [1, 2, 3])).Append(("optimizer", [1])));
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file));
        Assert.AreEqual("test.pth", exception.FileName);
        CollectionAssert.AreEquivalent(
            new[]
            {
                "cls_token [1, 1, 12] is missing.",
                "bn1.running_var [64] is missing.",
                "trans_1.norm1.bias (in the file: backbone.trans_1.ln1.bias) is [7]; expected [12].",
                "pos_embed (in the file: backbone.pos_embed) [1, 2, 3] is unexpected.",
                "optimizer [1] is unexpected.",
            },
            exception.Faults.ToArray());
        foreach (var fault in exception.Faults)
            StringAssert.Contains(exception.Message, fault);

        var plan = WeightMatcher.Match(_architecture, file, strict: false);
        CollectionAssert.AreEqual(exception.Faults.ToArray(), plan.Warnings.ToArray());
        CollectionAssert.AreEquivalent(new[] { "cls_token", "bn1.running_var", "trans_1.norm1.bias" }, plan.LeftAtInitialValues.ToArray());
        Assert.IsFalse(plan.Contains("cls_token"));
        Assert.IsFalse(plan.Contains("pos_embed"));
        Assert.IsTrue(plan.Contains("trans_1.norm1.weight"));
    }

    [TestMethod]
    public void AnotherNumberOfClassesLeavesBothHeadsAloneAndSaysSo()
    {
        using var file = Open(Layout(_architecture with { NumClasses = 9 }));
        var plan = WeightMatcher.Match(_architecture, file);
        Assert.AreEqual(9, plan.ReplacedClasses);
        Assert.AreEqual(4, plan.LeftAtInitialValues.Count);
        Assert.IsFalse(plan.Names.Any(name => name.Contains("cls_head", StringComparison.Ordinal)));
        StringAssert.Contains(plan.Warnings.Single(), "for 9 classes, the network has 5");
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() =>
            WeightMatcher.Match(_architecture, file, replaceHeads: false));
        Assert.AreEqual(4, exception.Faults.Count);
    }

    [TestMethod]
    public void HeadsThatDisagreeAreFaults()
    {
        using var file = Open(Layout().Select(tensor => (tensor.Name, tensor.Name == "trans_cls_head.weight" ? [9L, 12] : tensor.Shape)));
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file));
        Assert.AreEqual("trans_cls_head.weight is [9, 12]; expected [5, 12].", exception.Faults.Single());
    }

    [TestMethod]
    public void CountersMayBeAbsentOrOneDimensional()
    {
        using var without = Open(Layout().Where(tensor => !tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)));
        Assert.AreEqual(0, WeightMatcher.Match(_architecture, without).Warnings.Count);
        using var with = Open(Layout().Select(tensor =>
            (tensor.Name, tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? [1L] : tensor.Shape)));
        var plan = WeightMatcher.Match(_architecture, with);
        Assert.AreEqual(0, plan.Warnings.Count);
        CollectionAssert.AreEqual(Array.Empty<long>(), plan.Shape("bn1.num_batches_tracked").ToArray(), "as the network has it");
        using var network = new ConformerNetwork(_architecture);
        new NetworkWeights(network).CopyFrom(plan);
    }

    [TestMethod]
    public void TwoNamesOfOneTensorAreAFault()
    {
        using var file = Open(Layout().Append(("backbone.cls_token", [1, 1, 12])));
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file));
        StringAssert.Contains(exception.Faults.Single(), "are the same tensor");
    }

    [TestMethod]
    [DataRow("_orig_mod.")]
    [DataRow("module.")]
    [DataRow("model.")]
    [DataRow("net.")]
    [DataRow("module._orig_mod.")]
    [DataRow("_orig_mod.module.")]
    [DataRow("model.net.module._orig_mod.")]
    public void APrefixOfAllNamesIsLeftOutAndNoted(string prefix)
    {
        foreach (var rename in (Func<string, string>[])[name => name, ConformerKeyMap.ToMmpretrain])
        {
            using var file = Open(Layout().Select(tensor => (prefix + rename(tensor.Name), tensor.Shape))
                .Append(("n_averaged", [])).Append((prefix + "steps", [1])));
            var plan = WeightMatcher.Match(_architecture, file);
            CollectionAssert.AreEqual(_architecture.StateDict().Select(tensor => tensor.Name).ToList(), plan.Names.ToList());
            StringAssert.Contains(plan.Notes.Single(), $"'{prefix}'");
            Assert.AreEqual(0, plan.Warnings.Count);
        }
    }

    [TestMethod]
    public void APrefixOfSomeNamesOnlyStays()
    {
        using var file = Open(Layout().Select(tensor => ("model." + tensor.Name, tensor.Shape)).Append(("criterion.weight", [5])));
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file));
        CollectionAssert.Contains(exception.Faults.ToList(), "model.cls_token [1, 1, 12] is unexpected.");
        CollectionAssert.Contains(exception.Faults.ToList(), "cls_token [1, 1, 12] is missing.");
    }

    [TestMethod]
    public void APrefixBehindWhichNothingIsKnownStays()
    {
        using var file = Open([("model.layer1.weight", [4]), ("model.layer1.bias", [4])]);
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file));
        CollectionAssert.Contains(exception.Faults.ToList(), "model.layer1.weight [4] is unexpected.");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AFileWithoutHeadsFitsWhereTheyAreReplacedAndSaysSo(bool strict)
    {
        using var file = Open(Layout().Where(tensor => !tensor.Name.Contains("cls_head", StringComparison.Ordinal)));
        var plan = WeightMatcher.Match(_architecture, file, strict);
        Assert.AreEqual(4, plan.LeftAtInitialValues.Count);
        StringAssert.Contains(plan.Warnings.Single(), "no heads");
        Assert.AreEqual(4, Assert.ThrowsExactly<WeightMismatchException>(
            () => WeightMatcher.Match(_architecture, file, replaceHeads: false)).Faults.Count);
    }

    [TestMethod]
    [DataRow(ConformerVariant.Tiny)]
    [DataRow(ConformerVariant.Small)]
    [DataRow(ConformerVariant.SmallPatch32)]
    [DataRow(ConformerVariant.Base)]
    public void AMismatchIsShortAndNamesTheVariantThatFits(ConformerVariant variant)
    {
        var other = variant == ConformerVariant.Tiny ? ConformerVariant.Base : ConformerVariant.Tiny;
        using var file = TorchFile.Open(TorchFile.Constant(ConformerArchitecture.For(variant, 7).StateDict()));
        var exception = Assert.ThrowsExactly<WeightMismatchException>(
            () => WeightMatcher.Match(ConformerArchitecture.For(other, 3), file));
        StringAssert.Contains(exception.Message, $"set Variant to ConformerVariant.{variant}.");
        StringAssert.Contains(exception.Message, $"({exception.Faults.Count} faults)");
        StringAssert.Contains(exception.Message, $"and {exception.Faults.Count - 5} more.");
        Assert.IsTrue(exception.Message.Length < 1500, exception.Message);
        foreach (var fault in exception.Faults.Take(5))
            StringAssert.Contains(exception.Message, fault);

        var closest = WeightMatcher.Closest(file);
        Assert.AreEqual((ConformerArchitecture.For(variant, 7), true), ((ConformerArchitecture)closest.Architecture, closest.Fits));
    }

    [TestMethod]
    [DataRow(false, false, false, true, "set Variant to ConTNetVariant.Medium and ImageSize to a multiple of 224.")]
    [DataRow(true, true, false, true,
        "For(ConTNetVariant.Medium) with { RelativePositions = true, AverageDown = true } and ImageSize to a multiple of 224.")]
    [DataRow(false, false, true, false, "For(ConTNetVariant.Medium) with { DeepStem = true, QkvBias = false } and ImageSize to")]
    public void AMismatchNamesTheConTNetThatFits(bool isRelative, bool averages, bool isDeep, bool hasBias, string expected)
    {
        if (expected.StartsWith("For", StringComparison.Ordinal))
            expected = "set Architecture to ConTNetArchitecture." + expected;
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Medium, 7) with
        {
            RelativePositions = isRelative,
            AverageDown = averages,
            DeepStem = isDeep,
            QkvBias = hasBias,
        };
        using var file = TorchFile.Open(TorchFile.Constant(architecture.StateDict()));
        string MessageFor(VisionArchitecture other) =>
            Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(other, file)).Message;

        StringAssert.Contains(MessageFor(ConTNetArchitecture.For(ConTNetVariant.Tiny, 3)), $"They fit another network: {expected}");
        StringAssert.Contains(
            MessageFor(ConformerArchitecture.For(ConformerVariant.Tiny, 3)), $"They are a ConTNet's: take its trainer, and {expected}");
        StringAssert.Contains(MessageFor(ConTNetArchitecture.For(ConTNetVariant.Medium, 7, 112)), $"another network: {expected}");
        var closest = WeightMatcher.Closest(file);
        Assert.AreEqual((architecture, true), ((ConTNetArchitecture)closest.Architecture, closest.Fits));
    }

    [TestMethod]
    public void NamesOutOfTheFileAreShownShortAndWithoutControlCharacters()
    {
        using var file = Open(Layout().Append(("\u001b[31m\n" + new string('x', 1000), [1])));
        var message = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file)).Message;
        StringAssert.Contains(message, @"\u001B[31m\u000Axxx");
        Assert.IsTrue(message.Length < 500, message);
    }

    [TestMethod]
    public void AFileOfWhichNothingFitsIsAnErrorEvenWhereNotStrict()
    {
        using var file = Open([("layer1.0.conv1.weight", [64, 64, 3, 3])]);
        Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file, strict: false));
    }

    [TestMethod]
    public void IntegerWeightsAreAFault()
    {
        using var file = OpenClassToken("IntStorage", new byte[48]);
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(_architecture, file));
        CollectionAssert.Contains(exception.Faults.ToArray(), "cls_token is int32; expected a floating-point type.");
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void ValuesThatAreNotFiniteAreRefusedByTheTensorsName(float bad)
    {
        var values = new float[12];
        values[7] = bad;
        using var file = OpenClassToken("FloatStorage", TorchFile.Floats(values));
        var plan = WeightMatcher.Match(_architecture, file, strict: false);
        var exception = Assert.ThrowsExactly<CheckpointFormatException>(() => plan.Read("cls_token"));
        Assert.AreEqual("cls_token", exception.Tensor);
        StringAssert.Contains(exception.Message, "element 7");
        Assert.ThrowsExactly<CheckpointFormatException>(() => plan.CopyTo("cls_token", values));
    }

    [TestMethod]
    public void AnUnknownNameListsThePublishedOnes()
    {
        var exception = Assert.ThrowsExactly<FileNotFoundException>(() => PretrainedWeights.Open("conformer-huge", _architecture));
        string[] names = ["conformer-huge", "conformer-tiny-p16", "conformer-small-p16", "conformer-small-p32", "conformer-base-p16"];
        foreach (var name in names)
            StringAssert.Contains(exception.Message, name);
    }

    [TestMethod]
    public void PretrainedWeightsAreOpenedFromAPath()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("w.bin"), TorchFile.StateDict([.. Layout()], legacy: true));
        using var weights = PretrainedWeights.Open(folder.File("w.bin"), _architecture);
        Assert.AreEqual(5 * 12, weights.Plan.Read("trans_cls_head.weight").Length);
    }

    private static IEnumerable<(string Name, long[] Shape)> Layout(ConformerArchitecture? architecture = null) =>
        (architecture ?? _architecture).StateDict().Select(tensor => (tensor.Name, tensor.Shape.ToArray()));

    private static CheckpointFile Open(IEnumerable<(string Name, long[] Shape)> tensors) =>
        TorchFile.Open(TorchFile.StateDict([.. tensors]));

    private static CheckpointFile OpenClassToken(string storageType, byte[] storage) => TorchFile.Open(TorchFile.Zip(
        new PickleWriter().Code("}").Text("cls_token").Tensor(storageType, "0", 12, 0, [1, 1, 12], [12, 12, 1]).Code("s").Stop(),
        ("0", storage)));
}
