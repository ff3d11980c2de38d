using System.CommandLine;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Models.Loading;

namespace Conformer.Cli.Exporting;

/// <summary>Models that are looked at and written, but not scored: no session is made of them.</summary>
internal static class ModelFiles
{
    private static readonly ScoringColumns _columns =
        new(nameof(ImageFile.ImagePath), ScoringColumns.DefaultScore, ScoringColumns.DefaultPredictedLabel);

    public static ScorableModel Open(
        MLContext mlContext, Argument<string> argument, ParseResult parsed, CancellationToken cancellation) => Work.Open(
        argument.Name, () => ModelFile.Open(
            CallerEnvironment.Of(mlContext.Model), parsed.GetRequiredValue(argument), _columns,
            new WeightFileOptions { CancellationToken = cancellation }));
}
