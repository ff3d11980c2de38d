using Microsoft.ML.Conformer.Torch;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Torch;

[TestClass]
public sealed class TorchDeviceTests
{
    [TestMethod]
    public void CudaWithoutAGpuIsAnErrorRatherThanTheCpu()
    {
        if (torch.cuda.is_available())
            Assert.Inconclusive("This machine has a usable CUDA GPU.");

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TorchDevice.Resolve(TrainingDevice.Cuda));

        StringAssert.Contains(error.Message, "Device is Cuda");
    }

    [TestMethod]
    public void AutoIsTheGpuExactlyWhereThereIsOne()
    {
        Assert.AreEqual(torch.cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU, TorchDevice.Resolve(TrainingDevice.Auto).type);
        Assert.AreEqual(DeviceType.CPU, TorchDevice.Resolve(TrainingDevice.Cpu).type);
    }
}
