using System.CommandLine;

namespace Conformer.Cli.Training;

/// <summary>How images are divided where the data does not say it.</summary>
/// <param name="testFraction">The share that is held out by default.</param>
internal sealed class SplitArguments(double testFraction)
{
    public Option<double> Validation { get; } = new Option<double>("--validation-fraction")
    {
        Description = "Share of the images that validates, where the data does not say which.",
        DefaultValueFactory = _ => new ImageFolderOptions().ValidationFraction,
    }.Between(0.001, 0.999);

    public Option<double> Test { get; } = new Option<double>("--test-fraction")
    {
        Description = "Share of the images that is held out to test, where the data does not say which.",
        DefaultValueFactory = _ => testFraction,
    }.Between(0, 0.999);

    public ImageFolderOptions Read(ParseResult parsed, int seed) => new()
    {
        ValidationFraction = parsed.GetValue(Validation),
        TestFraction = parsed.GetValue(Test),
        Seed = seed,
    };
}
