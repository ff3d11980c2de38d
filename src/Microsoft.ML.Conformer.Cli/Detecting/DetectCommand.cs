using System.CommandLine;

namespace Conformer.Cli.Detecting;

/// <summary>`conformer detect`: all about detectors, which find objects in photos.</summary>
internal static class DetectCommand
{
    public static Command Create() => new(
        "detect", "Trains detectors, which find the objects in photos, says how good they are, lets them find, and exports them.")
    {
        DetectTrainCommand.Create(),
        DetectEvalCommand.Create(),
        DetectPredictCommand.Create(),
        DetectExportCommand.Create(),
    };
}
