using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

[TestClass]
public sealed class RankDevicesTests
{
    private static readonly Guid _first = Guid.NewGuid(), _second = Guid.NewGuid();

    [TestMethod]
    public void RanksThatShareAGpuAreNamedWithIt()
    {
        var error = Fault([_first, _second, _first], rank => $"GPU 0 of machine n{rank % 2}");

        StringAssert.StartsWith(error, "Ranks 0 and 2 compute on the same one, GPU 0 of machine n0. Each rank needs a GPU of its own");
    }

    [TestMethod]
    public void ARankWithoutAGpuAmongOthersIsNamed()
    {
        var error = Fault([_first, Guid.Empty], rank => rank == 0 ? "GPU 0 of machine n0" : "the CPU of machine n1");

        StringAssert.StartsWith(error, "Rank 1 computes on the CPU of machine n1, but rank 0 on GPU 0 of machine n0.");
    }

    [TestMethod]
    public void AGpuForEachAndTheCpuForAllAreFine()
    {
        Check([_first, _second], _ => "GPU 0 of machine n"); // as containers may all be called, and count their GPUs
        Check([Guid.Empty, Guid.Empty], _ => "the CPU of machine n");
        ThreadGroup.Results(2, all =>
        {
            RankDevices.Check(all, torch.CPU);
            return 0;
        });
    }

    private static string Fault(Guid[] gpus, Func<int, string> name) =>
        Assert.ThrowsExactly<InvalidOperationException>(() => Check(gpus, name)).Message;

    private static void Check(Guid[] gpus, Func<int, string> name) => ThreadGroup.Results(gpus.Length, all =>
    {
        RankDevices.Check(all, gpus[all.Rank], name(all.Rank));
        return 0;
    });
}
