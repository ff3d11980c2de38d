using System.CommandLine;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Models.Loading;

namespace Conformer.Cli.Exporting;

/// <summary>Models that are looked at and written, but not scored: no session is made of them.</summary>
internal static class ModelFiles
{
    public const string ArgumentName = "MODEL";

    private static readonly ScoringColumns _columns =
        new(nameof(ImageFile.ImagePath), ScoringColumns.DefaultScore, ScoringColumns.DefaultPredictedLabel);

    public static Argument<string> AddArgument(Command command)
    {
        var argument = new Argument<string>(ArgumentName)
        {
            Description = "A trained model: a .zip or .onnx file; or a .pth or .safetensors file or the name of published weights.",
        };
        command.Arguments.Add(argument);
        return argument;
    }

    public static ScorableModel Open(MLContext mlContext, string path, CancellationToken cancellation) => Work.Open(
        ArgumentName, () => ModelFile.Open(
            CallerEnvironment.Of(mlContext.Model), path, _columns, new WeightFileOptions { CancellationToken = cancellation }));
}
