using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// A classifier to compare with or to learn from: a linear one on the features of ML.NET's ResNet-18, which saw ImageNet. Prints how good
/// it is and how long it took.
/// </summary>
internal sealed class ResNetTeacher : IDisposable
{
    private const int Side = 224;

    private readonly TransformerChain<ITransformer> _chain;

    /// <summary>Options, each with a value: --data.</summary>
    public static int Run(string[] arguments)
    {
        var context = new MLContext(0);
        new ResNetTeacher(context, new Photos(context, new Arguments(arguments).Text("--data"))).Dispose();
        return 0;
    }

    public ResNetTeacher(MLContext context, Photos photos)
    {
        var start = Stopwatch.GetTimestamp();
        var pipeline = context.Transforms.ResizeImages("Resized", Side, Side, "Image")
            .Append(context.Transforms.ExtractPixels("Pixels", "Resized"))
            .Append(context.Transforms.DnnFeaturizeImage(
                "Features", model => model.ModelSelector.ResNet18(context, model.OutputColumn, model.InputColumn), "Pixels"))
            .AppendCacheCheckpoint(context)
            .Append(context.MulticlassClassification.Trainers.LbfgsMaximumEntropy());
        var chain = pipeline.Fit(photos.Training);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var metrics = context.MulticlassClassification.Evaluate(chain.Transform(photos.Validation));
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            teacher_accuracy = Math.Round(100 * metrics.MicroAccuracy, 1),
            seconds = Math.Round(seconds),
        }));
        _chain = new TransformerChain<ITransformer>([.. chain]);
    }

    public ITransformer Model => _chain;

    public void Dispose() => _chain.Dispose();
}
