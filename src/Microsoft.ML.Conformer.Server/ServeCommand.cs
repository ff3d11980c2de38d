using System.CommandLine;
using System.Net;
using Microsoft.ML.Conformer.Detection;

namespace Conformer.Server;

/// <summary>`conformer serve MODEL`: serves a model over HTTP.</summary>
internal static class ServeCommand
{
    private const string Description = "Serves a trained image classifier or object detector over HTTP, with a page to drop photos on.";

    private static readonly Limits _defaults = new();

    private static readonly Argument<string> _model = new("MODEL")
    {
        Description = "A trained classifier or detector: a .zip or .onnx file. When the file is replaced, the new model takes over.",
        Validators =
        {
            result =>
            {
                if (result.Tokens is [{ Value: var path }] && PlainFile.OtherKind(path) is { } kind)
                    result.AddError($"MODEL: '{VisibleText.OfPath(path)}' is {kind}, not a file.");
                else if (result.Tokens is [{ Value: var absent }] && !File.Exists(absent))
                    result.AddError($"MODEL: there is no file '{VisibleText.OfPath(absent)}'.");
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
                        result.AddError($"--urls: '{VisibleText.Of(url)}' is no address such as http://localhost:5000.");
            },
        },
    };

    private static readonly Option<string[]> _cors = new("--cors")
    {
        Description = "Other sites whose pages may ask, such as https://example.org; * for all. Default: none.",
        HelpName = "ORIGIN",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
        Validators =
        {
            result =>
            {
                foreach (var token in result.Tokens.Where(token => !IsOrigin(token.Value)))
                    result.AddError($"--cors: '{VisibleText.Of(token.Value)}' is no origin such as https://example.org, nor *.");
            },
        },
    };

    private static readonly Option<float?> _threshold = new Option<float?>("--threshold")
    {
        Description = "Where the best class has less than this probability (0-1), answers say that it is none of these; default: none. " +
            FormattableString.Invariant(
                $"Of a detector: objects with lower scores are left out; default: {DetectionOverlayOptions.DefaultLeastScore}."),
    }.Between(0, 1);

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
        "--threads", "CPU threads that score, and images that are decoded at once. Default: one for each processor it may use.", 1024);

    /// <summary>The command, for a program that has others.</summary>
    public static Command Create() => Fill(new Command("serve", Description), Serving.RunAsync);

    /// <summary>The command as a whole program.</summary>
    public static RootCommand CreateRoot() => CreateRoot(Serving.RunAsync);

    /// <summary>The same where <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand CreateRoot(Func<Settings, CancellationToken, Task<int>> run) => Fill(new RootCommand(Description), run);

    private static T Fill<T>(T command, Func<Settings, CancellationToken, Task<int>> run) where T : Command
    {
        command.Arguments.Add(_model);
        foreach (var option in (Option[])
            [_urls, _threshold, _cors, _threads, _maxBatchSize, _maxRequests, _maxExplanations, _maxImages, _maxImageBytes,
                _maxRequestBytes, _maxPixels, _maxPixelsInMemory])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (Value(_maxPixelsInMemory) < Value(_maxPixels))
                result.AddError("--max-pixels-in-memory must be at least --max-pixels, or no image of that size could ever be decoded.");

            // Defaults are not yet among the results.
            int Value(Option<int> option) => result.GetResult(option) is null ? (int)option.GetDefaultValue()! : result.GetValue(option);
        });
        command.SetAction((parsed, cancellation) => run(Read(parsed), cancellation));
        return command;
    }

    private static Settings Read(ParseResult parsed) => new(
        Path.GetFullPath(parsed.GetRequiredValue(_model)),
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
        })
    {
        Threshold = parsed.GetValue(_threshold),
        Origins = parsed.GetValue(_cors) ?? [],
    };

    private static Option<int> Number(string name, string description, int value, int maximum)
    {
        var option = Number<int>(name, description, maximum);
        option.DefaultValueFactory = _ => value;
        return option;
    }

    private static Option<T> Number<T>(string name, string description, int maximum) =>
        new Option<T>(name) { Description = description }.Between(1, maximum);

    private static bool IsOrigin(string text) => text == "*"
        || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            && uri.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase));

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
