using System.CommandLine;

namespace Conformer.Cli.Detecting;

/// <summary>`conformer detect export MODEL`: a trained detector as an ONNX file.</summary>
internal static class DetectExportCommand
{
    private static readonly Argument<string> _model = DetectorArguments.NewArgument();

    private static readonly Option<string> _output = new("--output")
    {
        Description = "The ONNX file.",
        HelpName = "FILE",
        DefaultValueFactory = _ => ExportCommand.DefaultOutput,
    };

    private static readonly Option<bool> _json = new("--json") { Description = "Print what was written as JSON." };

    public static Command Create()
    {
        var command = new Command("export", "Writes a trained detector as an ONNX file, which finds the objects by itself.")
        {
            _model, _output, _json,
        };
        command.SetAction((parsed, _) =>
        {
            var file = "";
            return Work.RunAsync(
                () =>
                {
                    file = ExportCommand.PrepareFile(
                        parsed.GetRequiredValue(_output), _output.Name, parsed.GetRequiredValue(_model));
                    return DetectorArguments.Open(new MLContext(), parsed, _model);
                },
                detector => Write(detector, file, parsed.GetValue(_json)));
        });
        return command;
    }

    private static int Write(ObjectDetectorTransformer detector, string file, bool printsJson)
    {
        detector.SaveAsOnnx(file);
        OnnxFacts.OfFile(file).Print(printsJson);
        return 0;
    }
}
