using System.CommandLine;
using Microsoft.ML.Conformer.Models;

namespace Conformer.Cli.Exporting;

/// <summary>`conformer export MODEL`: a trained model as an ONNX file, or as a page that classifies photos.</summary>
internal static class ExportCommand
{
    /// <summary>The file that is written where none is named.</summary>
    public const string DefaultOutput = "conformer-export.onnx";

    private static readonly Argument<string> _model = ModelArguments.NewArgument();

    private static readonly Option<string?> _output = new("--output")
    {
        Description = $"The ONNX file. [default: {DefaultOutput}]",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _page = new("--page")
    {
        Description = "Folder for a web page that classifies photos in the browser, with the model beside it, in the place of a file.",
        HelpName = "FOLDER",
    };

    private static readonly Option<double?> _threshold = new Option<double?>("--threshold")
    {
        Description = "Of a page: where the best class's probability is lower, 0 to 1, it says \"None of these\".",
    }.Between(0, 1);

    private static readonly Option<bool> _json = new("--json") { Description = "Print what was written as JSON." };

    public static Command Create()
    {
        var command = new Command("export", "Writes a trained model as an ONNX file, or as a web page that classifies photos.") { _model };
        foreach (var option in (Option[])[_output, _page, _threshold])
            command.Options.Add(option);
        var arguments = new ExportArguments(command);
        command.Options.Add(_json);
        command.SetAction((parsed, cancellation) =>
        {
            var mlContext = new MLContext();
            return Work.RunAsync(() => Prepare(mlContext, arguments, parsed, cancellation), run => run.Run());
        });
        return command;
    }

    private static ExportRun Prepare(
        MLContext mlContext, ExportArguments arguments, ParseResult parsed, CancellationToken cancellation)
    {
        var (output, page) = (parsed.GetValue(_output), parsed.GetValue(_page));
        if (page is null)
        {
            if (parsed.GetValue(_threshold) is not null)
                throw new ArgumentException("--threshold is for a page; name its folder with --page.");
        }
        else if (output is not null)
            throw new ArgumentException("--output and --page exclude each other: a page has its model in its folder.");
        else
            arguments.ThrowIfNotForPages(parsed);
        var file = page is null
            ? PrepareFile(output ?? DefaultOutput, _output.Name, parsed.GetRequiredValue(_model))
            : PrepareFile(Path.Combine(page, ModelPage.ModelName), _page.Name, parsed.GetRequiredValue(_model));
        var model = ModelArguments.OpenUnscored(mlContext, _model, parsed, cancellation);
        return new ExportRun
        {
            Model = model,
            Options = arguments.Options(mlContext, parsed, model, page is not null, cancellation),
            Reading = arguments.Reading(parsed),
            File = file,
            Page = page is null ? null : new ModelPage(Path.GetDirectoryName(file)!, parsed.GetValue(_threshold)),
            PrintsJson = parsed.GetValue(_json),
        };
    }

    /// <summary>The full path of a file to write, whose folder is made and tested.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that named it.</param>
    /// <param name="model">The model that is read, which is not to be written over.</param>
    public static string PrepareFile(string path, string option, string model)
    {
        var file = Path.GetFullPath(path);
        if (File.Exists(model) && file == Path.GetFullPath(model))
            throw new ArgumentException($"{option}: '{VisibleText.OfPath(path)}' is MODEL itself, which would be lost; name another file.");
        ResultFiles.Prepare(Path.GetDirectoryName(file) ?? file, option);
        return !Directory.Exists(file) ? file
            : throw new ArgumentException($"{option}: '{VisibleText.OfPath(file)}' is a folder; name a file.");
    }

    private sealed class ExportRun
    {
        public required ScorableModel Model { get; init; }

        public required OnnxExportOptions Options { get; init; }

        public required ScoringOptions Reading { get; init; }

        public required string File { get; init; }

        public required ModelPage? Page { get; init; }

        public required bool PrintsJson { get; init; }

        public int Run()
        {
            if (Options.Precision == OnnxPrecision.Float16)
                Console.Error.WriteLine("warning: float16 is for GPUs; on a CPU such a file takes more time than one of float32.");
            Model.SaveOnnx(File, Options, Reading);
            Page?.Write(Model);
            var written = OnnxFacts.OfFile(File);
            if (Page is not null && !PrintsJson)
                Facts.Print([("page", VisibleText.OfPath(Page.Index))]);
            written.Print(PrintsJson);
            // What is printed as JSON is for programs, which know how they serve a folder.
            if (Page is not null && !PrintsJson)
                Page.TellHowToServe();
            return 0;
        }
    }
}
