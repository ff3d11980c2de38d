using System.CommandLine;
using Microsoft.ML.Conformer.Weights;

namespace Conformer.Cli.Exporting;

/// <summary>`conformer info MODEL`: what a model or a weight file is.</summary>
internal static class InfoCommand
{
    private static readonly Option<bool> _classes = new("--classes") { Description = "List all classes." };

    private static readonly Option<bool> _json = new("--json") { Description = "Print all as JSON." };

    public static Command Create()
    {
        var command = new Command("info", "Says what a model or a weight file is: network, classes, images, inputs and outputs.");
        var model = ModelFiles.AddArgument(command);
        command.Options.Add(_classes);
        command.Options.Add(_json);
        command.SetAction((parsed, cancellation) => Work.RunAsync(
            () =>
            {
                Tell(parsed.GetRequiredValue(model), parsed, cancellation);
                return (IDisposable?)null;
            },
            _ => 0));
        return command;
    }

    private static void Tell(string path, ParseResult parsed, CancellationToken cancellation)
    {
        if (PlainFile.OtherKind(path) is null && (!File.Exists(path) || CheckpointFile.IsOne(path)))
        {
            var weights = Work.Open(ModelFiles.ArgumentName, () => WeightFacts.Of(path, cancellation));
            if (parsed.GetValue(_json))
                Facts.PrintJson(weights);
            else
                Facts.Print(weights.Lines());
            return;
        }
        var model = new ModelFacts(Path.GetFullPath(path), ModelFiles.Open(new MLContext(), path, cancellation));
        if (parsed.GetValue(_json))
            Facts.PrintJson(model);
        else
            Facts.Print(model.Lines(parsed.GetValue(_classes)));
    }
}
