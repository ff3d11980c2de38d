using Microsoft.ML.Conformer.Torch;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Torch;

[TestClass]
public sealed class PrecisionChoiceTests
{
    [TestMethod]
    [DataRow(TrainingPrecision.Float32, true, true, TrainingPrecision.Float32, "32-bit floats (as the options say)")]
    [DataRow(TrainingPrecision.Float32, false, false, TrainingPrecision.Float32, "32-bit floats (as the options say)")]
    [DataRow(TrainingPrecision.BFloat16, true, true, TrainingPrecision.BFloat16, "bfloat16 (as the options say)")]
    [DataRow(TrainingPrecision.BFloat16, true, false, TrainingPrecision.BFloat16, "bfloat16 (as the options say)")]
    [DataRow(TrainingPrecision.Auto, true, true, TrainingPrecision.BFloat16, "bfloat16 (auto: the processor computes with it natively)")]
    [DataRow(TrainingPrecision.Auto, true, false, TrainingPrecision.Float32,
        "32-bit floats (auto: the processor does not compute with bfloat16 natively)")]
    [DataRow(TrainingPrecision.Auto, false, true, TrainingPrecision.Float32,
        "32-bit floats (auto: libtorch's autocast cannot be reached in this build of libtorch)")]
    [DataRow(TrainingPrecision.Auto, false, false, TrainingPrecision.Float32,
        "32-bit floats (auto: libtorch's autocast cannot be reached in this build of libtorch)")]
    public void FollowsFromWhatIsAskedAndFromWhatTheMachineHas(
        TrainingPrecision asked, bool haveAutocast, bool isNative, TrainingPrecision expected, string words)
    {
        var choice = PrecisionChoice.Of(asked, haveAutocast, isWide: true, () => isNative);

        Assert.AreEqual(expected, choice.Precision);
        Assert.AreEqual(words, choice.ToString());
    }

    [TestMethod]
    public void BFloat16WithoutAutocastIsAnErrorWithTheRemedy()
    {
        var error = Assert.ThrowsExactly<PlatformNotSupportedException>(
            () => PrecisionChoice.Of(TrainingPrecision.BFloat16, haveAutocast: false, isWide: true, () => true));

        StringAssert.Contains(error.Message, "Precision is BFloat16, but libtorch's autocast cannot be reached");
        StringAssert.Contains(error.Message, "Set it to Float32 or Auto.");
    }

    [TestMethod]
    public void OnThisMachineAutoIsOneOfTheTwo() => CollectionAssert.Contains(
        new[] { TrainingPrecision.Float32, TrainingPrecision.BFloat16 },
        PrecisionChoice.Of(TrainingPrecision.Auto, torch.CPU, ConformerArchitecture.For(ConformerVariant.Tiny)).Precision);

    [TestMethod]
    public void OnlyConvolutionsCountAsWideOrNot()
    {
        Assert.IsTrue(PrecisionChoice.IsWide(ConformerArchitecture.For(ConformerVariant.Tiny)));
        Assert.IsTrue(PrecisionChoice.IsWide(ConTNetArchitecture.For(ConTNetVariant.Tiny)), "learned positions have 4 dimensions too");
        Assert.IsFalse(
            PrecisionChoice.IsWide(ConTNetArchitecture.For(ConTNetVariant.Tiny) with { DeepStem = true }), "its stem has 24 channels");
    }

    [TestMethod]
    public void ANetworkOfFewChannelsIsTrainedInFloat32ByItselfAndInBFloat16OnRequest()
    {
        var narrow = ConformerArchitecture.For(ConformerVariant.Tiny) with { ChannelRatio = 0.25 };

        Assert.AreEqual(TrainingPrecision.Float32, PrecisionChoice.Of(TrainingPrecision.Auto, torch.CPU, narrow).Precision);
        Assert.AreEqual(
            TrainingPrecision.BFloat16,
            PrecisionChoice.Of(TrainingPrecision.BFloat16, haveAutocast: true, isWide: false, () => true).Precision);
    }
}
