using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>
/// Throughput of one transformer that many callers share, against one caller's: each with a PredictionEngine of its own, and each with
/// batches through Transform. Both score the same number of images in turn (A B A B), and each score must be the one that a caller alone
/// gets.
/// </summary>
internal static class ConcurrentCallers
{
    private const int DefaultCallers = 64, ImageSize = 224, PhotoCount = 4, Passes = 64, Rounds = 3;
    private const int Success = 0, WrongScores = 1, BadArguments = 2;

    private static readonly List<Photo> _photos = Photo.Set(PhotoCount, width: ImageSize, height: ImageSize);

    /// <summary>Without arguments, 64 callers.</summary>
    public static int Run(string[] args)
    {
        var callers = DefaultCallers;
        if (args.Length > 1 || (args.Length == 1 && (!int.TryParse(args[0], CultureInfo.InvariantCulture, out callers) || callers < 1)))
        {
            Console.Error.WriteLine("usage: callers [COUNT]");
            return BadArguments;
        }
        using var model = UntrainedModel.TransformerOf(ConformerVariant.Tiny, ImageSize);
        var passes = Math.Max(Passes, callers);
        return Measure("PredictionEngine", callers, passes, () => WithEngine(model))
            && Measure("Transform", callers, passes, () => new Scoring(() => Scores(model), null))
            ? Success
            : WrongScores;
    }

    private static bool Measure(string way, int callers, int passes, Func<Scoring> create)
    {
        List<float[]> expected;
        using (var alone = create())
            expected = alone.ScorePhotos(); // warms up, too
        var (one, many) = (new List<Rate>(), new List<Rate>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (count, rates) in ((int, List<Rate>)[])[(1, one), (callers, many)])
            {
                var (rate, wrong) = ImagesPerSecond(count, passes, create, expected);
                rates.Add(rate);
                if (wrong > 0)
                {
                    Console.Error.WriteLine($"{way}: of {passes} passes by {count} callers, {wrong} gave other scores than one alone");
                    return false;
                }
            }
        }
        Report(way, "images/s", callers, one.ConvertAll(rate => rate.PerSecond), many.ConvertAll(rate => rate.PerSecond));
        // On a machine that others use too, more threads get more of its time: this says what they made of it.
        Report(way, "images/CPU s", callers, one.ConvertAll(rate => rate.PerCpuSecond), many.ConvertAll(rate => rate.PerCpuSecond));
        return true;
    }

    private static void Report(string way, string unit, int callers, IReadOnlyCollection<double> one, IReadOnlyCollection<double> many) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{way,-16} {unit,-12} 1 caller {Text(one)}; {callers} callers {Text(many)}; ratio of the medians " +
            $"{Statistics.Median(many) / Statistics.Median(one):0.00}; peak resident memory {PeakBytes() / 1e6:0} MB"));

    private static (Rate Rate, int Wrong) ImagesPerSecond(int callers, int passes, Func<Scoring> create, List<float[]> expected)
    {
        var scorings = Enumerable.Range(0, callers).Select(_ => create()).ToList();
        var (left, right) = (passes, 0);
        using var start = new ManualResetEventSlim();
        var threads = scorings.ConvertAll(scoring => new Thread(() =>
        {
            start.Wait();
            while (Interlocked.Decrement(ref left) >= 0)
            {
                if (scoring.ScorePhotos().Zip(expected).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)))
                    Interlocked.Increment(ref right);
            }
        }));
        threads.ForEach(thread => thread.Start());
        var (watch, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        start.Set();
        threads.ForEach(thread => thread.Join());
        var (seconds, cpuSeconds) = (watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        scorings.ForEach(scoring => scoring.Dispose());
        return (new Rate(passes * PhotoCount / seconds, passes * PhotoCount / cpuSeconds), passes - right);
    }

    private static Scoring WithEngine(ImageClassifierTransformer model)
    {
        var engine = new MLContext(seed: 1).Model.CreatePredictionEngine<Photo, Prediction>(
            model, new PredictionEngineOptions { OwnsTransformer = false });
        return new Scoring(() => _photos.ConvertAll(photo => engine.Predict(photo).Score), engine);
    }

    private static List<float[]> Scores(ImageClassifierTransformer model) =>
        [.. model.Transform(new MLContext(seed: 1).Data.LoadFromEnumerable(_photos)).GetColumn<float[]>("Score")];

    private static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string Text(IEnumerable<double> rates) =>
        string.Join(", ", rates.Select(rate => rate.ToString("0.0", CultureInfo.InvariantCulture)));

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }

    private sealed record Rate(double PerSecond, double PerCpuSecond);

    /// <summary>One caller's way to score all photos.</summary>
    private sealed record Scoring(Func<List<float[]>> ScorePhotos, IDisposable? Owned) : IDisposable
    {
        public void Dispose() => Owned?.Dispose();
    }
}
