using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Torch;

[TestClass]
public sealed class TorchDeviceTests
{
    private static readonly GpuPreference _none = new(null, FallbackToCpu: false);

    [TestMethod]
    public void CudaWithoutAGpuIsAnErrorRatherThanTheCpu()
    {
        if (torch.cuda.is_available())
            Assert.Inconclusive("This machine has a usable CUDA GPU.");

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TorchDevice.Resolve(TrainingDevice.Cuda, _none));

        StringAssert.Contains(error.Message, "Device is Cuda");
    }

    [TestMethod]
    public void AutoIsTheGpuExactlyWhereThereIsOne()
    {
        Assert.AreEqual(
            torch.cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU, TorchDevice.Resolve(TrainingDevice.Auto, _none).type);
        Assert.AreEqual(DeviceType.CPU, TorchDevice.Resolve(TrainingDevice.Cpu, _none).type);
    }

    [TestMethod]
    [DataRow(TrainingDevice.Auto, null, false, 2, 0)]
    [DataRow(TrainingDevice.Auto, null, false, 0, null)]
    [DataRow(TrainingDevice.Auto, 1, false, 2, 1)]
    [DataRow(TrainingDevice.Auto, 2, true, 2, null)] // there are the GPUs 0 and 1
    [DataRow(TrainingDevice.Cuda, null, true, 1, 0)]
    [DataRow(TrainingDevice.Cuda, 1, false, 2, 1)]
    [DataRow(TrainingDevice.Cpu, 1, false, 2, null)]
    public void TheContextSaysWhichGpuWhereTheOptionsLeaveItOpen(
        TrainingDevice device, int? gpuDeviceId, bool fallbackToCpu, int gpuCount, int? expected) =>
        Assert.AreEqual(expected, TorchDevice.Choose(device, new GpuPreference(gpuDeviceId, fallbackToCpu), 0, gpuCount));

    [TestMethod]
    [DataRow(0, 8, null, 0)]
    [DataRow(3, 8, null, 3)]
    [DataRow(3, 1, null, 0)] // Slurm or CUDA_VISIBLE_DEVICES shows one
    [DataRow(3, 0, null, null)]
    [DataRow(3, 8, 5, 5)]
    public void RanksOfAMachineTakeItsGpusInTurnWhereTheContextNamesNone(int localRank, int gpuCount, int? gpuDeviceId, int? expected) =>
        Assert.AreEqual(
            expected, TorchDevice.Choose(TrainingDevice.Auto, new GpuPreference(gpuDeviceId, FallbackToCpu: true), localRank, gpuCount));

    [TestMethod]
    [DataRow(TrainingDevice.Auto, 2, false, "MLContext.GpuDeviceId is set and FallbackToCpu is false")]
    [DataRow(TrainingDevice.Cuda, null, true, "Device is Cuda")]
    [DataRow(TrainingDevice.Cuda, 2, true, "Device is Cuda")]
    public void AGpuThatIsInsistedOnAndCannotBeUsedIsAnError(
        TrainingDevice device, int? gpuDeviceId, bool fallbackToCpu, string expected)
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TorchDevice.Choose(device, new GpuPreference(gpuDeviceId, fallbackToCpu), localRank: 0, gpuCount: 0));

        StringAssert.Contains(error.Message, expected);
        StringAssert.Contains(error.Message, $"CUDA GPU {gpuDeviceId ?? 0}");
    }

    [TestMethod]
    public void TheLogSaysWhatWasChosenAndWhy()
    {
        Assert.AreEqual(
            "Training on cpu (auto: libtorch sees no usable GPU).", TorchDevice.Announce(TrainingDevice.Auto, _none, torch.CPU));
        Assert.AreEqual(
            "Training on cpu (auto: MLContext.GpuDeviceId is 3, libtorch sees no usable GPU).",
            TorchDevice.Announce(TrainingDevice.Auto, new GpuPreference(3, FallbackToCpu: true), torch.CPU));
        Assert.AreEqual("Training on cpu.", TorchDevice.Announce(TrainingDevice.Cpu, _none, torch.CPU));
    }
}
