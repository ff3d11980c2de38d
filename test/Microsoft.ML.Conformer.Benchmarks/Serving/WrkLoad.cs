using System.Diagnostics;
using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Support;

namespace Microsoft.ML.Conformer.Benchmarks.Serving;

/// <summary>The server with a Conformer-Ti of random weights under the load of wrk, a program by itself, which prints what it saw.</summary>
internal static class WrkLoad
{
    private const int PhotoWidth = 320, PhotoHeight = 240, NoWrk = 3;

    /// <summary>Options, each with a value: --size 224, --clients 64, --seconds 10.</summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        using var folder = new TemporaryFolder();
        var (model, photo, script) = (folder.File("model.onnx"), folder.File("photo.jpg"), folder.File("post.lua"));
        using (var untrained = UntrainedModel.TransformerOf(ConformerVariant.Tiny, given.Number("--size", 224)))
            untrained.SaveAsOnnx(model);
        using (var image = Photo.Set(1, width: PhotoWidth, height: PhotoHeight)[0].Image!)
            image.Save(photo);
        File.WriteAllText(script, $"""
            local file = io.open("{photo}", "rb")
            wrk.method = "POST"
            wrk.headers["Content-Type"] = "image/jpeg"
            wrk.body = file:read("*a")
            """);
        using var server = new ServerProcess(model);
        string[] load = ["--threads", "1", "--connections", given.Text("--clients", "64"), "--duration", $"{given.Number("--seconds", 10)}s",
            "--timeout", "60s", "--latency", "--script", script, $"{server.Address}predict"];
        try
        {
            using var wrk = Process.Start("wrk", load);
            wrk.WaitForExit();
            Console.WriteLine($"peak resident memory of the server: {server.PeakResident} MiB");
            return wrk.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine("wrk is not installed (Debian: wrk).");
            return NoWrk;
        }
    }
}
