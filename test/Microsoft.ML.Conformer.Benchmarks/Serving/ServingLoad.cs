using System.Diagnostics;
using Microsoft.ML.Conformer.Benchmarks.Training;
using Microsoft.ML.Conformer.Tests.Support;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Benchmarks.Serving;

/// <summary>
/// Loads the real server: clients post photos while others break off or stall, its model is replaced, also by what is none, and large
/// photos come at once; then it is stopped under load. Each request that was whole must be answered.
/// </summary>
internal static class ServingLoad
{
    private const int Breaking = 4, Stalling = 16, LargePhotos = 20, LargeWidth = 7712, LargeHeight = 5148, Replacements = 8;

    /// <summary>In MiB.</summary>
    private const long MostMemoryKept = 300;

    private static readonly TimeSpan _mostTimeToStop = TimeSpan.FromSeconds(5), _quiet = TimeSpan.FromSeconds(15);

    /// <summary>Options, each with a value: --model, --data (a folder with photos); --seconds 120, --clients 64.</summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        return RunAsync(
            given.Text("--model"), given.Text("--data"), TimeSpan.FromSeconds(given.Number("--seconds", 120)),
            given.Number("--clients", 64))
            .Result;
    }

    private static async Task<int> RunAsync(string model, string data, TimeSpan time, int clients)
    {
        using var folder = new TemporaryFolder();
        string[] models = [folder.File("first.onnx"), folder.File("second.onnx")];
        var served = folder.File("served.onnx");
        using (var opened = new MLContext().Model.LoadImageClassifier(model))
            foreach (var (index, path) in models.Index())
                opened.SaveAsOnnx(path, new OnnxExportOptions { Temperature = 1 + index });
        File.Copy(models[0], served);
        var photos = Directory.EnumerateFiles(data, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(500)
            .Select(File.ReadAllBytes).ToList();
        using var server = new ServerProcess(served);

        int replaced;
        long start;
        bool lost;
        using (var load = new LoadClients(server.Address, photos))
        {
            await load.BurstAsync(photos[0], 64); // it is warm
            start = server.Resident;
            var begun = Stopwatch.GetTimestamp();
            load.Start(clients, Breaking, Stalling);
            var replacing = ReplaceAsync(served, models, time);
            await Task.Delay(time / 2);
            var large = await load.BurstAsync(LargePhoto(), LargePhotos);
            replaced = await replacing;
            if (time - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } rest)
                await Task.Delay(rest);
            var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            await load.EndAsync();
            Tell(load, seconds);
            Console.WriteLine($"{large} of {LargePhotos} photos of {LargeWidth} x {LargeHeight} at once answered");
            Console.WriteLine(await TakenOverAsync(server.Address) + $" of {replaced} good files of the model");
            lost = !load.Lost.IsEmpty || !load.Wrong.IsEmpty || large < LargePhotos;
        }
        await Task.Delay(_quiet);
        var after = server.Resident;
        Console.WriteLine(
            $"resident memory in MiB: {start} at the start, {server.PeakResident} at most, " +
            $"{after} after {_quiet.TotalSeconds} s of quiet");

        using var last = new LoadClients(server.Address, photos);
        last.Start(clients, Breaking, Stalling);
        await Task.Delay(TimeSpan.FromSeconds(5));
        last.ExpectStop();
        var (stopping, code) = server.Stop();
        await last.EndAsync();
        Console.WriteLine(FormattableString.Invariant(
            $"stopped under load in {stopping.TotalSeconds:0.0} s with exit code {code}: ") +
            $"{last.Latencies.Count} whole requests answered, {last.Lost.Count} lost");
        foreach (var reason in last.Lost.Distinct())
            Console.WriteLine($"  {reason}");
        return lost || !last.Lost.IsEmpty || after - start > MostMemoryKept || stopping > _mostTimeToStop || code != 0 ? 1 : 0;
    }

    private static void Tell(LoadClients load, double seconds)
    {
        var latencies = load.Latencies.Order().ToList();
        Console.WriteLine(FormattableString.Invariant(
            $"{latencies.Count} requests answered in {seconds:0} s, {latencies.Count / seconds:0.0} images/s, ") +
            FormattableString.Invariant($"median {latencies[latencies.Count / 2]:0} ms, 99 % within {latencies[latencies.Count * 99 / 100]:0} ms"));
        Console.WriteLine($"whole requests lost: {load.Lost.Count}");
        foreach (var reason in load.Lost.Distinct().Concat(load.Wrong.Distinct()))
            Console.WriteLine($"  {reason}");
        Console.WriteLine(
            $"beside them {load.Refused} damaged photos refused, {load.BrokenOff} uploads broken off, " +
            $"{load.Stalled} stalled until they were closed");
    }

    /// <summary>Replaces the model now and then: by rename, by writing it anew with a pause, and by what is no model.</summary>
    /// <returns>How many good files were there.</returns>
    private static async Task<int> ReplaceAsync(string served, string[] models, TimeSpan time)
    {
        var good = 0;
        for (var i = 1; i <= Replacements; i++)
        {
            await Task.Delay(time / (Replacements + 2));
            var bytes = await File.ReadAllBytesAsync(models[i % 2]);
            switch (i % 4)
            {
                case 1 or 3:
                    await File.WriteAllBytesAsync(served + ".new", bytes);
                    File.Move(served + ".new", served, overwrite: true);
                    good++;
                    break;
                case 2:
                    await RewriteAsync(served, bytes);
                    good++;
                    break;
                default:
                    await RewriteAsync(served, "no model"u8.ToArray());
                    break;
            }
        }
        return good;
    }

    /// <summary>Writes a file anew in place, as cp does, with a pause in which it is incomplete.</summary>
    private static async Task RewriteAsync(string path, byte[] bytes)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        await file.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
        await file.FlushAsync();
        await Task.Delay(TimeSpan.FromSeconds(6));
        await file.WriteAsync(bytes.AsMemory(bytes.Length / 2));
    }

    /// <summary>How often a new model has taken over, as the server counts.</summary>
    private static async Task<string> TakenOverAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        var lines = (await client.GetStringAsync("/metrics")).Split('\n')
            .Where(line => line.StartsWith("conformer_model_reloads_total", StringComparison.Ordinal)).ToList();
        string Count(string result) => lines.Find(line => line.Contains($"\"{result}\"", StringComparison.Ordinal))?.Split(' ')[^1] ?? "0";
        return $"{Count("refused")} files refused, {Count("taken over")} taken over";
    }

    /// <summary>A photo of 39.7 megapixels.</summary>
    private static byte[] LargePhoto()
    {
        var info = new SKImageInfo(LargeWidth / 8, LargeHeight / 8, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var noise = new byte[info.BytesSize];
        new Random(1).NextBytes(noise);
        using var image = SKImage.FromPixelCopy(info, noise);
        using var small = SKBitmap.FromImage(image);
        using var large = small.Resize(small.Info.WithSize(LargeWidth, LargeHeight), SKFilterQuality.Medium);
        using var file = large.Encode(SKEncodedImageFormat.Jpeg, quality: 85);
        return file.ToArray();
    }
}
