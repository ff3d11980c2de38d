using System.CommandLine;

namespace Conformer.Cli;

/// <summary>How a model scores, whatever it is.</summary>
internal sealed class ScoringArguments
{
    private const int MostBatch = 1024, MostThreads = 1024;

    private readonly Option<int>? _batchSize;

    private readonly Option<int?> _threads =
        new Option<int?>("--threads") { Description = "CPU threads. Default: one for each processor." }.Between(1, MostThreads);

    private readonly Option<bool> _skipBadImages =
        new("--skip-bad-images") { Description = "Leave out images that cannot be used; without it they are an error." };

    private readonly Option<long?> _maxImagePixels = new Option<long?>("--max-image-pixels")
    {
        Description = $"Width times height of the largest image that is decoded. Default: {ImageDecoding.DefaultMaxPixels}.",
    }.Between(1, ImageDecoding.MostMaxPixels);

    /// <param name="hasBatches">Whether many images are scored together; else single ones are looked at.</param>
    public ScoringArguments(bool hasBatches)
    {
        if (hasBatches)
            _batchSize = new Option<int>("--batch-size")
            {
                Description = "Images that the network sees at once.",
                DefaultValueFactory = _ => 16,
            }.Between(1, MostBatch);
    }

    public IEnumerable<Option> All =>
        _batchSize is null ? [_threads, _skipBadImages, _maxImagePixels] : [_batchSize, _threads, _skipBadImages, _maxImagePixels];

    public long MaxImagePixels(ParseResult parsed) => parsed.GetValue(_maxImagePixels) ?? ImageDecoding.DefaultMaxPixels;

    public bool SkipsBadImages(ParseResult parsed) => parsed.GetValue(_skipBadImages);

    public ScoringOptions Options(ParseResult parsed)
    {
        var options = new ScoringOptions
        {
            IntraOpThreads = parsed.GetValue(_threads),
            MaxImagePixels = parsed.GetValue(_maxImagePixels),
            BadImages = SkipsBadImages(parsed) ? BadImagePolicy.Skip : BadImagePolicy.Throw,
        };
        if (_batchSize is not null)
            options.MaxBatchSize = parsed.GetValue(_batchSize);
        return options;
    }
}
