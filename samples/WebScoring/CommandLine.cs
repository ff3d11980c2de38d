using System.CommandLine;
using System.Net;
using FineTune;

namespace WebScoring;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class CommandLine
{
    private const int DefaultBatchSize = 16;

    private static readonly Limits _defaults = new();

    private static readonly Option<string> _model = new("--model")
    {
        Description = "The model to serve: a zip that mlContext.Model.Save wrote, or an ONNX file.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Path.Combine("artifacts", "finetune", "model.zip"),
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<string>() is { } file && !File.Exists(file))
                    result.AddError($"--model: there is no file {file}. build/run.sh trains a model and leaves it in artifacts/finetune.");
            },
        },
    };

    private static readonly Option<string?> _urls = new("--urls")
    {
        Description = "Where to listen, separated by semicolons. Default: http://localhost:5000.",
        HelpName = "URLS",
        Validators =
        {
            result =>
            {
                foreach (var url in (result.GetValueOrDefault<string?>() ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
                    if (!IsHttpAddress(url))
                        result.AddError($"--urls: '{url}' is no address such as http://localhost:5000.");
            },
        },
    };

    private static readonly Option<int?> _maxBatchSize = ParsedOption.WholeNumber(
        "--max-batch-size", $"Images that are scored at once. Default: {DefaultBatchSize}.", 1, 1024);

    private static readonly Option<int?> _threads = ParsedOption.WholeNumber(
        "--threads", "CPU threads that score. Default: one for each processor that the program may use.", 1, 1024);

    private static readonly Option<int?> _maxRequests = ParsedOption.WholeNumber(
        "--max-requests", $"Requests in progress; further ones get 503. Default: {_defaults.MaxRequests}.", 1, 65_536);

    private static readonly Option<int?> _maxImages = ParsedOption.WholeNumber(
        "--max-images", $"Images in one request. Default: {_defaults.MaxImages}.", 1, 65_536);

    private static readonly Option<int?> _maxImageBytes = ParsedOption.WholeNumber(
        "--max-image-bytes", $"Bytes of one image file. Default: {_defaults.MaxImageBytes}.", 1, int.MaxValue / 2);

    private static readonly Option<int?> _maxRequestBytes = ParsedOption.WholeNumber(
        "--max-request-bytes", $"Bytes of one request. Default: {_defaults.MaxRequestBytes}.", 1, int.MaxValue);

    private static readonly Option<int?> _maxPixels = ParsedOption.WholeNumber(
        "--max-pixels", $"Width times height of one image. Default: {_defaults.MaxPixels}.", 1, int.MaxValue / 4);

    private static readonly Option<int?> _maxPixelsInMemory = ParsedOption.WholeNumber(
        "--max-pixels-in-memory",
        $"Pixels of all images in memory: 4 bytes each, up to 10 while decoding. Default: {_defaults.MaxPixelsInMemory}.",
        1, int.MaxValue);

    /// <summary>The root command; <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand Create(Func<Settings, Task<int>> run)
    {
        var command = new RootCommand("Serves a trained Conformer over HTTP, with a page to drop photos on.")
        {
            _model, _urls, _maxBatchSize, _threads, _maxRequests, _maxImages, _maxImageBytes, _maxRequestBytes, _maxPixels,
            _maxPixelsInMemory,
        };
        command.Validators.Add(result =>
        {
            if (PixelsInMemory(result.GetValue) < Pixels(result.GetValue))
                result.AddError("--max-pixels-in-memory must be at least --max-pixels, or no image of that size could ever be decoded.");
        });
        command.SetAction(parsed => run(Read(parsed)));
        return command;
    }

    private static Settings Read(ParseResult parsed) => new(
        parsed.GetRequiredValue(_model),
        parsed.GetValue(_urls),
        parsed.GetValue(_maxBatchSize) ?? DefaultBatchSize,
        parsed.GetValue(_threads),
        new Limits
        {
            MaxRequests = parsed.GetValue(_maxRequests) ?? _defaults.MaxRequests,
            MaxImages = parsed.GetValue(_maxImages) ?? _defaults.MaxImages,
            MaxImageBytes = parsed.GetValue(_maxImageBytes) ?? _defaults.MaxImageBytes,
            MaxRequestBytes = parsed.GetValue(_maxRequestBytes) ?? _defaults.MaxRequestBytes,
            MaxPixels = Pixels(parsed.GetValue),
            MaxPixelsInMemory = PixelsInMemory(parsed.GetValue),
        });

    private static int Pixels(Func<Option<int?>, int?> value) => value(_maxPixels) ?? _defaults.MaxPixels;

    private static int PixelsInMemory(Func<Option<int?>, int?> value) => value(_maxPixelsInMemory) ?? _defaults.MaxPixelsInMemory;

    private static bool IsHttpAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", Port: >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
