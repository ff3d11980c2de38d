using System.Diagnostics;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;

namespace Training;

/// <summary>What ranks do together, and what becomes of them where one does something else: `Training.App collective FAULT`.</summary>
internal static class CollectiveScenario
{
    public static void Run(string fault)
    {
        using var ranks = RankGroup.Join(DistributedTraining.Auto, TimeSpan.FromSeconds(fault == "hang" ? 6 : 60), CancellationToken.None);
        var all = ranks.All;
        try
        {
            for (var step = 0; step < 3; step++)
                Work(all, step);
            if (all.Rank == all.Size - 1)
                Break(fault);
            Work(all, 3);
            Console.WriteLine($"rank {all.Rank} of {all.Size}, {ranks.Machine.Size} on this machine: done");
        }
        catch (Exception exception)
        {
            Console.WriteLine($"rank {all.Rank}: {exception.GetType().Name}: {exception.Message}");
            ranks.Fail(exception);
            throw;
        }
    }

    private static void Break(string fault)
    {
        switch (fault)
        {
            case "throw":
                throw new InvalidDataException("the photo is broken");
            case "leave":
                Environment.Exit(0);
                break;
            case "kill":
                Process.GetCurrentProcess().Kill();
                break;
            case "hang":
                Thread.Sleep(Timeout.Infinite);
                break;
            case "null":
                try
                {
                    _ = ((string)null!).Length;
                }
                catch (NullReferenceException)
                {
                    Console.WriteLine("caught");
                }
                break;
        }
    }

    private static void Work(ICollective all, int step)
    {
        // More than two pieces.
        using var values = torch.full(15_000_000, (float)(all.Rank + 1 + step));
        all.Sum(values, "the sum");
        var expected = (all.Size * (all.Size + 1) / 2) + (all.Size * step);
        Check(values.eq(expected).all().ToBoolean(), $"a sum is not {expected}");
        using var sent = torch.full(100, all.Rank == 0 ? 42L : 7L);
        all.Broadcast(sent, "the broadcast");
        Check(sent.eq(42).all().ToBoolean(), "a broadcast did not come");
        var numbers = all.GatherOne((all.Rank, 1.5 * step), "the numbers");
        Check(numbers.SequenceEqual(Enumerable.Range(0, all.Size).Select(rank => (rank, 1.5 * step))), "numbers differ");
        var bytes = all.Gather(Enumerable.Repeat((byte)all.Rank, all.Rank * 3).ToArray(), "the bytes");
        Check(bytes.Select((part, rank) => part.Length == rank * 3 && part.All(value => value == rank)).All(right => right), "bytes differ");
    }

    private static void Check(bool condition, string otherwise)
    {
        if (!condition)
            throw new InvalidOperationException(otherwise);
    }
}
