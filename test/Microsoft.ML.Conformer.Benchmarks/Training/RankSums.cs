using System.Diagnostics;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// How long ranks that mpirun starts take to add the gradients of a published network, on their GPUs where they have some, and whether the
/// sum is right. Prints a line for each network.
/// </summary>
internal static class RankSums
{
    private const int Times = 11;

    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(2);

    public static int Run(string[] arguments)
    {
        using var ranks = RankGroup.Join(DistributedTraining.Auto, _timeout, CancellationToken.None);
        try
        {
            var device = TorchDevice.Resolve(
                arguments is ["cpu"] ? TrainingDevice.Cpu : TrainingDevice.Auto, new GpuPreference(null, false), ranks.Machine.Rank);
            ranks.TrainOn(device, message => Console.WriteLine($"rank {ranks.All.Rank}: {message}"));
            var all = ranks.All;
            foreach (var (name, parameters) in ((string, long)[])[("Tiny", 23_524_704), ("Small", 37_673_424), ("Base", 83_289_136)])
            {
                using var values = zeros(parameters, device: device);
                using var sent = full(1000, all.Rank + 7L, dtype: int64, device: device);
                var taken = Enumerable.Range(0, Times).Select(_ => Sum(all, values)).Order().ToArray();
                all.Broadcast(sent, "a number");
                if (sent.min().ToInt64() != 7 || sent.max().ToInt64() != 7)
                    throw new InvalidOperationException($"Rank {all.Rank} got other numbers than rank 0 sent.");
                if (all.Rank == 0)
                    Console.WriteLine(FormattableString.Invariant(
                        $"{name}: {parameters * sizeof(float) / 1e6:0} MB on {all.Size} ranks, {device}, {all.GetType().Name}: ") +
                        FormattableString.Invariant($"{taken[Times / 2]:0.00} ms ({taken[0]:0.00}-{taken[^1]:0.00})"));
            }
            return 0;
        }
        catch (Exception exception)
        {
            ranks.Fail(exception);
            throw;
        }
    }

    private static double Sum(ICollective all, Tensor values)
    {
        values.fill_(all.Rank + 1);
        _ = values.max().ToSingle(); // the device is done
        all.GatherOne(0, "the start");
        var start = Stopwatch.GetTimestamp();
        all.Sum(values, "gradients");
        var taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        var expected = all.Size * (all.Size + 1) / 2f;
        if (values.min().ToSingle() != expected || values.max().ToSingle() != expected)
            throw new InvalidOperationException($"Rank {all.Rank} has a sum other than {expected}.");
        return taken;
    }
}
