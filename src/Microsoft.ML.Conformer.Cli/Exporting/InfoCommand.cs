using System.CommandLine;
using Microsoft.ML.Conformer.Weights;

namespace Conformer.Cli.Exporting;

/// <summary>`conformer info MODEL`: what a model or a weight file is.</summary>
internal static class InfoCommand
{
    private static readonly Argument<string> _model = ModelArguments.NewArgument();

    private static readonly Option<bool> _classes = new("--classes") { Description = "List all classes." };

    private static readonly Option<bool> _json = new("--json") { Description = "Print all as JSON." };

    public static Command Create()
    {
        var command = new Command("info", "Says what a classifier or a weight file is: network, classes, images, inputs and outputs.")
        {
            _model, _classes, _json,
        };
        command.SetAction((parsed, cancellation) => Work.RunAsync(
            () =>
            {
                Tell(parsed, cancellation);
                return 0;
            },
            code => code));
        return command;
    }

    private static void Tell(ParseResult parsed, CancellationToken cancellation)
    {
        var path = parsed.GetRequiredValue(_model);
        if (PlainFile.OtherKind(path) is null && (!File.Exists(path) || CheckpointFile.IsOne(path)))
        {
            var weights = Work.Open(_model.Name, () => WeightFacts.Of(path, cancellation));
            if (parsed.GetValue(_json))
                Facts.PrintJson(weights);
            else
                Facts.Print(weights.Lines());
            return;
        }
        var model = new ModelFacts(Path.GetFullPath(path), ModelArguments.OpenUnscored(new MLContext(), _model, parsed, cancellation));
        if (parsed.GetValue(_json))
            Facts.PrintJson(model);
        else
            Facts.Print(model.Lines(parsed.GetValue(_classes)));
    }
}
