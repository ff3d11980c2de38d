using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Support;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Time from a process's start to its first prediction, by a Conformer-Ti of 224 pixels out of a model.zip.</summary>
internal static class StartupTime
{
    private const int ImageSize = 224, PhotoWidth = 320, PhotoHeight = 240, Processes = 10;
    private const string Total = "start to prediction";
    private const int Success = 0, BadArguments = 2;

    /// <summary>Without arguments, measures fresh processes; with a model and a photo, predicts once in this one.</summary>
    public static int Run(string[] args) => args switch
    {
        [] => MeasureAll(),
        [var model, var photo] => Predict(model, photo),
        _ => Usage(),
    };

    private static int MeasureAll()
    {
        using var folder = new TemporaryFolder();
        var (model, photo) = (folder.File("model.zip"), folder.File("photo.png"));
        WriteModel(model);
        using (var image = Photo.Set(1, width: PhotoWidth, height: PhotoHeight)[0].Image!)
            image.Save(photo);

        var runs = new List<Dictionary<string, double>>();
        for (var run = 0; run <= Processes; run++)
        {
            var stages = Measure(model, photo);
            if (run > 0) // the first one reads the files into the system's cache
                runs.Add(stages);
        }
        foreach (var stage in runs[0].Keys)
        {
            var times = runs.Select(stages => stages[stage]).Order().ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{stage,-24} median {(times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2,6:0} ms ({times[0]:0}-{times[^1]:0})"));
        }
        return Success;
    }

    /// <summary>Milliseconds that each stage took in a fresh process, by its name.</summary>
    private static Dictionary<string, double> Measure(string model, string photo)
    {
        var started = Stopwatch.GetTimestamp();
        string[] arguments = [typeof(StartupTime).Assembly.Location, "startup", model, photo];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var stages = new Dictionary<string, double>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            stages.TryAdd(Total, Stopwatch.GetElapsedTime(started).TotalMilliseconds); // it writes once it has predicted
            var fields = line.Split('\t');
            stages[fields[0]] = double.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        process.WaitForExit();
        return stages.ContainsKey(Total)
            ? stages
            : throw new InvalidOperationException($"The measured process ended with {process.ExitCode} and without a prediction.");
    }

    private static int Predict(string model, string photo)
    {
        var last = Stopwatch.GetTimestamp();
        var lines = new List<string>();
        void Done(string stage)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{stage}\t{Stopwatch.GetElapsedTime(last).TotalMilliseconds}"));
            last = Stopwatch.GetTimestamp();
        }

        var context = new MLContext();
        using var image = MLImage.CreateFromFile(photo);
        Done("MLContext, photo");
        using var classifier = context.Model.LoadImageClassifier(model);
        Done("LoadImageClassifier");
        using var engine = context.Model.CreatePredictionEngine<Row, Scored>(
            classifier, new PredictionEngineOptions { OwnsTransformer = false });
        Done("PredictionEngine");
        var scored = engine.Predict(new Row { Image = image });
        Done("first prediction");
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"CPU time\t{Environment.CpuUsage.TotalTime.TotalMilliseconds}"));
        Console.WriteLine(string.Join(Environment.NewLine, lines));
        return scored.Score.Length == classifier.ClassNames.Count ? Success : BadArguments;
    }

    private static void WriteModel(string path)
    {
        using var model = UntrainedModel.TransformerOf(ConformerVariant.Tiny, ImageSize);
        var context = new MLContext(seed: 1);
        context.Model.Save(model, Photo.View(context, []).Schema, path);
    }

    private static int Usage()
    {
        Console.Error.WriteLine("usage: startup [MODEL PHOTO]");
        return BadArguments;
    }

    private sealed class Row
    {
        [ImageType(ImageSize, ImageSize)]
        public MLImage? Image { get; set; }
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
