using System.Diagnostics;
using System.Text;
using Microsoft.ML.Conformer.Tests.Data.Checking;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>The program `conformer` (src/Microsoft.ML.Conformer.Cli) as a process of its own, a small model and photos for it.</summary>
internal sealed class ConformerProgram : IDisposable
{
    /// <summary>What people call classes: Chinese, emoji, a control character, and what terminals show in two columns.</summary>
    public static readonly string[] Classes = ["郁金香の花と葉をとても長い名前で", "🌻🌻 sunflower", "a\u202Ebc"];

    private static readonly MLContext _context = new(seed: 1);

    private readonly PhotoFolder _folder = new();

    public ConformerProgram()
    {
        Model = _folder.File("model.onnx");
        using var model = ExplainedModel.Create(_context, ExplainedModel.Conformer, Classes);
        model.SaveAsOnnx(Model);
        foreach (var (index, name) in Classes.Index())
            for (var number = 0; number < 4; number++)
                WritePhoto($"photos/val/{name}/{number}.png", 4 * index + number);
        foreach (var name in Classes)
            WritePhoto($"photos/train/{name}/1.png", name.Length + 100);
    }

    public string Model { get; }

    public string Photos => _folder.File("photos");

    public string File(string name) => _folder.File(name);

    public string Write(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));

    public string WritePhoto(string name, int seed) => _folder.Write(name, PhotoFolder.Png(PhotoFolder.Photo(seed)));

    /// <summary>The smallest model of other classes.</summary>
    public string WriteModel(string name, OnnxExportOptions options, string[]? classes = null)
    {
        classes ??= Classes;
        using var model = ExplainedModel.Create(_context, ExplainedModel.Conformer with { NumClasses = classes.Length }, classes);
        model.SaveAsOnnx(_folder.File(name), options);
        return _folder.File(name);
    }

    /// <summary>Writes a model that knows colors, and photos of them, one of which lies among those of another class.</summary>
    public string WriteColors(string photos)
    {
        ColorModel.Save(_folder.File("colors.onnx"));
        ColorModel.WritePhotos(_folder, photos);
        ColorModel.WriteOdd(_folder, photos, "green", "blue");
        return _folder.File("colors.onnx");
    }

    /// <summary>Starts it in the folder of its files, with pipes in the place of a terminal.</summary>
    public ProcessStartInfo Start(params IEnumerable<string> arguments)
    {
        var start = ChildProcess.DotNet(["exec", BuiltApp.Find("ConformerProgram"), .. arguments]);
        (start.WorkingDirectory, start.StandardOutputEncoding, start.StandardErrorEncoding) =
            (_folder.Path, new UTF8Encoding(false), new UTF8Encoding(false));
        start.Environment["CONFORMER_OFFLINE"] = "1";
        return start;
    }

    public (int ExitCode, string[] Output, string[] Errors) Run(params IEnumerable<string> arguments)
    {
        var (code, output, errors) = ChildProcess.Run(Start(arguments));
        return (code, Lines(output), Lines(errors));
    }

    /// <summary>Starts it as one rank for each list of arguments.</summary>
    public ProcessStartInfo StartRanks(params string[][] ranks)
    {
        var start = Mpirun.Start(Mpirun.Each(
            ranks.Select(arguments => Start(arguments)).Select(one => (string[])[one.FileName, .. one.ArgumentList])));
        (start.WorkingDirectory, start.Environment["CONFORMER_OFFLINE"]) = (_folder.Path, "1");
        start.Environment["TERM"] = "xterm"; // as a user's
        return start;
    }

    /// <summary>The names of the files that a run left in a folder.</summary>
    public string[] Left(string folder) =>
        [.. new DirectoryInfo(_folder.File(folder)).GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
