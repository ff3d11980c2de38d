using System.CommandLine;
using System.Globalization;
using System.Net;
using Microsoft.ML.Conformer;

namespace WebScoring;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class CommandLine
{
    private static readonly Limits _defaults = new();

    private static readonly Option<FileInfo> _model = new("--model")
    {
        Description = "The model to serve: a zip that mlContext.Model.Save wrote, or an ONNX file.",
        DefaultValueFactory = _ => new FileInfo(Path.Combine("artifacts", "finetune", "model.zip")),
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<FileInfo>() is { Exists: false } file)
                    result.AddError($"--model: there is no file {file}. build/run.sh trains a model and leaves it in artifacts/finetune.");
            },
        },
    };

    private static readonly Option<string?> _urls = new("--urls")
    {
        Description = "Where to listen, separated by semicolons. Default: http://localhost:5000.",
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

    private static readonly Option<int>
        _maxBatchSize = Number("--max-batch-size", "Images that are scored at once.", 16, 1024),
        _maxRequests = Number("--max-requests", "Requests in progress; further ones get 503.", _defaults.MaxRequests, 65_536),
        _maxExplanations = Number("--max-explanations", "Requests for maps in progress, one at a time.", _defaults.MaxExplanations, 1024),
        _maxImages = Number("--max-images", "Images in one request.", _defaults.MaxImages, 65_536),
        _maxImageBytes = Number("--max-image-bytes", "Bytes of one image file.", _defaults.MaxImageBytes, int.MaxValue / 2),
        _maxRequestBytes = Number("--max-request-bytes", "Bytes of one request.", _defaults.MaxRequestBytes, int.MaxValue),
        _maxPixels = Number("--max-pixels", "Width times height of one image.", _defaults.MaxPixels, ImageDecoder.LargestMaxPixels),
        _maxPixelsInMemory = Number(
            "--max-pixels-in-memory", "Pixels of all images in memory: 4 bytes each, up to 11 while decoding.", _defaults.MaxPixelsInMemory,
            int.MaxValue);

    private static readonly Option<int?> _threads = Number<int?>(
        "--threads", "CPU threads that score. Default: one for each processor that the program may use.", 1024);

    /// <summary>The root command; <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand Create(Func<Settings, Task<int>> run)
    {
        var command = new RootCommand("Serves a trained Conformer over HTTP, with a page to drop photos on.")
        {
            _model, _urls, _maxBatchSize, _threads, _maxRequests, _maxExplanations, _maxImages, _maxImageBytes, _maxRequestBytes,
            _maxPixels, _maxPixelsInMemory,
        };
        command.Validators.Add(result =>
        {
            if (Value(_maxPixelsInMemory) < Value(_maxPixels))
                result.AddError("--max-pixels-in-memory must be at least --max-pixels, or no image of that size could ever be decoded.");

            // Defaults are not yet among the results.
            int Value(Option<int> option) => result.GetResult(option) is null ? (int)option.GetDefaultValue()! : result.GetValue(option);
        });
        command.SetAction(parsed => run(Read(parsed)));
        return command;
    }

    private static Settings Read(ParseResult parsed) => new(
        parsed.GetRequiredValue(_model).FullName,
        parsed.GetValue(_urls),
        parsed.GetValue(_maxBatchSize),
        parsed.GetValue(_threads),
        new Limits
        {
            MaxRequests = parsed.GetValue(_maxRequests),
            MaxExplanations = parsed.GetValue(_maxExplanations),
            MaxImages = parsed.GetValue(_maxImages),
            MaxImageBytes = parsed.GetValue(_maxImageBytes),
            MaxRequestBytes = parsed.GetValue(_maxRequestBytes),
            MaxPixels = parsed.GetValue(_maxPixels),
            MaxPixelsInMemory = parsed.GetValue(_maxPixelsInMemory),
        });

    private static Option<int> Number(string name, string description, int value, int maximum)
    {
        var option = Number<int>(name, description, maximum);
        option.DefaultValueFactory = _ => value;
        return option;
    }

    private static Option<T> Number<T>(string name, string description, int maximum) => new(name)
    {
        Description = description,
        Validators =
        {
            result =>
            {
                if (result.Tokens is [{ Value: var text }]
                    && !(int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= maximum))
                    result.AddError($"{name} must be a whole number from 1 to {maximum}, not '{text}'.");
            },
        },
    };

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
